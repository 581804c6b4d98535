"""What a market does with instructions."""

from collections.abc import Callable
from functools import partial
from itertools import chain, product
from threading import Thread
from typing import Any

import pytest
from tests.engine.shop import Diary, FailingStore, Policies, Shop, key_of

from doorstep.engine.handle import KeyTakenError, Market
from doorstep.engine.idempotency import Once
from doorstep.engine.log import event_id
from doorstep.engine.ports.store import Answer, StoreUnavailableError
from doorstep.engine.rules import Accepted, Outcome, Reaction
from doorstep.engine.transaction import REACTIONS_MAX
from doorstep.vocabulary.event import Because, Refusal, Source, StreamId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, QueueEffect, Reasoned, SetTimer, Wake

RULE = Because("contacts", 3, "ask_back")


def kinds(outcomes: list[Outcome]) -> list[str]:
    """Accepted, or the refusal's code."""
    return [one.code if isinstance(one, Refusal) else "accepted" for one in outcomes]


def accepted(outcome: Outcome) -> Accepted:
    """The outcome, which must be an acceptance."""
    assert isinstance(outcome, Accepted)
    return outcome


def answering(status: int) -> Callable[[Any], Answer]:
    """An answer that says how many outcomes it was made from."""
    return lambda outcomes: Answer(status, str(len(outcomes)).encode())


def timer_and_effect(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
    """A timer and an effect for every event."""
    del look, policies
    return (
        SetTimer(f"t/{record.id}", record.recorded_at, Wake("call", record.stream)),
        QueueEffect(f"e/{record.id}", record.stream, "mail", "hello"),
    )


def test_a_later_instruction_sees_the_earlier_ones_of_its_commit(shop: Shop) -> None:
    """The second of two equal questions in one commit is refused, and the commit is one."""
    market = shop.open()
    outcomes = market.handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "a"), shop.ask("ord_1", "b")])
    assert kinds(outcomes) == ["accepted", "asked", "accepted"]
    assert shop.keys() == ["a", "b"]
    assert shop.store.commits == 1
    assert market.state(shop.stream("ord_1")) == ("a", "b")


