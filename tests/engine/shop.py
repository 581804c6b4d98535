"""A small market to run the engine on: people ask, and every question is asked once."""

from collections.abc import Sequence
from typing import Any

from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.store.memory import MemoryStore
from doorstep.engine.handle import Market
from doorstep.engine.ports.store import Batch, StoreUnavailableError
from doorstep.engine.replay import Projection
from doorstep.engine.rules import Machine, Reaction, Rules
from doorstep.vocabulary.contact import AnyContactCommand, ContactRecorded, ContactTopic, RecordContact
from doorstep.vocabulary.event import CommandId, MarketId, Refusal, Source, StreamId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.record import AnyEvent, Instruction, Record
from doorstep.vocabulary.units import Instant

Policies = dict[str, int]
START = Instant(1_767_225_600_000_000)


class FailingStore(MemoryStore):
    """A store whose next commit fails before it is made, or whose answer is lost after it."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: str | None = None
        self.commits = 0

    def commit(self, batch: Batch) -> None:
        """Take the batch, unless it is time to fail."""
        fails, self.fails = self.fails, None
        if fails == "before":
            raise StoreUnavailableError("the disk is full")
        self.commits += 1
        super().commit(batch)
        if fails == "after":
            raise StoreUnavailableError("the answer was lost")


class Diary:
    """A view that keeps what it was shown."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def apply(self, record: Record) -> None:
        """Keep it."""
        self.records.append(record)


def decide(
    state: tuple[str, ...] | None, command: AnyContactCommand, policies: Policies
) -> tuple[AnyEvent, ...] | Refusal:
    """One event for a fresh key; `twice` makes two, `nothing` none, `bug` raises."""
    if command.key == "bug":
        raise AssertionError("planted")
    if command.key == "nothing":
        return ()
    if len(state or ()) >= policies.get("keys_max", 10_000):
        return Refusal("full", "Too many questions.")
    if command.key in (state or ()):
        return Refusal("asked", "This was asked before.", ("key",))
    event = ContactRecorded(command.order, command.key, command.topic, command.channel, "page", command.at)
    return (event, event) if command.key == "twice" else (event,)


def evolve(state: tuple[str, ...] | None, event: Any) -> tuple[str, ...]:  # noqa: ANN401 - as the port has it
    """The keys asked so far."""
    return (*(state or ()), event.key)


def key_of(record: Record) -> str:
    """The key of the question that was recorded; the shop knows no other event."""
    assert isinstance(record.data, ContactRecorded)
    return record.data.key


class Shop:
    """The parts of a market, and short words for what tests do with it."""

    def __init__(self) -> None:
        self.id = MarketId("nbg")
        self.store = FailingStore()
        self.clock = VirtualClock(START)
        self.machine = Machine[Policies]("contact", decide, evolve)
        self._commands = 0

    def rules(
        self, reactions: Sequence[Reaction[Policies]] = (), policies: Policies | None = None
    ) -> Rules[Policies]:
        """The machine with these reactions."""
        return Rules.of([self.machine], reactions, policies or {})

    def open(
        self,
        *reactions: Reaction[Policies],
        views: Sequence[Projection] = (),
    ) -> Market[Policies]:
        """The market over the store: a process that starts."""
        return Market(self.id, self.rules(reactions), self.store, self.clock, views)

    def asks(self, order: str, key: str) -> RecordContact:
        """The command of someone asking about an order."""
        return RecordContact(OrderId(order), key, ContactTopic.change, "web", "page", START)

    def ask(self, order: str, key: str) -> Instruction:
        """The same, given by Ada."""
        self._commands += 1
        command_id = CommandId(f"cmd_{self._commands}")
        return Instruction(command_id, self.asks(order, key), "ada", Source.api, Instant(START - 5))

    def stream(self, order: str) -> StreamId:
        """The stream of an order's questions."""
        return StreamId(f"contact/{order}")

    def keys(self) -> list[str]:
        """Every stored event's key, by position."""
        return [
            event.text.split(b'"key":"')[1].split(b'"')[0].decode() for event in self.store.events(self.id)
        ]
