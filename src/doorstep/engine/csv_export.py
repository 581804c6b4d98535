"""CSV going out: cells that a spreadsheet shows and never runs.

A cell that a merchant, a shopper or a carrier wrote may begin a formula (`=HYPERLINK(…)`). It is kept as it
came in and is made harmless here, where it leaves. Numbers stay numbers, and a phone number stays one.
"""

import re
from typing import Final

_STARTS_FORMULA: Final = "=+-@\t\r\0＝＋－＠"  # noqa: RUF001  spreadsheets in East Asian locales read the full-width forms alike
_BREAKS: Final = '\n\r\t,;|"'
"""What some spreadsheet takes for the start of a new cell, whatever the quotes say."""
_FORMULA: Final = re.compile(rf"(?:^|[{_BREAKS}])[\s'\"]*[{re.escape(_STARTS_FORMULA)}]")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)

ESCAPE: Final = "'"
"""Spreadsheets show what follows it as text, and hide the mark itself."""


def neutral(cell: str | float | None) -> str:
    """The cell's text, with a leading apostrophe where a spreadsheet might run it; None is an empty cell.

    NUL is dropped: no spreadsheet can show it, and some stop reading there.
    """
    if cell is None:
        return ""
    if isinstance(cell, float | int):
        return str(cell)
    shown = cell.replace("\0", "")
    if _PHONE.fullmatch(shown) or (shown == cell and not _FORMULA.search(cell)):
        return shown
    return ESCAPE + shown


def csv_line(cells: tuple[str | float | None, ...]) -> str:
    """One line of RFC 4180 CSV with its line end; text is always quoted, so that it stays text."""
    return ",".join(_written(cell) for cell in cells) + "\r\n"


def _written(cell: str | float | None) -> str:
    shown = neutral(cell)
    return '"' + shown.replace('"', '""') + '"' if isinstance(cell, str) else shown
