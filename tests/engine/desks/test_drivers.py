from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.engine.desks.floor import DAY, Floor, shift
from tests.engine.desks.grid import crossing

from doorstep.engine.driver_desk import Capture
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.route import RouteStatus
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.custody import CustodianKind
from doorstep.vocabulary.delivery import AttemptFailed, DeliveryStatus, HandoffMethod, ProofAdded
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason


class Road:
    """One van on the road, with a few orders on board."""

    def __init__(self, floor: Floor, orders: list[OrderState]) -> None:
        self.floor, self.orders = floor, orders
        route = floor.planner.plan.route_of(str(orders[0].delivery))
        assert route is not None
        self.route = RouteId(route)

    def ids(self) -> list[DeliveryId]:
        """The deliveries of the orders."""
        return [delivery for order in self.orders if (delivery := order.delivery) is not None]

    def hand_over(self, delivery: DeliveryId, capture: Capture) -> Refusal | None:
        """Hand over to the recipient with this evidence."""
        floor = self.floor
        state, origin = floor.delivery(delivery), floor.desk.origin()
        return floor.drivers.hand_over(state, self.route, HandoffMethod.to_recipient, capture, origin)

    def fail(self, delivery: DeliveryId, reason: Reason, capture: Capture) -> None:
        """Fail with this evidence."""
        floor = self.floor
        refusal = floor.drivers.fail(
            floor.delivery(delivery), self.route, reason, capture, floor.desk.origin()
        )
        assert refusal is None, refusal

    def holder(self, delivery: DeliveryId) -> CustodianKind:
        """Who holds a delivery's first parcel."""
        created = self.floor.delivery(delivery).created
        assert created is not None
        kind: CustodianKind = self.floor.desk.state("custody", created.parcels[0]).holder.kind
        return kind


@pytest.fixture
def one_van(open_floor: Callable[..., Floor]) -> Floor:
    return open_floor(shift("ada", "10:00", "18:00"))


@pytest.fixture
def road(one_van: Floor) -> Road:
    """Three orders on the road at noon."""
    orders = [one_van.place(f"A-{n}", (11 + n, 10)) for n in range(3)]
    one_van.until("10:15")
    road = Road(one_van, orders)
    one_van.load(road.route)
    one_van.until("12:00")
    return road


def test_a_delivered_order_is_over_everywhere(road: Road) -> None:
    """Order, promise, custody and route say the same."""
    first = road.ids()[0]
    road.floor.deliver(road.route, first)
    assert road.floor.delivery(first).status is DeliveryStatus.delivered
    assert road.floor.order(road.orders[0].id).status is OrderStatus.fulfilled
    assert road.floor.promise(road.orders[0].promise).outcome is PromiseOutcome.kept
    assert road.holder(first) is CustodianKind.recipient
    assert first not in road.floor.route(road.route).deliveries


def test_a_driver_may_take_the_stops_in_any_order(road: Road) -> None:
    """The last stop first: the plan follows, and the hash is that of the same stops in the order driven."""
    ids = [stop.delivery for stop in road.floor.route(road.route).remaining if stop.delivery]
    for delivery in reversed(ids):
        road.floor.deliver(road.route, delivery)
    driven = [stop.delivery for stop in road.floor.route(road.route).stops if stop.delivery]
    assert driven == list(reversed(ids))
    planned = [stop.delivery_id for stop in road.floor.planner.plan.stops(road.route) if stop.delivery_id]
    assert planned == driven
    road.floor.clock.advance(300)
    road.floor.home(road.route)


def test_a_stop_that_is_not_on_the_route_is_refused(road: Road) -> None:
    """A second handoff of the same stop changes nothing."""
    first = road.ids()[0]
    road.floor.deliver(road.route, first)
    head = road.floor.market.head
    assert road.hand_over(first, road.floor.capture(first)) is not None
    assert road.floor.market.head == head


def test_a_van_with_stops_ahead_is_not_back(road: Road) -> None:
    """Each stop is done or failed before the van returns."""
    state = road.floor.route(road.route)
    refusal = road.floor.drivers.return_route(state, 1, road.floor.desk.origin())
    assert refusal is not None
    assert refusal.code == "stops_left"


def test_what_was_short_at_load_out_is_no_stop_and_a_case(one_van: Floor) -> None:
    """The van leaves without it and comes home without it; the hub owns the case, and custody stays there."""
    orders = [one_van.place(f"A-{n}", (11 + n, 10)) for n in range(3)]
    one_van.until("10:15")
    road = Road(one_van, orders)
    short = orders[1].content.parcels[0].id
    one_van.load(road.route, short)
    assert [case.subject.order for case in one_van.cases_of(CaseKind.shortage)] == [orders[1].id]
    assert one_van.cases_of(CaseKind.shortage)[0].owner == "hub_lead"
    left = road.ids()[1]
    assert one_van.delivery(left).status is DeliveryStatus.on_hold
    assert left not in one_van.route(road.route).deliveries
    assert road.holder(left) is CustodianKind.hub
    one_van.until("12:00")
    for delivery in (road.ids()[0], road.ids()[2]):
        one_van.deliver(road.route, delivery)
    one_van.home(road.route)
    assert one_van.drivers.debrief(one_van.route(road.route), (), one_van.desk.origin()) is None
    assert one_van.cases_of(CaseKind.missing_parcel) == []


