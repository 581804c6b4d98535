"""What carriers do with a shipment, by their own habits."""

from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from tests.adapters.carriers.houses import EVERYONE_IN, KINDS, T0, House, shipment

from doorstep.engine.ports.carriers import Booked, CarrierDown, CarrierGarbled, Declined
from doorstep.policy.contracts import ContractPolicy
from doorstep.simulation.carriers.carrier_world import HABITS, CarrierKind
from doorstep.simulation.carriers.habits import Habit, calm
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.ids import CarrierId, ParcelId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import after
from doorstep.vocabulary.windows import Window

DAY_S = 86_400
WILDLY = {
    "late_share": 0.2,
    "repeated_share": 0.2,
    "shuffled_share": 0.5,
    "unknown_share": 0.1,
    "failed_share": 0.2,
    "twice_share": 0.2,
    "foreign_share": 0.1,
    "stale_share": 0.2,
    "wild_share": 0.1,
    "lost_share": 0.2,
    "damaged_share": 0.1,
    "decline_share": 0.1,
    "outages_per_day": 3,
    "lost_answer_share": 0.1,
    "garbage_share": 0.1,
    "flood_share": 0.05,
    "error_share": 0.1,
    "capacity_per_day": 40,
}
OUR_OUTAGE = range(30, 50)
"""Bookings during which our own door stays shut."""
ITS_OWN = {
    CarrierKind.regional: {"missorted_share": 0.2, "not_ready_share": 0.2},
    CarrierKind.courier: {"gave_back_share": 0.2, "reassigned_share": 0.2},
}
NOT_ITS_OWN = {
    CarrierKind.regional: {Habit.gave_back, Habit.reassigned},
    CarrierKind.courier: {Habit.missorted, Habit.not_ready, Habit.shuffled},
}


def wild_day(kind: CarrierKind, seed: int) -> tuple[House, Counter[str]]:
    """A day with a hundred bookings at a carrier of the worst habits, and what came of the bookings."""
    habits = msgspec.structs.replace(HABITS[kind], **WILDLY, **ITS_OWN[kind])
    house = House(kind, seed, habits)
    answers: Counter[str] = Counter()
    house.world.start(T0)
    for number in range(100):
        window = Window(after(T0, 3 * 3_600 + number * 120), after(T0, 7 * 3_600 + number * 120))
        place = Point(53.54 + number / 4_000, 13.27)
        mine = (ParcelId(f"par_{number}a"), ParcelId(f"par_{number}b"))
        try:
            answer = house.adapter.book(shipment(f"tnd_{number}", window=window, place=place, parcels=mine))
            answers[type(answer).__name__] += 1
        except (CarrierDown, CarrierGarbled) as fault:
            answers[type(fault).__name__] += 1
        house.shut = number in OUR_OUTAGE
        house.live(300)
    house.live(3 * DAY_S)
    return house, answers


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipment_goes_all_the_way(kind: CarrierKind) -> None:
    """A calm carrier tells every step in order, and hands over in the window, with proof."""
    house = House(kind)
    assert isinstance(house.adapter.book(shipment()), Booked)
    house.live(DAY_S)
    ways = {
        CarrierKind.regional: [
            "accepted", "picked_up", "in_transit", "out_for_delivery", "arrived", "delivered",
        ],
        CarrierKind.courier: [
            "accepted", "assigned", "pickup_arrived", "picked_up", "out_for_delivery", "arrived", "delivered",
        ],
    }  # fmt: skip
    assert house.said("tnd_1") == ways[kind]
    last = [one for one in house.reports if one.status is DeliveryStatus.delivered]
    assert all(one.photo and one.signature and one.signed_by == "Dörte Specht" for one in last)
    assert {parcel for one in last for parcel in one.parcels} == {"par_a", "par_b"}
    assert all(shipment().window.holds(one.at) for one in last)
    ordered = sorted({one.seq: one.at for one in house.reports}.items())
    assert all(before[1] <= later[1] for before, later in pairwise(ordered))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_sends_the_same_bytes(kind: CarrierKind) -> None:
    """Two days of one seed push the same messages at the same instants; another seed pushes others."""
    first, answers = wild_day(kind, 7)
    again, same_answers = wild_day(kind, 7)
    other, _ = wild_day(kind, 8)
    assert answers == same_answers
    assert first.pushed == again.pushed
    assert first.pushed != other.pushed


