"""Orders: taken on once, promised in the same commit, changed and cancelled until they leave."""

from hashlib import sha256
from typing import Any, Final

import msgspec

from doorstep.engine.desk import Commanded, Desk, Origin
from doorstep.engine.intake import (
    FieldError,
    IntakeRules,
    OrderRow,
    RejectedRow,
    content,
    differences,
    impersonal_content,
    nearest_hub,
    read_body,
    volume_ml,
)
from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.people import Kept, People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.geocoder import Geocoder, Unresolved
from doorstep.engine.promise_desk import PromiseDesk
from doorstep.engine.quoting import Ask
from doorstep.engine.routing_desk import Routed, RoutingDesk
from doorstep.engine.wall_clock import rfc3339
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseState
from doorstep.vocabulary.delivery import CancelDelivery, CreateDelivery
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import (
    ID_BYTES,
    HubId,
    ImportId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    mint,
)
from doorstep.vocabulary.intake import OpenImport, RejectRow, UndoImport
from doorstep.vocabulary.order import (
    AmendOrder,
    CancelOrder,
    DeclineOrder,
    OrderCancelled,
    OrderContent,
    OrderPlaced,
    Parcel,
    PlaceOrder,
    PromiseOrder,
    ResolveAddress,
)
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.promise import ChangePromise, ConfirmPromise
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant

UNPLANNED: Final = frozenset({"name", "phone", "email", "unit", "instructions"})
"""Columns that can change without a new plan or promise."""
WHERE: Final = frozenset({"address", "lat", "lon"})
"""Columns that say where an order goes."""
ERASED: Final = Refusal("order_erased", "what this order said was erased with its person", ("external_id",))
"""The answer to whoever speaks of an order of which nothing is left to compare or to change."""
UNDO: Final = "import undone"
"""Why an order was cancelled when its import was taken back."""
_RELEASED: Final = frozenset({OrderStatus.released, OrderStatus.fulfilled, OrderStatus.undelivered})


class Placed(msgspec.Struct, frozen=True):
    """What came of an order body: `created`, `existing`, `conflict` or `erased`.

    `fields` are those that differ where its id is taken.
    """

    order: OrderId
    outcome: str
    fields: tuple[str, ...] = ()


class OrderIndex:
    """Which order a merchant's own id names; a projection of the log."""

    def __init__(self) -> None:
        self._orders: dict[tuple[MerchantId, str], OrderId] = {}
        self._keys: dict[OrderId, tuple[MerchantId, str]] = {}
        self.batches: dict[ImportId, list[OrderId]] = {}

    def apply(self, record: Record) -> None:
        """Follow the log."""
        match record.data:
            case OrderPlaced(order=order, content=told, batch=batch):
                key = (told.merchant, told.external_id)
                self._orders[key] = order
                self._keys[order] = key
                if batch is not None:
                    self.batches.setdefault(batch, []).append(order)
            case OrderCancelled(order=order, reason=reason) if reason == UNDO:
                # The same file may come again, mended.
                self._orders.pop(self._keys[order], None)
            case _:
                pass

    def find(self, merchant: MerchantId, external_id: str) -> OrderId | None:
        """The order under a merchant's id."""
        return self._orders.get((merchant, external_id))


