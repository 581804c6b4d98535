"""Verifying packets: what passes, and the name of the first broken link of everything else."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeAlias

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.adapters.signing import Ed25519Signer, verifies
from doorstep.engine.archive import pack, unpack
from doorstep.engine.packet import Broken, Verified, verify_packet
from doorstep.vocabulary import packet as shape
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link
from doorstep.vocabulary.packet import manifest_signed_bytes

Log: TypeAlias = Any
Entries = dict[str, bytes]
PUBLIC = Ed25519Signer.from_seed(bytes(range(32))).public_key
same_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def verdict(packed: bytes) -> str:
    """`verified`, or the code of the first broken link."""
    outcome = verify_packet(packed, PUBLIC, verifies)
    if isinstance(outcome, Verified):
        return "verified"
    assert outcome.sentence.endswith(".")
    assert "\n" not in outcome.sentence
    return outcome.code


def sealed(entries: Entries, signer: Ed25519Signer, **changes: object) -> bytes:
    """A packet of these entries whose manifest was made to fit them, and signed by `signer`."""
    papers = {
        name: entries[name] for name in entries if name not in {shape.MANIFEST, shape.MANIFEST_SIGNATURE}
    }
    manifest = json.loads(entries[shape.MANIFEST])
    manifest["files"] = [
        {"name": name, "sha256": sha256(papers[name]).hexdigest(), "size_bytes": len(papers[name])}
        for name in sorted(papers)
    ]
    manifest |= changes
    text = canonical(manifest)
    signature = b64encode(signer.sign(manifest_signed_bytes(text))) + b"\n"
    return pack({**papers, shape.MANIFEST: text, shape.MANIFEST_SIGNATURE: signature})


def relined(entries: Entries, keep: Callable[[dict[str, Any]], bool]) -> Entries:
    """The entries with only those events, and their proofs, that `keep` says yes to."""
    lines = entries[shape.EVENTS].splitlines()
    proofs = json.loads(entries[shape.PROOFS])
    kept = [pair for pair in zip(lines, proofs, strict=True) if keep(json.loads(pair[0]))]
    events = b"".join(line + b"\n" for line, _ in kept)
    return {**entries, shape.EVENTS: events, shape.PROOFS: canonical([proof for _, proof in kept])}


def test_a_packet_verifies_and_says_what_was_shown(log: Log) -> None:
    """All events of the order and no other's, all custody links, and the erased file with its reason."""
    outcome = verify_packet(log.packet(), PUBLIC, verifies)
    assert isinstance(outcome, Verified)
    assert (outcome.market, outcome.order, outcome.size) == ("nbg", "ord_1", len(log.texts))
    assert (outcome.events, outcome.streams, outcome.custody_links, outcome.files) == (11, 7, 3, 1)
    assert [(file.reason, file.obtainable) for file in outcome.missing] == [("erased", False)]


def test_packets_are_equal_byte_for_byte_and_open_anywhere(log: Log) -> None:
    """Writing twice gives the same bytes, and an ordinary unzip reads the same entries."""
    packed = log.packet()
    assert packed == log.packet()
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        assert {name: archive.read(name) for name in archive.namelist()} == unpack(packed)


def test_a_later_packet_holds_the_earlier_issue(log: Log) -> None:
    """A second packet about the order carries the first one's issue, and verifies."""
    log.add("contact/ord_1", type="contact.recorded", order="ord_1")
    log.issue()
    outcome = verify_packet(log.packet(), PUBLIC, verifies)
    assert isinstance(outcome, Verified)
    assert (outcome.events, outcome.streams) == (13, 7)


def test_a_chain_recomputed_as_a_whole_does_not_pass(
    log: Log, grow: Callable[[], Log], stranger: Ed25519Signer
) -> None:
    """Who recomputes links, tree and proofs is stopped by the signature; under an old one, by the tree."""
    forged = grow()
    texts, forged.texts, forged.versions, forged.links = list(forged.texts), [], {}, {}
    forged.signer = stranger
    for text in texts:
        event = json.loads(text)
        data = event["data"]
        if data["type"] == "custody.handed_over":
            data["condition"] = "damaged"
        forged.add(event["stream"], **data)
    forged.issue()
    forged.add("route/rte_1", type="route.closed", route="rte_1")
    packed = forged.packet()
    assert isinstance(verify_packet(packed, stranger.public_key, verifies), Verified)
    assert verdict(packed) == "checkpoint_signature"

    reused = {**unpack(packed), shape.CHECKPOINT: log.note().encode()}
    root = json.loads(unpack(log.packet())[shape.MANIFEST])["checkpoint"]
    assert verdict(sealed(reused, stranger, checkpoint=root)) == "inclusion"


