"""The life of a tender: exactly one acceptance, whatever comes in whichever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.lifecycle import tender
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import (
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    TenderId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.tender import (
    AnyTenderCommand,
    CancelTender,
    Consignment,
    ExpireTender,
    OfferTender,
    RecordAcceptance,
    RecordCancellation,
    RecordCancelRefusal,
    RecordRefusal,
    SurplusAcceptance,
    TenderAccepted,
    TenderOffer,
    TenderRecalled,
    TenderStatus,
)
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

TENDER = TenderId("tnd_1")
ONE, TWO = CarrierId("one"), CarrierId("two")
NOON = Instant(1_780_000_000_000_000)
JOB = Consignment(
    DeliveryId("dlv_1"), OrderId("ord_1"), MerchantId("m"), HubId("h"), PersonId("per_1"), PlaceId("plc_1"),
    (ParcelId("pcl_1"),), Grams(900), (), Window(NOON, Instant(NOON + 1)),
)  # fmt: skip
OFFER = OfferTender(
    TENDER, JOB, (TenderOffer(ONE, "timed", 3, 450, "EUR"), TenderOffer(TWO, "direct", 1, 900, "EUR")),
    Instant(NOON + 60), NOON,
)  # fmt: skip


def accepts(carrier: CarrierId, reference: str = "ref", currency: str = "EUR") -> RecordAcceptance:
    return RecordAcceptance(TENDER, carrier, reference, 450, currency, None, NOON)


def refuses(carrier: CarrierId) -> RecordRefusal:
    return RecordRefusal(TENDER, carrier, Reason.no_capacity, "full", NOON)


def played(book: PolicyBook, *commands: AnyTenderCommand) -> TenderState:
    state: TenderState | None = None
    for command in (OFFER, *commands):
        events = tender.decide(state, command, book)
        assert not isinstance(events, Refusal), events
        for event in events:
            state = tender.evolve(state, event)
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ((), TenderStatus.offered),
        ((accepts(ONE),), TenderStatus.accepted),
        ((refuses(ONE),), TenderStatus.offered),
        ((refuses(ONE), refuses(TWO)), TenderStatus.refused),
        ((refuses(ONE), accepts(TWO)), TenderStatus.accepted),
        ((ExpireTender(TENDER, NOON),), TenderStatus.expired),
        ((accepts(ONE), ExpireTender(TENDER, NOON)), TenderStatus.accepted),
        ((accepts(ONE), CancelTender(TENDER, "why", NOON)), TenderStatus.recalled),
        ((CancelTender(TENDER, "why", NOON),), TenderStatus.recalled),
        (
            (accepts(ONE), CancelTender(TENDER, "why", NOON), RecordCancellation(TENDER, ONE, 0, NOON)),
            TenderStatus.cancelled,
        ),
        (
            (accepts(ONE), CancelTender(TENDER, "why", NOON), RecordCancelRefusal(TENDER, ONE, "no", NOON)),
            TenderStatus.accepted,
        ),
    ],
)
def test_where_a_tender_stands(
    book: PolicyBook,
    commands: tuple[AnyTenderCommand, ...],
    status: TenderStatus,
) -> None:
    """Each way through the state diagram ends where the diagram says."""
    assert played(book, *commands).status is status


def test_the_second_acceptance_is_surplus(book: PolicyBook) -> None:
    """Of two carriers that take it, the first has it; the second is on record, to be cancelled."""
    state = played(book, accepts(ONE), accepts(TWO))
    assert state.accepted is not None
    assert state.accepted.carrier == ONE
    assert [one.carrier for one in state.surplus] == [TWO]


def test_an_answer_after_the_deadline_is_surplus(book: PolicyBook) -> None:
    """A carrier that takes it when its time is over does not get it, and is not forgotten either."""
    state = played(book, ExpireTender(TENDER, NOON), accepts(ONE))
    assert state.status is TenderStatus.expired
    assert [one.carrier for one in state.surplus] == [ONE]


def test_an_answer_in_another_currency_is_refused(book: PolicyBook) -> None:
    """A price in another currency than the contract's is no acceptance."""
    state = played(book)
    answer = tender.decide(state, accepts(ONE, currency="USD"), book)
    assert isinstance(answer, Refusal)
    assert answer.code == "wrong_currency"


def test_who_was_not_asked_cannot_accept(book: PolicyBook) -> None:
    """A carrier outside the tender cannot take it."""
    answer = tender.decide(played(book), accepts(CarrierId("three")), book)
    assert isinstance(answer, Refusal)
    assert answer.code == "not_asked"


def test_a_recall_names_who_has_to_be_told(book: PolicyBook) -> None:
    """Before any answer all that were asked are told; after an acceptance only who has it."""
    early = tender.decide(played(book, refuses(ONE)), CancelTender(TENDER, "why", NOON), book)
    late = tender.decide(played(book, accepts(ONE)), CancelTender(TENDER, "why", NOON), book)
    assert early == (TenderRecalled(TENDER, "why", (TWO,), NOON),)
    assert late == (TenderRecalled(TENDER, "why", (ONE,), NOON),)


ANYTHING = st.lists(
    st.sampled_from(
        [
            accepts(ONE), accepts(ONE, "again"), accepts(TWO), refuses(ONE), refuses(TWO),
            ExpireTender(TENDER, NOON), CancelTender(TENDER, "why", NOON),
            RecordCancellation(TENDER, ONE, 0, NOON), RecordCancelRefusal(TENDER, TWO, "no", NOON),
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(commands=ANYTHING)
def test_never_two_acceptances(commands: list[AnyTenderCommand], book: PolicyBook) -> None:
    """Whatever is told in whichever order, at most one acceptance counts, and none is lost."""
    state: TenderState | None = None
    accepted, surplus = [], []
    for command in (OFFER, *commands):
        events = tender.decide(state, command, book)
        assert not isinstance(events, Refusal)
        for event in events:
            state = tender.evolve(state, event)
            if isinstance(event, TenderAccepted):
                accepted.append(event)
            if isinstance(event, SurplusAcceptance):
                surplus.append(event)
    assert len(accepted) <= 1
    told = {(c.carrier, c.reference) for c in commands if isinstance(c, RecordAcceptance)}
    assert {(one.carrier, one.reference) for one in (*accepted, *surplus)} == told
