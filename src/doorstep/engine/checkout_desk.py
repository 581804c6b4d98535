"""Checkout: windows that vans or carriers keep, held for a shopper, and confirmed as an order's promise.

A confirmation is one commit with the plan behind it.
"""

from hashlib import sha256
from typing import Final

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.intake import OrderRow, impersonal_content, volume_ml
from doorstep.engine.order_desk import OrderDesk
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.promise_desk import Booking
from doorstep.engine.quoting import NOT_ON_SALE_YET, Ask, Offer, Quote
from doorstep.engine.routing_desk import Routed, RoutingDesk
from doorstep.lifecycle.promise import PromiseState, PromiseStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.order import PlaceOrder
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import Instant, Seconds
from doorstep.vocabulary.windows import Window

SAME_PLACE_M_MAX: Final = 50
"""An order may name its place this far from where its window was held for, as geocoders and phones differ."""

CLOSED: Final = frozenset({"no_such_window", "window_over", NOT_ON_SALE_YET})
"""Why a window is nobody's to keep, whoever drives."""


class CheckoutDesk:
    """Quotes, holds and confirms: the order must be what the window was held for."""

    def __init__(
        self, desk: Desk, planner: Planner, orders: OrderDesk, people: People, routing: RoutingDesk
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._orders = orders
        self._people = people
        self._routing = routing

    def quote(self, ask: Ask, now: Instant) -> Quote:
        """Windows by the live plan; one that no van keeps, with the carrier that does for the least."""
        with self._planner.lock:
            found = self._routing.quoting.quote(ask, now)
            offers, refused = list(found.offers), []
            for no in found.refused:
                offer = None if no.reason in CLOSED else self._routing.offer(ask, no.window, now)
                if offer is None:
                    refused.append(no)
                else:
                    offers.append(offer)
        offers.sort(key=lambda offer: self._routing.quoting.rank(offer, ask))
        return Quote(tuple(offers), tuple(refused))

    def hold(self, ask: Ask, window: Window, origin: Origin) -> Booking | Refusal:
        """Hold exactly this window, in the plan or, where no van keeps it, with a carrier."""
        with self._planner.lock:
            held = self._routing.promises.hold(ask, window, origin)
            if isinstance(held, Booking) or held.code in CLOSED:
                return held
            now = self._desk.now()
            offer = self._routing.offer(ask, window, now)
            if offer is None:
                return held
            booking = self._routing.hold_with(offer, ask, now)
            return self._desk.together(list(booking.commands), origin) or booking

    def confirm(self, held: PromiseState, row: OrderRow, origin: Origin) -> OrderId | Refusal:
        """Take the order on with its held window; nothing changes where it is refused."""
        with self._planner.lock:
            if held.status is not PromiseStatus.held:
                return Refusal("promise_not_held", f"a promise that is {held.status} cannot be confirmed")
            if self._orders.index.find(row.merchant, row.external_id) is not None:
                return Refusal("order_exists", "an order with this external_id stands", ("external_id",))
            point, unresolved = self._orders.resolve(row)
            if point is None:
                return Refusal("address_unresolved", f"the address is no place: {unresolved}", ("address",))
            fields = self._differences(held, row, point)
            if fields:
                detail = f"the window was held for other {', '.join(fields)}: ask for a new quote"
                return Refusal("not_what_was_held", detail, fields)
            return self._confirm(held, row, point, origin)

    def _confirm(self, held: PromiseState, row: OrderRow, point: Point, origin: Origin) -> OrderId | Refusal:
        assert held.window is not None, "a hold has a window"
        assert held.delivery is not None, "a hold has a delivery"
        assert held.place is not None, "a hold has a place"
        now = self._desk.now()
        order = OrderId(self._desk.mint("ord"))
        # The place is the one that was held, and needs no second record.
        draft = self._people.draft(row, None)
        told = self._orders.told(row, draft.kept, point)
        told = msgspec.structs.replace(told, place=held.place)
        offer = Offer(held.window, held.odds_ppm, Seconds(0), now, None)
        # The hold stands in the live plan, so the plan's hash as it is names the plan that keeps it.
        booking = Booking(held.id, held.delivery, self._planner.plan.plan_hash(), offer, ())
        options = self._routing.weigh_held(self._orders.ask(told), held, now)
        if isinstance(options, Refusal):
            return options
        place = PlaceOrder(order, told, sha256(impersonal_content(row)).hexdigest())
        commands = [place, *self._orders.confirm_commands(order, told, Routed(booking, options), now)]
        return self._people.keep_with(draft, lambda: self._desk.together(commands, origin)) or order

    def _differences(self, held: PromiseState, row: OrderRow, point: Point) -> tuple[str, ...]:
        """What the order asks beyond what was held; less is fine, for the capacity is there."""
        assert held.demand is not None, "a hold has a demand"
        assert held.place is not None, "a hold has a place"
        fields: list[str] = []
        there = self._people.point(held.place)
        if there is None or distance_m(there, point) > SAME_PLACE_M_MAX:
            fields.append("address")
        if row.merchant != held.merchant:
            fields.append("merchant")
        if row.service != held.service:
            fields.append("service")
        if row.hub not in (None, held.demand.hub):
            fields.append("origin")
        asked = self._routing.quoting.demand(
            Ask(
                row.merchant, row.service, held.demand.hub, held.place, row.ready_at, row.parcels,
                row.weight_g, volume_ml(row), row.handling, held.window,
            )
        )  # fmt: skip
        if asked.weight_g > held.demand.weight_g:
            fields.append("weight_g")
        if asked.volume_ml > held.demand.volume_ml or asked.service_s > held.demand.service_s:
            fields.append("parcels")
        if not set(asked.skills) <= set(held.demand.skills):
            fields.append("handling")
        if "ready_at" in row.stated and asked.ready_at > held.demand.ready_at:
            fields.append("ready_at")
        return tuple(fields)
