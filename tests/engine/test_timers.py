"""What was set to happen later."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.engine.shop import START, Policies, Shop, key_of

from doorstep.engine.handle import Market
from doorstep.engine.ports.store import StoreUnavailableError
from doorstep.engine.retry import DeadLetter, Retry
from doorstep.engine.rules import Accepted, Reaction
from doorstep.engine.timers import TIMERS_PER_TICK_MAX, NotYet, Step, Task, Timers
from doorstep.vocabulary.event import Because, Refusal, Source
from doorstep.vocabulary.record import AnyCommand, Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after

RULE = Because("contacts", 1, "later")
RETRY = Retry(tries_max=3, first_s=2, longest_s=60)


def at(seconds: int) -> Instant:
    """Seconds after the start."""
    return after(START, seconds)


def script(plan: dict[str, tuple[Consequence, ...]]) -> Reaction[Policies]:
    """A reaction that answers the question with a key by what the plan says."""

    def react(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        return plan.get(key_of(record), ())

    return react


class Clockwork:
    """A market with timers, a list of what tasks were called with, and of who was buried."""

    def __init__(self, shop: Shop, plan: dict[str, tuple[Consequence, ...]]) -> None:
        self.shop = shop
        self.market: Market[Policies] = shop.open(script(plan))
        self.called: list[tuple[str, Instant]] = []
        self.buried: list[DeadLetter] = []
        self.tasks: dict[str, Task] = {"note": self.note}
        self.timers = Timers(self.market, self.tasks, self.bury, RETRY)

    def note(self, subject: str, now: Instant) -> Sequence[Step]:
        """A task that asks about its subject."""
        self.called.append((subject, now))
        return [self.shop.ask(subject, "noted")]

    def bury(self, letter: DeadLetter) -> tuple[AnyCommand, ...]:
        """Give a dead letter its owner."""
        self.buried.append(letter)
        return (self.shop.asks("ord_dead", letter.id),)


def test_a_timer_fires_once_and_not_before(shop: Shop) -> None:
    """Due to the microsecond, caused by the event that set it; then it is gone, whatever the clock does."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(10), shop.asks("ord_2", "b"), RULE),)})
    works.market.handle([shop.ask("ord_1", "a")])
    assert works.timers.next_due() == at(10)
    assert works.timers.tick(Instant(at(10) - 1)).fired == ()
    shop.clock.move_to(at(300))
    (fired,) = works.timers.tick(at(300)).fired
    assert isinstance(fired.outcomes[0], Accepted)
    (record,) = fired.outcomes[0].records
    (setter,) = shop.store.history(shop.id, shop.stream("ord_1"))
    assert record.cause == fired.timer.cause
    assert record.cause.encode() in setter.text
    assert (record.actor, record.source, record.because) == ("doorstep", Source.derived, RULE)
    assert (record.occurred_at, record.recorded_at) == (at(10), at(300))
    assert works.timers.tick(at(300)).fired == works.timers.tick(at(5)).fired == ()
    assert works.timers.next_due() is None


def test_timers_fire_by_due_time_then_id_those_included_that_are_set_on_the_way(shop: Shop) -> None:
    """One that is set by an earlier one takes its place in the order."""
    plan: dict[str, tuple[Consequence, ...]] = {
        "start": (
            SetTimer("z", at(1), shop.asks("ord_1", "z1")),
            SetTimer("b", at(3), shop.asks("ord_1", "b3")),
            SetTimer("a", at(3), shop.asks("ord_1", "a3")),
        ),
        "z1": (
            SetTimer("m", at(2), shop.asks("ord_1", "m2")),
            SetTimer("n", at(9), shop.asks("ord_1", "n9")),
        ),
    }
    works = Clockwork(shop, plan)
    works.market.handle([shop.ask("ord_1", "start")])
    works.timers.tick(at(5))
    assert shop.keys() == ["start", "z1", "m2", "a3", "b3"]
    assert works.timers.next_due() == at(9)


def test_many_timers_keep_their_order_across_commits(shop: Shop) -> None:
    """More timers than one commit takes, with one set on the way between them, still fire in order."""
    many = tuple(SetTimer(f"t{n:03}", at(10 + n), shop.asks("ord_1", f"k{n:03}")) for n in range(150))
    works = Clockwork(shop, {"start": many, "k070": (SetTimer("x", at(81), shop.asks("ord_1", "k071x")),)})
    works.market.handle([shop.ask("ord_1", "start")])
    before = shop.store.commits
    works.timers.tick(at(1_000))
    assert shop.keys()[1:] == sorted(shop.keys()[1:])
    assert len(shop.keys()) == 152
    assert shop.store.commits - before == 3


