"""Tenders: who is asked, what their answers lead to, and that no carrier ever has it twice."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest
from tests.engine.desks.floor import Floor, Ground, network, shift, wall

from doorstep.app import default_book
from doorstep.engine.intake import OrderRow
from doorstep.engine.ports.carriers import (
    Booked,
    CarrierDown,
    Declined,
    Kept,
    Released,
    Report,
    Shipment,
)
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.routing import RoutingState
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.contracts import CarrierService, Contract
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.cost import CostBooked
from doorstep.vocabulary.delivery import CarrierWord, DeliveryStatus, RecordReport
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, RouteId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.routing import RoutingRule, RoutingTrigger
from doorstep.vocabulary.tender import RecordCancellation, TenderStatus
from doorstep.vocabulary.units import Grams, Instant, Metres

BOATS, POST = CarrierId("boats"), CarrierId("post")


class Partner:
    """A carrier that answers as it is told to, once for each call, and remembers what it has."""

    def __init__(self, carrier: CarrierId, *answers: str) -> None:
        self._id = carrier
        self.answers = list(answers)
        self.has: dict[str, Booked] = {}
        self.booked: list[str] = []
        self.cancelled: list[str] = []
        self.keeps = False

    @property
    def id(self) -> CarrierId:
        """Whose it is."""
        return self._id

    def book(self, shipment: Shipment) -> Booked | Declined:
        """Answer with the next word."""
        answer = self.answers.pop(0) if self.answers else "yes"
        if answer == "down":
            raise CarrierDown("no route")
        if answer == "no":
            return Declined(Reason.no_capacity, "full")
        self.booked.append(shipment.ours)
        currency = "USD" if answer == "dollars" else "EUR"
        booked = self.has.setdefault(
            shipment.ours, Booked(f"{self._id}-{len(self.has)}", shipment.price_minor, currency)
        )
        if answer == "lost":
            raise CarrierDown("the answer was lost")
        return booked

    def find(self, ours: str) -> Booked | None:
        """What it has."""
        return self.has.get(ours)

    def cancel(self, ours: str) -> Released | Kept:
        """Let it go."""
        self.cancelled.append(ours)
        if self.keeps:
            return Kept("the courier is at the door")
        self.has.pop(ours, None)
        return Released(0)

    def read(self, headers: Mapping[str, str], body: bytes, now: Instant) -> tuple[Report, ...]:
        """Nobody pushes here."""
        raise AssertionError((headers, body, now))


def contract(base_minor: int, **changes: object) -> Contract:
    service = CarrierService(
        sells=("slot",), lead_minutes=60, capacity_per_day=5, base_minor=base_minor, per_kg_minor=0,
        per_km_minor=0, odds_ppm=960_000, radius_m=Metres(50_000),
    )  # fmt: skip
    told = Contract(
        name="Boats", version=2, valid_from="2020-01-01", valid_to="2039-12-31", currency="EUR",
        capabilities=tuple(Handling), parcels_max=5, weight_g_max=Grams(30_000), length_mm_max=2_000,
        answer_s=600, tolerance_s=900, credit_minor=100, cancel_fee_minor=0, claim_days=14,
        liability_minor_max=50_000, silence_s=3_600, contact="x@example.org", service={"direct": service},
    )  # fmt: skip
    return msgspec.structs.replace(told, **changes)


Open = Callable[..., Floor]


@pytest.fixture
def floor_with() -> Open:
    """A floor whose only van has no room for the night, so that carriers decide."""

    def build(partners: Sequence[Partner], *, vans: bool = False, broadcast: int = 1) -> Floor:
        book = default_book()
        prices = {BOATS: 500, POST: 700}
        contracts = msgspec.structs.replace(
            book.contracts, carrier={one.id: contract(prices[one.id]) for one in partners}
        )
        routing = msgspec.structs.replace(book.routing, broadcast={"slot": broadcast})
        floor = Floor(
            Ground(wall("07:00")),
            network(shift("ada", "08:00", "18:00")),
            msgspec.structs.replace(book, contracts=contracts, routing=routing),
        )
        for one in partners:
            floor.routing.connections[one.id] = one
        if vans:
            floor.open_day()
        return floor

    return build


def routing_of(floor: Floor, order: OrderState) -> RoutingState:
    state: RoutingState = floor.desk.state("routing", str(order.delivery))
    return state


def tender_of(floor: Floor, order: OrderState) -> TenderState:
    assert order.delivery is not None
    tender = floor.carrier_book.tender_of(order.delivery)
    assert tender is not None
    state: TenderState = floor.desk.state("tender", tender)
    return state


def cases(floor: Floor, kind: CaseKind) -> int:
    return sum(case.kind is kind for case in floor.market.all_of("case").values())


def test_where_no_van_goes_a_carrier_keeps_the_promise(floor_with: Open) -> None:
    """The window is held with the carrier, the decision lists every option, and the tender is accepted."""
    boats = Partner(BOATS)
    floor = floor_with([boats, Partner(POST)])
    order = floor.place()
    decided = routing_of(floor, order).current
    assert [(o.carrier, o.rule) for o in decided.options] == [
        (BOATS, RoutingRule.chosen), (POST, RoutingRule.dearer), (OWN_FLEET, RoutingRule.capacity),
    ]  # fmt: skip
    floor.until("13:00")
    tender = tender_of(floor, order)
    assert tender.status is TenderStatus.accepted
    assert tender.accepted is not None
    assert tender.accepted.carrier == BOATS
    assert len(boats.booked) == 1


def test_a_van_that_is_cheaper_takes_it(floor_with: Open) -> None:
    """With a van near the door, the own fleet is chosen and nobody is asked."""
    boats = Partner(BOATS)
    floor = floor_with([boats], vans=True)
    order = floor.place()
    assert routing_of(floor, order).current.carrier == OWN_FLEET
    floor.until("14:00")
    assert boats.booked == []


def test_a_refusal_goes_to_the_next_carrier(floor_with: Open) -> None:
    """Who says no is not asked again; the next best is, with a decision of its own on record."""
    boats, post = Partner(BOATS, "no"), Partner(POST)
    floor = floor_with([boats, post])
    order = floor.place()
    floor.until("13:00")
    routing = routing_of(floor, order)
    assert [one.carrier for one in routing.decisions] == [BOATS, POST]
    assert routing.decisions[1].options[-1].rule in (RoutingRule.tried, RoutingRule.capacity)
    assert tender_of(floor, order).status is TenderStatus.accepted
    assert len(post.booked) == 1


def test_a_lost_answer_is_reconciled_before_it_is_asked_again(floor_with: Open) -> None:
    """A carrier that took it and whose answer was lost has one shipment, and the acceptance is on record."""
    boats = Partner(BOATS, "lost")
    floor = floor_with([boats])
    order = floor.place()
    floor.until("13:00")
    assert len(boats.booked) == 1
    assert tender_of(floor, order).status is TenderStatus.accepted


def test_a_carrier_that_does_not_answer_is_left_alone_and_someone_owns_it(floor_with: Open) -> None:
    """After three calls without an answer the carrier is paused, its outage a case, the next one asked."""
    boats, post = Partner(BOATS, *["down"] * 9), Partner(POST)
    floor = floor_with([boats, post])
    order = floor.place()
    floor.until("13:30")
    assert cases(floor, CaseKind.carrier_outage) == 1
    assert tender_of(floor, order).accepted is not None
    assert len(post.booked) == 1
    # The errand was tried again after the other had it: nobody was asked, and so nobody has answered.
    assert floor.desk.state("carrier", BOATS).paused_until is not None


def test_of_two_that_are_asked_at_once_the_second_is_let_go(floor_with: Open) -> None:
    """Exactly one has it at the end, whoever was asked."""
    boats, post = Partner(BOATS), Partner(POST)
    floor = floor_with([boats, post], broadcast=2)
    order = floor.place()
    floor.until("13:00")
    tender = tender_of(floor, order)
    assert tender.accepted is not None
    assert len(boats.has) + len(post.has) == 1


def test_a_price_in_another_currency_is_no_acceptance(floor_with: Open) -> None:
    """The shipment is taken back at once, and the next carrier is asked."""
    boats, post = Partner(BOATS, "dollars"), Partner(POST)
    floor = floor_with([boats, post])
    order = floor.place()
    floor.until("13:00")
    assert boats.has == {}
    assert tender_of(floor, order).accepted is not None
    assert len(post.has) == 1


def test_what_nobody_takes_is_someones_case(floor_with: Open) -> None:
    """With every carrier saying no and no van, it is held and a case has it before the window ends."""
    floor = floor_with([Partner(BOATS, "no"), Partner(POST, "no")])
    order = floor.place()
    floor.until("13:30")
    assert floor.delivery(order).status is DeliveryStatus.on_hold
    assert cases(floor, CaseKind.no_capacity) == 1


def test_an_order_that_is_cancelled_is_taken_back(floor_with: Open) -> None:
    """The carrier that had it lets it go, and the freight is reversed."""
    boats = Partner(BOATS)
    floor = floor_with([boats])
    order = floor.place()
    floor.until("13:00")
    assert floor.orders.cancel(floor.order(order.id), "shopper", "changed mind", floor.desk.origin()) is None
    floor.tick()
    assert boats.has == {}
    assert tender_of(floor, order).status is TenderStatus.cancelled
    booked = [r.data for r in floor.records() if isinstance(r.data, CostBooked)]
    freight = [e.minor for one in booked for e in one.entries if e.account == f"order/{order.id}"]
    assert sorted(freight) == [-500, 500]


def test_capacity_is_held_with_the_promise(floor_with: Open) -> None:
    """A carrier's day is sold once: what is beyond it is refused with its reason on record."""
    floor = floor_with([Partner(BOATS)])
    for number in range(5):
        assert floor.place(f"A-{number}").delivery is not None
    declined = floor.place("A-5")
    assert declined.delivery is None


