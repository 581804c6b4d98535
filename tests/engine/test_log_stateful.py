"""Whatever callers and faults do, the log stays a log, and what is in memory is what it says."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.engine.shop import Diary, Policies, Shop, key_of

from doorstep.engine.log import export
from doorstep.engine.ports.store import StoreUnavailableError
from doorstep.engine.replay import replay
from doorstep.engine.rules import Accepted
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, QueueEffect, SetTimer, Wake
from doorstep.vocabulary.units import after

QUESTIONS = st.lists(
    st.tuples(st.sampled_from(["o1", "o2", "o3"]), st.sampled_from(["a", "b", "twice", "nothing", "go"])),
    min_size=1,
    max_size=5,
)
FAULTS = st.sampled_from([None, None, None, "before", "after"])


class AnyMarket(RuleBasedStateMachine):
    """A market with groups, roots of several streams, restarts, clocks that jump and a store that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.acknowledged: set[str] = set()
        self.start()

    def start(self) -> None:
        """A process begins."""
        self.diary = Diary()
        self.market = self.shop.open(self.react, views=[self.diary])

    def react(self, record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        """Question `go` asks on about the next order; others set timers, drop them and send."""
        del policies
        if key_of(record) == "go":
            asked = len(look(record.stream))
            return (self.shop.asks(f"o{1 + asked % 3}", "a"), self.shop.asks("o9", record.id))
        timer = SetTimer(f"t{record.version % 3}", record.recorded_at, Wake("x", record.stream))
        return (timer, CancelTimer("t1"), QueueEffect(record.id, record.stream, "mail", ""))

    @rule(questions=QUESTIONS, together=st.booleans(), fault=FAULTS)
    def ask(self, questions: list[tuple[str, str]], together: bool, fault: str | None) -> None:
        """Give instructions, perhaps into a failing store."""
        instructions = [self.shop.ask(order, key) for order, key in questions]
        self.shop.store.fails = fault
        try:
            if together:
                outcomes = [self.market.handle_together(instructions)]
            else:
                outcomes = self.market.handle(instructions)
        except StoreUnavailableError:
            return
        finally:
            self.shop.store.fails = None
        for outcome in outcomes:
            if isinstance(outcome, Accepted):
                self.acknowledged.update(record.id for record in outcome.records)

    @rule(seconds=st.integers(-3_600, 3_600))
    def wait(self, seconds: int) -> None:
        """The clock moves, either way."""
        self.shop.clock.advance(seconds)

    @rule()
    def restart(self) -> None:
        """The process dies and another begins."""
        self.start()

    @rule()
    def intrude(self) -> None:
        """A second process writes to the market by mistake."""
        self.shop.open(self.react).handle([self.shop.ask("o1", "go"), self.shop.ask("o4", "b")])

    @invariant()
    def the_log_is_one(self) -> None:
        """It replays; positions and versions have no gap; all that was acknowledged is in it."""
        diary = Diary()
        replayed = replay(
            export(self.shop.store, self.shop.id), self.shop.id, {"contact": self.shop.machine}, [diary]
        )
        assert [record.position for record in diary.records] == list(range(1, replayed.frontier.size + 1))
        assert self.acknowledged <= {record.id for record in diary.records}
        assert replayed.frontier == self.shop.store.head(self.shop.id)

    @invariant()
    def memory_is_a_prefix_of_it(self) -> None:
        """Memory may be behind after a fault, never beside: states and views are those of the same prefix."""
        size = self.market.head.size
        texts = list(export(self.shop.store, self.shop.id))[:size]
        diary = Diary()
        replayed = replay(texts, self.shop.id, {"contact": self.shop.machine}, [diary])
        assert replayed.frontier == self.market.head
        assert replayed.states == self.market.all_of("contact")
        assert diary.records == self.diary.records

    @invariant()
    def effects_and_timers_have_a_stored_cause(self) -> None:
        """No effect and no timer without the event behind it: they were one commit."""
        texts = b"".join(export(self.shop.store, self.shop.id))
        now = after(self.shop.clock.now(), 1_000_000)
        timers = self.shop.store.due_timers(self.shop.id, now, 100)
        effects = self.shop.store.due_effects(self.shop.id, now, 100)
        for cause in [timer.cause for timer in timers] + [effect.cause for effect in effects]:
            assert cause.encode() in texts


AnyMarket.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnyMarket = AnyMarket.TestCase
