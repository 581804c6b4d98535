from typing import Any

import pytest
from tests.engine.desks.floor import DAY, Floor, text, wall
from tests.engine.desks.grid import crossing

from doorstep.engine.intake import OrderRow, RejectedRow
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseStatus
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.order import OrderDeclined
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseOutcome, PromiseRefused
from doorstep.vocabulary.route import StopInserted


def on_plan(floor: Floor, order: OrderState) -> str | None:
    """The live route that carries an order."""
    assert order.delivery is not None
    return floor.planner.plan.route_of(order.delivery)


def amend(floor: Floor, order: OrderState, version: int | None = None, **changes: Any) -> Any:  # noqa: ANN401 - columns differ
    row = floor.orders.merged(order, changes, None)
    assert isinstance(row, OrderRow), row
    seen = order.version if version is None else version
    return floor.orders.amend(order, row, seen, floor.desk.origin())


class Kept:
    """How many people and places the vault holds more than it did."""

    def __init__(self, floor: Floor) -> None:
        self._sealed = floor.ground.vault._sealed
        self._before = len(self._sealed)

    def added(self) -> int:
        """Since this was made."""
        return len(self._sealed) - self._before


def test_an_order_is_promised_in_the_commit_that_takes_it_on(floor: Floor) -> None:
    """Hold, stop and confirmation name the live plan's hash, and promise, order and delivery agree."""
    order = floor.place()
    promise, delivery = floor.promise(order.promise), floor.delivery(order)
    assert (order.status, promise.status) == (OrderStatus.promised, PromiseStatus.confirmed)
    assert promise.order == order.id
    assert order.window == promise.window
    assert delivery.created is not None
    assert delivery.created.promise == promise.id
    hashes = {
        r.data.plan_hash for r in floor.records() if isinstance(r.data, StopInserted | PromiseConfirmed)
    }
    assert hashes == {floor.planner.plan.plan_hash()}
    assert on_plan(floor, order) == promise.route


def test_each_confirmation_names_a_plan_that_keeps_all_before_it(floor: Floor) -> None:
    """After each of twelve orders the hash is the live plan's, and the plan breaks nothing."""
    for number in range(12):
        order = floor.place(f"A-{number}", (number, 20 - number))
        assert order.status is OrderStatus.promised
        confirmed = [r.data for r in floor.records() if isinstance(r.data, PromiseConfirmed)]
        assert confirmed[-1].plan_hash == floor.planner.plan.plan_hash()
        for route in floor.planner.plan.route_ids:
            assert floor.planner.plan.check(route) == ()


def test_what_no_plan_keeps_is_declined_with_reasons(floor: Floor) -> None:
    """A wish at night meets no van: the refusal is recorded, for order and promise alike."""
    night = {"window_start": text(wall("22:00")), "window_end": text(wall("23:59"))}
    order = floor.place(**night)
    assert order.status is OrderStatus.declined
    assert order.declined
    refused = [r.data for r in floor.records() if isinstance(r.data, PromiseRefused)]
    declined = [r.data for r in floor.records() if isinstance(r.data, OrderDeclined)]
    assert [event.reasons for event in refused] == [event.reasons for event in declined] == [order.declined]
    assert refused[0].order == order.id


def test_a_parcel_too_heavy_for_every_van_is_declined_for_its_weight(floor: Floor) -> None:
    """The reason names what is short."""
    assert floor.place(weight_g=450_000).declined == ("no_capacity_weight",)


def test_equal_content_is_the_same_order(floor: Floor) -> None:
    """The second copy changes nothing and answers with the first one's id."""
    order = floor.place()
    head = floor.market.head
    again = floor.orders.place(floor.row(), floor.desk.origin())
    assert (again.order, again.outcome, again.fields) == (order.id, "existing", ())
    assert floor.market.head == head


def test_other_content_under_the_same_id_is_a_conflict(floor: Floor) -> None:
    """The answer names the fields that differ, and nothing changes."""
    order = floor.place()
    head = floor.market.head
    again = floor.orders.place(floor.row(weight_g=2_000, name="Eva"), floor.desk.origin())
    assert (again.order, again.outcome, again.fields) == (order.id, "conflict", ("name", "weight_g"))
    assert floor.market.head == head


def test_a_change_of_name_keeps_the_promise(floor: Floor) -> None:
    """What a van need not know changes neither promise nor plan nor parcels."""
    order = floor.place()
    before = floor.planner.plan.plan_hash()
    assert amend(floor, order, name="Eva") == ("name",)
    now = floor.order(order.id)
    assert (now.promise, now.delivery, now.window) == (order.promise, order.delivery, order.window)
    assert now.status is OrderStatus.promised
    assert now.content.parcels == order.content.parcels
    assert now.content.place == order.content.place
    assert floor.people.row(now.content.person).recipient.name == "Eva"
    assert floor.planner.plan.plan_hash() == before


