"""Replay: an exported log read again, by itself, into the states and views that it means."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from doorstep.engine.log import Fold
from doorstep.engine.rules import Machine, P
from doorstep.vocabulary.event import MarketId, StreamId
from doorstep.vocabulary.merkle import Frontier
from doorstep.vocabulary.record import Record


class Projection(Protocol):
    """A view that is kept current by every record of a log, in order."""

    def apply(self, record: Record, /) -> None:
        """Take the next record."""
        ...


class Replayed(msgspec.Struct, frozen=True):
    """What a log came to: states and versions by stream, the tree's frontier, and the log's hash."""

    states: Mapping[StreamId, Any]
    versions: Mapping[StreamId, int]
    frontier: Frontier
    log_hash: str


def replay(
    texts: Iterable[bytes],
    market: MarketId,
    machines: Mapping[str, Machine[P]],
    projections: Sequence[Projection] = (),
) -> Replayed:
    """Fold an exported log from its first event; a line feed at the end of a text is ignored.

    Nothing is decided again: what a solver or a policy once said stands in the events.

    Raises:
        LogBrokenError: at the first event that does not belong where it stands.
    """
    fold = Fold(market, machines)
    digest = sha256()
    for line in texts:
        text = line.removesuffix(b"\n")
        digest.update(text + b"\n")
        record = fold.apply(text)
        for projection in projections:
            projection.apply(record)
    return Replayed(fold.states, fold.versions, fold.frontier, digest.hexdigest())
