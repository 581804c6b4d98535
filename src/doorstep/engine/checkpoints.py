"""Checkpoints: the log's head, signed, each one an extension of the last.

Whoever keeps one can later be shown, with a few hashes, that an event was in the log then and that nothing
before it has changed since.
"""

from itertools import islice
from threading import Lock
from typing import Final, Generic

import msgspec

from doorstep.engine.handle import Market
from doorstep.engine.ports.signer import Signer
from doorstep.engine.ports.store import StoredCheckpoint
from doorstep.engine.rules import P
from doorstep.vocabulary.checkpoint import Checkpoint, read_note, sign_note
from doorstep.vocabulary.merkle import Frontier, Tree, leaf_hash

EVENTS_PER_CHECKPOINT: Final = 256
"""Events after which `keep_up` signs a new checkpoint."""


class SplitLogError(Exception):
    """The log does not extend the last checkpoint that was signed over it."""


class Inclusion(msgspec.Struct, frozen=True):
    """That the event at `position` (from 1) is under a checkpoint: its leaf hash, its proof, the note."""

    position: int
    size: int
    leaf: bytes
    proof: tuple[bytes, ...]
    note: str


class Checkpoints(Generic[P]):
    """Signs a market's log, and proves what is in it.

    Raises:
        SplitLogError: where the log does not begin with what was signed last.
    """

    def __init__(self, market: Market[P], signer: Signer) -> None:
        self._market = market
        self._signer = signer
        self._lock = Lock()
        self._leaves: list[bytes] = []
        self._tree = Tree(())
        kept = market.store.checkpoints(market.id)
        self._last = kept[-1] if kept else None
        if self._last:
            # Once is enough: from here on the market's head only grows.
            self._check(self._last)

    @property
    def last(self) -> StoredCheckpoint | None:
        """The checkpoint over most events."""
        return self._last

    def sign(self) -> StoredCheckpoint:
        """The checkpoint over the log as it stands: a new one, or the last where nothing was added."""
        with self._lock:
            head = self._market.head
            if self._last and self._last.size == head.size:
                return self._last
            checkpoint = Checkpoint(self._market.id, head.size, head.root(), self._market.clock.now())
            signature = self._signer.sign(checkpoint.signed_bytes())
            note = sign_note(checkpoint, self._signer.public_key, signature)
            self._market.store.keep_checkpoint(self._market.id, StoredCheckpoint(head.size, note))
            self._last = StoredCheckpoint(head.size, note)
            return self._last

    def keep_up(self) -> StoredCheckpoint | None:
        """Sign where 256 events or more were added since the last checkpoint; None where not."""
        signed = self._last.size if self._last else 0
        return self.sign() if self._market.head.size - signed >= EVENTS_PER_CHECKPOINT else None

    def tree(self, size: int | None = None) -> Tree:
        """The tree over the log's first `size` events, all of them where None."""
        with self._lock:
            return self._tree_of(self._market.head.size if size is None else size)

    def inclusion(self, position: int) -> Inclusion:
        """The proof that the event at `position` is in the log; signs a checkpoint where none covers it."""
        checkpoint = self._last if self._last and self._last.size >= position else self.sign()
        assert 0 < position <= checkpoint.size, f"no event stands at {position}"
        tree = self.tree(checkpoint.size)
        proof = tuple(tree.inclusion_proof(position - 1))
        return Inclusion(position, checkpoint.size, self._leaves[position - 1], proof, checkpoint.note)

    def consistency(self, size_a: int, size_b: int) -> list[bytes]:
        """The proof that the log's first `size_a` events (1 or more) begin its first `size_b`."""
        return self.tree(size_b).consistency_proof(size_a)

    def _check(self, last: StoredCheckpoint) -> None:
        events = islice(self._market.store.events(self._market.id), last.size)
        begun = Frontier().extend(leaf_hash(event.text) for event in events)
        signed = read_note(last.note).checkpoint
        if (begun.size, begun.root()) != (signed.size, signed.root):
            raise SplitLogError(f"the log of {self._market.id} does not extend its checkpoint at {last.size}")

    def _tree_of(self, size: int) -> Tree:
        """The tree of a size; leaves are read once, and the last tree asked for is kept."""
        if len(self._leaves) < size:
            behind = self._market.store.events(self._market.id, len(self._leaves))
            self._leaves += [leaf_hash(event.text) for event in behind]
        if self._tree.size != size:
            self._tree = Tree(self._leaves[:size])
        return self._tree