def test_an_event_says_where_it_came_from(shop: Shop) -> None:
    """Position, version, both clocks, teller, cause and id stand in the record that is stored."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a")])
    instruction = shop.ask("ord_2", "twice")
    first, second = accepted(market.handle([instruction])[0]).records
    assert (first.position, second.position) == (2, 3)
    assert (first.version, second.version) == (1, 2)
    assert first.id == event_id(shop.id, shop.stream("ord_2"), 1) != second.id
    assert first.occurred_at == instruction.occurred_at
    # The second commit of an instant is told from the first by a microsecond.
    assert first.recorded_at == second.recorded_at == shop.clock.now() + 1
    assert (first.actor, first.source, first.cause) == ("ada", Source.api, instruction.id)
    assert first.because is None


def test_a_command_without_events_is_accepted_and_stores_nothing(shop: Shop) -> None:
    """Nothing to say is no refusal, and no commit."""
    market = shop.open()
    assert market.handle([shop.ask("ord_1", "nothing")]) == [Accepted(())]
    assert shop.store.commits == 0


def test_a_refusal_discards_its_own_effects_only(shop: Shop) -> None:
    """Timers and effects of the accepted root are stored; the refused one leaves neither."""
    market = shop.open(timer_and_effect)
    both = [[shop.ask("ord_1", "a"), shop.ask("ord_1", "a")], [shop.ask("ord_2", "b")]]
    assert kinds([market.handle_together(both[0]), market.handle_together(both[1])]) == ["asked", "accepted"]
    assert shop.keys() == ["b"]
    (timer,) = shop.store.due_timers(shop.id, shop.clock.now(), 10)
    (effect,) = shop.store.due_effects(shop.id, shop.clock.now(), 10)
    assert timer.then == Wake("call", "contact/ord_2")
    assert (effect.subject, effect.cause) == ("contact/ord_2", timer.cause)


def test_together_is_all_or_nothing_across_streams(shop: Shop) -> None:
    """One refusal in the middle refuses all; without it all stand in one commit."""
    market = shop.open()
    bad = [shop.ask("ord_1", "a"), shop.ask("ord_2", "b"), shop.ask("ord_2", "b"), shop.ask("ord_3", "c")]
    assert kinds([market.handle_together(bad)]) == ["asked"]
    assert (shop.keys(), market.head.size, shop.store.commits) == ([], 0, 0)
    good = accepted(market.handle_together([bad[0], bad[1], bad[3]]))
    assert [record.position for record in good.records] == [1, 2, 3]
    assert shop.store.commits == 1


def test_reactions_see_the_state_after_all_of_a_root(shop: Shop) -> None:
    """The reaction to the first event of a confirm already sees what the last command did."""
    seen = []

    def peek(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del record, policies
        seen.append((look(shop.stream("ord_1")), look(shop.stream("ord_2")), look(shop.stream("ord_3"))))
        return ()

    shop.open(peek).handle_together([shop.ask("ord_1", "a"), shop.ask("ord_2", "b")])
    assert seen == [(("a",), ("b",), None)] * 2


def test_what_follows_names_the_event_behind_it(shop: Shop) -> None:
    """A reaction's command is the engine's, derived, with the event as cause and the rule as because."""

    def answer(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        if record.stream != "contact/ord_1":
            return ()
        return (Reasoned(shop.asks("ord_2", "x"), RULE), shop.asks("ord_3", "y"))

    market = shop.open(answer)
    root, reasoned, plain = accepted(market.handle([shop.ask("ord_1", "a")])[0]).records
    assert [record.cause for record in (reasoned, plain)] == [root.id] * 2
    assert [record.because for record in (reasoned, plain)] == [RULE, None]
    assert {(record.actor, record.source) for record in (reasoned, plain)} == {("doorstep", Source.derived)}
    assert reasoned.occurred_at == root.occurred_at


def test_a_refused_reaction_is_told_and_the_root_stands(shop: Shop) -> None:
    """The root's event is stored although what should follow was refused."""

    def again(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        return (shop.asks("ord_1", "a"),) if record.version == 1 else ()

    outcome = accepted(shop.open(again).handle([shop.ask("ord_1", "a")])[0])
    assert shop.keys() == ["a"]
    (refused,) = outcome.refused
    assert (refused.command, refused.refusal.code) == (shop.asks("ord_1", "a"), "asked")
    assert refused.cause == outcome.records[0].id


def chained(shop: Shop, length: int) -> Reaction[Policies]:
    """A reaction that follows each event by another, until the stream has `length` more."""

    def follow(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        return (shop.asks("ord_1", f"k{record.version}"),) if record.version <= length else ()

    return follow


def test_reactions_are_bounded(shop: Shop) -> None:
    """So many commands may follow from a root; one more is a defect that stores nothing and harms nobody."""
    shop.open(chained(shop, REACTIONS_MAX)).handle([shop.ask("ord_1", "a")])
    assert len(shop.keys()) == REACTIONS_MAX + 1
    shop.store = FailingStore()
    market = shop.open(chained(shop, REACTIONS_MAX + 1))
    with pytest.raises(AssertionError, match=f"passed {REACTIONS_MAX} commands"):
        market.handle([shop.ask("ord_1", "a")])
    assert shop.keys() == []
    assert kinds(market.handle([shop.ask("ord_2", "nothing")])) == ["accepted"]


def test_reactions_go_breadth_first(shop: Shop) -> None:
    """What follows from both events of a root comes before what follows from that."""

    def fork(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        key = key_of(record)
        return tuple(shop.asks("ord_1", key + more) for more in "xy") if len(key) < 4 else ()

    shop.open(fork).handle([shop.ask("ord_1", "a")])
    assert shop.keys() == ["a" + "".join(tail) for n in range(4) for tail in product("xy", repeat=n)]


def test_the_last_word_on_a_timer_counts(shop: Shop) -> None:
    """A timer that is set and cancelled in one commit never existed; the first of two equal effects goes."""

    def waver(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies
        return (
            SetTimer("t", record.recorded_at, Wake("a", "b")),
            CancelTimer("t"),
            QueueEffect("e", "s", "mail", record.stream),
        )

    shop.open(waver).handle([shop.ask("ord_1", "a"), shop.ask("ord_2", "a")])
    assert shop.store.due_timers(shop.id, shop.clock.now(), 10) == ()
    assert [effect.body for effect in shop.store.due_effects(shop.id, shop.clock.now(), 10)] == [
        "contact/ord_1"
    ]


def test_a_failed_commit_changes_nothing(shop: Shop, diary: Diary) -> None:
    """The error reaches the caller, no state or view moved, and the same instruction works afterwards."""
    market = shop.open(views=[diary])
    shop.store.fails = "before"
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        market.handle([shop.ask("ord_1", "a")])
    assert (market.state(shop.stream("ord_1")), market.head.size, diary.records) == (None, 0, [])
    assert kinds(market.handle([shop.ask("ord_1", "a")])) == ["accepted"]
    assert len(diary.records) == 1


def test_a_lost_answer_is_settled_by_the_key(shop: Shop) -> None:
    """The commit happened but its answer was lost: the key says so, and nothing is done twice."""
    market = shop.open()
    once = Once("merchant", "key-1", "hash", answering(201))
    shop.store.fails = "after"
    with pytest.raises(StoreUnavailableError, match="lost"):
        market.handle([shop.ask("ord_1", "a")], once=once)
    with pytest.raises(KeyTakenError):
        market.handle([shop.ask("ord_1", "b")], once=once)
    assert shop.keys() == ["a"]
    kept = shop.store.answer(shop.id, "merchant", "key-1")
    assert kept
    assert (kept.answer, kept.request_hash) == (Answer(201, b"1"), "hash")
    assert market.state(shop.stream("ord_1")) == ("a",)


def test_a_refusal_is_an_answer_too(shop: Shop) -> None:
    """A refused request keeps its answer under its key, with no event beside it."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a")])
    market.handle([shop.ask("ord_1", "a")], once=Once("m", "k", "h", answering(422)))
    assert shop.keys() == ["a"]
    kept = shop.store.answer(shop.id, "m", "k")
    assert kept
    assert kept.answer.status == 422


def test_someone_elses_commit_is_seen_before_deciding(shop: Shop) -> None:
    """Two owners by mistake: the second decides again on what the first stored; no position is doubled."""
    ours, theirs = shop.open(), shop.open()
    theirs.handle([shop.ask("ord_1", "a")])
    assert kinds(ours.handle([shop.ask("ord_2", "b"), shop.ask("ord_1", "a")])) == ["accepted", "asked"]
    assert shop.keys() == ["a", "b"]
    assert ours.state(shop.stream("ord_1")) == ("a",)


def test_a_stale_version_is_refused(shop: Shop) -> None:
    """Who saw version 1 may not act on version 2; who saw the latest may."""
    market = shop.open()
    stream = shop.stream("ord_1")
    market.handle([shop.ask("ord_1", "twice")])
    stale = market.handle([shop.ask("ord_1", "b"), shop.ask("ord_2", "b")], expected={stream: 1})
    assert kinds(stale) == ["version_conflict"] * 2
    assert isinstance(stale[0], Refusal)
    assert stale[0].fields == (stream,)
    assert market.version(stream) == 2
    assert kinds(market.handle([shop.ask("ord_1", "b")], expected={stream: 2})) == ["accepted"]


def at_once(market: Market[Policies], calls: list[Callable[[], object]]) -> None:
    """Make the first call, and the others while it waits for its commit."""
    threads = [Thread(target=call) for call in calls]
    with market._committing:
        threads[0].start()
        while not market._callers._is_served or market._callers.waiting:
            pass
        for thread in threads[1:]:
            thread.start()
        while market._callers.waiting < len(threads) - 1:
            pass
    for thread in threads:
        thread.join()


def test_callers_that_wait_share_a_commit(shop: Shop) -> None:
    """Forty threads that arrive during a commit make one more; each gets its own answer, the bug its own."""
    market = shop.open()
    answers: dict[int, list[str]] = {}

    def call(number: int) -> None:
        key = "bug" if number == 7 else f"k{number // 2}"
        try:
            answers[number] = kinds(market.handle([shop.ask("ord_1", key)]))
        except AssertionError as fault:
            answers[number] = [str(fault)]

    at_once(market, [partial(call, number) for number in range(41)])
    assert shop.store.commits == 2
    assert answers.pop(7) == ["planted"]
    assert sorted(chain.from_iterable(answers.values())) == ["accepted"] * 21 + ["asked"] * 19
    assert len(shop.keys()) == 21


def test_a_commit_takes_64_callers(shop: Shop) -> None:
    """What waits beyond the bound goes with the next commit, and nobody is forgotten."""
    market = shop.open()
    at_once(market, [partial(market.handle, [shop.ask(f"ord_{n}", "a")]) for n in range(101)])
    assert shop.store.commits == 3
    assert len(shop.keys()) == 101


def test_a_view_sees_every_record_once_in_order(shop: Shop, diary: Diary) -> None:
    """A view from the start, one that joined late and one after a restart were shown the same."""
    market = shop.open(views=[diary])
    market.handle([shop.ask("ord_1", "a"), shop.ask("ord_2", "b")])
    late, restarted = Diary(), Diary()
    market.subscribe(late)
    market.handle([shop.ask("ord_1", "c")])
    shop.open(views=[restarted])
    assert [record.position for record in diary.records] == [1, 2, 3]
    assert diary.records == late.records == restarted.records


def test_a_broken_view_keeps_nobody_from_the_records(shop: Shop, diary: Diary) -> None:
    """The caller learns of the bug; state, log and the other views went on."""

    class Broken:
        def apply(self, record: Record) -> None:
            raise ZeroDivisionError(record.id)

    market = shop.open(views=[Broken(), diary])
    with pytest.raises(ExceptionGroup, match="views"):
        market.handle([shop.ask("ord_1", "a")])
    assert (shop.keys(), len(diary.records), market.head.size) == (["a"], 1, 1)


def test_a_view_must_not_give_commands(shop: Shop) -> None:
    """It would wait for itself for ever; it is told instead."""
    markets: list[Market[Any]] = []

    class Meddler:
        def apply(self, record: Record) -> None:
            markets[0].handle([shop.ask("ord_9", record.id)])

    markets.append(shop.open(views=[Meddler()]))
    with pytest.raises(ExceptionGroup) as told:
        markets[0].handle([shop.ask("ord_1", "a")])
    assert told.group_contains(AssertionError, match="must not give commands")


def test_the_logs_own_time_never_steps_back(shop: Shop) -> None:
    """A clock that is set back does not set `recorded_at` back: it goes on from where it was."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a")])
    before = shop.clock.now()
    shop.clock.advance(-3_600)
    (record,) = accepted(market.handle([shop.ask("ord_1", "b")])[0]).records
    assert record.recorded_at == before + 1
    assert shop.open().head == market.head


def test_reads_that_belong_together(shop: Shop) -> None:
    """A consistent read sees all of a commit; a noun's streams can be listed."""
    market = shop.open()
    market.handle_together([shop.ask("ord_1", "a"), shop.ask("ord_2", "b")])
    one, two = shop.stream("ord_1"), shop.stream("ord_2")
    assert market.consistent(lambda look: (look(one), look(two))) == (("a",), ("b",))
    assert market.consistent(lambda _: market.all_of("contact")) == market.all_of("contact")
    assert market.all_of("contact") == {one: ("a",), two: ("b",)}
    assert market.all_of("cont") == {}


def test_other_policies_count_from_the_next_commit(shop: Shop) -> None:
    """What the old policy let in stays; the new one decides what comes."""
    market = shop.open()
    market.handle([shop.ask("ord_1", "a")])
    market.adopt(shop.rules(policies={"keys_max": 1}))
    assert kinds(market.handle([shop.ask("ord_1", "b"), shop.ask("ord_2", "b")])) == ["full", "accepted"]


def test_a_noun_without_a_machine_is_a_defect(shop: Shop) -> None:
    """An unknown noun raises; it is never taken for a refusal."""
    market = shop.open()
    with pytest.raises(AssertionError, match="no machine runs cases"):
        market.state(StreamId("cases/1"))
    with pytest.raises(AssertionError, match="no stream"):
        market.state(StreamId("contact/"))
