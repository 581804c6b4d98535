"""Carriers' reports: a delivery is a function of the set of evidence, whatever the order and number."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.lifecycle import delivery, delivery_rules
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.delivery import (
    CarrierWord,
    CreateDelivery,
    DeliveryStatus,
    RecordReport,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import (
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window

DELIVERY = DeliveryId("dlv_1")
START = Instant(1_780_000_000_000_000)
MINUTE = 60_000_000
PHOTO = Proof(ProofKind.photo, "ab" * 32)
CREATE = CreateDelivery(
    DELIVERY, "create", START, OrderId("ord_1"), MerchantId("m"), PromiseId("prm_1"), HubId("hub"),
    PlaceId("plc_1"), (ParcelId("pcl_1"), ParcelId("pcl_2")), Window(START, Instant(START + 9 * MINUTE)), (),
    (ProofKind.photo,),
)  # fmt: skip


def told(minute: int, status: DeliveryStatus | None, **more: object) -> RecordReport:
    """What the carrier says happened at a minute; a key of its own for each minute and status."""
    plausible = bool(more.pop("plausible", True))
    at = Instant(START + minute * MINUTE)
    word = CarrierWord(CarrierId("post"), str(status), plausible=plausible)
    command = RecordReport(DELIVERY, f"post/{minute}/{status}", at, word, status)
    return msgspec.structs.replace(command, **more)


def after(book: PolicyBook, commands: list[RecordReport]) -> DeliveryState:
    """The delivery after these were told, in this order."""
    state: DeliveryState | None = None
    for command in (CREATE, *commands):
        events = delivery_rules.decide(state, command, book)
        assert not isinstance(events, Refusal), events
        for event in events:
            state = delivery.evolve(state, event)
    assert state is not None
    return state


STATUSES = st.sampled_from([*DeliveryStatus, None])
REPORTS = st.lists(
    st.builds(
        told,
        st.integers(0, 400),
        STATUSES,
        seq=st.integers(0, 3),
        reason=st.sampled_from([None, Reason.not_home, Reason.damaged, Reason.lost]),
        parcels=st.sampled_from([(), ("pcl_1",), ("pcl_2",)]),
        proofs=st.sampled_from([(), (PHOTO,)]),
        distance_m=st.sampled_from([None, Metres(5), Metres(5_000)]),
        plausible=st.booleans(),
    ),
    max_size=9,
    unique_by=lambda one: one.key,
)


@settings(max_examples=200)
@given(reports=REPORTS, seed=st.integers(0, 2**32), copies=st.integers(1, 5))
def test_order_and_number_of_arrivals_change_nothing(
    book: PolicyBook, reports: list[RecordReport], seed: int, copies: int
) -> None:
    """Any order, each told up to five times: the same evidence, status, attempts, custody and flags."""
    plain = after(book, reports)
    shuffled = reports * copies
    random.Random(seed).shuffle(shuffled)
    assert after(book, shuffled) == plain


def test_a_whole_way_ends_delivered_and_proved(book: PolicyBook) -> None:
    """From acceptance to the door, told backwards: delivered, with nothing missing."""
    status = DeliveryStatus
    way = [
        told(0, status.accepted), told(10, status.picked_up), told(20, status.in_transit),
        told(30, status.out_for_delivery), told(40, status.arrived, distance_m=Metres(9)),
        told(41, status.delivered, proofs=(PHOTO, Proof(ProofKind.scan)), distance_m=Metres(9)),
    ]  # fmt: skip
    state = after(book, way[::-1])
    assert state.status is status.delivered
    assert not state.unproven
    assert state.contradictions == ()


def test_delivered_without_its_photo_is_unproven_until_it_comes(book: PolicyBook) -> None:
    """A bare status is a handoff without proof; the same handoff told again with its photo completes it."""
    status = DeliveryStatus
    bare = told(41, status.delivered, proofs=(Proof(ProofKind.scan),), distance_m=Metres(9))
    assert after(book, [bare]).unproven
    proved = told(42, status.delivered, proofs=(PHOTO, Proof(ProofKind.scan)), distance_m=Metres(9))
    state = after(book, [bare, proved])
    assert not state.unproven
    assert state.contradictions == ()


@pytest.mark.parametrize(
    "later", [DeliveryStatus.attempt_failed, DeliveryStatus.returned, DeliveryStatus.out_for_delivery]
)
def test_what_cannot_be_true_beside_its_end_is_a_contradiction(
    book: PolicyBook, later: DeliveryStatus
) -> None:
    """A delivery that is over stays over, and the two pieces that disagree are named."""
    state = after(book, [told(40, DeliveryStatus.delivered), told(60, later)])
    assert state.status is DeliveryStatus.delivered
    assert state.contradictions == ((f"post/40/{DeliveryStatus.delivered}", f"post/60/{later}"),)


def test_nearby_and_unknown_words_move_nothing(book: PolicyBook) -> None:
    """Proximity is no arrival, and a code that nobody knows no status."""
    near = told(30, None, nearby=True)
    state = after(book, [told(10, DeliveryStatus.picked_up), near, told(31, None)])
    assert state.status is DeliveryStatus.picked_up
    assert state.arrived is None


def test_a_failed_attempt_counts_only_where_somebody_measured_an_arrival(book: PolicyBook) -> None:
    """Physical with an arrival within the radius and the evidence that policy asks; else it is claimed."""
    status = DeliveryStatus
    evidence = (PHOTO, Proof(ProofKind.contact))
    failed = told(41, status.attempt_failed, reason=Reason.not_home, proofs=evidence)
    claimed = after(book, [failed])
    physical = after(book, [failed, told(40, status.arrived, distance_m=Metres(9))])
    assert (claimed.attempts_physical, claimed.attempts_claimed) == (0, 1)
    assert (physical.attempts_physical, physical.attempts_claimed) == (1, 0)


def test_a_clock_that_cannot_be_right_is_placed_by_rank(book: PolicyBook) -> None:
    """A pick-up from 1970 does not undo the handoff, nor one from 2099 a handoff that came after it."""
    status = DeliveryStatus
    picked = told(-30_000_000, status.picked_up, plausible=False)
    ahead = told(30_000_000, status.picked_up, plausible=False)
    for astray in (picked, ahead):
        state = after(book, [told(40, status.delivered), astray])
        assert state.status is status.delivered
        assert state.contradictions == ()


def test_back_at_the_hub_it_waits_for_what_comes_next(book: PolicyBook) -> None:
    """What a carrier could not deliver is at our hub again, free for a van."""
    status = DeliveryStatus
    failed = told(41, status.attempt_failed, reason=Reason.not_home)
    state = after(book, [told(10, status.picked_up), failed, told(90, status.returned)])
    assert state.status is status.on_hold
    assert state.at_hub