def test_what_no_van_keeps_any_more_goes_to_a_carrier(floor_with: Open) -> None:
    """The only van is lost: the promise goes over to a carrier in the same commit, and no case opens."""
    boats = Partner(BOATS)
    floor = floor_with([boats], vans=True)
    order = floor.place()
    assert routing_of(floor, order).current.carrier == OWN_FLEET
    floor.until("09:00")
    (route,) = floor.market.all_of("route")
    assert floor.recovery.break_down(RouteId(route.partition("/")[2]), "engine", floor.desk.origin()) is None
    assert routing_of(floor, order).current.carrier == BOATS
    assert cases(floor, CaseKind.no_capacity) == 0
    floor.until("13:00")
    assert tender_of(floor, order).status is TenderStatus.accepted


def test_what_a_carrier_keeps_is_someones_case_until_it_lets_go(floor_with: Open) -> None:
    """Taken back too late, it may still come to the door: the network's owner has it, with the next step."""
    boats = Partner(BOATS)
    floor = floor_with([boats])
    order = floor.place()
    floor.until("13:00")
    boats.keeps = True
    assert floor.orders.cancel(floor.order(order.id), "shopper", "changed mind", floor.desk.origin()) is None
    floor.tick()
    tender = tender_of(floor, order)
    assert tender.status is TenderStatus.accepted
    (case,) = floor.cases_of(CaseKind.cancel_refused)
    assert case.open
    assert (case.owner, case.subject.order, case.subject.carrier) == ("network_owner", order.id, BOATS)
    assert case.next_step
    assert case.why == "the courier is at the door"
    let_go = RecordCancellation(tender.id, BOATS, 0, floor.clock.now())
    assert floor.desk.together([let_go], floor.desk.origin()) is None
    (case,) = floor.cases_of(CaseKind.cancel_refused)
    assert not case.open


