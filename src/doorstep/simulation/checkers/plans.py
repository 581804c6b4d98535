"""Invariant 11: each confirmation records a feasible plan; no promise is left alone when capacity goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from msgspec.structs import replace

from doorstep.simulation.checkers.driving import LATE as LATE_RULE
from doorstep.simulation.checkers.driving import NOT_LOADED, SKILL, Fault, Task, TravelSeconds, faults
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.route_sheets import RouteSheets, Sheet
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.case import CaseOpened
from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryLost,
    DeliveryReturned,
    ParcelLost,
    ReturnStarted,
)
from doorstep.vocabulary.ids import OWN_FLEET, DeliveryId, OrderId, PromiseId, RouteId
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import CollectionBooked, CollectionFailed
from doorstep.vocabulary.roster import AbsenceRecorded
from doorstep.vocabulary.route import RouteEvent, RoutePlanned, RouteWithdrawn, StopInserted, StopRemoved
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.units import Grams, Millilitres

PLANNING: Final = (RoutePlanned, StopInserted, StopRemoved, RouteWithdrawn)
"""Events that change what is planned; the others tell what was done."""
BREAKS_PROMISE: Final = frozenset({LATE_RULE, NOT_LOADED, SKILL})
"""Rules whose breach at a delivery means that its promise is not kept."""


@dataclass(slots=True)
class _Book:
    """What is promised: tasks of everything held, the confirmed ones, and what cases were opened about."""

    tasks: dict[DeliveryId, Task] = field(default_factory=dict)
    delivery_of: dict[PromiseId, DeliveryId] = field(default_factory=dict)
    order_of: dict[DeliveryId, OrderId] = field(default_factory=dict)
    confirmed: set[DeliveryId] = field(default_factory=set)
    elsewhere: dict[DeliveryId, bool] = field(default_factory=dict)
    """What another carrier keeps, and whether it had room for it when that was decided."""

    def apply(self, record: Record) -> None:
        match record.data:
            case PromiseHeld(promise=promise, delivery=delivery, place=place, window=window, demand=demand):
                self.tasks[delivery] = Task(place, window, demand)
                self.delivery_of[promise] = delivery
            case CollectionBooked(collection=visit):
                self.tasks[visit.delivery] = Task(visit.place, visit.window, visit.demand)
            case CollectionFailed(delivery=delivery) if delivery in self.tasks:
                task = self.tasks[delivery]
                nothing = replace(task.demand, weight_g=Grams(0), volume_ml=Millilitres(0))
                self.tasks[delivery] = replace(task, demand=nothing)
            case RoutingDecided(delivery=delivery, carrier=carrier, options=options):
                self.elsewhere.pop(delivery, None)
                if carrier not in (None, OWN_FLEET):
                    self.elsewhere[delivery] = (options[0].capacity_left or 0) > 0
            case PromiseConfirmed(promise=promise, order=order) if promise in self.delivery_of:
                self.confirmed.add(self.delivery_of[promise])
                self.order_of[self.delivery_of[promise]] = order
            case DeliveryCreated(delivery=delivery, order=order):
                self.order_of[delivery] = order
            case (
                Delivered(delivery=delivery)
                | DeliveryCancelled(delivery=delivery)
                | DeliveryLost(delivery=delivery)
                | DeliveryReturned(delivery=delivery)
                | ParcelLost(delivery=delivery)
                | ReturnStarted(delivery=delivery)
            ):
                self.confirmed.discard(delivery)
            case _:
                pass


class FeasiblePlans(Checker):
    """Every commit that changes a plan is driven once more, in plain seconds, with the plan before and after.

    A confirmation names the hash of a plan that stands in its commit, keeps its own window, breaks no earlier
    promise that was kept before, overloads no van and brings none home late. Where a commit without a
    confirmation takes a promise's place in the plan away, or pushes it out of its window, a case about it
    opens in that commit; so it does for what a withdrawn route leaves behind.

    Args:
        travel_s: driving seconds between places and hubs by id, leaving at an instant.
        load_out_s: seconds of a visit to the hub.
    """

    number: ClassVar[int] = 11
    name: ClassVar[str] = "each confirmation has a feasible plan, each lost promise a case"

    def __init__(self, travel_s: TravelSeconds, load_out_s: int) -> None:
        self._travel_s = travel_s
        self._load_out_s = load_out_s

    def inspect(self, log: Log, tally: Tally) -> None:
        """Commit by commit."""
        sheets, book = RouteSheets(), _Book()
        for commit in log.commits():
            planned = {record.data.route for record in commit if isinstance(record.data, PLANNING)}
            before = {route: sheets.all[route].copy() for route in planned if route in sheets.all}
            promised = frozenset(book.confirmed)
            named: dict[str, list[PromiseId]] = {}
            for record in commit:
                sheets.apply(record)
                book.apply(record)
                match record.data:
                    case PromiseConfirmed(promise=promise, plan_hash=plan_hash):
                        named.setdefault(plan_hash, []).append(promise)
                    case RouteEvent() as event if event.route in before and not isinstance(event, PLANNING):
                        # What was driven meanwhile is no change of plan: both plans go on from there.
                        before[event.route].follow(event, record.recorded_at)
                    case _:
                        pass
                if named and isinstance(record.data, (PromiseConfirmed, RouteEvent)):
                    for promise in named.pop(sheets.plan_hash(), ()):
                        tally.that(True, promise, "")
            for promise in [promise for promises in named.values() for promise in promises]:
                tally.that(False, promise, f"the plan it names at {commit[-1].position} never stood")
            _absences(commit, sheets, tally)
            fresh = _confirmed_in(commit, book)
            if planned or fresh:
                _Drive(self._travel_s, self._load_out_s, commit, sheets, book).compare(
                    before, promised, fresh, tally
                )


class _Drive:
    """One commit's plans, driven from what had happened when it was made."""

    def __init__(
        self,
        travel_s: TravelSeconds,
        load_out_s: int,
        commit: Sequence[Record],
        sheets: RouteSheets,
        book: _Book,
    ) -> None:
        self._travel_s, self._load_out_s = travel_s, load_out_s
        self._commit, self._sheets, self._book = commit, sheets, book
        self._where = f"at {commit[-1].position}"
        self._on = sheets.on
        self._cases = _cases_in(commit)

    def compare(
        self,
        before: dict[RouteId, Sheet],
        promised: frozenset[DeliveryId],
        fresh: set[DeliveryId],
        tally: Tally,
    ) -> None:
        """Tell the tally what the commit broke."""
        routes = {*before, *(r.data.route for r in self._commit if isinstance(r.data, PLANNING))}
        routes |= {route for delivery in fresh for route in self._on.get(delivery, ())}
        after = {route: self._sheets.all[route] for route in routes if route in self._sheets.all}
        old, new = self._faults(before), self._faults(after)
        late = {DeliveryId(fault.delivery) for fault in new if fault.rule in BREAKS_PROMISE}
        late_before = {DeliveryId(fault.delivery) for fault in old if fault.rule in BREAKS_PROMISE}
        for delivery in sorted(fresh):
            kept = delivery in self._on and delivery not in late
            kept = kept or self._book.elsewhere.get(delivery, False)
            tally.that(kept, delivery, f"confirmed {self._where}, and no plan and no carrier keeps it")
        if fresh:
            worse = sorted({fault.rule for fault in new - old} - BREAKS_PROMISE)
            tally.that(not worse, min(fresh), f"its plan {self._where} breaks {', '.join(worse)}")
        held = {delivery for sheet in before.values() if sheet.live for delivery in sheet.deliveries()}
        orphans = self._capacity_lost(late, tally)
        for delivery in sorted((held & promised & self._book.confirmed) - late_before - orphans):
            kept = (delivery in self._on and delivery not in late) or delivery in self._book.elsewhere
            owned = not fresh and self._owned(delivery)
            tally.that(kept or owned, delivery, f"its place is lost {self._where}, and no case opened")

    def _capacity_lost(self, late: set[DeliveryId], tally: Tally) -> set[DeliveryId]:
        """What withdrawn routes leave behind; returns these orphans."""
        orphans: set[DeliveryId] = set()
        for record in self._commit:
            match record.data:
                case RouteWithdrawn(orphans=left):
                    orphans.update(left)
                case _:
                    pass
        for orphan in sorted(orphans & self._book.confirmed):
            kept = (orphan in self._on and orphan not in late) or orphan in self._book.elsewhere
            lost = f"orphaned {self._where}, no van keeps it, and no case opened"
            tally.that(kept or self._owned(orphan), orphan, lost)
        return orphans

    def _owned(self, delivery: DeliveryId) -> bool:
        return delivery in self._cases or self._book.order_of.get(delivery) in self._cases

    def _faults(self, sheets: dict[RouteId, Sheet]) -> set[Fault]:
        now = self._commit[-1].recorded_at
        live = (sheet for sheet in sheets.values() if sheet.live)
        return {
            fault
            for sheet in live
            for fault in faults(sheet, self._book.tasks, self._travel_s, self._load_out_s, now)
        }


def _absences(commit: Sequence[Record], sheets: RouteSheets, tally: Tally) -> None:
    """A driver who called out has no route on sale at the end of that commit."""
    for record in commit:
        if isinstance(record.data, AbsenceRecorded):
            for route in record.data.routes:
                gone = route not in sheets.all or not sheets.all[route].live
                tally.that(gone, route, f"its driver called out at {record.position}, and it is on sale")


def _confirmed_in(commit: Sequence[Record], book: _Book) -> set[DeliveryId]:
    """Deliveries whose promise was confirmed in the commit and still stands at its end."""
    found = set()
    for record in commit:
        if isinstance(record.data, PromiseConfirmed):
            delivery = book.delivery_of.get(record.data.promise)
            if delivery is not None and delivery in book.confirmed:
                found.add(delivery)
    return found


def _cases_in(commit: Sequence[Record]) -> set[str]:
    """What the commit opened cases about."""
    opened = [record.data.subject for record in commit if isinstance(record.data, CaseOpened)]
    return {str(about) for subject in opened for about in (subject.order, subject.delivery) if about}
