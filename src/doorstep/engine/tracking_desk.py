"""The tracking desk: what a shopper reads and changes behind the signed link to their order."""

import re
from itertools import pairwise
from typing import Final

import msgspec

from doorstep.engine.desk import Commanded, Desk, Origin
from doorstep.engine.forecast import expected_at, stops_before
from doorstep.engine.order_desk import OrderDesk
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.vault import ErasedError, UnknownError
from doorstep.engine.promise_desk import PromiseDesk
from doorstep.engine.quoting import Quote
from doorstep.engine.routing_desk import Routed, RoutingDesk
from doorstep.engine.tracking_links import Link, TrackingLinks
from doorstep.engine.tries import Tries
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.tracking import TrackingState
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.contact import ContactTopic, RecordContact
from doorstep.vocabulary.delivery import CancelDelivery, DeliveryStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OWN_FLEET, DeliveryId, OrderId, PromiseId, derive
from doorstep.vocabulary.promise import ChangePromise
from doorstep.vocabulary.tracking import Complaint, DropPlace, GiveInstructions, RevokeLinks, WishPlace
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

PAGE: Final = "page"
"""Who answers a shopper whom no person had to answer."""
NOTE_CHARS_MAX: Final = 500
"""Characters of a shopper's own words."""
DAY_S: Final = 86_400
POSTCODE_CHARS_MIN: Final = 4
SHOPPER: Final = "shopper"
_CHANGEABLE: Final = frozenset({DeliveryStatus.created})
_NOT_ON_WAY: Final = Refusal("order_closed", "the order is no longer on its way")


