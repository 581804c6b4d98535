"""Wording: one spelling for the many ways in which people write a street and a house number."""

import re
import unicodedata
from typing import Final

ADDRESS_CHARS_MAX: Final = 400
"""A longer text is no address, characters."""

TOKENS_MAX: Final = 48
"""A text of more words is no address."""

RANGE_WIDTH_MAX: Final = 20
"""A range of house numbers wider than this is not read as one house."""

_WORDS: Final = {
    "str": "strasse",
    "pl": "platz",
    "st": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenida",
    "r": "rua",
    "tr": "travessa",
    "lg": "largo",
    "pc": "praca",
}
"""Abbreviations, spelt out on both sides of every comparison."""

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_STROKES: Final = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "œ": "oe", "\u0131": "i"})
_TOKEN: Final = re.compile(r"\d+[ ]?[a-z](?![^\W_])|\d+|[^\W\d_]+")
_RANGE: Final = re.compile(r"(\d+(?:[ ]?[a-z](?![^\W_]))?)[ ]*[-\u2013\u2014/+][ ]*(?=\d)")
_LOOSE_DOT: Final = re.compile(r"(?<!\d)\.")
_NUMBER: Final = re.compile(r"\d{1,5}[a-z]?(?:-\d{1,5}[a-z]?)*")
_SPAN: Final = re.compile(r"(\d{1,5})-(\d{1,5})")


def _plain(text: str) -> str:
    """Lower case without accents; ß becomes ss."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_STROKES)
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))


def tokens(text: str) -> list[str]:
    """The words of a text in one spelling; "12 A - 14" is the one word "12a-14".

    The text must be no longer than `ADDRESS_CHARS_MAX`.
    """
    plain = _RANGE.sub(lambda found: found[1].replace(" ", "") + "\x00", _plain(text))
    words: list[str] = []
    joined = False
    for found in re.finditer(rf"{_TOKEN.pattern}|\x00", plain):
        word = found[0].replace(" ", "")
        if word == "\x00":
            joined = True
        elif joined and words:
            words[-1] = f"{words[-1]}-{word}"
            joined = False
        else:
            words.append(_spelt_out(word))
    return words


def _spelt_out(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    # German joins the street to its name: "Ringstr" is "Ringstrasse".
    return f"{word[:-3]}strasse" if word.endswith("str") else word


def joined(words: list[str]) -> str:
    """The words without gaps, except between two numbers: house 1 on the 3rd floor is not house 13."""
    text = "".join(f".{word}" if word[0].isdigit() else word for word in words)
    return _LOOSE_DOT.sub("", text)


def key(words: list[str]) -> str:
    """What is compared: "Ring Straße" and "Ringstrasse" are the same street, so gaps do not count."""
    return joined(words).replace("-", "")


def keys(text: str) -> tuple[str, ...]:
    """The keys of a name: as written, and with its umlauts written out where it has any."""
    plain = key(tokens(text[:ADDRESS_CHARS_MAX]))
    lower = unicodedata.normalize("NFKC", text[:ADDRESS_CHARS_MAX]).casefold()
    written_out = key(tokens(lower.translate(_UMLAUTS)[:ADDRESS_CHARS_MAX]))
    return (plain,) if written_out == plain else (plain, written_out)


def number_key(text: str) -> str:
    """A house number in one spelling: "12 A" is "12a", "12 - 14" is "12-14"."""
    return joined(tokens(text[:ADDRESS_CHARS_MAX]))


def is_number(word: str) -> bool:
    """Whether a word looks like a house number."""
    return _NUMBER.fullmatch(word) is not None


def house_numbers(number: str) -> tuple[str, ...]:
    """The houses of a range: "12-16" is 12, 14 and 16; none for a single number or a range too wide."""
    span = _SPAN.fullmatch(number)
    if span is None:
        return ()
    first, last = int(span[1]), int(span[2])
    if not first < last <= first + RANGE_WIDTH_MAX:
        return ()
    # Houses on one side of a street are all even or all odd; a mixed range counts both sides.
    step = 2 if (last - first) % 2 == 0 else 1
    return tuple(str(house) for house in range(first, last + 1, step))
