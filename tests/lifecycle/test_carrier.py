"""The life of a carrier's connection: what comes again is counted, and no flood fills the log."""

import pytest

from doorstep.lifecycle import carrier
from doorstep.lifecycle.carrier import REPEATS_PER_DAY_MAX, CarrierState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.carrier import NoteRepeats, ReportsRepeated
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import MICROSECONDS, Instant

A = CarrierId("a")
DAY_US = 86_400 * MICROSECONDS
NOON = Instant(20_000 * DAY_US + DAY_US // 2)


def _note(at: Instant, reports: int = 3) -> NoteRepeats:
    return NoteRepeats(A, "k", reports, at)


def test_copies_are_counted_by_message(book: PolicyBook) -> None:
    """A message with copies is one event with their number; one without is none."""
    assert carrier.decide(None, _note(NOON), book) == (ReportsRepeated(A, "k", 3, NOON),)
    assert carrier.decide(None, _note(NOON, 0), book) == ()


@pytest.mark.parametrize(("days", "counted"), [(0, False), (1, True)])
def test_a_day_has_a_bound_and_the_next_one_begins_anew(days: int, counted: bool, book: PolicyBook) -> None:
    """Behind the bound nothing more is written until the day of UTC is over."""
    state: CarrierState | None = None
    for _ in range(REPEATS_PER_DAY_MAX):
        (event,) = carrier.decide(state, _note(NOON), book)  # type: ignore[misc]  # none of them is refused
        state = carrier.evolve(state, event)
    later = Instant(NOON + days * DAY_US)
    assert bool(carrier.decide(state, _note(later), book)) is counted
    assert state is not None
    assert carrier.evolve(state, ReportsRepeated(A, "k", 1, Instant(NOON + DAY_US))).repeats == 1