def test_a_foreign_signature_line_beside_ours_changes_nothing_in_whom_we_trust(
    log: Log, stranger: Ed25519Signer
) -> None:
    """A stranger's name and hint in front of a stranger's signature do not pass for ours."""
    entries = unpack(log.packet())
    entries[shape.CHECKPOINT] = log.note(stranger).encode()
    assert verdict(sealed(entries, stranger)) == "checkpoint_signature"


OMISSIONS = {
    "a whole stream": (lambda e: e["stream"] != "contact/ord_1", "stream_cut"),
    "a stream's tail": (lambda e: e["data"]["type"] != "delivery.delivered", "stream_cut"),
    "a stream's head": (lambda e: e["data"]["type"] != "custody.opened", "stream_gap"),
    "a link in the middle": (lambda e: (e["stream"], e["version"]) != ("custody/pcl_1", 2), "stream_gap"),
    "the issue": (lambda e: e["data"]["type"] != "evidence.issued", "evidence_missing"),
}


@pytest.mark.parametrize("what", OMISSIONS)
def test_what_is_left_out_is_found(what: str, log: Log, signer: Ed25519Signer) -> None:
    """Even with the market's own key, no event can be left out of a packet that was issued with it."""
    keep, code = OMISSIONS[what]
    assert verdict(sealed(relined(unpack(log.packet()), keep), signer)) == code


def test_an_event_recorded_after_the_issue_does_not_belong(log: Log, signer: Ed25519Signer) -> None:
    """An event of the log that the issue does not name is found, wherever it is put."""
    entries = unpack(log.packet())
    position = len(log.texts)
    late = {"position": position, "path": [part.hex() for part in log.tree().inclusion_proof(position - 1)]}
    appended = {
        **entries,
        shape.EVENTS: entries[shape.EVENTS] + log.texts[-1] + b"\n",
        shape.PROOFS: canonical([*json.loads(entries[shape.PROOFS]), late]),
    }
    # It is the second event of its stream, whose first one is not here.
    assert verdict(sealed(appended, signer)) == "stream_gap"
    first = next(n for n, text in enumerate(log.texts, 1) if b'"route/rte_1"' in text)
    route = {"position": first, "path": [part.hex() for part in log.tree().inclusion_proof(first - 1)]}
    there = zip(json.loads(entries[shape.PROOFS]), entries[shape.EVENTS].splitlines(), strict=True)
    pairs = sorted([*there, (route, log.texts[first - 1])], key=lambda pair: pair[0]["position"])
    slipped = {
        **entries,
        shape.EVENTS: b"".join(line + b"\n" for _, line in pairs),
        shape.PROOFS: canonical([proof for proof, _ in pairs]),
    }
    assert verdict(sealed(slipped, signer)) == "stream_unnamed"


def doubled(entries: Entries) -> Entries:
    """The first event twice."""
    line, proof = entries[shape.EVENTS].splitlines()[0], json.loads(entries[shape.PROOFS])
    return {
        **entries,
        shape.EVENTS: line + b"\n" + entries[shape.EVENTS],
        shape.PROOFS: canonical([proof[0], *proof]),
    }


def swapped(entries: Entries) -> Entries:
    """The first two events in the other order, each with its proof."""
    lines, proofs = entries[shape.EVENTS].splitlines(), json.loads(entries[shape.PROOFS])
    lines[:2], proofs[:2] = lines[1::-1], proofs[1::-1]
    return {
        **entries,
        shape.EVENTS: b"".join(line + b"\n" for line in lines),
        shape.PROOFS: canonical(proofs),
    }


def without(entries: Entries, *prefixes: str) -> Entries:
    """The entries but for those whose name begins so."""
    return {name: content for name, content in entries.items() if not name.startswith(prefixes)}