def test_what_is_set_on_the_way_waits_for_those_before_it(shop: Shop) -> None:
    """A place that falls free in a full commit goes to no timer that is due after one still unread."""
    many = tuple(SetTimer(f"t{n:03}", at(10 + n), shop.asks("ord_1", f"k{n:03}")) for n in range(70))
    late = (CancelTimer("t001"), SetTimer("late", at(500), shop.asks("ord_1", "last")))
    works = Clockwork(shop, {"start": many, "k000": late})
    works.market.handle([shop.ask("ord_1", "start")])
    works.timers.tick(at(1_000))
    assert shop.keys() == ["start", "k000", *[f"k{n:03}" for n in range(2, 70)], "last"]


def test_a_timer_can_be_cancelled_or_moved_by_one_that_fires_with_it(shop: Shop) -> None:
    """What was due in the same tick does not fire when an earlier one took it back."""
    plan: dict[str, tuple[Consequence, ...]] = {
        "start": tuple(SetTimer(name, at(n), shop.asks("ord_1", name)) for n, name in enumerate("abc", 1)),
        "a": (CancelTimer("b"), SetTimer("c", at(60), shop.asks("ord_1", "late"))),
    }
    works = Clockwork(shop, plan)
    works.market.handle([shop.ask("ord_1", "start")])
    works.timers.tick(at(5))
    assert shop.keys() == ["start", "a"]
    works.timers.tick(at(60))
    assert shop.keys() == ["start", "a", "late"]


def test_a_refused_timer_is_gone(shop: Shop) -> None:
    """A command that is refused when its time comes is told, and does not come back."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(1), shop.asks("ord_1", "a")),)})
    works.market.handle([shop.ask("ord_1", "a")])
    (fired,) = works.timers.tick(at(1)).fired
    assert isinstance(fired.outcomes[0], Refusal)
    assert works.timers.next_due() is None


def test_a_commit_that_fails_keeps_the_timer(shop: Shop) -> None:
    """The timer and its command stand or fall together: it fires at the next tick, once."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(1), shop.asks("ord_1", "b")),)})
    works.market.handle([shop.ask("ord_1", "a")])
    for fails in ("before", "after"):
        shop.store.fails = fails
        with pytest.raises(StoreUnavailableError):
            works.timers.tick(at(1))
    works.timers.tick(at(1))
    assert shop.keys() == ["a", "b"]


def test_a_task_runs_outside_and_its_result_takes_the_timer_along(shop: Shop) -> None:
    """The task gets the timer's subject; what it decides is stored in the commit that ends the timer."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(1), Wake("note", "ord_7")),)})
    works.market.handle([shop.ask("ord_1", "a")])
    before = shop.store.commits
    (fired,) = works.timers.tick(at(2)).fired
    assert (works.called, len(fired.outcomes)) == ([("ord_7", at(2))], 1)
    assert (shop.keys(), shop.store.commits - before) == (["a", "noted"], 1)
    assert works.timers.tick(at(2)).fired == ()


def test_a_task_may_decide_together(shop: Shop) -> None:
    """A tuple of instructions is one root; its refusal does not touch the others."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(1), Wake("pairs", "ord_7")),)})
    works.tasks["pairs"] = lambda subject, now: [
        (shop.ask(subject, "x"), shop.ask("ord_1", "a")),
        shop.ask(subject, f"y{now - START}"),
    ]
    works.market.handle([shop.ask("ord_1", "a")])
    (fired,) = works.timers.tick(at(1)).fired
    assert [isinstance(outcome, Refusal) for outcome in fired.outcomes] == [True, False]
    assert shop.keys() == ["a", "y1000000"]


def test_a_process_that_dies_after_the_task_runs_it_again(shop: Shop) -> None:
    """The result was not stored, so the timer was not ended; the next process does both."""
    works = Clockwork(shop, {"a": (SetTimer("t", at(1), Wake("note", "ord_7")),)})
    works.market.handle([shop.ask("ord_1", "a")])
    shop.store.fails = "before"
    with pytest.raises(StoreUnavailableError):
        works.timers.tick(at(1))
    reborn = Clockwork(shop, {})
    reborn.timers.tick(at(1))
    assert (len(works.called), len(reborn.called), shop.keys()) == (1, 1, ["a", "noted"])


def test_a_timer_that_is_set_anew_while_its_task_runs_stays(shop: Shop) -> None:
    """What the task decided is stored, and the newer timer fires in its own time."""
    works = Clockwork(
        shop,
        {
            "a": (SetTimer("t", at(1), Wake("slow", "ord_7")),),
            "again": (SetTimer("t", at(30), Wake("note", "ord_8")),),
        },
    )

    def slow(subject: str, now: Instant) -> Sequence[Step]:
        del now
        works.market.handle([shop.ask("ord_1", "again")])
        return [shop.ask(subject, "slow")]

    works.tasks["slow"] = slow
    works.market.handle([shop.ask("ord_1", "a")])
    works.timers.tick(at(1))
    assert (shop.keys(), works.timers.next_due()) == (["a", "again", "slow"], at(30))


