"""Verifying a packet: from its bytes and a key that the reader trusts, without a database or a network.

Each step relies only on what the steps before it have shown; the first that fails is the broken link.
"""

from base64 import b64decode, b64encode
from collections import defaultdict
from hashlib import sha256
from typing import Final

import msgspec

from doorstep.engine.archive import ArchiveBrokenError, is_as_written, unpack
from doorstep.engine.ports.signer import SignatureCheck
from doorstep.vocabulary import packet
from doorstep.vocabulary.canonical import is_canonical
from doorstep.vocabulary.checkpoint import Checkpoint, CheckpointMalformedError, read_note
from doorstep.vocabulary.custody_link import GENESIS_LINK, LINK_FIELD, custody_link
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.evidence import StreamEnd
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.merkle import leaf_hash, verify_inclusion
from doorstep.vocabulary.packet import EventProof, LoggedEvent, Manifest, MissingFile
from doorstep.vocabulary.units import Instant

_manifest_decoder: Final = msgspec.json.Decoder(Manifest)
_proofs_decoder: Final = msgspec.json.Decoder(tuple[EventProof, ...])
CLAIM_CHARS_MAX: Final = 200
"""Characters that are repeated of what an event which does not hold says about itself."""


class Broken(msgspec.Struct, frozen=True):
    """The first broken link: a stable code, and one sentence that names it."""

    code: str
    sentence: str


class Verified(msgspec.Struct, frozen=True):
    """What a packet was shown to hold: `size` events stood in the market's log at `checkpoint_at`.

    `as_written` is false where the zip around it is another tool's: its content is authentic all the same.
    """

    market: MarketId
    order: OrderId
    issued_at: Instant
    checkpoint_at: Instant
    size: int
    events: int
    streams: int
    custody_links: int
    files: int
    missing: tuple[MissingFile, ...]
    as_written: bool


