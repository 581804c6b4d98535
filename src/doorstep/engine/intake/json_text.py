"""Strict JSON: RFC 8259 and nothing beside it.

NaN, Infinity, numbers that overflow, a key twice in one object, half of a surrogate pair, deep nesting, a
byte-order mark and text after the value are refused: each of them is read differently by different readers.
"""

import json
import math
from typing import Final, NoReturn

NESTING_MAX: Final = 16
"""Lists and objects inside each other; an order needs two."""


class NotStrictJson(ValueError):
    """The text is not one strict JSON value; `key` names one that stands twice."""

    def __init__(self, detail: str, key: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.key = key


def strict_json(raw: bytes) -> object:
    """The value of one strict JSON text.

    Raises:
        NotStrictJson: where it is none; the detail says why, without the text's values.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        raise NotStrictJson(f"byte {fault.start:,}, 0x{raw[fault.start]:02x}, is not UTF-8") from fault
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as fault:
        raise NotStrictJson(f"{fault.msg} at character {fault.pos:,}") from fault
    except RecursionError as fault:
        raise NotStrictJson(f"nested deeper than {NESTING_MAX} levels") from fault
    except NotStrictJson:
        raise
    except ValueError as fault:
        # Python refuses to read whole numbers of more than some thousand digits.
        raise NotStrictJson("a whole number has too many digits") from fault
    _check(value)
    return value


def _check(value: object) -> None:
    """Refuse lone surrogates and deep nesting; goes level by level, since the value may be deep."""
    level: list[object] = [value]
    for _ in range(NESTING_MAX + 1):
        if not level:
            return
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                _refuse_surrogates(item)
            elif isinstance(item, dict):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
        level = below
    raise NotStrictJson(f"nested deeper than {NESTING_MAX} levels")


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise NotStrictJson("a text holds half of a surrogate pair") from fault


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise NotStrictJson("a key stands twice in one object", twice)
    return values


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotStrictJson("a number is too large to be held")
    return number


def _constant(name: str) -> NoReturn:
    raise NotStrictJson(f"{name} is no JSON")


_decoder: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
