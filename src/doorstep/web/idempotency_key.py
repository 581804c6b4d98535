"""The `Idempotency-Key` header: a structured-field string (RFC 8941), or the same characters bare."""

import re
from http import HTTPStatus
from typing import Final

from doorstep.web.problems import ProblemError

KEY_CHARS_MAX: Final = 255
"""Characters of a key."""

_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
"""An sf-string: printable ASCII, with the quote and the backslash escaped."""
_BARE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
"""Printable ASCII that cannot be mistaken for a list, parameters or a quoted string."""
_ESCAPE: Final = re.compile(r"\\(.)")


def idempotency_key(header: str) -> str:
    """The key that the header holds, the same for both spellings.

    Raises:
        ProblemError: 400 `bad_idempotency_key` where it is neither, empty, or longer than 255 characters.
    """
    text = header.strip(" ")
    quoted = _QUOTED.fullmatch(text)
    key = _ESCAPE.sub(r"\1", quoted.group(1)) if quoted else text
    if not (quoted or _BARE.fullmatch(text)) or not 0 < len(key) <= KEY_CHARS_MAX:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "bad_idempotency_key",
            f"Idempotency-Key must be 1 to {KEY_CHARS_MAX} printable ASCII characters, quoted or bare.",
        )
    return key