def test_of_two_parcels_the_one_that_is_there_is_driven_out(one_van: Floor) -> None:
    """A partial shortage keeps the stop, and only what was loaded changes hands."""
    order = one_van.place(parcels=2)
    one_van.until("10:15")
    road = Road(one_van, [order])
    there, short = (parcel.id for parcel in order.content.parcels)
    one_van.load(road.route, short)
    one_van.until("12:00")
    one_van.deliver(road.route, road.ids()[0])
    holders = [one_van.desk.state("custody", parcel).holder.kind for parcel in (there, short)]
    assert holders == [CustodianKind.recipient, CustodianKind.hub]
    assert one_van.cases_of(CaseKind.shortage)


def test_a_parcel_that_is_not_on_the_list_is_not_loaded(one_van: Floor) -> None:
    """A foreign scan refuses the whole load-out."""
    order = one_van.place()
    one_van.until("10:15")
    route = Road(one_van, [order]).route
    state, head = one_van.route(route), one_van.market.head
    refusal = one_van.drivers.load(state, (*state.loading_list, "pcl_foreign"), one_van.desk.origin())
    assert refusal is not None
    assert refusal.code == "parcel_not_on_list"
    assert one_van.market.head == head


def test_pins_differ_and_have_their_digits(road: Road) -> None:
    """Each delivery's PIN follows from its id alone."""
    pins = [road.floor.drivers.pin(delivery) for delivery in road.ids()]
    assert pins == [road.floor.restart().drivers.pin(delivery) for delivery in road.ids()]
    assert all(pin.isdigit() and len(pin) == road.floor.book.proof.bounds.pin_digits for pin in pins)
    assert len(set(pins)) > 1


def test_a_handoff_far_from_the_place_lacks_the_proof_of_place(road: Road) -> None:
    """It is delivered but unproven, with a case, and not counted as kept."""
    first = road.ids()[0]
    road.floor.deliver(road.route, first, point=crossing(0, 0))
    state = road.floor.delivery(first)
    assert (state.status, state.missing) == (DeliveryStatus.delivered, (ProofKind.place,))
    cases = road.floor.cases_of(CaseKind.missing_proof)
    assert [case.subject.order for case in cases] == [road.orders[0].id]
    assert road.floor.promise(road.orders[0].promise).outcome is PromiseOutcome.unproven


def test_a_phone_that_does_not_know_where_it_is_proves_no_place(road: Road) -> None:
    """No position counts as far away."""
    first = road.ids()[0]
    road.floor.deliver(road.route, first, point=None)
    assert road.floor.delivery(first).missing == (ProofKind.place,)


def test_parcels_that_were_not_scanned_at_the_door_can_be_scanned_later(road: Road) -> None:
    """The scan is a proof like any other: its case closes when it comes."""
    first = road.ids()[0]
    road.floor.deliver(road.route, first, parcels=())
    assert road.floor.delivery(first).missing == (ProofKind.scan,)
    parcels = tuple(parcel.id for parcel in road.orders[0].content.parcels)
    refusal = road.floor.drivers.add_proof(
        road.floor.delivery(first), Capture(None, parcels), road.floor.desk.origin()
    )
    assert refusal is None
    assert not road.floor.delivery(first).unproven
    assert not road.floor.cases_of(CaseKind.missing_proof)[0].open


def test_two_proofs_of_one_moment_both_count_and_one_twice_counts_once(one_van: Floor) -> None:
    """What a proof is, not when it was told, makes it another one."""
    order = one_van.place(handling=["signature", "photo"])
    one_van.until("10:15")
    road = Road(one_van, [order])
    first = road.ids()[0]
    one_van.load(road.route)
    one_van.until("12:00")
    one_van.deliver(road.route, first, photo=None)
    assert set(one_van.delivery(first).missing) == {ProofKind.photo, ProofKind.signature}
    for content in (b"photo", b"signature", b"signature"):
        state = one_van.delivery(first)
        sha256 = one_van.drivers.put_proof(state, content)
        seen = msgspec.structs.replace(Capture(None), **{content.decode(): sha256})
        assert one_van.drivers.add_proof(state, seen, one_van.desk.origin()) is None
    assert not one_van.delivery(first).unproven
    added = [event for event in one_van.delivery(first).evidence if isinstance(event, ProofAdded)]
    assert len(added) == 2


def test_nobody_home_is_tried_again_and_someone_owns_it(road: Road) -> None:
    """A physical attempt, then the next day's window, and a case for support."""
    first = road.ids()[0]
    road.floor.arrive(road.route, first)
    road.floor.clock.advance(120)
    road.fail(first, Reason.not_home, road.floor.capture(first))
    state = road.floor.delivery(first)
    assert (state.attempts_physical, state.attempts_claimed) == (1, 0)
    assert (state.status, state.held_reason) == (DeliveryStatus.on_hold, "reattempt")
    assert [case.owner for case in road.floor.cases_of(CaseKind.failed_attempt)] == ["support"]
    road.floor.until("14:01")
    assert road.floor.promise(road.orders[0].promise).outcome is PromiseOutcome.missed
    cases = road.floor.cases_of(CaseKind.predicted_miss)
    assert road.orders[0].id not in {case.subject.order for case in cases}


