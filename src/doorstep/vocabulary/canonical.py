"""Canonical JSON (RFC 8785): one value, one text, so that a hash of the text is a hash of the value.

Floats are refused: a quantity in an event is an integer with a unit. Then RFC 8785 asks three things of a plain
JSON text: no spaces, keys sorted by their UTF-16 code units, and the shortest escapes; msgspec writes such a text,
but sorts by code points, which differs only beyond the basic plane.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final

import msgspec

INTEGER_MAX: Final = 2**53 - 1
"""Largest magnitude of an integer: beyond it, readers that hold numbers as doubles lose digits."""
DEPTH_MAX: Final = 64
"""Levels of nesting that a canonical value may have."""

_sorted_encoder: Final = msgspec.json.Encoder(order="sorted")
_ordered_encoder: Final = msgspec.json.Encoder()
_ATOMS: Final = frozenset({str, bool, type(None)})


class NotCanonicalError(ValueError):
    """The value or text has no canonical JSON form."""


def canonical(value: object) -> bytes:
    """The RFC 8785 text of any value that msgspec can encode.

    Raises:
        NotCanonicalError: where the value holds a float, an integer beyond ±(2⁵³ - 1), a lone surrogate, nesting
            deeper than 64 levels, or something msgspec cannot encode.
    """
    try:
        if _is_plain(value, 0):
            return _sorted_encoder.encode(value)
        return _ordered_encoder.encode(_ordered(msgspec.to_builtins(value, str_keys=True), 0))
    except (TypeError, UnicodeEncodeError, RecursionError) as fault:
        raise NotCanonicalError(f"no canonical JSON for this value: {fault}") from fault


def is_canonical(text: bytes) -> bool:
    """Whether these bytes are the canonical text of the value that they hold."""
    try:
        return canonical(msgspec.json.decode(text)) == text
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, NotCanonicalError):
        return False


def _is_plain(value: object, depth: int) -> bool:
    """Whether msgspec's own sorting is right for `value`: no rare type in it, and every key is ASCII.

    One pass over the value is cheaper than building an ordered copy, and nearly every event is plain.
    """
    items: Iterable[object]
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str or not key.isascii():
                return False
        items = value.values()
    elif isinstance(value, list | tuple):
        items = value
    elif isinstance(value, msgspec.Struct):
        items = [getattr(value, name) for name in value.__struct_fields__]
    else:
        return _is_plain_scalar(value)
    if depth >= DEPTH_MAX:
        raise NotCanonicalError(f"nested deeper than {DEPTH_MAX} levels")
    for item in items:
        if type(item) in _ATOMS:
            continue
        if not _is_plain(item, depth + 1):
            return False
    return True


def _is_plain_scalar(value: object) -> bool:
    """Whether a scalar is encoded as it is; a float and a large integer have no canonical form."""
    if isinstance(value, float):
        raise NotCanonicalError(f"{value!r} is a float; events hold integers with a unit")
    if isinstance(value, Enum):
        return _is_plain_scalar(value.value)
    if isinstance(value, int) and not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise NotCanonicalError(f"{value} is beyond ±(2⁵³ - 1)")
    return type(value) in _ATOMS or type(value) is int


def _ordered(value: object, depth: int) -> object:
    """A copy of builtin values with every key in the order of its UTF-16 code units."""
    if depth > DEPTH_MAX:
        raise NotCanonicalError(f"nested deeper than {DEPTH_MAX} levels")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key], depth + 1) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item, depth + 1) for item in value]
    _is_plain_scalar(value)
    return value
