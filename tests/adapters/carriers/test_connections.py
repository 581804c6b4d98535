"""What every carrier connection keeps, each adapter against a server that speaks its protocol."""

from collections.abc import Callable

import httpx
import msgspec
import pytest
from tests.adapters.carriers.houses import KINDS, Adapter, House, adapter, port, shipment

from doorstep.engine.ports.carriers import (
    Booked,
    CarrierDown,
    CarrierGarbled,
    Declined,
    Kept,
    Released,
)
from doorstep.simulation.carriers.carrier_world import HABITS, CarrierKind
from doorstep.simulation.carriers.habits import calm
from doorstep.simulation.carriers.shipments import Stage
from doorstep.vocabulary.reasons import Reason

DAY_S = 86_400


def house_with(kind: CarrierKind, **habits: float) -> House:
    return House(kind, habits=msgspec.structs.replace(calm(HABITS[kind]), **habits))


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> House:
    return House(request.param)


def test_it_is_the_port(house: House) -> None:
    """The adapter is a connection, under the carrier's id."""
    assert port(house.adapter).id == house.kind.value


def test_a_booking_twice_is_one_shipment(house: House) -> None:
    """Asked twice under one reference, the carrier has one shipment, and tells of it once."""
    first, again = house.adapter.book(shipment()), house.adapter.book(shipment())
    assert isinstance(first, Booked)
    assert first == again
    assert len(house.world.book.by_ours) == 1
    house.live(DAY_S)
    accepted = [one for one in house.reports if one.status is not None and one.status.value == "accepted"]
    assert len(accepted) == 1


def test_another_shipment_under_a_used_reference_is_declined(house: House) -> None:
    """A reference that stands for something else already is refused as a duplicate."""
    house.adapter.book(shipment())
    declined = house.adapter.book(shipment(weight_g=9_999))
    assert isinstance(declined, Declined)
    assert declined.reason is Reason.duplicate


def test_the_price_and_currency_are_the_carriers(house: House) -> None:
    """The booking carries the price that the carrier confirmed."""
    booked = house.adapter.book(shipment(price_minor=731, currency="CHF"))
    assert isinstance(booked, Booked)
    assert (booked.price_minor, booked.currency) == (731, "CHF")


def test_what_was_never_booked_is_not_found(house: House) -> None:
    """There is nothing under a reference that nobody used, and letting that go costs nothing."""
    assert house.adapter.find("tnd_none") is None
    assert house.adapter.cancel("tnd_none") == Released(0)


def test_a_reference_may_hold_any_character(house: House) -> None:
    """Slashes, blanks and signs of a query in a reference lead to no other shipment."""
    house.adapter.book(shipment("tnd_1"))
    odd = "tnd_1/../tnd 2?reference=tnd_1&x=ä"
    booked = house.adapter.book(shipment(odd))
    assert isinstance(booked, Booked)
    assert house.adapter.find(odd) == booked
    assert isinstance(house.adapter.cancel(odd), Released)
    assert house.adapter.find("tnd_1") is not None


def test_a_shipment_can_be_taken_back_before_its_collection(house: House) -> None:
    """Before it is collected the carrier lets it go, for its fee, once and again; then nobody finds it."""
    house.adapter.book(shipment())
    house.live(1_800)
    fee = house.world.house.habits.cancel_fee_minor
    assert house.adapter.cancel("tnd_1") == Released(fee)
    assert house.adapter.cancel("tnd_1") == Released(fee)
    assert house.adapter.find("tnd_1") is None
    house.live(DAY_S)
    assert house.said("tnd_1")[-1] == "cancelled"
    assert "picked_up" not in house.said("tnd_1")


def test_a_shipment_that_was_collected_is_kept(house: House) -> None:
    """After the collection it is too late, and the carrier says why."""
    house.adapter.book(shipment())
    house.live(4 * 3_600 - 300)
    assert house.world.book.by_ours["tnd_1"].stage is Stage.collected
    kept = house.adapter.cancel("tnd_1")
    assert isinstance(kept, Kept)
    assert kept.text
    house.live(DAY_S)
    assert house.said("tnd_1")[-1] == "delivered"


class Deaf(httpx.BaseTransport):
    """A line on which the answers to bookings are lost: the carrier has done it by then."""

    def __init__(self, line: httpx.BaseTransport) -> None:
        self._line = line
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, and lose the answer."""
        answer = self._line.handle_request(request)
        if request.method == "POST" and request.url.path in ("/shipments", "/deliveries"):
            self.lost += 1
            raise httpx.ReadTimeout("no answer", request=request)
        return answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_is_found_again(kind: CarrierKind) -> None:
    """The carrier did it and its answer was lost: who looks finds it, and who asks again has one shipment."""
    house = House(kind)
    deaf = Deaf(house.world.transport)
    with pytest.raises(CarrierDown):
        adapter(kind, deaf).book(shipment())
    assert deaf.lost == 1
    found = house.adapter.find("tnd_1")
    assert isinstance(found, Booked)
    assert house.adapter.book(shipment()) == found
    assert len(house.world.book.by_ours) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("habit", "fault"),
    [("error_share", CarrierDown), ("garbage_share", CarrierGarbled), ("flood_share", CarrierGarbled)],
)
def test_an_answer_that_is_none_is_told_as_such(
    kind: CarrierKind, habit: str, fault: type[Exception]
) -> None:
    """A broken server, rubbish and forty megabytes are each told apart from an answer, on every call."""
    bad = house_with(kind, **{habit: 1.0}).adapter
    for _ in range(12):
        for call in calls_of(bad):
            with pytest.raises(fault):
                call()


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_does_not_look_like_a_refusal(kind: CarrierKind) -> None:
    """A carrier that does not know our key cannot be used now: that is no answer about the shipment."""
    house = House(kind)
    mute = type(house.adapter)(
        msgspec.structs.replace(house.adapter._connection, api_key="another"), house.world.transport
    )
    for call in calls_of(mute):
        with pytest.raises(CarrierDown):
            call()


@pytest.mark.parametrize("kind", KINDS)
def test_an_outage_ends(kind: CarrierKind) -> None:
    """While nothing of the carrier answers it is down; afterwards the same call works."""
    house = House(kind)
    house.world._go_down(house.clock.now())
    with pytest.raises(CarrierDown):
        house.adapter.book(shipment())
    house.world._come_back(house.clock.now())
    assert isinstance(house.adapter.book(shipment()), Booked)


def calls_of(made: Adapter) -> tuple[Callable[[], object], ...]:
    """Each of the three calls."""
    return (lambda: made.book(shipment()), lambda: made.find("tnd_1"), lambda: made.cancel("tnd_1"))