@pytest.mark.parametrize("kind", KINDS)
def test_every_habit_occurs(kind: CarrierKind) -> None:
    """In a day of the worst habits each habit of the carrier happens at least once."""
    house, answers = wild_day(kind, 3)
    assert set(Habit) - set(house.world.house.tally) == NOT_ITS_OWN[kind]
    assert set(answers) == {"Booked", "Declined", "CarrierDown", "CarrierGarbled"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_calm_carrier_has_no_habits(kind: CarrierKind) -> None:
    """Nothing is counted for a carrier that is calm."""
    house = House(kind)
    for number in range(20):
        assert isinstance(house.adapter.book(shipment(f"tnd_{number}")), Booked)
    house.live(DAY_S)
    assert not house.world.house.tally


@pytest.mark.parametrize("kind", KINDS)
def test_only_odd_words_are_unmapped(kind: CarrierKind) -> None:
    """Whatever goes wrong, only the odd words are in no table, and every row can be read."""
    house, _ = wild_day(kind, 5)
    unmapped = {one.code for one in house.reports if one.status is None}
    odd = {
        CarrierKind.regional: {"Q7", "SO/X9", "ZZ/TMP"},
        CarrierKind.courier: {"courier_on_break", "undeliverable/weather_hold", "handoff_v2"},
    }
    assert unmapped == odd[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_carrier_says_so(kind: CarrierKind) -> None:
    """Behind the last place of a day it declines; a place that is let go is free again."""
    house = House(kind, habits=msgspec.structs.replace(calm(HABITS[kind]), capacity_per_day=2))
    for number in range(2):
        assert isinstance(house.adapter.book(shipment(f"tnd_{number}")), Booked)
    full = house.adapter.book(shipment("tnd_2"))
    assert isinstance(full, Declined)
    assert full.reason is Reason.no_capacity
    house.adapter.cancel("tnd_0")
    assert isinstance(house.adapter.book(shipment("tnd_3")), Booked)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weight_g": 90_000}, Reason.packaging),
        ({"place": Point(54.5, 13.3)}, Reason.out_of_area),
        ({"handling": (Handling.high_value,)}, Reason.data_error),
    ],
)
def test_what_it_does_not_do_is_declined(
    kind: CarrierKind, changes: dict[str, object], reason: Reason
) -> None:
    """Too heavy, too far and what it does not know are declined, each with our reason and its words."""
    declined = House(kind).adapter.book(shipment(**changes))
    assert isinstance(declined, Declined)
    assert declined.reason is reason
    assert declined.text


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_home(kind: CarrierKind) -> None:
    """Where nobody is, both carriers fail for that reason at the door, and bring the parcels back at last."""
    nobody = msgspec.structs.replace(EVERYONE_IN, out_share=1.0, neighbour_share=0.0)
    house = House(kind, parameters=nobody)
    house.adapter.book(shipment())
    house.live(4 * DAY_S)
    failed = [one for one in house.reports if one.status is DeliveryStatus.attempt_failed]
    assert {one.reason for one in failed} == {Reason.not_home}
    assert all(one.point is not None for one in failed)
    assert house.said("tnd_1")[-1] == "returned"
    attempts = {CarrierKind.regional: 2, CarrierKind.courier: 1}
    assert len({one.seq for one in failed}) == attempts[kind]


def test_the_pin_is_what_the_shopper_says() -> None:
    """The courier tells the PIN that it heard at the door."""
    house = House(CarrierKind.courier)
    house.adapter.book(shipment(handling=(Handling.pin,)))
    house.live(DAY_S)
    (handover,) = [one for one in house.reports if one.status is DeliveryStatus.delivered]
    assert handover.pin == "pin-tnd_1"


def test_near_is_told_before_the_arrival_and_is_none() -> None:
    """The courier is near once, before it arrives, and under another word."""
    house = House(CarrierKind.courier)
    house.adapter.book(shipment())
    house.live(DAY_S)
    near = [one for one in house.reports if one.nearby]
    (arrived,) = [one for one in house.reports if one.status is DeliveryStatus.arrived]
    assert [one.code for one in near] == ["courier_imminent"]
    assert near[0].at < arrived.at


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_is_not_taken_comes_again(kind: CarrierKind) -> None:
    """What our door did not take is sent again, freshly signed, until it is taken."""
    house = House(kind)
    house.adapter.book(shipment())
    house.shut = True
    house.live(2_400)
    assert not house.pushed
    house.shut = False
    house.live(DAY_S)
    assert house.said("tnd_1")[0] == "accepted"


def test_the_contracts_of_the_simulated_carriers_can_be_read() -> None:
    """The contracts beside the simulated carriers are a policy, and sell what the carriers can do."""
    from importlib import resources
    from tomllib import loads

    text = (resources.files("doorstep.simulation.carriers") / "contracts.toml").read_text(encoding="utf-8")
    policy = msgspec.convert(loads(text), ContractPolicy)
    assert set(policy.carrier) == {kind.value for kind in KINDS}
    for kind in KINDS:
        contract, habits = policy.carrier[CarrierId(kind.value)], HABITS[kind]
        assert contract.weight_g_max == habits.weight_g_max
        assert contract.cancel_fee_minor == habits.cancel_fee_minor
        for service in contract.service.values():
            assert service.capacity_per_day == habits.capacity_per_day
            assert service.radius_m == habits.radius_m
