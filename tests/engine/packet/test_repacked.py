"""Packets that another tool packed again: their content is looked at, and what was changed in it is named."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

import msgspec
import pytest

from doorstep.adapters.signing import Ed25519Signer, verifies
from doorstep.engine.archive import unpack
from doorstep.engine.packet import Broken, Verified, verify_packet
from doorstep.vocabulary import packet as shape

Log: TypeAlias = Any
Entries = dict[str, bytes]
PUBLIC = Ed25519Signer.from_seed(bytes(range(32))).public_key


def repacked(entries: Entries) -> bytes:
    """The entries as an ordinary tool packs them: compressed, dated, in the order in which they come."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def broken(packed: bytes) -> Broken:
    """The first broken link of a packet that has one."""
    outcome = verify_packet(packed, PUBLIC, verifies)
    assert isinstance(outcome, Broken)
    return outcome


def test_an_intact_packet_that_was_packed_again_verifies_and_says_so(log: Log) -> None:
    """The finding is the same as before, but for the one word that the zip is another's."""
    packed = log.packet()
    whole, again = (
        verify_packet(one, PUBLIC, verifies)
        for one in (packed, repacked(dict(reversed(unpack(packed).items()))))
    )
    assert isinstance(whole, Verified)
    assert whole.as_written
    assert again == msgspec.structs.replace(whole, as_written=False)


def line_of(entries: Entries, event_type: str) -> tuple[int, dict[str, Any]]:
    """The number of the line, from 1, that tells an event of a type, and what it tells."""
    for number, line in enumerate(entries[shape.EVENTS].splitlines(), 1):
        if json.loads(line)["data"]["type"] == event_type:
            return number, json.loads(line)
    raise AssertionError(event_type)


@pytest.mark.parametrize(
    ("event_type", "before", "after"),
    [
        ("delivery.delivered", b'"attempt":1', b'"attempt":2'),
        ("custody.handed_over", b'"condition":"good <b>&"', b'"condition":"damaged"'),
        ("custody.handed_over", b'"link":"', b'"link":"0'),
    ],
    ids=["an event", "a custody event", "a custody link"],
)
def test_a_changed_event_is_named_where_it_stands(
    event_type: str, before: bytes, after: bytes, log: Log
) -> None:
    """Its line, its position in the log, its type, stream and version, and not that the zip is another's."""
    entries = unpack(log.packet())
    number, event = line_of(entries, event_type)
    lines = entries[shape.EVENTS].splitlines(keepends=True)
    changed = lines[number - 1].replace(before, after)
    assert changed != lines[number - 1]
    lines[number - 1] = changed
    found = broken(repacked({**entries, shape.EVENTS: b"".join(lines)}))
    assert found.code == "inclusion"
    named = f"line {number} ('{event_type}, {event['stream']} version {event['version']}')"
    assert named in found.sentence
    assert f"position {event['position']} " in found.sentence


def test_a_byte_of_an_event_changed_in_the_file_itself_names_the_event(log: Log) -> None:
    """The zip's checksum is wrong then, and yet it is the event that is named."""
    packed = log.packet()
    number, _ = line_of(unpack(packed), "delivery.delivered")
    at = packed.index(b'"attempt":1', packed.index(b'"type":"delivery.delivered"') - 400)
    found = broken(packed[:at] + b'"attempt":2' + packed[at + 11 :])
    assert (found.code, f"line {number} " in found.sentence) == ("inclusion", True)


def test_a_line_that_claims_too_much_is_repeated_in_one_short_sentence(log: Log) -> None:
    """What a forged line says about itself can neither fill the screen nor steer it."""
    entries = unpack(log.packet())
    lines = entries[shape.EVENTS].splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"type":"', b'"type":"\\u001b[2J\\n' + b"x" * 5_000, 1)
    sentence = broken(repacked({**entries, shape.EVENTS: b"".join(lines)})).sentence
    assert sentence.isprintable()
    assert len(sentence) < 400
    lines[0] = b"no event\n"
    assert "cannot be read" in broken(repacked({**entries, shape.EVENTS: b"".join(lines)})).sentence


def without_photo(entries: Entries) -> Entries:
    """The entries but for the files that events name."""
    return {name: content for name, content in entries.items() if not name.startswith(shape.FILES_FOLDER)}


TAMPERED: dict[str, tuple[Callable[[Entries], Entries], str, str]] = {
    "a file added": (lambda e: {**e, "files/letter.pdf": b"%PDF"}, "file_unlisted", "files/letter.pdf"),
    "a photo removed": (without_photo, "file_missing", "files/"),
    "a paper removed": (
        lambda e: {name: content for name, content in e.items() if name != shape.SUMMARY},
        "entry_missing",
        shape.SUMMARY,
    ),
    "a name that climbs": (lambda e: {**e, "../evil.txt": b""}, "zip_name", "evil"),
    "a hidden file": (lambda e: {**e, ".profile": b""}, "zip_name", ".profile"),
    "too many files": (
        lambda e: {**e, **{f"f{n}": b"" for n in range(shape.PACKET_ENTRIES_MAX)}},
        "zip_entries",
        "2000",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_added_or_taken_away_is_named(what: str, log: Log) -> None:
    """Another tool's zip hides neither a file too many nor one too few."""
    change, code, named = TAMPERED[what]
    found = broken(repacked(change(unpack(log.packet()))))
    assert found.code == code
    assert named in found.sentence


def test_two_entries_of_one_name_are_refused(log: Log) -> None:
    """Which of the two is read would be the reader's luck."""
    entries = unpack(log.packet())
    twin = "z" * len(shape.SUMMARY)
    doubled = repacked({**entries, twin: b"<p>Everything was fine.</p>"})
    found = broken(doubled.replace(twin.encode(), shape.SUMMARY.encode()))
    assert (found.code, shape.SUMMARY in found.sentence) == ("zip_duplicate", True)


def test_a_chain_made_anew_with_ones_own_key_is_not_ours(
    log: Log, grow: Callable[[], Log], stranger: Ed25519Signer
) -> None:
    """Whole and sound in itself, it verifies with its maker's key, and not with the market's."""
    forged = grow()
    texts, forged.texts, forged.versions, forged.links = list(forged.texts), [], {}, {}
    forged.signer = stranger
    for text in texts:
        event = json.loads(text)
        data = {name: value for name, value in event["data"].items() if name != "link"}
        changed = {"condition": "damaged"} if "condition" in data else {}
        forged.add(event["stream"], **data | changed)
    forged.issue()
    packed = repacked(unpack(forged.packet()))
    assert isinstance(verify_packet(packed, stranger.public_key, verifies), Verified)
    assert broken(packed).code == "checkpoint_signature"
    ours = repacked(unpack(log.packet()))
    outcome = verify_packet(ours, stranger.public_key, verifies)
    assert isinstance(outcome, Broken)
    assert outcome.code == "checkpoint_signature"