@pytest.mark.parametrize("then", ["command", "task", "unknown task"])
def test_what_keeps_failing_is_buried_with_an_owner(shop: Shop, then: str) -> None:
    """Tries are bounded and spaced; the last one stores a dead letter and its owner in one commit."""

    def broken(subject: str, now: Instant) -> Sequence[Step]:
        raise ConnectionError(f"no planner for {subject} at {now}")

    actions: dict[str, Any] = {
        "command": shop.asks("ord_1", "bug"),
        "task": Wake("broken", "ord_1"),
        "unknown task": Wake("nobody", "ord_1"),
    }
    works = Clockwork(
        shop, {"a": (SetTimer("t", at(1), actions[then]), SetTimer("u", at(1), shop.asks("o", "u")))}
    )
    works.tasks["broken"] = broken
    works.market.handle([shop.ask("ord_1", "a")])
    assert [failure.is_dead for failure in works.timers.tick(at(1)).failed] == [False]
    assert shop.keys() == ["a", "u"]
    assert works.timers.next_due() == at(3)
    works.timers.tick(at(3))
    assert works.timers.next_due() == at(7)
    before = shop.store.commits
    (last,) = works.timers.tick(at(7)).failed
    assert (last.is_dead, works.timers.next_due(), shop.store.commits - before) == (True, None, 1)
    (dead,) = works.timers.dead()
    (letter,) = works.buried
    assert (dead.id, dead.tries, dead.died_at) == ("t", 3, at(7))
    assert (letter.kind, letter.tries, letter.error) == ("timer", 3, dead.error)
    assert letter.name == {"command": "contact.record_contact", "task": "broken"}.get(then, "nobody")
    assert shop.keys() == ["a", "u", "t"]
    assert works.timers.tick(at(9_999)).failed == ()


def test_a_timer_that_sets_itself_does_not_hold_the_tick(shop: Shop) -> None:
    """A tick ends after 10,000 timers even where each sets the next one due at once."""

    def react(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        return (SetTimer("t", START, Wake("spin", str(record.position))),)

    market = shop.open(react)
    market.handle([shop.ask("ord_1", "x")])
    timers = Timers(market, {"spin": lambda subject, _: [shop.ask(f"ord_2{subject}", "x")]}, lambda _: ())
    assert len(timers.tick(START).fired) == TIMERS_PER_TICK_MAX
    assert timers.next_due() == START


def test_a_task_whose_work_is_under_way_is_woken_again(shop: Shop) -> None:
    """Nothing happens until then, and the same timer stands in the store for a process that comes next."""
    clockwork = Clockwork(shop, {"k1": (SetTimer("t1", at(5), Wake("slow", "ord_9")),)})
    answers: list[NotYet | Sequence[Step]] = [NotYet(at(30)), NotYet(at(40)), [shop.ask("ord_9", "done")]]
    woken: list[Instant] = []

    def slow(subject: str, now: Instant) -> NotYet | Sequence[Step]:
        assert subject == "ord_9"
        woken.append(now)
        return answers[len(woken) - 1]

    clockwork.tasks["slow"] = slow
    clockwork.market.handle([shop.ask("ord_1", "k1")])
    size = clockwork.market.head.size
    assert clockwork.timers.tick(at(5)).fired == ()
    assert clockwork.timers.next_due() == at(30)
    assert clockwork.timers.tick(at(29)).fired == ()
    assert clockwork.timers.tick(at(30)).fired == ()
    assert clockwork.market.head.size == size
    waiting = clockwork.timers.due(at(40))
    assert [(timer.id, timer.set_for, timer.tries) for timer in waiting] == [("t1", at(5), 0)]
    assert len(clockwork.timers.tick(at(40)).fired) == 1
    assert woken == [at(5), at(30), at(40)]
    assert clockwork.market.head.size > size
    assert clockwork.timers.next_due() is None


def test_a_task_that_asks_to_be_woken_in_the_past_is_a_defect(shop: Shop) -> None:
    """It would be woken for ever within one tick; so it fails, and is tried again like whatever fails."""
    clockwork = Clockwork(shop, {"k1": (SetTimer("t1", at(5), Wake("back", "ord_9")),)})
    clockwork.tasks["back"] = lambda _subject, now: NotYet(now)
    clockwork.market.handle([shop.ask("ord_1", "k1")])
    failed = clockwork.timers.tick(at(5)).failed
    assert [(type(one.error), one.is_dead) for one in failed] == [(AssertionError, False)]
    assert clockwork.timers.next_due() == at(7)
