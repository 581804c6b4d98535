"""Signed heads, and proofs under them."""

from itertools import pairwise

import pytest
from tests.engine.shop import FailingStore, Shop

from doorstep.adapters.signing import Ed25519Signer, verifies
from doorstep.engine.checkpoints import EVENTS_PER_CHECKPOINT, Checkpoints, SplitLogError
from doorstep.engine.ports.store import StoredCheckpoint
from doorstep.vocabulary.checkpoint import read_note
from doorstep.vocabulary.merkle import leaf_hash, verify_consistency, verify_inclusion

SIGNER = Ed25519Signer.from_seed(bytes(32))


def test_a_checkpoint_signs_the_head(shop: Shop) -> None:
    """Size, root and time are the market's, and the signature verifies with the public key."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "b")])
    stored = Checkpoints(market, SIGNER).sign()
    note = read_note(stored.note)
    assert (note.checkpoint.size, note.checkpoint.root) == (2, market.head.root())
    assert note.checkpoint.time == shop.clock.now()
    (signature,) = note.signatures_of(SIGNER.public_key)
    assert verifies(SIGNER.public_key, signature, note.covered)
    assert shop.store.checkpoints(shop.id) == (stored,)


def test_each_checkpoint_extends_the_last(shop: Shop) -> None:
    """Between any two a consistency proof verifies, also across a restart."""
    market = shop.open()
    for number in range(12):
        market.handle([shop.ask("ord_1", f"k{number}")])
        Checkpoints(market, SIGNER).sign()
    checkpoints = Checkpoints(shop.open(), SIGNER)
    signed = [read_note(stored.note).checkpoint for stored in shop.store.checkpoints(shop.id)]
    assert [one.size for one in signed] == list(range(1, 13))
    for earlier, later in pairwise(signed):
        proof = checkpoints.consistency(earlier.size, later.size)
        assert verify_consistency(earlier.size, later.size, proof, earlier.root, later.root)


def test_every_event_has_an_inclusion_proof(shop: Shop) -> None:
    """Acknowledged means provably in the log: each position's proof leads to a signed root."""
    market = shop.open()
    checkpoints = Checkpoints(market, SIGNER)
    market.handle([shop.ask("ord_1", f"k{n}") for n in range(5)])
    checkpoints.sign()
    market.handle([shop.ask("ord_1", f"m{n}") for n in range(6)])
    for event in shop.store.events(shop.id):
        found = checkpoints.inclusion(event.position)
        root = read_note(found.note).checkpoint.root
        assert found.leaf == leaf_hash(event.text)
        assert found.size == (5 if event.position <= 5 else 11)
        assert verify_inclusion(found.leaf, event.position - 1, found.size, list(found.proof), root)


def test_nothing_new_is_signed_where_nothing_was_added(shop: Shop) -> None:
    """The same head gives the same note, whatever the clock says."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a")])
    checkpoints = Checkpoints(market, SIGNER)
    first = checkpoints.sign()
    shop.clock.advance(60)
    assert checkpoints.sign() == first == Checkpoints(market, SIGNER).last


def test_keeping_up_signs_every_256_events(shop: Shop) -> None:
    """Below the bound nothing is signed; at the bound the head is."""
    market = shop.open()
    checkpoints = Checkpoints(market, SIGNER)
    market.handle([shop.ask("ord_1", f"k{n}") for n in range(EVENTS_PER_CHECKPOINT - 1)])
    assert checkpoints.keep_up() is None
    market.handle([shop.ask("ord_1", "last")])
    signed = checkpoints.keep_up()
    assert signed
    assert signed.size == EVENTS_PER_CHECKPOINT
    assert checkpoints.keep_up() is None


def test_a_rewritten_log_is_not_signed(shop: Shop) -> None:
    """A log that was replaced by another, whole in itself, does not pass its old checkpoint."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "b")])
    note = Checkpoints(market, SIGNER).sign().note
    shop.store = FailingStore()
    shop.store.keep_checkpoint(shop.id, StoredCheckpoint(2, note))
    with pytest.raises(SplitLogError):
        Checkpoints(shop.open(), SIGNER)
    rewritten = shop.open()
    rewritten.handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "c"), shop.ask("ord_1", "d")])
    with pytest.raises(SplitLogError):
        Checkpoints(rewritten, SIGNER)
