"""The checker of the log's own order and of what was signed over it."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.checkers.defects import change, drop, log_of, renumbered
from tests.simulation.checkers.town import Town, ids
from tests.views.diary import MARKET

from doorstep.adapters.signing import Ed25519Signer
from doorstep.simulation.checkers.durable import DurableLog, Roots, leaf, root_from
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Verdict
from doorstep.vocabulary.checkpoint import Checkpoint, sign_note
from doorstep.vocabulary.merkle import Frontier, Tree, leaf_hash
from doorstep.vocabulary.order import OrderFulfilled, OrderPlaced
from doorstep.vocabulary.units import Instant

SIGNER = Ed25519Signer.from_seed(b"s" * 32)
ACKNOWLEDGED = tuple(f"order/{ids(n)[0]}" for n in (1, 2, 3, 4))


def _note(texts: Sequence[bytes], signer: Ed25519Signer = SIGNER) -> str:
    root = Frontier().extend(map(leaf_hash, texts)).root()
    checkpoint = Checkpoint(MARKET, len(texts), root, Instant(1))
    return sign_note(checkpoint, SIGNER.public_key, signer.sign(checkpoint.signed_bytes()))


def _verdict(log: Log, notes: Sequence[str] | None = None, path_of: Sequence[bytes] | None = None) -> Verdict:
    tree = Tree(map(leaf_hash, log.texts if path_of is None else path_of))
    signed = [_note(log.texts[:40]), _note(log.texts)] if notes is None else notes

    def inclusion(position: int, size: int) -> list[bytes]:
        assert size == len(log.texts)
        return tree.inclusion_proof(position - 1)

    return DurableLog(SIGNER.public_key, signed, inclusion, ACKNOWLEDGED).check(log)


def test_a_signed_log_is_found_clean() -> None:
    """A gapless log whose checkpoints are beginnings of it holds."""
    verdict = _verdict(log_of(Town().diary.records))
    assert verdict.broken == ()
    assert verdict.holds


def test_a_rewritten_event_is_found() -> None:
    """An event that was changed after it was signed leads to another root."""
    records = Town().diary.records
    notes = [_note(log_of(records).texts)]
    rewritten = log_of(change(OrderFulfilled, {"delivery": "dlv_9"})(records))
    assert any("not the root of this log" in sentence for sentence in _verdict(rewritten, notes).broken)


def test_a_cut_tail_is_found() -> None:
    """A checkpoint over more events than the log has is no beginning of it."""
    log = log_of(Town().diary.records)
    cut = Log(log.texts[:-1])
    assert any(sentence.startswith("checkpoint 1") for sentence in _verdict(cut, [_note(log.texts)]).broken)


def test_a_gap_is_found() -> None:
    """A position, a version, or a clock that jumps is said at its position."""
    records = Town().diary.records
    gone = [record for record in records if record.position != 20]
    assert any("there stands 21" in sentence for sentence in _verdict(log_of(gone)).broken)
    late = [*records[:-1], msgspec.structs.replace(records[-1], version=9, recorded_at=Instant(1))]
    found = " ".join(_verdict(log_of(late)).broken)
    assert "jumps to 9" in found
    assert "recorded before" in found


def test_text_that_is_not_canonical_is_found() -> None:
    """The same event with a space in it is not what was stored."""
    log = log_of(Town().diary.records)
    loose = Log([log.texts[0].replace(b'":', b'": ', 1), *log.texts[1:]])
    assert any("canonical" in sentence for sentence in _verdict(loose).broken)


def test_another_keys_signature_is_found() -> None:
    """A note signed by someone else does not verify."""
    log = log_of(Town().diary.records)
    forged = _note(log.texts, Ed25519Signer.from_seed(b"t" * 32))
    assert any("no signature" in sentence for sentence in _verdict(log, [forged]).broken)


def test_a_split_view_is_found() -> None:
    """Of two checkpoints over different logs at least one is not of this one."""
    log = log_of(Town().diary.records)
    other = log_of(change(OrderPlaced, {"content_hash": "x" * 64})(Town().diary.records))
    assert not _verdict(log, [_note(other.texts[:40]), _note(log.texts)]).holds


def test_a_shrinking_log_is_found() -> None:
    """A checkpoint over fewer events than the one before extends nothing."""
    log = log_of(Town().diary.records)
    tree = Tree(map(leaf_hash, log.texts[:40]))
    notes = [_note(log.texts), _note(log.texts[:40])]
    checker = DurableLog(SIGNER.public_key, notes, lambda position, _: tree.inclusion_proof(position - 1))
    assert checker.check(log).broken == (f"checkpoint 2: 40 events after {len(log.texts)}",)


@pytest.mark.parametrize(
    "note", ["", "doorstep/town\n12\nAAAA", "doorstep/town\n1x\nAAAA\n\n", "a\n1\n~\n\n"]
)
def test_what_is_no_checkpoint_is_found(note: str) -> None:
    """A note that cannot be read is broken, and breaks nothing else."""
    log = log_of(Town().diary.records)
    assert _verdict(log, [note, _note(log.texts)]).broken == ("checkpoint 1: it is no checkpoint",)


def test_a_lost_acknowledgement_is_found() -> None:
    """An order that someone was told stands, and that the log does not hold, is lost."""
    records = renumbered([r for r in Town().diary.records if r.stream != "order/ord_4"])
    assert any("acknowledged" in sentence for sentence in _verdict(log_of(records)).broken)


def test_a_false_inclusion_proof_is_found() -> None:
    """A proof from another log's tree leads to another root."""
    log = log_of(Town().diary.records)
    other = [*log.texts[:-1], b"{}"]
    assert any("inclusion proof" in sentence for sentence in _verdict(log, path_of=other).broken)


def test_a_log_without_a_checkpoint_is_found() -> None:
    """Where nothing was signed, nothing is proven."""
    assert not _verdict(log_of(drop(OrderFulfilled)(Town().diary.records)), []).holds


@given(st.integers(1, 70), st.data())
def test_the_trees_agree(size: int, data: st.DataObject) -> None:
    """The checker's recursive tree and the log's own level by level are one tree, path by path."""
    texts = [bytes([n]) for n in range(size)]
    tree = Tree(map(leaf_hash, texts))
    assert Roots([leaf(text) for text in texts]).of(len(texts)) == tree.root()
    index = data.draw(st.integers(0, size - 1))
    assert root_from(leaf(texts[index]), index, size, tree.inclusion_proof(index)) == tree.root()


@pytest.mark.parametrize(("size", "path"), [(1, [b"x" * 32]), (2, []), (4, [b"x" * 32])])
def test_a_path_of_a_wrong_length_leads_nowhere(size: int, path: list[bytes]) -> None:
    """An audit path must have one hash for each level."""
    assert root_from(b"l" * 32, 0, size, path) is None