ALTERED: dict[str, tuple[Callable[[Entries], Entries], dict[str, Any], str]] = {
    "no manifest at all": (lambda e: {**e, "manifest.json": b"{}"}, {}, "manifest_malformed"),
    "an event twice": (doubled, {}, "event_order"),
    "events swapped": (swapped, {}, "event_order"),
    "no last line end": (lambda e: {**e, shape.EVENTS: e[shape.EVENTS][:-1]}, {}, "events_malformed"),
    "a proof too few": (lambda e: {**e, shape.PROOFS: b"[]"}, {}, "proofs_malformed"),
    "proofs that are none": (lambda e: {**e, shape.PROOFS: b"[[["}, {}, "proofs_malformed"),
    "an event changed": (
        lambda e: {**e, shape.EVENTS: e[shape.EVENTS].replace(b'"attempt":1', b'"attempt":2')},
        {},
        "inclusion",
    ),
    "an event spaced out": (
        lambda e: {**e, shape.EVENTS: e[shape.EVENTS].replace(b'"attempt":1', b'"attempt": 1')},
        {},
        "inclusion",
    ),
    "a checkpoint of words": (lambda e: {**e, shape.CHECKPOINT: b"trust me"}, {}, "checkpoint_malformed"),
    "a checkpoint in bytes": (lambda e: {**e, shape.CHECKPOINT: b"\xff"}, {}, "checkpoint_malformed"),
    "another order's name": (lambda e: e, {"order": "ord_2"}, "evidence_missing"),
    "another market's name": (lambda e: e, {"market": "hst"}, "checkpoint_mismatch"),
    "another format": (lambda e: e, {"format": "doorstep-packet/2"}, "manifest_format"),
    "another count": (lambda e: e, {"events": 9}, "manifest_mismatch"),
    "another time of issue": (lambda e: e, {"issued_at": 1}, "manifest_mismatch"),
    "an unknown field": (lambda e: e, {"trust": "me"}, "manifest_malformed"),
    "a photo dropped": (lambda e: without(e, "files/"), {}, "file_missing"),
    "an erased file passed over": (lambda e: e, {"missing": []}, "file_missing"),
    "a file that nobody named": (
        lambda e: {**e, f"files/{sha256(b'x').hexdigest()}.bin": b"x"},
        {},
        "file_unnamed",
    ),
    "a photo's content": (
        lambda e: {**e, next(n for n in e if n.startswith("files/")): b"\xff\xd8\xff another door"},
        {},
        "file_hash",
    ),
    "a list of nothing": (lambda e: e, {"files": []}, "file_unlisted"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_the_first_broken_link_is_named(what: str, log: Log, signer: Ed25519Signer) -> None:
    """Each alteration is found at its own link, even if the market itself signs the manifest for it."""
    change, fields, code = ALTERED[what]
    entries = change(unpack(log.packet()))
    if code == "manifest_malformed" and not fields:
        assert verdict(pack(entries)) == code
    else:
        assert verdict(sealed(entries, signer, **fields)) == code


@pytest.mark.parametrize("name", shape.REQUIRED_ENTRIES)
def test_every_part_is_required(name: str, log: Log) -> None:
    """A packet without one of its parts is no packet."""
    assert verdict(pack(without(unpack(log.packet()), name))) == "entry_missing"


def test_papers_cannot_be_swapped_beside_true_events(log: Log, stranger: Ed25519Signer) -> None:
    """A summary, a reason or a list of files that the market did not sign is found."""
    entries = unpack(log.packet())
    forged = {**entries, shape.SUMMARY: b"<p>Everything was fine.</p>"}
    assert verdict(pack(forged)) == "file_hash"
    assert verdict(sealed(forged, stranger)) == "manifest_signature"
    photo = next(name for name in entries if name.startswith("files/"))
    excuse = {"sha256": shape.named_hash(photo), "reason": "lost", "obtainable": False}
    missing = [*json.loads(entries[shape.MANIFEST])["missing"], excuse]
    assert verdict(sealed(without(entries, photo), stranger, missing=missing)) == "manifest_signature"
    signature = entries[shape.MANIFEST_SIGNATURE]
    for other in (b"", b"\n", signature[:-1], signature + b"\n", b" " + signature, b"!" + signature[1:]):
        assert verdict(pack({**entries, shape.MANIFEST_SIGNATURE: other})) == "manifest_signature"


def test_a_manifest_has_one_spelling(log: Log, signer: Ed25519Signer) -> None:
    """Two fields of one name, which readers may take differently, are refused."""
    entries = unpack(log.packet())
    text = entries[shape.MANIFEST].replace(b'"events":11', b'"events":9,"events":11')
    assert text != entries[shape.MANIFEST]
    signature = b64encode(signer.sign(manifest_signed_bytes(text))) + b"\n"
    spelled = {**entries, shape.MANIFEST: text, shape.MANIFEST_SIGNATURE: signature}
    assert verdict(pack(spelled)) == "manifest_malformed"


def packet_of_a_dishonest_log(log: Log, before: bytes, after: bytes) -> bytes:
    """The packet that a market would sign whose log holds `after` in place of `before`."""
    honest = log.packet()
    assert any(before in text for text in log.texts)
    log.texts = [text.replace(before, after) for text in log.texts]
    entries = unpack(honest)
    lines = entries[shape.EVENTS].splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    tree = log.tree()
    entries[shape.EVENTS] = b"".join(log.texts[position - 1] + b"\n" for position in positions)
    entries[shape.PROOFS] = canonical(
        [{"position": n, "path": [part.hex() for part in tree.inclusion_proof(n - 1)]} for n in positions]
    )
    entries[shape.CHECKPOINT] = log.note().encode()
    checkpoint = {**json.loads(entries[shape.MANIFEST])["checkpoint"], "root": tree.root().hex()}
    return sealed(entries, log.signer, checkpoint=checkpoint)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b'"condition":"good <b>&"', b'"condition":"damaged"', "custody_link"),
        (b'"attempt":1', b'"attempt": 1', "not_canonical"),
        (b'"attempt":1', b'"attempt":1.5', "not_canonical"),
        (b'"attempt":1', b'"attempt":1,"attempt":1', "not_canonical"),
        (b'"attempt":1', b'"attempt":' + b"[" * 90_000, "event_malformed"),
        (b'"actor":"driver:drv_1",', b"", "event_malformed"),
        (b'"market":"nbg"', b'"market":"hst"', "event_position"),
        (b'"position":1,', b'"position":7,', "event_position"),
        (b'"streams":[', b'"streams":[1,', "evidence_malformed"),
    ],
)
def test_a_market_cannot_sign_a_broken_log(before: bytes, after: bytes, code: str, log: Log) -> None:
    """Even under the right key, an event that does not follow from the ones before it is found."""
    assert verdict(packet_of_a_dishonest_log(log, before, after)) == code


