"""What every store must do, in memory and in SQLite."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from doorstep.adapters.store.memory import MemoryStore
from doorstep.adapters.store.relational import EVENTS_PER_PAGE, RelationalStore
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.engine.ports.store import (
    Answer,
    Batch,
    Effect,
    EffectState,
    HeadMovedError,
    KeptAnswer,
    Store,
    StoredCheckpoint,
    StoredEvent,
    Timer,
    Waiting,
)
from doorstep.vocabulary.case import EscalateCase
from doorstep.vocabulary.event import Because, MarketId, StreamId
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.merkle import Frontier, leaf_hash
from doorstep.vocabulary.timer import Wake
from doorstep.vocabulary.units import Instant

NBG, MUC = MarketId("nbg"), MarketId("muc")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        engine = open_sqlite(tmp_path / "doorstep.db", relaxed=True)
        yield RelationalStore(engine)
        engine.dispose()


def batch(store: Store, *streams: str, market: MarketId = NBG) -> Batch:
    """A batch that appends one event to each of the streams."""
    base = store.head(market)
    versions = {stream: len(store.history(market, StreamId(stream))) for stream in streams}
    events = []
    for position, stream in enumerate(streams, base.size + 1):
        versions[stream] += 1
        text = f'{{"n":{position},"s":"{stream}ä"}}'.encode()
        events.append(StoredEvent(position, StreamId(stream), versions[stream], text))
    head = base.extend(leaf_hash(event.text) for event in events)
    return Batch(market, base, head, tuple(events))


def rows(store: Store, market: MarketId = NBG, **parts: object) -> None:
    """Commit rows without an event."""
    store.commit(Batch(market, Frontier(), Frontier(), **parts))  # type: ignore[arg-type]  # tests name the parts


def timer(name: str, due_at: int, **parts: object) -> Timer:
    """A timer that wakes a task."""
    return Timer(name, Instant(due_at), Instant(due_at), Wake("t", name), "evt_1", **parts)  # type: ignore[arg-type]  # tests name the parts


def effect(
    name: str, seq: int, subject: str, due_at: int = 0, state: EffectState = EffectState.queued
) -> Effect:
    """An effect."""
    return Effect(name, seq, subject, "mail", "bödy", "evt_1", Instant(due_at), state)


def test_a_log_grows_by_what_was_committed(store: Store) -> None:
    """Events come back byte for byte, in order, by stream, and the head is the tree over them."""
    assert store.head(NBG) == Frontier()
    assert list(store.events(NBG)) == []
    first, second = batch(store, "a/1", "b/1", "a/1"), None
    store.commit(first)
    second = batch(store, "a/1")
    store.commit(second)
    assert list(store.events(NBG)) == [*first.events, *second.events]
    assert list(store.events(NBG, after=2)) == [first.events[2], *second.events]
    assert list(store.events(NBG, after=4)) == list(store.events(NBG, after=9)) == []
    assert [event.version for event in store.history(NBG, StreamId("a/1"))] == [1, 2, 3]
    assert store.history(NBG, StreamId("c/1")) == ()
    assert store.head(NBG) == second.head == Frontier().extend(leaf_hash(e.text) for e in store.events(NBG))


def test_a_reader_sees_the_log_as_it_stood(store: Store) -> None:
    """What is appended while someone reads does not reach that reader; many pages read like one."""
    for _ in range(3):
        store.commit(batch(store, *["a/1"] * (EVENTS_PER_PAGE // 2)))
    reader = store.events(NBG)
    store.commit(batch(store, "a/1"))
    assert [event.position for event in reader] == list(range(1, 3 * (EVENTS_PER_PAGE // 2) + 1))


def test_two_writers_cannot_take_one_position(store: Store) -> None:
    """The second of two batches over the same head is refused whole, its rows included."""
    for _ in range(2):
        ours, theirs = batch(store, "a/1"), batch(store, "b/1")
        store.commit(ours)
        with pytest.raises(HeadMovedError):
            store.commit(
                Batch(
                    NBG,
                    theirs.base,
                    theirs.head,
                    theirs.events,
                    {"t": timer("t", 1)},
                    (effect("e", 1, "s"),),
                    (),
                    (KeptAnswer("m", "k", "h", Answer(200, b""), Instant(1)),),
                )
            )
    assert {event.stream for event in store.events(NBG)} == {"a/1"}
    assert store.timer(NBG, "t") is None
    assert store.effect(NBG, "e") is None
    assert store.answer(NBG, "m", "k") is None


def test_a_head_of_the_right_size_but_other_events_has_moved(store: Store) -> None:
    """Size alone does not make a log the same."""
    store.commit(batch(store, "a/1"))
    right = batch(store, "a/1")
    other = Frontier().append(leaf_hash(b"other"))
    with pytest.raises(HeadMovedError):
        store.commit(Batch(NBG, other, other.append(leaf_hash(right.events[0].text)), right.events))


def test_threads_that_race_leave_a_log(store: Store) -> None:
    """Eight threads append with retries: every position once, every stream's versions without a gap."""

    def append(stream: str) -> None:
        done = 0
        while done < 5:
            try:
                store.commit(batch(store, stream))
            except HeadMovedError:
                continue
            done += 1

    threads = [Thread(target=append, args=(f"a/{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.position for event in store.events(NBG)] == list(range(1, 41))
    assert [event.version for event in store.history(NBG, StreamId("a/3"))] == [1, 2, 3, 4, 5]


def test_markets_do_not_meet(store: Store) -> None:
    """One store keeps several markets, and no row of one is another's."""
    store.commit(batch(store, "a/1", "a/1"))
    store.commit(batch(store, "a/1", market=MUC))
    rows(store, timers={"t": timer("t", 5)}, effects=(effect("e", 1, "s"),))
    store.keep_checkpoint(NBG, StoredCheckpoint(2, "note"))
    assert (store.head(NBG).size, store.head(MUC).size) == (2, 1)
    assert store.due_timers(MUC, Instant(9), 9) == ()
    assert store.due_effects(MUC, Instant(9), 9) == ()
    assert store.timer(MUC, "t") is None
    assert store.effect(MUC, "e") is None
    assert store.next_due(MUC) is None
    assert store.checkpoints(MUC) == ()
    rows(store, MUC, timers={"t": timer("t", 7)}, effects=(effect("e", 1, "s"),))
    rows(store, timers={"t": None})
    assert store.next_due(MUC) == 7


def test_timers_come_by_due_time_then_id(store: Store) -> None:
    """Due means at or before now; the bound takes the first."""
    named = {name: timer(name, due) for name, due in (("c", 5), ("a", 9), ("b", 5), ("d", 10))}
    rows(store, timers=named)
    assert [one.id for one in store.due_timers(NBG, Instant(9), 9)] == ["b", "c", "a"]
    assert [one.id for one in store.due_timers(NBG, Instant(9), 2)] == ["b", "c"]
    assert store.due_timers(NBG, Instant(4), 9) == ()
    assert store.next_due(NBG) == 5


def test_a_timer_is_replaced_and_removed_by_its_id(store: Store) -> None:
    """The last commit's word stands and comes back as written; removing what is not there is no harm."""
    rows(store, timers={"a": timer("a", 5), "b": timer("b", 6)})
    full = Timer(
        "a",
        Instant(8),
        Instant(7),
        EscalateCase(CaseId("cse_1"), Instant(7)),
        "evt_2",
        Because("cases", 2, "overdue"),
        3,
        "ConnectionError: ä",
    )
    rows(store, timers={"a": full, "b": None, "never": None})
    assert store.timer(NBG, "a") == full
    assert store.due_timers(NBG, Instant(9), 9) == (full,)
    assert store.timer(NBG, "b") is None


def test_a_dead_timer_is_never_due(store: Store) -> None:
    """It stands among the dead until someone sets it anew."""
    dead = timer("a", 5, died_at=Instant(6))
    rows(store, timers={"a": dead, "b": timer("b", 7)})
    assert (store.due_timers(NBG, Instant(6), 9), store.next_due(NBG)) == ((), 7)
    assert store.dead_timers(NBG) == (dead,)
    rows(store, timers={"a": timer("a", 5)})
    assert (store.dead_timers(NBG), store.next_due(NBG)) == ((), 5)


def test_what_waits_is_counted(store: Store) -> None:
    """The dead wait no more, but their tries count; what was sent does neither."""
    assert store.waiting(NBG) == Waiting(0, 0, 0, 0)
    rows(store, timers={"a": timer("a", 5), "b": timer("b", 7), "d": timer("d", 5, died_at=Instant(6))})
    tried = replace(timer("c", 9), tries=2)
    rows(store, timers={"c": tried})
    queued = (effect("e1", 1, "s"), effect("e2", 2, "s"))
    rows(store, effects=(*queued, effect("e3", 3, "t")))
    sent = replace(queued[0], state=EffectState.sent, tries=4)
    dead = replace(queued[1], state=EffectState.dead, tries=3)
    rows(store, settled=(sent, dead))
    assert store.waiting(NBG) == Waiting(timers=3, timer_tries=2, effects=1, effect_tries=3)
    assert store.waiting(MUC) == Waiting(0, 0, 0, 0)


def test_effects_queue_by_subject(store: Store) -> None:
    """Only the first queued effect of a subject is offered, and only when it is due."""
    rows(
        store,
        effects=(
            effect("s2", 20, "s"),
            effect("s1", 10, "s", due_at=5),
            effect("t1", 15, "t"),
            effect("u1", 5, "u", due_at=9),
        ),
    )
    assert [one.id for one in store.due_effects(NBG, Instant(4), 9)] == ["t1"]
    assert [one.id for one in store.due_effects(NBG, Instant(9), 9)] == ["u1", "s1", "t1"]
    assert [one.id for one in store.due_effects(NBG, Instant(9), 1)] == ["u1"]
    assert store.next_effect_due(NBG) == 0
    rows(store, settled=(effect("t1", 15, "t", 4, EffectState.sent), effect("s1", 10, "s", 7)))
    assert store.next_effect_due(NBG) == 7
    rows(store, settled=(effect("s1", 10, "s", 7, EffectState.dead),))
    assert [one.id for one in store.due_effects(NBG, Instant(7), 9)] == ["s2"]
    assert [one.id for one in store.dead_effects(NBG)] == ["s1"]


def test_an_effect_is_kept_once(store: Store) -> None:
    """A second effect with a known id is dropped, sent or not; a sent one is forgotten in time."""
    rows(store, effects=(effect("e", 10, "s"),))
    rows(store, effects=(effect("e", 20, "t"),))
    assert store.effect(NBG, "e") == effect("e", 10, "s")
    sent = effect("e", 10, "s", 50, EffectState.sent)
    rows(store, settled=(sent,))
    rows(store, effects=(effect("e", 30, "s"), effect("f", 31, "s")))
    assert store.effect(NBG, "e") == sent
    assert store.forget_sent(NBG, Instant(50)) == 0
    assert store.forget_sent(NBG, Instant(51)) == 1
    assert store.effect(NBG, "e") is None
    assert store.effect(NBG, "f") is not None


def test_answers_are_kept_by_scope_and_key(store: Store) -> None:
    """A body comes back byte for byte; what is old enough is forgotten."""
    kept = KeptAnswer("m1", "k", "hash", Answer(201, b"\x00\xff{}"), Instant(10))
    rows(store, answers=(kept, KeptAnswer("m2", "k", "other", Answer(422, b""), Instant(20))))
    assert store.answer(NBG, "m1", "k") == kept
    assert store.answer(NBG, "m1", "other") is None
    assert store.answer(MUC, "m1", "k") is None
    assert store.forget_answers(NBG, Instant(20)) == 1
    assert store.answer(NBG, "m1", "k") is None
    assert store.answer(NBG, "m2", "k") is not None


def test_checkpoints_are_kept_by_size(store: Store) -> None:
    """The first note over a size stands; they come back in order."""
    for size, note in ((300, "c"), (20, "a"), (100, "b"), (20, "other")):
        store.keep_checkpoint(NBG, StoredCheckpoint(size, note))
    assert [(one.size, one.note) for one in store.checkpoints(NBG)] == [(20, "a"), (100, "b"), (300, "c")]
