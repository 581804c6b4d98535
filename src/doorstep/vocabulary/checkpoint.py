"""Checkpoints: a market's log at one moment in three lines, signed as a note that other logs' tools can read.

The text is a C2SP tlog-checkpoint (origin, size, root, then one line of our own with the time) inside a C2SP
signed note (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint):

    doorstep/nbg
    20852
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    time 1767000000000000

    — doorstep/nbg <base64 of a four-byte key hint and the signature>
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

import msgspec

from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.merkle import HASH_BYTES
from doorstep.vocabulary.units import Instant

NOTE_CHARS_MAX: Final = 4_000
"""Characters of a signed checkpoint that we are willing to read."""
SIGNATURES_MAX: Final = 8
"""Signatures that one note may carry."""
KEY_HINT_BYTES: Final = 4
"""Leading bytes of a signature line that say which key made it."""
_ED25519: Final = b"\x01"
_ORIGIN: Final = re.compile(r"doorstep/([a-z0-9][a-z0-9_-]{0,63})")
_NUMBER: Final = r"(0|[1-9][0-9]{0,15})"
_BODY: Final = re.compile(rf"{_ORIGIN.pattern}\n{_NUMBER}\n([A-Za-z0-9+/]{{43}}=)\ntime {_NUMBER}\n")
_SIGNATURE: Final = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")


class CheckpointMalformedError(ValueError):
    """The text is no checkpoint of a Doorstep log."""


class Checkpoint(msgspec.Struct, frozen=True):
    """A log's `size` in events and its 32-byte Merkle `root` at `time`."""

    market: MarketId
    size: int
    root: bytes
    time: Instant

    def signed_bytes(self) -> bytes:
        """The note's text, which is what a signature covers."""
        assert len(self.root) == HASH_BYTES, "a root has 32 bytes"
        text = f"{origin(self.market)}\n{self.size}\n{b64encode(self.root).decode()}\ntime {self.time}\n"
        assert _BODY.fullmatch(text), f"no checkpoint can say {text!r}"
        return text.encode()


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint as it was read, with the bytes that a signature covers and every signature it carries."""

    checkpoint: Checkpoint
    covered: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """Name, four bytes of key hint, signature."""

    def signatures_of(self, public_key: bytes) -> tuple[bytes, ...]:
        """The signatures that claim to be by this key under the log's own name."""
        name = origin(self.checkpoint.market)
        hint = key_hint(name, public_key)
        return tuple(made for signer, by, made in self.signatures if (signer, by) == (name, hint))


def origin(market: MarketId) -> str:
    """The log's name in its notes."""
    return f"doorstep/{market}"


def key_hint(name: str, public_key: bytes) -> bytes:
    """The first four bytes of SHA-256 over name and Ed25519 key, as the signed note defines them."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:KEY_HINT_BYTES]


def sign_note(checkpoint: Checkpoint, public_key: bytes, signature: bytes) -> str:
    """The checkpoint's note with the signature that `public_key` made over `checkpoint.signed_bytes()`."""
    name = origin(checkpoint.market)
    made = b64encode(key_hint(name, public_key) + signature).decode()
    return f"{checkpoint.signed_bytes().decode()}\n— {name} {made}\n"


def read_note(note: str) -> SignedCheckpoint:
    """The checkpoint in a note; its signatures are read, not verified.

    Raises:
        CheckpointMalformedError: where the note is not exactly as `sign_note` and C2SP write it.
    """
    if len(note) > NOTE_CHARS_MAX:
        raise CheckpointMalformedError(f"a checkpoint has at most {NOTE_CHARS_MAX} characters")
    text, separator, tail = note.partition("\n\n")
    body = _BODY.fullmatch(text + "\n")
    if not body or not separator or not tail.endswith("\n"):
        raise CheckpointMalformedError("a checkpoint has four lines, an empty line and its signatures")
    market, size, root, time = body.groups()
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise CheckpointMalformedError(f"a checkpoint has at most {SIGNATURES_MAX} signatures")
    checkpoint = Checkpoint(MarketId(market), int(size), _strict_b64(root), Instant(int(time)))
    return SignedCheckpoint(
        checkpoint, (text + "\n").encode(), tuple(_read_signature(line) for line in lines)
    )


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match:
        raise CheckpointMalformedError("a signature line is a dash, a name and base64")
    made = _strict_b64(match[2])
    if len(made) <= KEY_HINT_BYTES:
        raise CheckpointMalformedError("a signature line holds a key hint and a signature")
    return match[1], made[:KEY_HINT_BYTES], made[KEY_HINT_BYTES:]


def _strict_b64(text: str) -> bytes:
    """Decode base64 that is written in its one proper way, so that no bit of a note is free to change."""
    try:
        value = b64decode(text, validate=True)
    except ValueError as fault:
        raise CheckpointMalformedError("a hash or signature is not base64") from fault
    if b64encode(value).decode() != text:
        raise CheckpointMalformedError("a hash or signature has loose bits in its base64")
    return value