class OrderDesk:
    """Takes orders from rows, whichever door they came through."""

    def __init__(
        self,
        desk: Desk,
        planner: Planner,
        promises: PromiseDesk,
        routing: RoutingDesk,
        people: People,
        geocoder: Geocoder,
        *,
        index: OrderIndex,
        rules: IntakeRules,
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._promises = promises
        self._routing = routing
        self._people = people
        self._geocoder = geocoder
        self.index = index
        self._rules = rules

    def rules(self, merchant: MerchantId | None = None) -> IntakeRules:
        """What rows are checked against now; a merchant's key takes only that merchant's rows."""
        rules = self._rules
        return IntakeRules(
            zone=rules.zone, country=rules.country, services=rules.services, hubs=rules.hubs,
            now=self._desk.now(), phones=rules.phones, merchants=rules.merchants, merchant=merchant,
            bounds=rules.bounds, snap=rules.snap,
        )  # fmt: skip

    def state(self, order: OrderId) -> OrderState | None:
        """An order, if there is one."""
        state: OrderState | None = self._desk.state("order", order)
        return state

    # Taking on --------------------------------------------------------------------------------------

    def place(self, row: OrderRow, origin: Origin, batch: ImportId | None = None) -> Placed:
        """Take a row on, or say which order stands under its id and how the two differ.

        Where that order's person was erased, nothing is left to compare with: to take the row as the same
        order could hide a change, to take it as a new one would bring the person back and deliver twice.
        """
        with self._planner.lock:
            known = self.index.find(row.merchant, row.external_id)
            if known is not None:
                state = self.state(known)
                assert state is not None, "the index only knows orders of the log"
                before = self._people.row_if_kept(state.content.person)
                if before is None:
                    return Placed(known, "erased")
                fields = differences(before, row)
                return Placed(known, "conflict" if fields else "existing", fields)
            order = OrderId(self._desk.mint("ord"))
            point, unresolved = self.resolve(row)
            told = self.told(row, self._people.keep(row, point), point)
            hashed = sha256(impersonal_content(row)).hexdigest()
            commands: list[Commanded] = [PlaceOrder(order, told, hashed, unresolved, batch)]
            if unresolved is None:
                commands += self.promise_commands(order, told, self._desk.now())
            refusal = self._desk.together(commands, origin)
            assert refusal is None, f"a fresh order was refused: {refusal}"
            return Placed(order, "created")

    def promise_commands(self, order: OrderId, told: OrderContent, now: Instant) -> list[Commanded]:
        """Quote, and what follows: a promise with its plan and delivery, or a recorded refusal."""
        ask = self.ask(told)
        routed = self._routing.find(ask, now)
        if isinstance(routed, Routed):
            return self.confirm_commands(order, told, routed, now)
        return [self._promises.refuse_command(ask, order, routed), DeclineOrder(order, routed)]

    def confirm_commands(
        self, order: OrderId, told: OrderContent, routed: Routed, now: Instant
    ) -> list[Commanded]:
        """The booking with its confirmation, the order's promise, the delivery, and who takes it and why."""
        booking = routed.booking
        window = booking.offer.window
        proofs = self._desk.book.proof.required(told.handling)
        return [
            *booking.commands,
            ConfirmPromise(booking.promise, order, booking.plan_hash, now),
            PromiseOrder(order, booking.promise, booking.delivery, window),
            CreateDelivery(
                booking.delivery, f"create/{order}", now, order, told.merchant, booking.promise, told.hub,
                told.place, tuple(parcel.id for parcel in told.parcels), window, told.handling, proofs,
            ),
            self._routing.decision(order, booking.delivery, routed.options, window, now),
        ]  # fmt: skip

    def ask(self, told: OrderContent) -> Ask:
        """The order as a question for a window."""
        return Ask(
            told.merchant, told.service, told.hub, told.place, told.ready_at, len(told.parcels),
            told.weight_g, told.volume_ml, told.handling, told.requested, told.longest_mm,
        )  # fmt: skip

    def resolve(self, row: OrderRow) -> tuple[Point | None, str | None]:
        """The row's point, or the reason why its address is none: never a guess."""
        if row.recipient.point is not None:
            return row.recipient.point, None
        found = self._geocoder.resolve(row.recipient.address)
        if isinstance(found, Unresolved):
            return None, found.reason
        return found.point, None

    def told(self, row: OrderRow, kept: Kept, point: Point | None) -> OrderContent:
        """What the log may hold of a row, with fresh ids for its parcels."""
        hub = row.hub or nearest_hub(self._rules.hubs, point) or HubId(self._rules.hubs[0].id)
        dimensions = (row.length_mm, row.width_mm, row.height_mm)
        parcels = tuple(
            Parcel(ParcelId(mint("pcl", self._desk.chance.token(ID_BYTES))), *dimensions)
            for _ in range(row.parcels)
        )
        return OrderContent(
            row.merchant, row.external_id, hub, row.service, kept.person, kept.place, row.ready_at,
            row.placed_at, row.requested, parcels, row.weight_g, volume_ml(row), row.value, row.handling,
            row.temp_min_c, row.temp_max_c, kept.commitment,
        )  # fmt: skip

    # Changing ---------------------------------------------------------------------------------------

    def merged(
        self, state: OrderState, changes: dict[str, Any], merchant: MerchantId | None
    ) -> OrderRow | RejectedRow | Refusal:
        """The order's row with some columns replaced, checked as a whole."""
        before = self._people.row_if_kept(state.content.person)
        if before is None:
            return ERASED
        told: dict[str, object] = {
            name: value for name, value in content(before).items() if value is not None
        }
        for name in ("ready_at", "placed_at", "window_start", "window_end"):
            if isinstance(told.get(name), int):
                told[name] = rfc3339(Instant(int(str(told[name]))))
        for name in ("lat", "lon"):
            if name in told:
                told[name] = float(str(told[name]))
        merged: dict[str, object] = {**told, **changes}
        if "address" in changes and not {"lat", "lon"} & changes.keys():
            merged.pop("lat", None)
            merged.pop("lon", None)
        return read_body(
            {k: list(v) if isinstance(v, tuple) else v for k, v in merged.items()}, self.rules(merchant)
        )

    def amend(
        self, state: OrderState, row: OrderRow, expected_version: int, origin: Origin
    ) -> tuple[str, ...] | Refusal:
        """Change an order before its release; a new window must be found, or nothing changes."""
        with self._planner.lock:
            before = self._people.row_if_kept(state.content.person)
            if before is None:
                return ERASED
            if (row.merchant, row.external_id) != (before.merchant, before.external_id):
                return Refusal("identity_fixed", "merchant and external_id name the order", ("external_id",))
            fields = differences(before, row)
            if "placed_at" in fields:
                return Refusal("identity_fixed", "when an order was placed does not change", ("placed_at",))
            if not fields:
                return ()
            point, unresolved = self._resolve_anew(state, row, fields)
            draft = self._people.draft(row, point)
            told = self.told(row, draft.kept, point)
            # What nobody stated keeps the value it was given when the order came in.
            for name in {"placed_at", "ready_at"} - set(row.stated):
                told = msgspec.structs.replace(told, **{name: getattr(state.content, name)})
            hashed = sha256(impersonal_content(row)).hexdigest()
            promise = self._desk.state("promise", state.promise) if state.promise else None
            amend = AmendOrder(state.id, told, hashed, fields, expected_version, unresolved)
            if set(fields) <= UNPLANNED and promise and state.delivery and state.window:
                kept = msgspec.structs.replace(
                    told, place=state.content.place, parcels=state.content.parcels, hub=state.content.hub
                )
                commands: list[Commanded] = [
                    msgspec.structs.replace(amend, content=kept, unresolved=None),
                    PromiseOrder(state.id, promise.id, state.delivery, state.window),
                ]
            else:
                found = self._rebook(state, promise, told, unresolved, self._desk.now())
                if isinstance(found, Refusal):
                    return found
                commands = [amend, *found]
            return self._people.keep_with(draft, lambda: self._desk.together(commands, origin)) or fields

    def _resolve_anew(
        self, state: OrderState, row: OrderRow, fields: tuple[str, ...]
    ) -> tuple[Point | None, str | None]:
        """The point of an amended row; a place that a person found stays where no one moved it."""
        if WHERE.isdisjoint(fields) and (known := self._people.point(state.content.place)) is not None:
            return known, None
        return self.resolve(row)

    def _rebook(
        self,
        state: OrderState,
        promise: PromiseState | None,
        told: OrderContent,
        unresolved: str | None,
        now: Instant,
    ) -> list[Commanded] | Refusal:
        """Another promise for another wish: the old one is replaced only when the new one stands."""
        if unresolved is not None:
            if promise is None:
                return []
            return Refusal("address_unresolved", f"the new address is no place: {unresolved}", ("address",))
        routed = self._routing.find(self.ask(told), now)
        if not isinstance(routed, Routed):
            return Refusal("no_window", f"no window for the change: {', '.join(routed)}", ("window_start",))
        booking, commands = routed.booking, self.confirm_commands(state.id, told, routed, now)
        if promise is None or state.delivery is None:
            return commands
        # The old stop leaves in the same commit; the hash names the plan with the new one beside it.
        return [
            *commands,
            ChangePromise(promise.id, booking.promise, by_shopper=True, told_at=now),
            CancelDelivery(state.delivery, f"amend/{booking.delivery}", now, "order amended"),
            *self._promises.remove_commands(state.delivery, "order amended"),
        ]

    def cancel(self, state: OrderState, by: str, reason: str, origin: Origin) -> Refusal | None:
        """Stop an order that has not left the hub."""
        with self._planner.lock:
            return self._desk.together(self._cancel_commands(state, by, reason), origin)

    def _cancel_commands(self, state: OrderState, by: str, reason: str) -> list[Commanded]:
        commands: list[Commanded] = [CancelOrder(state.id, by, reason)]
        if state.delivery is not None and state.status in (OrderStatus.promised, OrderStatus.released):
            commands += [
                CancelDelivery(state.delivery, f"cancel/{state.id}", self._desk.now(), reason),
                *self._promises.remove_commands(state.delivery, reason),
            ]
        return commands

    def resolve_address(self, state: OrderState, point: Point, origin: Origin) -> Refusal | None:
        """A person found the place: the order is quoted and promised, or declined, in the same commit."""
        with self._planner.lock:
            row = self._people.row_if_kept(state.content.person)
            if row is None:
                return ERASED
            place = self._people.keep_point(point)
            told = msgspec.structs.replace(state.content, place=PlaceId(place))
            hub = row.hub or nearest_hub(self._rules.hubs, point) or told.hub
            told = msgspec.structs.replace(told, hub=hub)
            resolve = ResolveAddress(state.id, place, told.commitment)
            commands = [resolve, *self.promise_commands(state.id, told, self._desk.now())]
            return self._desk.together(commands, origin)

    # Imports ----------------------------------------------------------------------------------------

    def open_import(self, merchant: MerchantId | None, content_hash: str, origin: Origin) -> ImportId:
        """Begin an import of a file."""
        batch = ImportId(self._desk.mint("imp"))
        refusal = self._desk.together([OpenImport(batch, merchant, content_hash)], origin)
        assert refusal is None, "a fresh import is never refused"
        return batch

    def reject_row(self, batch: ImportId, row: RejectedRow, origin: Origin) -> None:
        """Keep a row that could not be taken; its text goes to the vault."""
        first: FieldError = row.errors[0]
        ref = self._people.keep_rejected(msgspec.json.encode(row))
        # A field that we do not know is the sender's own text, which no log should hold for ever.
        field = first.field if first.field in COLUMNS else ""
        self._desk.together([RejectRow(batch, row.line, field, str(first.code), ref)], origin)

    def rejected_row(self, ref: str) -> RejectedRow:
        """A row that was rejected, as it came."""
        return msgspec.json.decode(self._people.rejected(PersonId(ref)), type=RejectedRow)

    def undo_import(self, batch: ImportId, by: str, origin: Origin) -> tuple[OrderId, ...] | Refusal:
        """Take a whole import back, unless one of its orders was released."""
        with self._planner.lock:
            if self._desk.state("intake", batch) is None:
                return Refusal("import_unknown", f"there is no import {batch}")
            states = [state for order in self.index.batches.get(batch, []) if (state := self.state(order))]
            gone = [state.id for state in states if state.status in _RELEASED]
            if gone:
                detail = f"{len(gone)} of its orders were released, the first is {gone[0]}"
                return Refusal("import_released", detail)
            open_states = [state for state in states if not state.status.terminal]
            orders = tuple(state.id for state in open_states)
            commands: list[Commanded] = [UndoImport(batch, orders, by)]
            for state in open_states:
                commands += self._cancel_commands(state, by, UNDO)
            return self._desk.together(commands, origin) or orders
