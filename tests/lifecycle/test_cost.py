from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import answer, lived

from doorstep.vocabulary.cost import Basis, BookCost, CostKind, Entry


def booking(key: str, *minors: int) -> BookCost:
    entries = tuple(Entry("a", CostKind.drive, 1, minor, Basis.measured) for minor in minors)
    return BookCost("page", key, None, "EUR", entries)


@given(st.lists(st.integers(-999, 999), max_size=6))
def test_only_what_sums_to_zero_is_booked(minors: list[int]) -> None:
    """A booking is balanced or refused."""
    expected = ("CostBooked",) if sum(minors) == 0 else "entries_unbalanced"
    assert answer("cost", None, booking("k", *minors)) == expected
    assert answer("cost", None, booking("k", *minors, -sum(minors))) == ("CostBooked",)


def test_a_key_is_booked_once() -> None:
    """What was booked is not booked again, whatever it holds; another key is."""
    state = lived("cost", [booking("k", 5, -5)])
    assert answer("cost", state, booking("k", 7, -7)) == ()
    state = lived("cost", [booking("l", 7, -7)], state)
    assert (state.keys, state.borne_minor) == (("k", "l"), 12)
