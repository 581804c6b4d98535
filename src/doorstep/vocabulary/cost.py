"""Cost: what a delivery consumed, booked by events as entries that sum to zero."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import OrderId, RouteId


class CostKind(StrEnum):
    """What the money went on."""

    drive = "drive"
    wait = "wait"
    serve = "serve"
    stem = "stem"
    distance = "distance"
    attempt = "attempt"
    contact = "contact"
    refund = "refund"
    freight = "freight"
    cancellation = "cancellation"
    return_handling = "return_handling"
    goods_refund = "goods_refund"


class Basis(StrEnum):
    """Where a figure comes from."""

    measured = "measured"
    accrued = "accrued"
    modelled = "modelled"


class Entry(msgspec.Struct, frozen=True):
    """One side of a booking: `minor` is positive on the account that bears it, negative on its source.

    `quantity` is in the kind's own unit (seconds, metres, attempts, contacts), 0 on the source's side.
    """

    account: str
    kind: CostKind
    quantity: int
    minor: int
    basis: Basis
    order: OrderId | None = None


class CostCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("cost")):
    """Addressed to one ledger page: a route's, or an order's own."""

    page: str

    def stream(self) -> StreamId:
        """The page's stream."""
        return StreamId(f"cost/{self.page}")


class BookCost(CostCommand, frozen=True):
    """Book the entries once under `key`; a second booking with the same key changes nothing."""

    key: str
    route: RouteId | None
    currency: str
    entries: tuple[Entry, ...]


class ReverseCost(CostCommand, frozen=True):
    """Take the booking under the key `reverses` back, once, by a booking of its own under `key`."""

    key: str
    reverses: str


class CostEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("cost")):
    """A fact of the ledger."""

    page: str


class CostBooked(CostEvent, frozen=True, tag="cost.booked"):
    """Booked; the entries sum to zero.

    Where it `reverses` an earlier booking of the page, it has that booking's entries with opposite amounts.
    """

    key: str
    route: RouteId | None
    currency: str
    entries: tuple[Entry, ...]
    reverses: str | None = None


AnyCostEvent = CostBooked
AnyCostCommand = BookCost | ReverseCost