def test_the_custody_link_is_what_the_documentation_says(log: Log) -> None:
    """Each link in a packet can be recomputed with the one public function."""
    previous = GENESIS_LINK
    for line in unpack(log.packet())[shape.EVENTS].splitlines():
        data = json.loads(line)["data"]
        if data["type"].startswith("custody."):
            previous = custody_link(previous, data)
            assert data["link"] == previous


def flipped(content: bytes, at: int, bit: int) -> bytes:
    """The content with one bit turned over."""
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    """The packet, once for all examples of a property."""
    return {}


@same_fixtures
@given(data=st.data())
def test_no_byte_of_a_packet_is_free(data: st.DataObject, log: Log, kept: dict[str, bytes]) -> None:
    """Any bit turned over breaks the packet, or lies in the zip's own fields and is told apart there."""
    packed = kept.setdefault("packet", log.packet())
    whole = verify_packet(packed, PUBLIC, verifies)
    at = data.draw(st.integers(0, len(packed) - 1))
    found = verify_packet(flipped(packed, at, data.draw(st.integers(0, 7))), PUBLIC, verifies)
    assert isinstance(whole, Verified)
    assert isinstance(found, Broken) or found == msgspec.structs.replace(whole, as_written=False)


@same_fixtures
@given(data=st.data())
def test_no_byte_of_an_entry_is_free(
    data: st.DataObject, log: Log, kept: dict[str, bytes], stranger: Ed25519Signer
) -> None:
    """Turning over any bit of any entry breaks the packet, packed anew, also with a manifest made to fit."""
    entries = unpack(kept.setdefault("packet", log.packet()))
    name = data.draw(st.sampled_from(sorted(entries)))
    at = data.draw(st.integers(0, len(entries[name]) - 1))
    changed = {**entries, name: flipped(entries[name], at, data.draw(st.integers(0, 7)))}
    assert verdict(pack(changed)) != "verified"
    if name not in {shape.MANIFEST, shape.MANIFEST_SIGNATURE}:
        assert verdict(sealed(changed, stranger)) != "verified"


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    """Whatever is handed in, the answer names a broken link."""
    assert verdict(content) != "verified"
    assert verdict(b"PK\x03\x04" + content) != "verified"
    parts = dict.fromkeys(shape.REQUIRED_ENTRIES, content)
    assert isinstance(verify_packet(pack(parts), PUBLIC, verifies), Broken)
