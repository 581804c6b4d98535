"""Cells: one row's raw values, read field by field; every refusal is noted and reading goes on."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from doorstep.engine.intake import columns as limits
from doorstep.engine.intake.columns import PERSONAL
from doorstep.engine.intake.faults import FieldCode, FieldError, shown

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,18})?", re.ASCII)
_NOT_FINITE: Final = frozenset({"nan", "inf", "infinity"})


class Cells:
    """A row's values by column: text from a file, or JSON's own types from a body (`typed`).

    Empty text, a missing column, null and an empty list all mean that nobody said.
    """

    def __init__(self, values: Mapping[str, object], line: int, *, typed: bool) -> None:
        self.line = line
        self.errors: list[FieldError] = []
        self._typed = typed
        self._values = {column: value for column, value in values.items() if not _is_empty(value)}

    def states(self, column: str) -> bool:
        """Whether the row says anything in this column."""
        return column in self._values

    def stated(self) -> tuple[str, ...]:
        """The columns that the row filled, in column order."""
        return tuple(column for column in limits.COLUMNS if column in self._values)

    def refuse(self, column: str, code: FieldCode, detail: str) -> None:
        """Note what is wrong with a column."""
        self.errors.append(FieldError(self.line, column, code, detail))

    def require(self, column: str) -> None:
        """Refuse the row where this column is empty."""
        if column not in self._values:
            self.refuse(column, FieldCode.required, f"'{column}' is empty")

    def text(self, column: str, chars_max: int) -> str:
        """The column's text in NFC without outer blanks; empty where it is empty or was refused."""
        value = self._values.get(column, "")
        if not isinstance(value, str):
            self.refuse(column, FieldCode.wrong_type, f"'{column}' must be text")
            return ""
        if len(value) > chars_max:
            detail = f"'{column}' has {len(value):,} characters; it may have {chars_max:,}"
            self.refuse(column, FieldCode.too_long, detail)
            return ""
        if "\0" in value:
            self.refuse(column, FieldCode.nul_character, f"'{column}' holds a NUL character")
            return ""
        if any("\ud800" <= character <= "\udfff" for character in value):
            self.refuse(column, FieldCode.lone_surrogate, f"'{column}' holds half of a surrogate pair")
            return ""
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n").strip())

    def word(self, column: str) -> str:
        """The text of a column that names something: no control characters."""
        text = self.text(column, limits.WORD_CHARS_MAX)
        if any(unicodedata.category(character) == "Cc" for character in text):
            self.refuse(column, FieldCode.control_character, f"'{column}' holds a control character")
            return ""
        return text

    def whole(self, column: str, least: int, most: int) -> int | None:
        """The column's whole number from `least` to `most`, or None."""
        value = self._values.get(column)
        if value is None:
            return None
        number = self._whole_of(value)
        if number is None:
            code = FieldCode.wrong_type if self._typed else FieldCode.not_a_whole_number
            self.refuse(column, code, f"'{column}' must be a whole number, not {shown(value)}")
            return None
        if not least <= number <= most:
            detail = f"'{column}' must be from {least:,} to {most:,}, not {shown(number)}"
            self.refuse(column, FieldCode.out_of_range, detail)
            return None
        return number

    def decimal(self, column: str) -> float | None:
        """The column's finite decimal number, or None."""
        value = self._values.get(column)
        if value is None:
            return None
        number = _float_of(value) if self._typed else _decimal_of(value)
        # Errors about personal columns repeat no value, and every decimal column is personal.
        assert column in PERSONAL, column
        if number is None:
            code = FieldCode.wrong_type if self._typed else FieldCode.not_a_number
            self.refuse(column, code, f"'{column}' must be a number with a decimal point, such as 53.5571")
            return None
        if not math.isfinite(number):
            self.refuse(column, FieldCode.not_finite, f"'{column}' must be a finite number")
            return None
        return number

    def listed(self, column: str) -> tuple[str, ...]:
        """The column's words: joined by `;`, or a JSON list."""
        value = self._values.get(column, "")
        if isinstance(value, list) and self._typed:
            if len(value) > limits.HANDLING_CHARS_MAX or not all(isinstance(word, str) for word in value):
                self.refuse(column, FieldCode.wrong_type, f"'{column}' must be a short list of words")
                return ()
            value = ";".join(value)
            self._values[column] = value
        text = self.text(column, limits.HANDLING_CHARS_MAX)
        return tuple(word for word in (part.strip() for part in text.split(";")) if word)

    def _whole_of(self, value: object) -> int | None:
        if self._typed:
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        text = value.strip() if isinstance(value, str) else ""
        return int(text) if _WHOLE.fullmatch(text) else None


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _float_of(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _decimal_of(value: object) -> float | None:
    text = value.strip() if isinstance(value, str) else ""
    if _DECIMAL.fullmatch(text):
        return float(text)
    return math.nan if text.lstrip("+-").lower() in _NOT_FINITE else None
