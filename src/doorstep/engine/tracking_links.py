"""Tracking links: a signed token opens one order for a while, without a login and without a table.

A token is the order's id, the day on which it expires and the generation of the order's links, with a MAC of
128 bits by a key of the house. Revoking raises the order's generation; nothing else is kept.
"""

import hmac
from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Final

import msgspec

from doorstep.vocabulary.ids import ID_BYTES, OrderId, mint
from doorstep.vocabulary.units import MICROSECONDS, Instant

MAC_BYTES: Final = 16
"""128 bits: what nobody guesses."""
DAY_S: Final = 86_400
TOKEN_CHARS_MAX: Final = 64
"""Characters of a token; a longer one is none of ours."""
_PREFIX: Final = "ord_"
_NUMBER_BYTES: Final = 2
_BYTES: Final = ID_BYTES + 2 * _NUMBER_BYTES + MAC_BYTES


class Link(msgspec.Struct, frozen=True):
    """What a token says: it opens `order` until `expires_at`, unless its generation was revoked."""

    order: OrderId
    expires_at: Instant
    generation: int


class TrackingLinks:
    """Makes tokens and reads them, with a key that nobody else has."""

    def __init__(self, key: bytes, days: int) -> None:
        self._key = key
        self._days = days

    def token(self, order: OrderId, generation: int, now: Instant) -> str:
        """The order's token; all that are made on one day are equal."""
        day = now // (DAY_S * MICROSECONDS) + self._days + 1
        number = order.removeprefix(_PREFIX).upper()
        body = b"".join(
            (
                b32decode(number + "=" * (-len(number) % 8)),
                day.to_bytes(_NUMBER_BYTES),
                generation.to_bytes(_NUMBER_BYTES),
            )
        )
        return urlsafe_b64encode(body + self._mac(b"link", body)).decode().rstrip("=")

    def read(self, token: str) -> Link | None:
        """What a token of ours says, also when it has expired; None for any other text."""
        if len(token) > TOKEN_CHARS_MAX or not token.isascii():
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (Base64Error, ValueError):
            return None
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(raw) != _BYTES or not hmac.compare_digest(mac, self._mac(b"link", body)):
            return None
        day = int.from_bytes(body[ID_BYTES : ID_BYTES + _NUMBER_BYTES])
        generation = int.from_bytes(body[ID_BYTES + _NUMBER_BYTES :])
        expires_at = Instant(day * DAY_S * MICROSECONDS)
        return Link(OrderId(mint("ord", body[:ID_BYTES])), expires_at, generation)

    def form_key(self, token: str) -> str:
        """What a form of the page behind this token carries, so that no other site can send it."""
        return self._mac(b"form", token.encode()).hex()

    def sent_from(self, token: str, key: str) -> bool:
        """Whether a form was sent from the page behind this token."""
        return hmac.compare_digest(key.encode(), self.form_key(token).encode())

    def _mac(self, purpose: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b"\x00" + body, sha256)[:MAC_BYTES]
