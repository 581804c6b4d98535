"""Messages: bounds and checks that every pushed message passes, whoever's protocol it speaks."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from doorstep.engine.ports.carriers import MessageUnreadable, SignatureRefused
from doorstep.engine.wall_clock import instant_at
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Instant

MESSAGE_BYTES_MAX: Final = 1 << 20
"""Bytes of one pushed message."""
TOLERANCE_S: Final = 300
"""Seconds that a signature's time may lie before or after our own."""
TIMESTAMP_DIGITS_MAX: Final = 12
PROOF_BYTES_MAX: Final = 512 * 1024
"""Bytes of one photo or signature."""
WORDS_MAX: Final = 500
"""Characters of a carrier's own words that are kept."""
SEQ_MAX: Final = 2**31 - 1
"""The greatest count of a carrier's events."""
CODE_CHARS_MAX: Final = 64

YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2199
"""Clocks that lost their battery begin in 1970, in 1980, or in 2099; other years are no time at all."""

Shape = TypeVar("Shape", bound=msgspec.Struct)


def check_size(body: bytes) -> None:
    """Look no further into what is too long to be a message.

    Raises:
        SignatureRefused: it is.
    """
    if len(body) > MESSAGE_BYTES_MAX:
        raise SignatureRefused(f"more than {MESSAGE_BYTES_MAX} bytes")


def check_time(seconds: str, now: Instant) -> int:
    """The signed time, in seconds since 1970.

    Raises:
        SignatureRefused: it is no time, or not of now.
    """
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= TIMESTAMP_DIGITS_MAX):
        raise SignatureRefused("no time of signing")
    signed = int(seconds)
    if abs(now - signed * MICROSECONDS) > TOLERANCE_S * MICROSECONDS:
        raise SignatureRefused(f"signed more than {TOLERANCE_S} s from now")
    return signed


def parse(body: bytes, shape: type[Shape]) -> Shape:
    """A signed body as `shape`.

    Raises:
        MessageUnreadable: it is something else.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise MessageUnreadable(f"no {shape.__name__}: {fault}") from fault


def told_at(text: str, zone: ZoneInfo) -> Instant:
    """The instant that a carrier tells: with its own offset, or as a clock in `zone` shows it.

    A wall time that comes twice in a night is the earlier of the two: nobody can tell.

    Raises:
        ValueError: it is no time, or in no year that even a wrong clock shows.
    """
    moment = datetime.fromisoformat(text)
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise ValueError(f"no instant: {text[:40]!r}")
    return instant_at(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))


def wall_text(instant: Instant, zone: ZoneInfo) -> str:
    """An instant as a clock in `zone` shows it, with its offset."""
    return datetime.fromtimestamp(instant // MICROSECONDS, zone).isoformat()


def file_of(base64: str | None) -> bytes | None:
    """A file that came as base 64; None where there is none.

    Raises:
        MessageUnreadable: it is none, or too long.
    """
    if base64 is None:
        return None
    if len(base64) > PROOF_BYTES_MAX * 4 // 3 + 4:
        raise MessageUnreadable(f"a file of more than {PROOF_BYTES_MAX} bytes")
    try:
        return b64decode(base64, validate=True) or None
    except (NotBase64, ValueError) as fault:
        raise MessageUnreadable("a file that is no base 64") from fault


def point_of(lat: float | None, lon: float | None) -> Point | None:
    """Where it happened; None where nobody said, or said something that is nowhere."""
    if lat is None or lon is None:
        return None
    point = Point(lat, lon)
    return point if point.is_valid() else None


def content_key(*parts: str) -> str:
    """The id of what is said, for a carrier that gives none: the same words are the same event."""
    return sha256("\x1f".join(parts).encode()).hexdigest()
