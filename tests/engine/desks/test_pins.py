"""PINs at the door: the right one proves, wrong ones are counted, and there is an end to them."""

from collections.abc import Callable

import pytest
from tests.engine.desks.floor import Floor, shift
from tests.engine.desks.test_drivers import Road

from doorstep.engine.driver_desk import Capture
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.proof import ProofKind


@pytest.fixture
def one_van(open_floor: Callable[..., Floor]) -> Floor:
    return open_floor(shift("ada", "10:00", "18:00"))


def pinned(floor: Floor) -> Road:
    order = floor.place(handling=["pin"])
    floor.until("10:15")
    road = Road(floor, [order])
    floor.load(road.route)
    floor.until("12:00")
    floor.arrive(road.route, road.ids()[0])
    return road


def wrong(pin: str) -> str:
    return str((int(pin) + 1) % 10_000).zfill(4)


def test_a_wrong_pin_hands_nothing_over(one_van: Floor) -> None:
    """The refusal says so and how many tries are left, only the try is written, and the right one works."""
    road = pinned(one_van)
    first = road.ids()[0]
    pin, head = one_van.drivers.pin(first), one_van.market.head
    refusal = road.hand_over(first, one_van.capture(first, pin=wrong(pin)))
    assert refusal is not None
    assert (refusal.code, refusal.fields) == ("wrong_pin", ("pin",))
    assert "4 tries are left" in refusal.detail
    assert one_van.market.head.size == head.size + 1
    assert one_van.delivery(first).status is DeliveryStatus.arrived
    assert road.hand_over(first, one_van.capture(first, pin=pin)) is None
    assert not one_van.delivery(first).unproven


def test_nobody_finds_a_pin_by_trying(one_van: Floor) -> None:
    """After so many wrong ones the right one is refused as well, and the handoff without it is unproven."""
    road = pinned(one_van)
    first = road.ids()[0]
    pin = one_van.drivers.pin(first)
    bound = one_van.book.proof.bounds.pin_tries_max
    for left in reversed(range(bound)):
        refusal = road.hand_over(first, one_van.capture(first, pin=wrong(pin)))
        assert refusal is not None
        assert (refusal.code, one_van.drivers.pin_tries_left(first)) == ("wrong_pin", left)
    head = one_van.market.head
    for given in (wrong(pin), pin):
        refusal = road.hand_over(first, one_van.capture(first, pin=given))
        assert refusal is not None
        assert refusal.code == "pin_locked"
        assert "recipient.wrong_pin_or_id" in refusal.detail
    assert one_van.market.head == head
    assert one_van.restart().drivers.pin_tries_left(first) == 0
    assert road.hand_over(first, one_van.capture(first)) is None
    assert one_van.delivery(first).unproven


def test_a_pin_that_comes_later_must_be_right_as_well(one_van: Floor) -> None:
    """Without its PIN the handoff is unproven; only the right one proves it afterwards."""
    road = pinned(one_van)
    first = road.ids()[0]
    assert road.hand_over(first, one_van.capture(first)) is None
    assert one_van.delivery(first).missing == (ProofKind.pin,)
    assert one_van.promise(road.orders[0].promise).outcome is PromiseOutcome.unproven
    pin = one_van.drivers.pin(first)
    refusal = one_van.drivers.add_proof(
        one_van.delivery(first), Capture(None, pin=wrong(pin)), one_van.desk.origin()
    )
    assert refusal is not None
    assert refusal.code == "wrong_pin"
    assert one_van.delivery(first).unproven
    proof = one_van.drivers.add_proof(one_van.delivery(first), Capture(None, pin=pin), one_van.desk.origin())
    assert proof is None
    assert not one_van.delivery(first).unproven
    assert one_van.promise(road.orders[0].promise).outcome is PromiseOutcome.kept
