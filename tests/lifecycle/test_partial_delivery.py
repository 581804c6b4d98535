"""A delivery whose parcels go different ways."""

import pytest
from tests.lifecycle.life import answer, lived
from tests.lifecycle.test_delivery import BAG, BOX, COMMANDS, DLV, VAN, at, fail, hand_over, told

from doorstep.vocabulary.delivery import DeliveryStatus, ParcelOutcome, RecordMissing, RecordPickUp
from doorstep.vocabulary.ids import ParcelId
from doorstep.vocabulary.proof import ProofKind

SHORT = "create assign pick_up_box start arrive hand_over_box"
AGAIN = "reattempt assign pick_up start arrive"


def test_what_was_short_keeps_a_delivery_open_when_the_rest_is_handed_over() -> None:
    """Partially delivered, unended, and the parcel that nobody found is still sought."""
    state = told(SHORT)
    assert state.status is DeliveryStatus.partially_delivered
    assert not state.over
    assert state.outcomes == {BOX: ParcelOutcome.delivered}
    assert (state.rest, state.at_hand, state.sought) == ((BAG,), (), {BAG: at(200)})
    assert state.delivered is None


def test_a_scan_proves_the_parcels_that_it_names() -> None:
    """One of two handed over is proven, and the other stays on the van."""
    state = told("create assign pick_up start arrive hand_over_box")
    assert (state.status, state.missing) == (DeliveryStatus.partially_delivered, ())
    assert state.on_van == (BAG,)


def test_the_rest_is_delivered_at_a_next_attempt() -> None:
    """Found, attempted again, handed over: then all of it is delivered, by the last handoff."""
    state = told(f"{SHORT} find {AGAIN}")
    assert state.attempt == 2
    state = lived("delivery", [hand_over(5_000, parcels=(BAG,))], state)
    assert (state.status, state.over, state.rest) == (DeliveryStatus.delivered, True, ())
    assert state.delivered is not None
    assert (state.delivered.at, state.delivered.attempt) == (at(5_000), 2)


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("write_off", ParcelOutcome.lost),
        ("lost", ParcelOutcome.lost),
        ("cancel", ParcelOutcome.cancelled),
        ("find return returned", ParcelOutcome.returned),
    ],
)
def test_parcels_that_end_differently_end_a_delivery_as_partially_delivered(
    ending: str, outcome: ParcelOutcome
) -> None:
    """Whatever becomes of the rest, the delivery is over once it did."""
    state = told(f"{SHORT} {ending}")
    assert (state.status, state.over) == (DeliveryStatus.partially_delivered, True)
    assert state.outcomes == {BOX: ParcelOutcome.delivered, BAG: outcome}


def test_a_delivery_of_which_nothing_was_handed_over_ends_as_its_parcels_did() -> None:
    """One back, one written off is returned; all written off is lost."""
    way = "create assign pick_up_box start arrive fail return returned"
    waiting = told(way)
    assert (waiting.status, waiting.over) == (DeliveryStatus.returning, False)
    assert told(f"{way} write_off").status is DeliveryStatus.returned
    both = lived(
        "delivery",
        [RecordPickUp(DLV, "load", at(200), VAN, (), (BOX, BAG)), COMMANDS["write_off"](300)],
        told("create assign"),
    )
    assert (both.status, both.rest) == (DeliveryStatus.on_hold, (BOX,))


def test_a_search_begins_once_and_ends_with_a_scan() -> None:
    """Missing at debrief or at load-out, since the first time; loaded, found or handed over ends it."""
    state = told("create assign pick_up start arrive fail miss")
    assert state.sought == {BAG: at(600)}
    assert answer("delivery", state, RecordMissing(DLV, "again", at(700), VAN, (BAG,))) == ()
    again = lived("delivery", [COMMANDS[n](800) for n in ("reattempt", "assign", "pick_up_box")], state)
    assert again.sought == {BAG: at(600)}
    for found in ("find", "reattempt assign pick_up"):
        steps = [COMMANDS[name](900 + n) for n, name in enumerate(found.split())]
        assert lived("delivery", steps, state).sought == {}


def test_nobody_finds_or_gives_up_what_nobody_misses() -> None:
    """A scan of a parcel that is where it should be, or of another's, is refused."""
    for state in (told("create"), told(f"{SHORT} find")):
        assert answer("delivery", state, COMMANDS["find"](900)) == "parcel_not_missing"
        assert answer("delivery", state, COMMANDS["write_off"](900)) == "parcel_not_missing"


def test_what_was_written_off_and_is_scanned_in_is_under_way_again() -> None:
    """A scan at the hub is stronger than a word about a loss."""
    state = told(f"{SHORT} write_off find")
    assert (state.status, state.over) == (DeliveryStatus.partially_delivered, False)
    assert (state.at_hand, state.held_reason) == ((BAG,), "found")


def test_a_failed_attempt_of_the_rest_counts_like_any_other() -> None:
    """Its number follows on the handoff's."""
    state = lived("delivery", [fail(5_000)], told(f"{SHORT} find {AGAIN}"))
    assert state.status is DeliveryStatus.attempt_failed
    assert (state.attempts_physical, state.attempt) == (1, 3)


def test_each_handoff_must_be_proven() -> None:
    """What the first one showed does not prove the second."""
    state = told(f"{SHORT} add_proof find {AGAIN}")
    assert not state.unproven
    late = hand_over(5_000, parcels=(BAG,), distance_m=5_000)
    assert lived("delivery", [late], state).missing == (ProofKind.place,)


def test_a_handoff_of_nothing_new_changes_nothing() -> None:
    """The same parcels again, or those of nobody, are handed over by the first handoff alone."""
    state = told(SHORT)
    event = state.handoffs[0]
    assert answer("delivery", state, hand_over(900, parcels=(ParcelId("strange"),))) != ()
    assert state.handoffs == (event,)