class TrackingDesk:
    """Opens links, quotes and makes changes, takes reports; whoever holds the link is the shopper."""

    def __init__(
        self,
        desk: Desk,
        planner: Planner,
        orders: OrderDesk,
        promises: PromiseDesk,
        routing: RoutingDesk,
        *,
        people: People,
        key: bytes,
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._orders = orders
        self._promises = promises
        self._routing = routing
        self._people = people
        policy = desk.book.messages.links
        self.links = TrackingLinks(key, policy.days)
        self._tries = Tries(policy.tries_max, policy.tries_s)

    # Links ------------------------------------------------------------------------------------------

    def state(self, order: OrderId) -> TrackingState | None:
        """What the order's links have led to; None where nothing has."""
        state: TrackingState | None = self._desk.state("tracking", order)
        return state

    def token(self, order: OrderId) -> str:
        """The link that opens the order now."""
        known = self.state(order)
        return self.links.token(order, known.generation if known else 0, self._desk.now())

    def open(self, token: str) -> tuple[Link, OrderState] | None:
        """The link and its order, also where the link has expired; None for what was never or is no more."""
        link = self.links.read(token)
        if link is None:
            return None
        order, known = self._orders.state(link.order), self.state(link.order)
        if order is None or link.generation != (known.generation if known else 0):
            return None
        return link, order

    def renew(self, token: str, postcode: str) -> str | None:
        """A fresh link for an expired one to whoever knows the postcode; a few tries an hour, then none."""
        found = self.open(token)
        if found is None or not self._tries.take(found[0].order, self._desk.now()):
            return None
        link, order = found
        try:
            address = self._people.row(order.content.person).recipient.address
        except (ErasedError, UnknownError):
            return None
        return self.token(link.order) if _has_postcode(address, postcode) else None

    def revoke(self, order: OrderId, by: str, origin: Origin) -> Refusal | None:
        """Let no link open the order that was given out before."""
        return self._desk.together([RevokeLinks(order, by, origin.at)], origin)

    def looked(self, order: OrderId) -> None:
        """The page answered: counted as a contact, once an order and day."""
        origin = self._origin()
        key = derive("con", PAGE, order, _day_of(origin.at))
        state = self._desk.state("contact", order)
        if state is None or key not in state.keys:
            topic = ContactTopic.where_is_my_order
            self._desk.together([RecordContact(order, key, topic, "web", PAGE, origin.at)], origin)

    def forecast(self, delivery: DeliveryId | None) -> tuple[Instant | None, int | None]:
        """When the live plan has the van at the door, and how many doors come before, when few enough do."""
        if delivery is None:
            return None, None
        ahead = stops_before(self._planner, delivery)
        near = ahead is not None and ahead <= self._desk.book.messages.stops_shown_max
        return expected_at(self._planner, delivery), ahead if near else None

    # Changes ----------------------------------------------------------------------------------------

    def quote(self, order: OrderState) -> Quote | Refusal:
        """The windows that the live plan has for this order now, each with its odds, or why not."""
        with self._planner.lock:
            closed = self._closed(order)
            if closed is not None:
                return closed
            ask = msgspec.structs.replace(self._orders.ask(order.content), requested=None)
            return self._promises.quoting.quote(ask, self._desk.now())

    def reschedule(self, order: OrderState, window: Window, instead_of: PromiseId) -> Refusal | None:
        """Another window by the shopper's choice: a new promise, and the plan moved, in one commit.

        The same choice once more changes nothing, for it names the promise that it replaces.
        """
        with self._planner.lock:
            fresh = self._orders.state(order.id)
            assert fresh is not None, "orders are never forgotten"
            if fresh.promise != instead_of:
                done = fresh.window == window
                return None if done else Refusal("version_conflict", "the time was changed in the meantime")
            closed = self._closed(fresh)
            if closed is not None:
                return closed
            if fresh.window == window:
                return None
            return self._move(fresh, window)

    def _move(self, order: OrderState, window: Window) -> Refusal | None:
        now = self._desk.now()
        assert order.promise is not None, "an order that can be moved is promised"
        assert order.delivery is not None, "a promise has a delivery behind it"
        ask = msgspec.structs.replace(self._orders.ask(order.content), requested=window)
        routed = self._routing.find(ask, now)
        if not isinstance(routed, Routed) or routed.booking.offer.window != window:
            return Refusal("no_window", "nobody has room in this window", ("window_start", "window_end"))
        booking, why = routed.booking, "the shopper chose another time"
        # The old stop leaves in the same commit; the hash names the plan with the new one beside it.
        commands: list[Commanded] = [
            *self._orders.confirm_commands(order.id, order.content, routed, now),
            ChangePromise(order.promise, booking.promise, by_shopper=True, told_at=now),
            CancelDelivery(order.delivery, f"reschedule/{booking.delivery}", now, why),
            *self._promises.remove_commands(order.delivery, why),
            self._contact(order.id, booking.promise, ContactTopic.change, now),
        ]
        return self._desk.together(commands, self._origin())

    def _closed(self, order: OrderState) -> Refusal | None:
        if order.status is not OrderStatus.promised or order.delivery is None:
            return Refusal("order_released", "the van is being loaded, or the order is over")
        delivery = self._desk.state("delivery", order.delivery)
        if delivery is None or delivery.status not in _CHANGEABLE:
            return Refusal("order_released", "it has left the hub floor")
        promise: PromiseState = self._desk.state("promise", delivery.created.promise)
        if promise.carrier != OWN_FLEET:
            return Refusal("with_carrier", "another carrier has it, and its time is fixed")
        return None

    def wish(self, order: OrderState, place: DropPlace, note: str, key: str) -> Refusal | None:
        """Where the parcels may be left; the note names the neighbour or the place."""
        refusal = self._at_the_door(order)
        if refusal is not None:
            return refusal
        if place is not DropPlace.door and not note.strip():
            return Refusal("note_missing", "say which neighbour or place", ("note",))
        now = self._desk.now()
        self._people.keep_note(order.content.person, key, note.strip())
        command = WishPlace(order.id, key, order.content.person, place, now)
        contact = self._contact(order.id, key, ContactTopic.change, now)
        return self._desk.together([command, contact], self._origin())

    def instruct(self, order: OrderState, note: str, key: str) -> Refusal | None:
        """How the driver finds the door."""
        refusal = self._at_the_door(order)
        if refusal is not None:
            return refusal
        now = self._desk.now()
        self._people.keep_note(order.content.person, key, note.strip())
        command = GiveInstructions(order.id, key, order.content.person, now)
        contact = self._contact(order.id, key, ContactTopic.change, now)
        return self._desk.together([command, contact], self._origin())

    def report(self, order: OrderState, problem: Complaint, note: str, key: str) -> Refusal | None:
        """A case of what the shopper says is wrong; their words lie in the vault under its key."""
        now = self._desk.now()
        self._people.keep_note(order.content.person, key, note.strip())
        opened = open_case(
            self._desk.book,
            CaseKind.reported_problem,
            (order.id, problem.value, _day_of(now)),
            subject=CaseSubject(order.id, order.delivery),
            at=now,
            breach_at=None,
            happened=f"the shopper says: {problem.value.replace('_', ' ')}; their words are note {key}",
            why=f"reported.{problem}",
        )
        contact = self._contact(order.id, key, ContactTopic.problem, now)
        return self._desk.together([opened.command, contact], self._origin(), opened.because)

    def note_for_driver(self, order: OrderState) -> str:
        """What the shopper wished for behind the link, in one line for whoever stands at the door."""
        known = self.state(order.id)
        if known is None:
            return ""
        parts = []
        if known.place is not None and known.place.place is not DropPlace.door:
            note = self._people.note(known.place.person, known.place.key)
            parts.append(f"{known.place.place.value.replace('_', ' ').capitalize()}: {note}")
        if known.instructions is not None:
            parts.append(self._people.note(known.instructions.person, known.instructions.key))
        return " · ".join(part for part in parts if part)

    def _at_the_door(self, order: OrderState) -> Refusal | None:
        delivery = self._desk.state("delivery", order.delivery) if order.delivery else None
        if delivery is None or order.status.terminal:
            return _NOT_ON_WAY
        if delivery.status is DeliveryStatus.arrived:
            return Refusal("driver_at_door", "the driver is at the door")
        return None

    def _contact(self, order: OrderId, key: str, topic: ContactTopic, now: Instant) -> RecordContact:
        return RecordContact(order, derive("con", PAGE, order, key), topic, "web", PAGE, now)

    def _origin(self) -> Origin:
        return self._desk.origin(SHOPPER)


def _day_of(at: Instant) -> str:
    return str(at // (DAY_S * MICROSECONDS))


def _has_postcode(address: str, postcode: str) -> bool:
    """Whether one or two words of the address, one after the other, are the postcode."""
    wanted = "".join(re.findall(r"\w", postcode)).casefold()
    if len(wanted) < POSTCODE_CHARS_MIN or not any(sign.isdigit() for sign in wanted):
        return False
    words = [word.casefold() for word in re.findall(r"\w+", address)]
    pairs = [first + second for first, second in pairwise(words)]
    return wanted in words or wanted in pairs
