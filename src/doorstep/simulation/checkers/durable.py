"""Invariant 5: acknowledged means in the log, and the log only ever grows."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from doorstep.simulation.checkers.custody import canonical_text
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

INCLUSIONS_MAX: Final = 64
"""Positions, evenly spread, whose proofs are asked for."""


def leaf(entry: bytes) -> bytes:
    """RFC 6962: the hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """RFC 6962: the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Roots:
    """The roots of a list's beginnings, as RFC 6962 defines them.

    A tree splits at the largest power of two below the number of its leaves. Beginnings share the full
    subtrees that come of it, and each is hashed once.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._known: dict[tuple[int, int], bytes] = {}

    def of(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return self._root(0, size) if size else sha256(b"").digest()

    def _root(self, first: int, size: int) -> bytes:
        if size == 1:
            return self._leaves[first]
        known = self._known.get((first, size))
        if known is None:
            split = 1 << ((size - 1).bit_length() - 1)
            known = node(self._root(first, split), self._root(first + split, size - split))
            self._known[first, size] = known
        return known


def root_from(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an audit path of RFC 6962 leads to; None where it has the wrong length."""
    if size == 1:
        return None if path else entry
    if not path:
        return None
    split = 1 << ((size - 1).bit_length() - 1)
    if index < split:
        below = root_from(entry, index, split, path[:-1])
        return None if below is None else node(below, path[-1])
    below = root_from(entry, index - split, size - split, path[:-1])
    return None if below is None else node(path[-1], below)


def _read_note(note: str) -> tuple[str, str, str, int, bytes] | None:
    """A signed note's text and signatures, and the text's origin, size and root; None where it is none."""
    body, parted, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not parted or len(lines) < 3 or not lines[1].isdecimal():
        return None
    try:
        return body + "\n", signatures, lines[0], int(lines[1]), b64decode(lines[2], validate=True)
    except ValueError:
        return None


class DurableLog(Checker):
    """Positions and versions without a gap, and every signed checkpoint is a beginning of this very log.

    Args:
        public_key: 32 bytes of Ed25519.
        notes: the checkpoints that were signed, in order.
        inclusion: the system's own audit path for (position, size), lowest hash first.
        acknowledged: streams (`order/ord_…`) that someone was told stand.
    """

    number: ClassVar[int] = 5
    name: ClassVar[str] = "acknowledged is durable, proven and only extended"

    def __init__(
        self,
        public_key: bytes,
        notes: Sequence[str],
        inclusion: Callable[[int, int], Sequence[bytes]],
        acknowledged: Iterable[str] = (),
    ) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(public_key)
        self._notes = tuple(notes)
        self._inclusion = inclusion
        self._acknowledged = tuple(acknowledged)

    def inspect(self, log: Log, tally: Tally) -> None:
        """First the order of the events, then their tree, then what was said about them."""
        streams: dict[str, int] = {}
        recorded_at = 0
        for number, (text, record) in enumerate(zip(log.texts, log.records, strict=True), 1):
            where = f"position {number}"
            version = streams[record.stream] = streams.get(record.stream, 0) + 1
            tally.that(record.position == number, where, f"there stands {record.position}")
            tally.that(record.version == version, where, f"{record.stream} jumps to {record.version}")
            tally.that(record.recorded_at >= recorded_at, where, "recorded before the event ahead of it")
            tally.that(canonical_text(json.loads(text)) == text, where, "not stored in its canonical form")
            recorded_at = record.recorded_at
        for stream in self._acknowledged:
            tally.that(stream in streams, stream, "it was acknowledged and is not in the log")
        self._check_notes([leaf(text) for text in log.texts], log, tally)

    def _check_notes(self, leaves: list[bytes], log: Log, tally: Tally) -> None:
        market = log.records[0].market if log.records else ""
        before = 0
        roots = Roots(leaves)
        tally.that(bool(self._notes), "checkpoints", "none was signed")
        for number, note in enumerate(self._notes, 1):
            name = f"checkpoint {number}"
            read = _read_note(note)
            if not tally.that(read is not None, name, "it is no checkpoint") or read is None:
                continue
            body, signatures, origin, size, root = read
            tally.that(origin == f"doorstep/{market}", name, f"signed for {origin}")
            tally.that(self._signed(body, signatures), name, "no signature of the log's key verifies")
            tally.that(before <= size <= len(leaves), name, f"{size} events after {before}")
            # That both roots belong to prefixes of one list of leaves is consistency itself.
            tally.that(size <= len(leaves) and root == roots.of(size), name, "not the root of this log")
            before = size
        if before <= len(leaves):
            self._check_inclusion(leaves, before, tally)

    def _signed(self, body: str, signatures: str) -> bool:
        for line in signatures.splitlines():
            made = b64decode(line.rpartition(" ")[2])[4:]
            try:
                self._key.verify(made, body.encode())
            except InvalidSignature:
                continue
            return True
        return False

    def _check_inclusion(self, leaves: list[bytes], size: int, tally: Tally) -> None:
        root = Roots(leaves).of(size)
        step = max(1, size // INCLUSIONS_MAX)
        for position in range(1, size + 1, step):
            path = self._inclusion(position, size)
            found = root_from(leaves[position - 1], position - 1, size, path)
            tally.that(found == root, f"position {position}", "its inclusion proof leads to another root")