def test_a_window_whose_carrier_left_the_policy_is_refused(floor_with: Open) -> None:
    """Held with a carrier whose contract is gone since: whoever confirms it is told to ask anew."""
    floor = floor_with([Partner(BOATS)])
    ask = floor.ask()
    assert ask.requested is not None
    with floor.planner.lock:
        offer = floor.routing.offer(ask, ask.requested, floor.clock.now())
        assert offer is not None
        booking = floor.routing.hold_with(offer, ask, floor.clock.now())
        assert floor.desk.together(booking.commands, floor.desk.origin()) is None
    held = floor.promise(booking.promise)
    assert not isinstance(floor.routing.weigh_held(ask, held, floor.clock.now()), Refusal)
    later = Floor(floor.ground, floor.network, default_book())
    assert BOATS not in later.book.contracts.carrier
    refusal = later.routing.weigh_held(ask, later.promise(booking.promise), later.clock.now())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "contract_over"


def test_a_carriers_day_is_never_oversold_by_many_callers_at_once(floor_with: Open) -> None:
    """Sixteen callers at once for five places: five have one, eleven are refused, and the book says five."""
    floor = floor_with([Partner(BOATS)])
    rows = [floor.row(f"A-{number}") for number in range(16)]
    start = Barrier(len(rows))

    def place(row: OrderRow) -> OrderState:
        start.wait(10)
        placed = floor.orders.place(row, floor.desk.origin())
        return floor.order(placed.order)

    with ThreadPoolExecutor(len(rows)) as callers:
        orders = list(callers.map(place, rows))
    taken = [order for order in orders if order.delivery is not None]
    assert len(taken) == 5
    window = taken[0].window
    assert window is not None
    assert floor.carrier_book.used(BOATS, "direct", window) == 5
    assert {routing_of(floor, order).current.carrier for order in taken} == {BOATS}