class _BrokenLinkError(Exception):
    """Ends the verification."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.broken = Broken(code, sentence)


def verify_packet(packed: bytes, public_key: bytes, check: SignatureCheck) -> Verified | Broken:
    """Whether a packet's bytes hold together and lead to a checkpoint signed by `public_key`.

    The key is the reader's own; nothing in the packet can name another.
    """
    try:
        entries = unpack(packed)
        return _verify(entries, public_key, check, as_written=is_as_written(packed, entries))
    except ArchiveBrokenError as fault:
        return Broken(fault.code, str(fault))
    except _BrokenLinkError as fault:
        return fault.broken


def _verify(
    entries: dict[str, bytes], public_key: bytes, check: SignatureCheck, *, as_written: bool
) -> Verified:
    manifest = _read_manifest(entries)
    checkpoint = _read_checkpoint(entries[packet.CHECKPOINT], manifest, public_key, check)
    lines = _read_lines(entries[packet.EVENTS])
    events = _check_inclusion(lines, entries[packet.PROOFS], checkpoint)
    _check_texts(lines, events)
    _check_versions(events)
    links = _check_custody(events)
    streams = _check_ends(events, manifest)
    _check_files(entries, events, manifest)
    _check_manifest(entries, public_key, check)
    return Verified(
        market=manifest.market,
        order=manifest.order,
        issued_at=manifest.issued_at,
        checkpoint_at=checkpoint.time,
        size=checkpoint.size,
        events=len(events),
        streams=streams,
        custody_links=links,
        files=sum(name.startswith(packet.FILES_FOLDER) for name in entries),
        missing=manifest.missing,
        as_written=as_written,
    )


def _read_manifest(entries: dict[str, bytes]) -> Manifest:
    for name in packet.REQUIRED_ENTRIES:
        if name not in entries:
            raise _BrokenLinkError("entry_missing", f"The packet has no {name}.")
    try:
        manifest = _manifest_decoder.decode(entries[packet.MANIFEST])
    except (ValueError, RecursionError) as fault:
        raise _BrokenLinkError("manifest_malformed", f"The manifest cannot be read: {fault}.") from fault
    if manifest.format != packet.PACKET_FORMAT:
        raise _BrokenLinkError(
            "manifest_format", f"The manifest says {manifest.format[:40]!r}, not {packet.PACKET_FORMAT!r}."
        )
    if not is_canonical(entries[packet.MANIFEST]):
        raise _BrokenLinkError("manifest_malformed", "The manifest is not written canonically.")
    return manifest


def _read_checkpoint(note: bytes, manifest: Manifest, public_key: bytes, check: SignatureCheck) -> Checkpoint:
    try:
        signed = read_note(note.decode())
    except (CheckpointMalformedError, UnicodeDecodeError) as fault:
        raise _BrokenLinkError("checkpoint_malformed", f"The checkpoint cannot be read: {fault}.") from fault
    signatures = signed.signatures_of(public_key)
    if not any(check(public_key, signature, signed.covered) for signature in signatures):
        raise _BrokenLinkError("checkpoint_signature", "The checkpoint is not signed by the given key.")
    checkpoint = signed.checkpoint
    said = manifest.checkpoint
    if (manifest.market, said.size, said.root, said.time) != (
        checkpoint.market,
        checkpoint.size,
        checkpoint.root.hex(),
        checkpoint.time,
    ):
        raise _BrokenLinkError("checkpoint_mismatch", "The manifest names another checkpoint.")
    return checkpoint


def _read_lines(text: bytes) -> list[bytes]:
    if not text.endswith(b"\n"):
        raise _BrokenLinkError("events_malformed", "The events' last line does not end.")
    return text[:-1].split(b"\n")


def _check_inclusion(lines: list[bytes], proofs_text: bytes, checkpoint: Checkpoint) -> list[LoggedEvent]:
    """The events, each of whose bytes stand in the log at the position that they name, once and in order."""
    try:
        proofs = _proofs_decoder.decode(proofs_text)
    except (ValueError, RecursionError) as fault:
        raise _BrokenLinkError("proofs_malformed", f"The proofs cannot be read: {fault}.") from fault
    if len(proofs) != len(lines):
        raise _BrokenLinkError("proofs_malformed", f"There are {len(lines)} events and {len(proofs)} proofs.")
    events: list[LoggedEvent] = []
    for number, (line, proof) in enumerate(zip(lines, proofs, strict=True), 1):
        path = [bytes.fromhex(part) for part in proof.path]
        if not verify_inclusion(leaf_hash(line), proof.position - 1, checkpoint.size, path, checkpoint.root):
            raise _BrokenLinkError(
                "inclusion",
                f"The event on line {number}{_claimed(line)} is not at position {proof.position} of the log "
                "that was signed.",
            )
        try:
            event = packet.read_logged(line)
        except ValueError as fault:
            raise _BrokenLinkError("event_malformed", f"Line {number} is no event: {fault}.") from fault
        if (event.position, event.market) != (proof.position, checkpoint.market):
            raise _BrokenLinkError("event_position", f"{_named(event)} stands in the place of another.")
        if events and event.position <= events[-1].position:
            raise _BrokenLinkError("event_order", f"{_named(event)} does not come after the one before it.")
        events.append(event)
    return events


def _check_texts(lines: list[bytes], events: list[LoggedEvent]) -> None:
    for line, event in zip(lines, events, strict=True):
        if not is_canonical(line):
            raise _BrokenLinkError("not_canonical", f"{_named(event)} can be read in more than one way.")


def _check_versions(events: list[LoggedEvent]) -> None:
    last: dict[str, int] = defaultdict(int)
    for event in events:
        last[event.stream] += 1
        if event.version != last[event.stream]:
            raise _BrokenLinkError(
                "stream_gap", f"{event.stream} lacks version {last[event.stream]}, before {_named(event)}."
            )


def _check_custody(events: list[LoggedEvent]) -> int:
    """The number of custody links, each of which follows from the one before it in its stream."""
    previous: dict[str, str] = {}
    count = 0
    for event in events:
        if not event.type.startswith(packet.CUSTODY_PREFIX):
            continue
        expected = custody_link(previous.get(event.stream, GENESIS_LINK), event.data)
        if event.data.get(LINK_FIELD) != expected:
            raise _BrokenLinkError(
                "custody_link", f"{_named(event)} does not follow from the custody before it."
            )
        previous[event.stream] = expected
        count += 1
    return count


def _check_ends(events: list[LoggedEvent], manifest: Manifest) -> int:
    """The number of streams; the last event is the issue of this packet and names all the others' ends."""
    issued = events[-1]
    if issued.type != packet.EVIDENCE_ISSUED or issued.data.get("order") != manifest.order:
        raise _BrokenLinkError(
            "evidence_missing", f"The last event does not issue the evidence about {manifest.order}."
        )
    try:
        named = msgspec.convert(issued.data.get("streams"), tuple[StreamEnd, ...])
    except msgspec.ValidationError as fault:
        raise _BrokenLinkError("evidence_malformed", f"{_named(issued)} names no streams.") from fault
    ends = {end.stream: end.version for end in named}
    present = {str(event.stream): event.version for event in events[:-1]}
    for stream in sorted(ends.keys() | present.keys()):
        if stream not in ends:
            raise _BrokenLinkError("stream_unnamed", f"{stream} was added after the packet was issued.")
        if present.get(stream, 0) != ends[stream]:
            raise _BrokenLinkError(
                "stream_cut",
                f"{stream} ends at version {present.get(stream, 0)}; it was issued with {ends[stream]}.",
            )
    if (manifest.events, manifest.issued_at) != (len(events), issued.recorded_at):
        raise _BrokenLinkError("manifest_mismatch", "The manifest counts other events than there are.")
    return len({event.stream for event in events})


