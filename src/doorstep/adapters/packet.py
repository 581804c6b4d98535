"""Writing packets: an order's evidence as one zip, the same bytes every time."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

from doorstep.adapters.packet_summary import readme_text, summary_html
from doorstep.adapters.signing import verifies
from doorstep.engine.archive import pack
from doorstep.engine.packet import Verified, verify_packet
from doorstep.engine.ports.signer import Signer
from doorstep.views.evidence import Evidence
from doorstep.vocabulary import packet
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.checkpoint import Checkpoint, read_note
from doorstep.vocabulary.merkle import Tree
from doorstep.vocabulary.packet import EventProof, Manifest, ManifestCheckpoint, MissingFile, PacketFile


class PacketTooLargeError(Exception):
    """The evidence has more bytes or files than a packet may have."""


def write_packet(
    evidence: Evidence,
    tree: Tree,
    note: str,
    files: Mapping[str, bytes],
    missing: Sequence[MissingFile],
    signer: Signer,
    *,
    zone: str = "UTC",
) -> bytes:
    """The packet's bytes; nothing is written that does not verify with the signer's own key.

    Args:
        evidence: What `views.evidence.as_issued` gave.
        tree: The log's tree of the size that the checkpoint says, which must reach the last event.
        note: The checkpoint, signed by `signer`.
        files: Contents by hex SHA-256, of the files that the events name.
        missing: Those that the events name and that are not in `files`, each with its reason.
        signer: Signs the manifest.
        zone: IANA time zone in which the summary shows times to people.

    Raises:
        PacketTooLargeError: above 128 MiB, or 2,000 entries.
    """
    checkpoint = read_note(note).checkpoint
    assert (tree.size, tree.root()) == (checkpoint.size, checkpoint.root), "the tree is not the checkpoint's"
    assert evidence.events[-1].position <= tree.size, "the checkpoint does not reach the packet's issue"
    proofs = tuple(
        EventProof(event.position, tuple(part.hex() for part in tree.inclusion_proof(event.position - 1)))
        for event in evidence.events
    )
    entries = {packet.file_name(content, name): content for name, content in files.items()}
    entries[packet.CHECKPOINT] = note.encode()
    entries[packet.EVENTS] = b"".join(text + b"\n" for text in evidence.texts)
    entries[packet.PROOFS] = canonical(proofs)
    entries[packet.README] = readme_text(evidence).encode()
    entries[packet.SUMMARY] = summary_html(evidence, checkpoint, sorted(entries), missing, zone).encode()
    manifest = canonical(_manifest(evidence, checkpoint, entries, missing))
    entries[packet.MANIFEST] = manifest
    signature = signer.sign(packet.manifest_signed_bytes(manifest))
    entries[packet.MANIFEST_SIGNATURE] = b64encode(signature) + b"\n"
    if len(entries) > packet.PACKET_ENTRIES_MAX:
        raise PacketTooLargeError(f"{len(entries)} entries; a packet has at most {packet.PACKET_ENTRIES_MAX}")
    packed = pack(entries)
    if len(packed) > packet.PACKET_BYTES_MAX:
        raise PacketTooLargeError(f"{len(packed)} bytes; a packet has at most {packet.PACKET_BYTES_MAX}")
    outcome = verify_packet(packed, signer.public_key, verifies)
    assert isinstance(outcome, Verified), f"a packet that does not verify must not leave: {outcome}"
    assert outcome.as_written, "the archive does not read back as it was written"
    return packed


def _manifest(
    evidence: Evidence, checkpoint: Checkpoint, entries: Mapping[str, bytes], missing: Sequence[MissingFile]
) -> Manifest:
    return Manifest(
        format=packet.PACKET_FORMAT,
        market=evidence.market,
        order=evidence.order,
        issued_at=evidence.issued_at,
        checkpoint=ManifestCheckpoint(checkpoint.size, checkpoint.root.hex(), checkpoint.time),
        events=len(evidence.events),
        files=tuple(
            PacketFile(name, sha256(entries[name]).hexdigest(), len(entries[name]))
            for name in sorted(entries)
        ),
        missing=tuple(sorted(missing, key=lambda file: file.sha256)),
    )
