"""To whom a promise belongs, told story by story."""

import pytest
from tests.views.diary import Diary, clock

from doorstep.views.attempts import DueAttempt
from doorstep.views.charges import NOBODY, Charges
from doorstep.views.promise_chains import PromiseChains
from doorstep.vocabulary.case import CaseSubject
from doorstep.vocabulary.delivery import DeliveryAssigned, DeliveryCreated
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    PersonId,
    PlaceId,
    PromiseId,
    RouteId,
    TenderId,
)
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.routing import RoutingDecided, RoutingTrigger
from doorstep.vocabulary.tender import (
    CancellationRefused,
    Consignment,
    TenderAccepted,
    TenderOffer,
    TenderOffered,
    TenderRecalled,
)
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

A, B = CarrierId("a"), CarrierId("b")
ORDER, DELIVERY, ROUTE = OrderId("ord_1"), DeliveryId("dlv_1"), RouteId("rte_1")
WINDOW = Window(clock(14), clock(16))
CREATED = DeliveryCreated(
    DELIVERY, "create", clock(6), ORDER, MerchantId("mer"), PromiseId("prm_1"), HubId("hub"), PlaceId("plc"),
    (), WINDOW, (), (),
)  # fmt: skip


def _decided(carrier: CarrierId | None, hours: int) -> RoutingDecided:
    at, trigger = clock(hours), RoutingTrigger.confirmed
    return RoutingDecided(DELIVERY, ORDER, trigger, WINDOW, carrier, "", (), "EUR", None, at)


def _offered(tender: str, carrier: CarrierId) -> TenderOffered:
    job = Consignment(
        DELIVERY, ORDER, MerchantId("mer"), HubId("hub"), PersonId("per"), PlaceId("plc"), (), Grams(9), (),
        WINDOW,
    )  # fmt: skip
    offer = TenderOffer(carrier, "timed", 1, 500, "EUR")
    return TenderOffered(TenderId(tender), job, (offer,), clock(9), clock(8))


def _accepted(tender: str, carrier: CarrierId, hours: int) -> TenderAccepted:
    return TenderAccepted(TenderId(tender), carrier, f"{tender}-ref", 500, "EUR", None, clock(hours))


def _recalled(tender: str, hours: int) -> TenderRecalled:
    return TenderRecalled(TenderId(tender), "", (), clock(hours))


def _kept(tender: str, carrier: CarrierId, hours: int) -> CancellationRefused:
    return CancellationRefused(TenderId(tender), carrier, "", clock(hours))


def _loaded(hours: int) -> DeliveryAssigned:
    return DeliveryAssigned(DELIVERY, f"load/{hours}", clock(hours), ROUTE, DriverId("drv"))


STORIES: dict[str, tuple[tuple[AnyEvent, ...], CarrierId]] = {
    "a log without decisions is of one fleet": ((), OWN_FLEET),
    "the fleet's by decision": ((_decided(OWN_FLEET, 7),), OWN_FLEET),
    "meant for a carrier that has not taken it": ((_decided(A, 7), _offered("t1", A)), NOBODY),
    "nobody may": ((_decided(None, 7),), NOBODY),
    "a carrier's that took it": ((_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8)), A),
    "taken only after its window": ((_decided(A, 7), _offered("t1", A), _accepted("t1", A, 17)), NOBODY),
    "another decision alone takes nothing from the fleet": (
        (_decided(OWN_FLEET, 7), _decided(A, 13), _offered("t1", A)), OWN_FLEET,
    ),
    "the next one's that took it over inside the window": (
        (_decided(OWN_FLEET, 7), _decided(A, 15), _offered("t1", A), _accepted("t1", A, 15)), A,
    ),
    "nobody's once we recalled it": (
        (_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8), _recalled("t1", 10)), NOBODY,
    ),
    "the carrier's again that would not let it go": (
        (_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8), _recalled("t1", 10), _kept("t1", A, 11)),
        A,
    ),
    "the fleet's that took it over before it was recalled": (
        (_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8), _decided(OWN_FLEET, 10),
         _recalled("t1", 10)), OWN_FLEET,
    ),
    "a late refusal to let go takes nothing from who has it now": (
        (_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8), _recalled("t1", 9), _decided(B, 9),
         _offered("t2", B), _accepted("t2", B, 10), _kept("t1", A, 11)), B,
    ),
    "the van's that loaded it": (
        (_decided(A, 7), _offered("t1", A), _accepted("t1", A, 8), _loaded(13)), OWN_FLEET,
    ),
}  # fmt: skip


def _charges(*events: AnyEvent) -> Charges:
    diary, charges = Diary(), Charges(PromiseChains())
    for event in (CREATED, *events):
        diary.tell(clock(6), event)
    for record in diary.records:
        charges.apply(record)
    return charges


@pytest.mark.parametrize("story", STORIES)
def test_a_promise_belongs_to_who_had_taken_it_over(story: str) -> None:
    """Acceptance takes over, giving back does not discharge, and a recall does."""
    events, expected = STORIES[story]
    assert _charges(*events).holder(ORDER, WINDOW.end) == expected


def test_an_order_that_has_no_delivery_is_nobodys() -> None:
    """What was never put behind a promise no carrier can have taken over."""
    assert _charges().holder(OrderId("ord_2"), WINDOW.end) == NOBODY


def _asked(scheduled_at: Instant | None, made_by: CarrierId | None = None) -> DueAttempt:
    return DueAttempt(ORDER, DELIVERY, WINDOW, scheduled_at, made_by, on_time=False)


def test_another_attempt_is_the_fleets_until_a_carrier_takes_over_anew() -> None:
    """What a carrier brought back waits at our hub: the window after it is ours, or who takes it then."""
    events, _ = STORIES["a carrier's that took it"]
    charges = _charges(*events)
    assert charges.of_attempt(_asked(None)) == A
    assert charges.of_attempt(_asked(clock(12))) == OWN_FLEET
    assert charges.of_attempt(_asked(clock(12), made_by=B)) == B
    again = _charges(*events, _offered("t2", B), _accepted("t2", B, 13))
    assert again.of_attempt(_asked(clock(12))) == B


def test_a_case_is_of_whom_it_names_or_who_had_the_order() -> None:
    """The carrier in its subject, the route's fleet, the holder when it opened, or nobody."""
    events, _ = STORIES["a carrier's that took it"]
    charges = _charges(*events)
    assert charges.of_case(CaseSubject(ORDER, carrier=B), clock(9)) == B
    assert charges.of_case(CaseSubject(ORDER, route=ROUTE), clock(9)) == OWN_FLEET
    assert charges.of_case(CaseSubject(ORDER), clock(9)) == A
    assert charges.of_case(CaseSubject(ORDER), clock(7, 30)) == NOBODY
    assert charges.of_case(CaseSubject(), clock(9)) == NOBODY
