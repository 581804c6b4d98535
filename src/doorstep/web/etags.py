"""ETags: which version of a thing was read, and which one a change is meant for (RFC 9110, section 13.1)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from doorstep.web.problems import ProblemError

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST: Final = re.compile(rf"{_TAG.pattern}([ \t]*,[ \t]*{_TAG.pattern})*")
_ANY: Final = "*"
_VERSION_DIGITS_MAX: Final = 18


def etag(version: int) -> dict[str, str]:
    """The header that says which version this is."""
    return {"ETag": f'"{version}"'}


def if_match(headers: Mapping[str, str], current: int) -> int:
    """The version that the caller means: the current one where it is among those named, or `*` is.

    Otherwise the last that is named, or 0 where none is ours: which version moved on is the caller's to say.

    Raises:
        ProblemError: 428 without the header, 400 where it holds no ETags, 412 where all of them are weak.
    """
    text = headers.get("if-match")
    if text is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            "Say which version you read: If-Match: <ETag>.",
        )
    text = text.strip()
    if text == _ANY:
        return current
    if not _LIST.fullmatch(text):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_if_match", "If-Match must hold an ETag, or *.")
    # A weak tag never matches: it promises less than this asks.
    named = [_version(tag) for weak, tag in _TAG.findall(text) if not weak]
    if not named:
        detail = (
            "If-Match compares strong ETags, and a weak one (W/) never matches. Send the ETag as it came."
        )
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, "weak_etag", detail)
    return current if current in named else max(named, default=0)


def _version(tag: str) -> int:
    return int(tag) if tag.isdecimal() and len(tag) <= _VERSION_DIGITS_MAX else 0
