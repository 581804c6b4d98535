"""Canonical JSON (RFC 8785): one value, one text, so that a hash of the text is a hash of the value.

Floats are refused: a quantity in an event is an integer with a unit. Then RFC 8785 asks three things of a
JSON text: no spaces, keys sorted by their UTF-16 code units, and the shortest escapes. msgspec writes such
a text, but sorts by code points, which differs only beyond the basic plane.
"""

import re
from typing import Final

import msgspec

INTEGER_MAX: Final = 2**53 - 1
"""Largest magnitude of an integer: beyond it, readers that hold numbers as doubles lose digits."""

_sorted_json: Final = msgspec.json.Encoder(order="sorted")
_ordered_json: Final = msgspec.json.Encoder()
_msgpack: Final = msgspec.msgpack.Encoder()

_FLOAT_TAG: Final = b"\xcb"
"""MessagePack's mark of a float, even of one that JSON would silently write as null."""
_WIDE_UNSIGNED: Final = re.compile(rb"\xcf(?!\x00[\x00-\x1f])")
_WIDE_SIGNED: Final = re.compile(rb"\xd3(?!\xff[\xe1-\xff])")
"""MessagePack's eight-byte integers of about 2⁵³ and more. All three marks may also be met by chance."""
_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")
"""The first byte of a character beyond the basic plane in UTF-8."""


class NotCanonicalError(ValueError):
    """The value has no canonical JSON form."""


def canonical(value: object) -> bytes:
    """The RFC 8785 text of any value that msgspec can encode.

    Raises:
        NotCanonicalError: where the value holds a float, an integer beyond ±(2⁵³ - 1), a lone surrogate, or
            something that msgspec cannot encode.
    """
    try:
        text = _sorted_json.encode(value)
        if _is_plain(_msgpack.encode(value), text):
            return text
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # the exact way below says what is wrong, or that nothing is
    try:
        return _ordered_json.encode(_ordered(msgspec.to_builtins(value, str_keys=True)))
    except (TypeError, UnicodeEncodeError, RecursionError) as fault:
        raise NotCanonicalError(f"this value has no canonical JSON: {fault}") from fault


def is_canonical(text: bytes) -> bool:
    """Whether these bytes are the canonical text of the value that they hold."""
    try:
        return canonical(msgspec.json.decode(text)) == text
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, NotCanonicalError):
        return False


def _is_plain(packed: bytes, text: bytes) -> bool:
    """Whether msgspec's text certainly is canonical; rarely says no to one that is.

    Looking for a few bytes in the value's MessagePack is several times cheaper than a walk over the value.
    """
    return (
        _FLOAT_TAG not in packed
        and not _WIDE_UNSIGNED.search(packed)
        and not _WIDE_SIGNED.search(packed)
        and (text.isascii() or not _ASTRAL.search(text))
    )


def _ordered(value: object) -> object:
    """A copy of builtin values with every key in the order of its UTF-16 code units."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        raise NotCanonicalError(f"{value!r} is a float; events hold integers with a unit")
    if isinstance(value, int) and not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise NotCanonicalError(f"{value} is beyond ±(2⁵³ - 1)")
    return value