def test_the_next_attempt_finds_a_van_once_its_day_is_on_the_roster(road: Road) -> None:
    """Nothing is planned before there is a shift; then the delivery is planned, staged and assigned again."""
    floor, first = road.floor, road.ids()[0]
    floor.arrive(road.route, first)
    floor.clock.advance(120)
    road.fail(first, Reason.not_home, floor.capture(first))
    for other in road.ids()[1:]:
        floor.deliver(road.route, other)
    floor.home(road.route)
    tomorrow = DAY + timedelta(days=1)
    floor.until("20:00")
    assert floor.planner.plan.route_of(first) is None
    (route,) = floor.dispatch.plan_day(floor.network, tomorrow, floor.desk.origin())
    floor.until("09:30", tomorrow)
    assert floor.planner.plan.route_of(first) == route
    assert floor.delivery(first).status is DeliveryStatus.assigned
    assert floor.restart().planner.plan.plan_hash() == floor.planner.plan.plan_hash()


@pytest.mark.parametrize(
    ("seen", "lacking"),
    [
        ({"contact_tried": False}, ("contact",)),
        ({"photo": None}, ("evidence",)),
        ({"photo": None, "contact_tried": False}, ("contact", "evidence")),
    ],
)
def test_a_claimed_attempt_says_what_it_lacks(
    road: Road, seen: dict[str, object], lacking: tuple[str, ...]
) -> None:
    """Without contact or evidence nobody has to believe that someone stood there."""
    first = road.ids()[0]
    road.floor.arrive(road.route, first)
    road.floor.clock.advance(120)
    road.fail(first, Reason.not_home, road.floor.capture(first, **seen))
    state = road.floor.delivery(first)
    assert (state.attempts_physical, state.attempts_claimed) == (0, 1)
    failures = [event for event in state.evidence if isinstance(event, AttemptFailed)]
    assert [failure.lacking for failure in failures] == [lacking]


def test_debrief_brings_back_what_was_not_delivered_and_names_what_is_missing(road: Road) -> None:
    """One refused (back: returned), one not home (back: at the hub), one that nobody finds: a case."""
    floor, (refused, away, vanished) = road.floor, road.ids()
    for delivery, reason in (
        (refused, Reason.refused),
        (away, Reason.not_home),
        (vanished, Reason.not_home),
    ):
        floor.arrive(road.route, delivery)
        floor.clock.advance(120)
        road.fail(delivery, reason, floor.capture(delivery))
    floor.home(road.route)
    expected = floor.drivers.expected_back(floor.route(road.route))
    parcels = {order.delivery: order.content.parcels[0].id for order in road.orders}
    assert set(expected) == set(parcels.values())
    back = (parcels[refused], parcels[away])
    assert floor.drivers.debrief(floor.route(road.route), back, floor.desk.origin()) is None
    assert floor.route(road.route).status is RouteStatus.debriefed
    assert floor.delivery(refused).status is DeliveryStatus.returned
    assert floor.order(road.orders[0].id).status is OrderStatus.undelivered
    assert [road.holder(delivery) for delivery in (refused, away, vanished)] == [
        CustodianKind.hub,
        CustodianKind.hub,
        CustodianKind.unknown,
    ]
    case = floor.cases_of(CaseKind.missing_parcel)[0]
    assert parcels[vanished] in case.happened


def test_debrief_takes_no_parcel_that_was_never_on_the_van(road: Road) -> None:
    """A foreign scan is refused, and the route stays as it is."""
    for delivery in road.ids():
        road.floor.deliver(road.route, delivery)
    road.floor.home(road.route)
    refusal = road.floor.drivers.debrief(
        road.floor.route(road.route), ("pcl_foreign",), road.floor.desk.origin()
    )
    assert refusal is not None
    assert refusal.code == "parcel_not_expected"
    assert road.floor.route(road.route).status is RouteStatus.returned


def test_what_was_on_a_broken_van_is_accounted_for_by_its_debrief(road: Road) -> None:
    """The van that was towed home is debriefed like any other."""
    floor = road.floor
    assert floor.recovery.break_down(road.route, "engine", floor.desk.origin()) is None
    expected = floor.drivers.expected_back(floor.route(road.route))
    assert set(expected) == {order.content.parcels[0].id for order in road.orders}
    assert floor.drivers.debrief(floor.route(road.route), expected, floor.desk.origin()) is None
    assert {road.holder(delivery) for delivery in road.ids()} == {CustodianKind.hub}


def test_a_route_of_another_driver_is_none(road: Road) -> None:
    """Foreign and unknown look alike."""
    drivers = road.floor.drivers
    assert drivers.route(road.route, "ada") is not None
    assert drivers.route(road.route, "ben") is None
    assert drivers.route(RouteId("rte_nothing"), "ada") is None