def let_go(floor: Floor, order: OrderState, carrier: CarrierId, key: str = "gone") -> None:
    """The carrier's word that it cancels."""
    assert order.delivery is not None
    told = RecordReport(
        order.delivery, key, floor.clock.now(), CarrierWord(carrier, "canceled"), DeliveryStatus.cancelled
    )
    assert floor.desk.together([told], floor.desk.origin()) is None
    floor.tick()


def test_what_a_carrier_lets_go_after_its_acceptance_goes_to_the_next(floor_with: Open) -> None:
    """The delivery is not over: it waits at the hub, another is asked, and the first not once more."""
    boats, post = Partner(BOATS), Partner(POST)
    floor = floor_with([boats, post])
    order = floor.place()
    floor.until("13:00")
    assert tender_of(floor, order).status is TenderStatus.accepted
    let_go(floor, order, BOATS)
    assert not floor.delivery(order).over
    floor.until("13:20")
    routing = routing_of(floor, order)
    assert [one.carrier for one in routing.decisions] == [BOATS, POST]
    assert routing.current.trigger is RoutingTrigger.recalled
    assert floor.delivery(order).status is DeliveryStatus.accepted
    assert (len(boats.booked), len(post.booked)) == (1, 1)


def test_what_another_has_by_now_is_not_the_first_ones_to_let_go(floor_with: Open) -> None:
    """Its late word changes neither the delivery nor the tender of who has it."""
    boats, post = Partner(BOATS), Partner(POST)
    floor = floor_with([boats, post])
    order = floor.place()
    floor.until("13:00")
    let_go(floor, order, BOATS)
    floor.until("13:20")
    let_go(floor, order, BOATS, "gone again")
    assert floor.delivery(order).status is DeliveryStatus.accepted
    assert tender_of(floor, order).status is TenderStatus.accepted
    assert len(routing_of(floor, order).decisions) == 2
