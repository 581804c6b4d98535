"""Packets: the files that carry an order's evidence to someone who trusts nothing but a public key.

| entry | what it holds |
|---|---|
| `manifest.json` | what the packet is about and the SHA-256 of every other entry, as canonical JSON |
| `manifest.sig` | the market's signature over the manifest, so that nobody swaps the papers beside events |
| `checkpoint.txt` | the log's size and root hash at one moment, signed |
| `events.ndjson` | each event exactly as the log stores it, one a line, by position |
| `proofs.json` | for each event the hashes that lead from it to the checkpoint's root |
| `files/` | photos and signatures that events name, each under its own hash |
| `summary.html`, `README.txt` | the same for people |
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from doorstep.vocabulary.event import Because, EventId, MarketId, StreamId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.units import Instant

PACKET_FORMAT: Final = "doorstep-packet/1"
"""The only format that there is so far."""
PACKET_BYTES_MAX: Final = 128 * 1024 * 1024
"""Bytes of a packet at most."""
PACKET_ENTRIES_MAX: Final = 2_000
"""Entries of a packet at most."""
ENTRY_NAME_CHARS_MAX: Final = 100
"""Characters of an entry's name at most."""

MANIFEST: Final = "manifest.json"
MANIFEST_SIGNATURE: Final = "manifest.sig"
CHECKPOINT: Final = "checkpoint.txt"
EVENTS: Final = "events.ndjson"
PROOFS: Final = "proofs.json"
README: Final = "README.txt"
SUMMARY: Final = "summary.html"
FILES_FOLDER: Final = "files/"
REQUIRED_ENTRIES: Final = (MANIFEST, MANIFEST_SIGNATURE, CHECKPOINT, EVENTS, PROOFS, README, SUMMARY)
"""What every packet has, whatever happened to the order."""

EVIDENCE_ISSUED: Final = "evidence.issued"
"""The type of the event that ends a packet: it names every stream and where it stood."""
CUSTODY_PREFIX: Final = "custody."
"""How the types of events with a custody link begin."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SUFFIXES: Final = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n\x1a\n", ".png"))

Count = Annotated[int, msgspec.Meta(ge=0)]
Ordinal = Annotated[int, msgspec.Meta(ge=1)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class LoggedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event of any version of Doorstep: the envelope is read, its `data` stay as they are."""

    position: Ordinal
    id: EventId
    market: MarketId
    stream: StreamId
    version: Ordinal
    schema: Ordinal
    occurred_at: Instant
    recorded_at: Instant
    source: str
    actor: str
    cause: str
    because: Because | None
    data: dict[str, Any]

    @property
    def type(self) -> str:
        """What happened, for instance `delivery.attempt_failed`; empty where the data do not say."""
        named = self.data.get("type")
        return named if isinstance(named, str) else ""


class MissingReason(StrEnum):
    """Why a file that an event names is not in a packet."""

    erased = "erased"
    redacted = "redacted"
    not_uploaded = "not_uploaded"
    lost = "lost"


class MissingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named file that is not there; `obtainable` says whether it can still be had."""

    sha256: Digest
    reason: MissingReason
    obtainable: bool


class PacketFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the packet with its content's hash and size in bytes."""

    name: str
    sha256: Digest
    size_bytes: Count


class ManifestCheckpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The checkpoint that the proofs lead to, as its note says it; the root in hex."""

    size: Ordinal
    root: Digest
    time: Instant


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a packet is about and what is in it, entries by name."""

    format: str
    market: MarketId
    order: OrderId
    issued_at: Instant
    checkpoint: ManifestCheckpoint
    events: Ordinal
    files: tuple[PacketFile, ...]
    missing: tuple[MissingFile, ...]


class EventProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hashes (hex) that lead from the event at `position` to the root, lowest first."""

    position: Ordinal
    path: tuple[Digest, ...]


_event_decoder: Final = msgspec.json.Decoder(LoggedEvent)


def read_logged(text: bytes) -> LoggedEvent:
    """The event in a line of the log.

    Raises:
        ValueError: where the line is no event.
    """
    try:
        return _event_decoder.decode(text)
    except RecursionError as fault:
        raise ValueError("nested too deeply for an event") from fault


def manifest_signed_bytes(manifest: bytes) -> bytes:
    """What the manifest's signature covers; its first line keeps it from ever passing for a checkpoint's."""
    return b"doorstep packet manifest\n" + manifest


def file_name(content: bytes, sha256: str) -> str:
    """Where a file lies in a packet: under its hash, with the suffix of its kind."""
    suffix = next((suffix for mark, suffix in _SUFFIXES if content.startswith(mark)), ".bin")
    return f"{FILES_FOLDER}{sha256}{suffix}"


def named_hash(entry: str) -> str:
    """The hash that a file's name in a packet claims."""
    return entry.removeprefix(FILES_FOLDER).partition(".")[0]


def file_hashes(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The hex hashes of all files that an event's data name, in any `sha256` field or as text in `proofs`."""
    found: dict[str, None] = {}
    pending: list[tuple[str, Any]] = [("", data)]
    while pending:
        field, value = pending.pop()
        if isinstance(value, dict):
            pending += reversed(value.items())
        elif isinstance(value, list | tuple):
            pending += [(field, item) for item in reversed(value)]
        elif field in {"sha256", "proofs"} and isinstance(value, str) and _HASH.fullmatch(value):
            found[value] = None
    return tuple(found)
