"""`doorstep verify`: three exit codes, and one sentence for each way it can go."""

import json
import zipfile
from pathlib import Path

import pytest

from doorstep.adapters.packet import write_packet
from doorstep.adapters.signing import Ed25519Signer, public_pem
from doorstep.cli.main import exit_code
from doorstep.engine.archive import pack, unpack
from doorstep.views.evidence import as_issued
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.checkpoint import Checkpoint, sign_note
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.merkle import Tree, leaf_hash
from doorstep.vocabulary.packet import MissingFile, MissingReason
from doorstep.vocabulary.units import Instant

SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
LOST = "a" * 64


def written() -> bytes:
    """The packet about an order with one event and one lost file."""
    placed = {"type": "order.placed", "order": "ord_1", "proofs": [LOST]}
    streams = [{"stream": "order/ord_1", "version": 1}]
    issued = {"type": "evidence.issued", "order": "ord_1", "streams": streams}
    envelope = {
        "market": "nbg",
        "version": 1,
        "schema": 1,
        "occurred_at": 1_767_000_000_000_000,
        "recorded_at": 1_767_000_000_000_000,
        "source": "api",
        "actor": "system",
        "cause": "cmd",
        "because": None,
    }
    facts = [("order/ord_1", placed), ("evidence/ord_1", issued)]
    texts = [
        canonical({**envelope, "position": n, "id": f"evt_{n}", "stream": stream, "data": data})
        for n, (stream, data) in enumerate(facts, 1)
    ]
    tree = Tree(leaf_hash(text) for text in texts)
    checkpoint = Checkpoint(MarketId("nbg"), 2, tree.root(), Instant(1_767_000_100_000_000))
    note = sign_note(checkpoint, SIGNER.public_key, SIGNER.sign(checkpoint.signed_bytes()))
    missing = [MissingFile(LOST, MissingReason.not_uploaded, obtainable=True)]
    return write_packet(as_issued(OrderId("ord_1"), texts), tree, note, {}, missing, SIGNER)


@pytest.fixture
def packet(tmp_path: Path) -> Path:
    path = tmp_path / "packet.zip"
    path.write_bytes(written())
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "market.pem.pub"
    path.write_bytes(public_pem(SIGNER.public_key))
    return path


def run(*words: object) -> int:
    """`doorstep verify` with these words."""
    return exit_code(["verify", *map(str, words)])


def test_a_whole_packet_ends_with_0_and_says_what_holds(
    packet: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The counts and the missing file are said, and nothing goes to standard error."""
    assert run(packet, "--key", key) == 0
    said = capsys.readouterr()
    assert "verifies" in said.out
    assert "2 in 2 streams" in said.out
    assert "packed again" not in said.out
    assert f"{LOST}  not uploaded, can still be had" in said.out
    assert said.err == ""


def test_the_findings_as_json(packet: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the same is one object, whole packet or broken one."""
    assert run(packet, "--key", key, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verified"], found["order"], found["events"], found["size"]) == (True, "ord_1", 2, 2)
    packet.write_bytes(pack({**unpack(packet.read_bytes()), "summary.html": b"forged"}))
    assert run(packet, "--key", key, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["verified"], found["code"]) == (False, "file_hash")


def test_a_broken_packet_ends_with_1_and_names_the_link(
    packet: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed file and a foreign key each give one sentence with a stable code."""
    foreign = tmp_path / "foreign.pem"
    foreign.write_bytes(public_pem(Ed25519Signer.from_seed(bytes(32)).public_key))
    assert run(packet, "--key", foreign) == 1
    said = capsys.readouterr()
    assert "(checkpoint_signature): The checkpoint is not signed by the given key." in said.err
    assert "verifies" not in said.out
    packet.write_bytes(packet.read_bytes()[:-1])
    assert run(packet, "--key", key) == 1
    assert "(zip_unreadable)" in capsys.readouterr().err


def test_a_packet_that_was_packed_again_ends_with_0_and_says_so(
    packet: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its content is what was signed: that is said beside whose zip it is, in words and in JSON."""
    entries = unpack(packet.read_bytes())
    with zipfile.ZipFile(packet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    assert run(packet, "--key", key) == 0
    assert "packed again by another tool; what is in it is what was signed" in capsys.readouterr().out
    assert run(packet, "--key", key, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verified"], found["as_written"]) == (True, False)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("packet", "no such file"),
        ("folder", "directory"),
        ("text", "is not a zip file"),
        ("key", "no public key"),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(
    broken: str, sentence: str, packet: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing packet, a folder, another file and an unreadable key are the caller's to mend."""
    if broken == "packet":
        packet.unlink()
    elif broken == "folder":
        packet = packet.parent
    elif broken == "text":
        packet.write_text("hello")
    else:
        key.write_text("hello")
    assert run(packet, "--key", key) == 2
    said = capsys.readouterr()
    assert sentence in said.err.lower()
    assert len(said.err.splitlines()) == 1
    assert said.out == ""
