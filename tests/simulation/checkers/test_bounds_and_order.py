"""The checkers of bounds and of order-free evidence, and what every verdict keeps."""

from collections.abc import Sequence

import msgspec
from tests.simulation.checkers.defects import log_of
from tests.simulation.checkers.town import Town, ids
from tests.views.diary import Diary, clock

from doorstep.lifecycle.delivery import evolve
from doorstep.simulation.checkers.bounds import REACTIONS_MAX, Bounds
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.order_free import OrderFree
from doorstep.simulation.checkers.verdict import BROKEN_MAX, Tally, figures_of, verdicts
from doorstep.views.day_report import InvariantSummary
from doorstep.vocabulary.contact import ContactRecorded, ContactTopic
from doorstep.vocabulary.delivery import AnyDeliveryEvent, Delivered
from doorstep.vocabulary.ids import OrderId


def _final_status(evidence: Sequence[AnyDeliveryEvent]) -> object:
    state = None
    for event in evidence:
        state = evolve(state, event)
    return state and state.status


def test_the_production_fold_is_free_of_order() -> None:
    """The delivery's own fold gives one status for every order and number of arrivals."""
    verdict = OrderFree(_final_status, shuffles=8).check(log_of(Town().diary.records))
    assert verdict.broken == ()
    assert verdict.subjects == 4


def test_a_fold_that_believes_the_last_word_is_found() -> None:
    """A status that follows whatever came last depends on the order of arrivals."""
    verdict = OrderFree(lambda evidence: type(evidence[-1])).check(log_of(Town().diary.records))
    assert not verdict.holds


def test_a_fold_that_counts_repeats_is_found() -> None:
    """A status that counts every copy depends on their number."""
    verdict = OrderFree(lambda evidence: sum(isinstance(e, Delivered) for e in evidence)).check(
        log_of(Town().diary.records)
    )
    assert verdict.broken_count > 0


def _chain(length: int) -> Log:
    """One command, and commands that follow one from the other."""
    diary = Diary()
    contact = ContactTopic.where_is_my_order
    events = [
        ContactRecorded(OrderId(f"ord_{n}"), f"k{n}", contact, "phone", "anna", clock(9))
        for n in range(length + 1)
    ]
    diary.tell(clock(9), *events)
    linked = [diary.records[0]]
    for record in diary.records[1:]:
        linked.append(msgspec.structs.replace(record, cause=linked[-1].id))
    return log_of(linked)


def test_a_chain_of_reactions_is_bounded() -> None:
    """As many commands as allowed may follow from one; one more is said."""
    assert Bounds({}, {}).check(_chain(REACTIONS_MAX)).holds
    assert not Bounds({}, {}).check(_chain(REACTIONS_MAX + 1)).holds


def test_what_follows_in_a_later_commit_counts_for_itself() -> None:
    """A timer's command is caused by an old event, and begins a count of its own."""
    log = _chain(REACTIONS_MAX + 10)
    spread = [
        msgspec.structs.replace(record, recorded_at=record.recorded_at + record.position // 40)
        for record in log.records
    ]
    assert Bounds({}, {}).check(log_of(spread)).holds


def test_queues_need_limits_and_keep_them() -> None:
    """A queue beyond its limit is said, and so is one that has none."""
    log = log_of(Town().diary.records)
    assert Bounds({"outbox": 10}, {"outbox": 10}).check(log).holds
    assert Bounds({"outbox": 11}, {"outbox": 10}).check(log).broken == (
        "queue outbox: it held 11, its limit is 10",
    )
    assert not Bounds({"photos": 0}, {}).check(log).holds


def test_a_verdict_is_bounded_and_counts_the_rest() -> None:
    """Only the first sentences are kept; the figures say how many more there are."""
    tally = Tally()
    for n in range(BROKEN_MAX + 5):
        tally.that(False, f"thing {n}", "is wrong")
    verdict = tally.verdict(1, "nothing is wrong")
    assert (verdict.broken_count, verdict.subjects, len(verdict.broken)) == (25, 25, BROKEN_MAX)
    assert verdict.figures().broken[-1] == "and 5 more"


def test_a_check_without_a_subject_fails_the_run() -> None:
    """An invariant that met nothing proves nothing: the verdict does not hold, the report says so."""
    found = verdicts([OrderFree(_final_status), Bounds({}, {})], Log([]))
    assert [verdict.holds for verdict in found] == [False, False]
    summary = InvariantSummary.of(figures_of(found))
    assert summary.broken == ("7: met no subject", "18: met no subject")
    assert ids(1)[0] not in str(summary)