def test_a_change_of_place_replaces_the_promise(floor: Floor) -> None:
    """The new one stands behind a new stop, the old one is changed and void, and its stop is gone."""
    order = floor.place()
    assert amend(floor, order, address="Crossing 3-3", lat=crossing(3, 3).lat, lon=crossing(3, 3).lon)
    now = floor.order(order.id)
    assert now.status is OrderStatus.promised
    assert now.delivery != order.delivery
    assert on_plan(floor, order) is None
    assert on_plan(floor, now) is not None
    assert floor.promise(order.promise).outcome is PromiseOutcome.void
    assert floor.delivery(order).status is DeliveryStatus.cancelled
    assert floor.promise(now.promise).status is PromiseStatus.confirmed


def test_a_change_that_nobody_can_keep_changes_nothing(floor: Floor) -> None:
    """The old promise stands when no van can keep the new wish."""
    order = floor.place()
    head, plan = floor.market.head, floor.planner.plan.plan_hash()
    night = {"window_start": text(wall("22:00")), "window_end": text(wall("23:59"))}
    refusal = amend(floor, order, **night)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_window"
    assert (floor.market.head, floor.planner.plan.plan_hash()) == (head, plan)


def test_a_change_of_what_someone_else_changed_is_refused(floor: Floor) -> None:
    """Whoever saw an older version is told so, and nothing changes."""
    order = floor.place()
    assert amend(floor, order, name="Eva") == ("name",)
    head = floor.market.head
    refusal = amend(floor, floor.order(order.id), order.version, name="Ida")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.fields) == ("version_conflict", ("name",))
    assert floor.market.head == head


@pytest.mark.parametrize(
    ("version", "changes", "code"),
    [
        (None, {"window_start": text(wall("22:00")), "window_end": text(wall("23:59"))}, "no_window"),
        (0, {"name": "Ida"}, "version_conflict"),
        (None, {"address": "Nowhere 1", "lat": None, "lon": None}, "address_unresolved"),
    ],
)
def test_a_change_that_is_refused_keeps_nobody(
    floor: Floor, version: int | None, changes: dict[str, Any], code: str
) -> None:
    """Of a change that is refused, by the plan or by the log, no personal data stays in the vault."""
    order, vault = floor.place(), Kept(floor)
    refusal = amend(floor, floor.order(order.id), version, **changes)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert vault.added() == 0
    assert amend(floor, floor.order(order.id), name="Eva") == ("name",)
    assert vault.added() > 0


def test_who_and_under_which_id_cannot_be_changed(floor: Floor) -> None:
    """An order's identity is fixed."""
    order = floor.place()
    row = floor.row("A-2")
    refusal = floor.orders.amend(order, row, order.version, floor.desk.origin())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity_fixed"


def test_nothing_to_change_is_no_change(floor: Floor) -> None:
    """The same content amends nothing."""
    order = floor.place()
    head = floor.market.head
    assert floor.orders.amend(order, floor.row(), order.version, floor.desk.origin()) == ()
    assert floor.market.head == head


def test_a_cancelled_order_gives_its_place_back(floor: Floor) -> None:
    """Order, delivery and promise end together, and the plan is as it was before."""
    before = floor.planner.plan.plan_hash()
    order = floor.place()
    assert floor.orders.cancel(order, "merchant", "sold out", floor.desk.origin()) is None
    assert floor.order(order.id).status is OrderStatus.cancelled
    assert floor.delivery(order).status is DeliveryStatus.cancelled
    assert floor.promise(order.promise).outcome is PromiseOutcome.void
    assert floor.planner.plan.plan_hash() == before


def test_what_is_on_the_road_is_not_cancelled(floor: Floor) -> None:
    """Once the van has it, the order stays as it is."""
    order = floor.place()
    floor.until("10:15")
    route = floor.promise(order.promise).route
    assert route is not None
    floor.load(route)
    head = floor.market.head
    refusal = floor.orders.cancel(floor.order(order.id), "merchant", "too late", floor.desk.origin())
    assert refusal is not None
    assert refusal.code == "delivery_status"
    assert floor.market.head == head


