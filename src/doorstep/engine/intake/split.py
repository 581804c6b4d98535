"""Splitting: one record's text into its cells, by RFC 4180."""

from enum import Enum, auto

DELIMITER = ","
QUOTE = '"'


class Open(Enum):
    """Why a text is no whole record."""

    unclosed = auto()
    misplaced = auto()


def split(text: str) -> list[str] | Open:
    """The cells, or whether a quoted cell is still open or is followed by text.

    A quote inside a cell that does not begin with one is data, as every spreadsheet reads it.
    """
    if QUOTE not in text:
        return text.split(DELIMITER)
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith(QUOTE, at):
            end = _closing_quote(text, at + 1)
            if end < 0:
                return Open.unclosed
            cells.append(text[at + 1 : end].replace(QUOTE * 2, QUOTE))
            at = end + 1
            if at < len(text) and text[at] != DELIMITER:
                return Open.misplaced
        else:
            end = text.find(DELIMITER, at)
            cells.append(text[at:] if end < 0 else text[at:end])
            at = len(text) if end < 0 else end
        if at == len(text):
            return cells
        at += 1


def _closing_quote(text: str, start: int) -> int:
    """The index of the quote that closes a cell; -1 where there is none."""
    at = text.find(QUOTE, start)
    while at >= 0 and text.startswith(QUOTE, at + 1):
        at = text.find(QUOTE, at + 2)
    return at
