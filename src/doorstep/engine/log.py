"""The log: records as bytes, and the fold that every reader of a log shares.

What is stored is the canonical JSON of a `Record`; what is hashed is what is stored. A fold accepts a log
only if it is one: positions and versions without a gap, ids that follow from them, text that is canonical.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, Generic

import msgspec

from doorstep.engine.ports.store import Store, StoredEvent
from doorstep.engine.rules import Machine, P
from doorstep.vocabulary.canonical import NotCanonicalError, canonical
from doorstep.vocabulary.event import EventId, MarketId, StreamId
from doorstep.vocabulary.ids import derive
from doorstep.vocabulary.merkle import Frontier, leaf_hash
from doorstep.vocabulary.record import Record

EVENT_SCHEMA: Final = 1
"""Version of the events' shapes that this code writes."""
_decoder: Final = msgspec.json.Decoder(Record)


class LogBrokenError(Exception):
    """These bytes are not this market's log."""


def event_id(market: MarketId, stream: StreamId, version: int) -> EventId:
    """The id of a stream's event: it follows from its place, so a copy of the log has the same ids."""
    return EventId(derive("evt", market, stream, str(version)))


def store_form(record: Record) -> StoredEvent:
    """The record as the log keeps it."""
    return StoredEvent(record.position, record.stream, record.version, canonical(record))


def read_record(text: bytes) -> Record:
    """The record in a log's line.

    Raises:
        LogBrokenError: where it is none, or not written canonically.
    """
    try:
        record = _decoder.decode(text)
        if canonical(record) != text:
            raise LogBrokenError(f"the event at {record.position} is not in its canonical form")
    except (msgspec.DecodeError, UnicodeDecodeError, NotCanonicalError) as fault:
        raise LogBrokenError(f"not an event of this version of Doorstep: {fault}") from fault
    return record


def export(store: Store, market: MarketId) -> Iterator[bytes]:
    """Every event's stored bytes in order of position, without line ends; no event holds a line end."""
    return (event.text for event in store.events(market))


def log_hash(texts: Iterable[bytes]) -> str:
    """The hex SHA-256 over every stored event's bytes in order of position, each followed by one line feed.

    It is what `sha256sum` says of an exported log with one event a line.
    """
    digest = sha256()
    for text in texts:
        digest.update(text)
        digest.update(b"\n")
    return digest.hexdigest()


class Fold(Generic[P]):
    """The states of a market's streams after a prefix of its log."""

    def __init__(self, market: MarketId, machines: Mapping[str, Machine[P]]) -> None:
        self.market = market
        self.machines = machines
        self.states: dict[StreamId, Any] = {}
        self.versions: dict[StreamId, int] = {}
        self.frontier = Frontier()
        self.recorded_at = 0
        """When the last event was recorded: the log's own time never steps back."""

    def apply(self, text: bytes) -> Record:
        """Take the log's next event.

        Raises:
            LogBrokenError: where it is not the next event of this log.
        """
        record = read_record(text)
        self._check(record)
        stream = record.stream
        machine = self.machines.get(stream.partition("/")[0])
        if machine is None:
            raise LogBrokenError(f"no machine runs the stream {stream} at {record.position}")
        state = self.states.get(stream, machine.initial)
        self.states[stream] = machine.evolve(state, record.data)
        self.versions[stream] = record.version
        self.frontier = self.frontier.append(leaf_hash(text))
        self.recorded_at = record.recorded_at
        return record

    def _check(self, record: Record) -> None:
        position = self.frontier.size + 1
        if record.position != position:
            raise LogBrokenError(f"position {record.position} stands where {position} belongs")
        if record.market != self.market:
            raise LogBrokenError(f"the event at {position} belongs to market {record.market}")
        version = self.versions.get(record.stream, 0) + 1
        if record.version != version:
            raise LogBrokenError(f"{record.stream} has version {record.version} at {position}, not {version}")
        if record.id != event_id(self.market, record.stream, version):
            raise LogBrokenError(f"the event at {position} has another event's id")
        if record.recorded_at < self.recorded_at:
            raise LogBrokenError(f"the event at {position} was recorded before the one ahead of it")
