from collections.abc import Callable

import msgspec
import pytest
from tests.lifecycle.life import answer, lived

from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.vocabulary.ids import DeliveryId, HubId, MerchantId, OrderId, PersonId, PlaceId, PromiseId
from doorstep.vocabulary.order import (
    AmendOrder,
    AnyOrderCommand,
    CancelOrder,
    CloseUndelivered,
    DeclineOrder,
    FulfilOrder,
    OrderContent,
    PlaceOrder,
    PromiseOrder,
    ReleaseOrder,
    ResolveAddress,
    UndeliveredOutcome,
)
from doorstep.vocabulary.units import Grams, Instant, Millilitres
from doorstep.vocabulary.windows import Window

ORD, DLV = OrderId("ord"), DeliveryId("dlv")
WINDOW = Window(Instant(1), Instant(2))
CONTENT = OrderContent(
    MerchantId("acme"), "A-1", HubId("hub"), "slot", PersonId("per"), PlaceId("plc"), Instant(0),
    Instant(0), WINDOW, (), Grams(1), Millilitres(1), None, (), None, None, "c" * 64,
)  # fmt: skip
OTHER = msgspec.structs.replace(CONTENT, weight_g=Grams(2))

PLACE = PlaceOrder(ORD, CONTENT, "h1")
LOST_PLACE = PlaceOrder(ORD, CONTENT, "h1", "not_found")
PROMISE = PromiseOrder(ORD, PromiseId("prm"), DLV, WINDOW)
COMMANDS: dict[str, Callable[[OrderState], AnyOrderCommand]] = {
    "place": lambda _: PLACE,
    "resolve": lambda _: ResolveAddress(ORD, PlaceId("found"), "d" * 64),
    "amend": lambda state: AmendOrder(ORD, OTHER, "h2", ("weight_g",), state.version),
    "promise": lambda _: PROMISE,
    "decline": lambda _: DeclineOrder(ORD, ("no_time",)),
    "release": lambda _: ReleaseOrder(ORD),
    "cancel": lambda _: CancelOrder(ORD, "merchant", "sold out"),
    "fulfil": lambda _: FulfilOrder(ORD, DLV),
    "undelivered": lambda _: CloseUndelivered(ORD, UndeliveredOutcome.returned),
}
WAYS: dict[str, list[AnyOrderCommand]] = {
    "address_case": [LOST_PLACE],
    "placed": [PLACE],
    "declined": [PLACE, DeclineOrder(ORD, ("no_time",))],
    "promised": [PLACE, PROMISE],
    "released": [PLACE, PROMISE, ReleaseOrder(ORD)],
    "fulfilled": [PLACE, PROMISE, ReleaseOrder(ORD), FulfilOrder(ORD, DLV)],
    "undelivered": [PLACE, PROMISE, CloseUndelivered(ORD, UndeliveredOutcome.lost)],
    "cancelled": [PLACE, CancelOrder(ORD, "merchant", "sold out")],
}
NAMES = [
    "address_case",
    "placed",
    "declined",
    "promised",
    "released",
    "fulfilled",
    "undelivered",
    "cancelled",
]
TABLE = {
    "place": dict.fromkeys(NAMES, "order_exists"),
    "resolve": {"address_case": "AddressResolved"} | dict.fromkeys(NAMES[1:], "address_known"),
    "amend": dict.fromkeys(NAMES[:4], "OrderAmended")
    | {"released": "order_released"}
    | dict.fromkeys(NAMES[5:], "order_closed"),
    "promise": dict.fromkeys(NAMES, "order_not_open")
    | dict.fromkeys(["placed", "declined", "promised"], "OrderPromised"),
    "decline": dict.fromkeys(NAMES, "order_not_open") | {"placed": "OrderDeclined"},
    "release": dict.fromkeys(NAMES, "order_not_promised") | {"promised": "OrderReleased"},
    "cancel": dict.fromkeys(NAMES[:5], "OrderCancelled") | dict.fromkeys(NAMES[5:], "order_closed"),
    "fulfil": dict.fromkeys(NAMES, "OrderFulfilled") | {"fulfilled": ""},
    "undelivered": dict.fromkeys(NAMES[:5], "OrderUndelivered") | dict.fromkeys(NAMES[5:], "order_closed"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("status", NAMES)
def test_each_status_takes_its_commands_and_no_other(status: str, command: str) -> None:
    """Each command in each status comes to the one event, or the one refusal, of the table."""
    state = lived("order", WAYS[status])
    assert state.status == status
    expected = TABLE[command][status]
    result = answer("order", state, COMMANDS[command](state))
    assert result == ((expected,) if expected[:1].isupper() else expected or ())


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "place"])
def test_nothing_happens_to_an_order_that_is_none(command: str) -> None:
    """Only placing begins it."""
    assert answer("order", None, COMMANDS[command](lived("order", [PLACE]))) == "order_unknown"


@pytest.mark.parametrize("status", ["address_case", "placed", "declined", "promised"])
def test_an_amendment_of_what_moved_on_is_refused(status: str) -> None:
    """The version that the merchant saw must be the order's own."""
    state = lived("order", WAYS[status])
    for version in (state.version - 1, state.version + 1):
        command = AmendOrder(ORD, OTHER, "h2", ("weight_g",), version)
        assert answer("order", state, command) == "version_conflict"


def test_an_amendment_forgets_the_promise_for_the_old_content() -> None:
    """What was promised, or declined, for other content is asked anew."""
    for status in ("promised", "declined"):
        state = lived("order", WAYS[status])
        state = lived("order", [COMMANDS["amend"](state)], state)
        assert (state.status, state.promise, state.delivery, state.window, state.declined) == (
            OrderStatus.placed, None, None, None, (),
        )  # fmt: skip
        assert state.content == OTHER


def test_an_amendment_without_a_difference_is_none() -> None:
    """No fields, no event."""
    state = lived("order", [PLACE])
    assert answer("order", state, AmendOrder(ORD, CONTENT, "h1", (), state.version)) == ()


def test_an_amendment_to_an_address_that_is_no_place_opens_it_again() -> None:
    """Two events, and the version at which the address was lost is kept."""
    state = lived("order", [PLACE])
    command = AmendOrder(ORD, OTHER, "h2", ("address",), state.version, "ambiguous")
    state = lived("order", [command], state)
    assert (state.status, state.unresolved) == (OrderStatus.address_case, "ambiguous")
    assert state.unresolved_version == state.version == 3


def test_a_resolved_address_is_the_content_s_place() -> None:
    """Place and commitment are replaced, and the order is open."""
    state = lived("order", [LOST_PLACE, ResolveAddress(ORD, PlaceId("found"), "d" * 64)])
    assert (state.content.place, state.content.commitment) == ("found", "d" * 64)
    assert (state.status, state.unresolved) == (OrderStatus.placed, None)


def test_the_version_counts_the_events() -> None:
    """As the log does."""
    for way in WAYS.values():
        state = lived("order", way)
        assert state.version == sum(2 if command == LOST_PLACE else 1 for command in way)


def test_three_statuses_are_terminal() -> None:
    """A declined order may still be amended; one that is over may not."""
    assert {name for name in NAMES if OrderStatus(name).terminal} == {"fulfilled", "undelivered", "cancelled"}