def test_an_address_that_is_no_place_waits_for_a_person(floor: Floor) -> None:
    """It is a case, not a guess; once someone finds it, the order is promised and the case closed."""
    order = floor.place(address="Nowhere 1", lat=None, lon=None)
    assert (order.status, order.unresolved) == (OrderStatus.address_case, "not_found")
    case = floor.cases_of(CaseKind.bad_address)[0]
    assert case.open
    assert case.subject.order == order.id
    assert floor.orders.resolve_address(order, crossing(5, 5), floor.desk.origin()) is None
    now = floor.order(order.id)
    assert now.status is OrderStatus.promised
    assert floor.people.point(now.content.place) == crossing(5, 5)
    assert not floor.cases_of(CaseKind.bad_address)[0].open


def test_a_place_that_a_person_found_outlives_a_change_of_weight(floor: Floor) -> None:
    """Only a new address is looked up again."""
    order = floor.place(address="Nowhere 1", lat=None, lon=None)
    assert floor.orders.resolve_address(order, crossing(5, 5), floor.desk.origin()) is None
    assert amend(floor, floor.order(order.id), weight_g=2_000) == ("weight_g",)
    now = floor.order(order.id)
    assert now.status is OrderStatus.promised
    assert floor.people.point(now.content.place) == crossing(5, 5)


def test_a_declined_order_may_ask_again(floor: Floor) -> None:
    """Another wish finds a window."""
    night = {"window_start": text(wall("22:00")), "window_end": text(wall("23:59"))}
    order = floor.place(**night)
    fields = amend(floor, order, window_start=text(wall("15:00")), window_end=text(wall("17:00")))
    assert fields == ("window_start", "window_end")
    assert floor.order(order.id).status is OrderStatus.promised


def test_an_import_is_undone_as_a_whole_until_release(floor: Floor) -> None:
    """Every order of the batch ends, the capacity is free again, and the same file may come again."""
    before = floor.planner.plan.plan_hash()
    batch = floor.orders.open_import(None, "hash", floor.desk.origin())
    orders = [
        floor.orders.place(floor.row(f"A-{n}", (n, n)), floor.desk.origin(), batch).order for n in range(3)
    ]
    assert floor.orders.undo_import(batch, "ops", floor.desk.origin()) == tuple(orders)
    assert {floor.order(order).status for order in orders} == {OrderStatus.cancelled}
    assert floor.planner.plan.plan_hash() == before
    assert floor.place("A-1").status is OrderStatus.promised
    again = floor.orders.undo_import(batch, "ops", floor.desk.origin())
    assert isinstance(again, Refusal)
    assert again.code == "import_undone"


def test_an_import_of_which_something_is_on_the_floor_stays(floor: Floor) -> None:
    """After the first release nothing of it is taken back."""
    batch = floor.orders.open_import(None, "hash", floor.desk.origin())
    for n in range(3):
        floor.orders.place(floor.row(f"A-{n}", (n, n)), floor.desk.origin(), batch)
    floor.until("09:00")
    head = floor.market.head
    refusal = floor.orders.undo_import(batch, "ops", floor.desk.origin())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "import_released"
    assert floor.market.head == head


def test_a_rejected_row_can_be_read_again(floor: Floor) -> None:
    """Line, field and reason stand in the log, the row's text only in the vault."""
    batch = floor.orders.open_import(None, "hash", floor.desk.origin())
    broken = floor.orders.merged(floor.place(), {"weight_g": -5, "name": "Zacharias"}, None)
    assert isinstance(broken, RejectedRow)
    floor.orders.reject_row(batch, broken, floor.desk.origin())
    kept = floor.desk.state("intake", batch).rejected[0]
    assert kept.field == "weight_g"
    assert floor.orders.rejected_row(kept.ref) == broken
    assert all(b"Zacharias" not in event.text for event in floor.store.events(floor.market.id))


def test_no_name_or_address_enters_the_log(floor: Floor) -> None:
    """What is personal lies in the vault alone."""
    floor.place(name="Zacharias", instructions="Blue door")
    told = b"".join(event.text for event in floor.store.events(floor.market.id))
    for word in (b"Zacharias", b"Blue door", b"Crossing", b"4930901820"):
        assert word not in told


@pytest.mark.parametrize("parcels", [1, 3])
def test_every_parcel_has_a_chain_that_begins_at_the_hub(floor: Floor, parcels: int) -> None:
    """Custody is open for each parcel of a promised order."""
    order = floor.place(parcels=parcels)
    assert len(order.content.parcels) == parcels
    for parcel in order.content.parcels:
        assert floor.desk.state("custody", parcel.id).holder.id == "hub"


def test_the_days_shifts_go_on_sale_once(floor: Floor) -> None:
    """Opening the same day again adds nothing."""
    head = floor.market.head
    assert len(floor.open_day()) == 2
    assert floor.market.head == head
    assert len(floor.desk.state("roster", DAY.isoformat()).on) == 2