def _check_files(entries: dict[str, bytes], events: list[LoggedEvent], manifest: Manifest) -> None:
    """Entries are what the manifest says, events name every file, and no named file is passed over."""
    listed = {file.name: file for file in manifest.files}
    unsigned = {packet.MANIFEST, packet.MANIFEST_SIGNATURE}
    for name in sorted((listed.keys() | entries.keys()) - unsigned):
        if name not in entries:
            raise _BrokenLinkError("file_missing", f"The manifest lists {name}, which is not there.")
        if name not in listed:
            raise _BrokenLinkError("file_unlisted", f"The manifest does not list {name}.")
        found = sha256(entries[name]).hexdigest()
        if (listed[name].sha256, listed[name].size_bytes) != (found, len(entries[name])):
            raise _BrokenLinkError("file_hash", f"{name} is not what the manifest says.")
        if name.startswith(packet.FILES_FOLDER) and packet.named_hash(name) != found:
            raise _BrokenLinkError("file_hash", f"{name} does not have the content that its name claims.")
    there = {packet.named_hash(name) for name in entries if name.startswith(packet.FILES_FOLDER)}
    excused = {missing.sha256 for missing in manifest.missing}
    named = {}
    for event in events:
        for file in packet.file_hashes(event.data):
            named[file] = event
    for file, event in named.items():
        if file not in there and file not in excused:
            raise _BrokenLinkError(
                "file_missing", f"{_named(event)} names the file {file}, which is neither there nor excused."
            )
    for file in sorted((there | excused) - named.keys()):
        raise _BrokenLinkError("file_unnamed", f"No event names the file {file}.")


def _check_manifest(entries: dict[str, bytes], public_key: bytes, check: SignatureCheck) -> None:
    covered = packet.manifest_signed_bytes(entries[packet.MANIFEST])
    written = entries[packet.MANIFEST_SIGNATURE]
    try:
        signature = b64decode(written.strip(), validate=True)
    except ValueError:
        signature = b""
    if b64encode(signature) + b"\n" != written or not check(public_key, signature, covered):
        raise _BrokenLinkError(
            "manifest_signature",
            "The manifest, which vouches for the papers, is not signed by the given key.",
        )


def _claimed(line: bytes) -> str:
    """What a line that does not hold says that it is, for whoever looks for it."""
    try:
        event = packet.read_logged(line)
    except ValueError:
        return ", which cannot be read,"
    said = f"{event.type or 'no type'}, {event.stream} version {event.version}"
    return f" ({said[:CLAIM_CHARS_MAX]!a})"


def _named(event: LoggedEvent) -> str:
    return f"Event {event.position} ({event.type or 'no type'}, {event.stream} version {event.version})"
