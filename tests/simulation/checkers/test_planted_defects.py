"""Every checker finds nothing in a clean day, and finds the defects that were planted in it."""

from collections.abc import Callable

import msgspec
import pytest
from tests.simulation.checkers.defects import Defect, add, change, drop, log_of
from tests.simulation.checkers.town import (
    DAY_END,
    DISTANCE_M_MAX,
    HUB,
    LOAD_OUT_S,
    PHYSICAL_MAX,
    Town,
    booking,
    ids,
    travel_s,
)
from tests.views.diary import clock

from doorstep.simulation.checkers.attempts import AttemptLimit
from doorstep.simulation.checkers.bounds import Bounds
from doorstep.simulation.checkers.cases import CaseOwners
from doorstep.simulation.checkers.custody import CustodyChains
from doorstep.simulation.checkers.ledger import BalancedLedger
from doorstep.simulation.checkers.order_ends import OrderEnds
from doorstep.simulation.checkers.plans import FeasiblePlans
from doorstep.simulation.checkers.promises import PromiseChanges
from doorstep.simulation.checkers.proof import ProofFlags
from doorstep.simulation.checkers.routes import OneRoute
from doorstep.simulation.checkers.verdict import Checker
from doorstep.vocabulary.case import CaseClaimed, CaseClosed, CaseEscalated, CaseOpened, CaseSubject, StepRun
from doorstep.vocabulary.cost import Basis, CostBooked, CostKind, Entry
from doorstep.vocabulary.custody import Custodian, CustodianKind, CustodyOpened, HandedOver
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCreated,
    HandoffMethod,
    PickedUp,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import CaseId, DriverId, PromiseId, RouteId, VehicleId
from doorstep.vocabulary.order import (
    OrderCancelled,
    OrderFulfilled,
    OrderPlaced,
    OrderPromised,
    OrderUndelivered,
    UndeliveredOutcome,
)
from doorstep.vocabulary.promise import (
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseSettled,
)
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteOpened, RouteWithdrawn, Shift, StopInserted, StopRemoved
from doorstep.vocabulary.units import Grams, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

ORDER_1, DELIVERY_1, PROMISE_1, PARCEL_1 = ids(1)
ORDER_3, DELIVERY_3, PROMISE_3, _ = ids(3)
ORDER_4, DELIVERY_4, PROMISE_4, _ = ids(4)
ROUTE_1, ROUTE_3 = RouteId("rte_1"), RouteId("rte_3")
CAPACITY, PROOF, FAILED = CaseId("cas_capacity"), CaseId("cas_proof"), CaseId("cas_failed")
NOBODY = Custodian(CustodianKind.unknown, "")
SPARE_SHIFT = Shift(
    DriverId("drv_3"), VehicleId("van_3"), HUB, clock(8), clock(16), clock(12), Seconds(1800),
    Grams(500_000), Millilitres(3_000_000), (),
)  # fmt: skip
SMALL_SHIFT = msgspec.structs.replace(SPARE_SHIFT, capacity_g=Grams(3_000))

CHECKERS: dict[int, Callable[[], Checker]] = {
    1: lambda: OrderEnds(DAY_END),
    2: CustodyChains,
    3: lambda: ProofFlags({HandoffMethod.to_neighbour: (ProofKind.signature,)}, Metres(DISTANCE_M_MAX)),
    4: lambda: CaseOwners(60, DAY_END),
    10: OneRoute,
    11: lambda: FeasiblePlans(travel_s, LOAD_OUT_S),
    12: PromiseChanges,
    13: BalancedLedger,
    14: lambda: AttemptLimit(PHYSICAL_MAX),
    18: lambda: Bounds({"outbox": 3}, {"outbox": 100}),
}


def _both(*defects: Defect) -> Defect:
    def defect(records: list[Record]) -> list[Record]:
        for one in defects:
            records = one(records)
        return records

    return defect


def _fail_again(key: str, hours: int) -> AttemptFailed:
    return AttemptFailed(DELIVERY_3, key, clock(hours), ROUTE_1, 2, Reason.not_home, (), ())


DEFECTS: dict[str, tuple[int, Defect]] = {
    "an order is neither closed nor anyone's": (1, drop(OrderFulfilled, order=ORDER_1)),
    "the case that had an order is gone": (1, drop(CaseOpened, case=CAPACITY)),
    "a fulfilled order is cancelled": (
        1, add(OrderCancelled(ORDER_1, "ops", "late"), OrderFulfilled, order=ORDER_1),
    ),
    "an order is promised before it was placed": (1, drop(OrderPlaced, order=ORDER_1)),
    "an order is closed as lost although nothing says so": (
        1, add(OrderUndelivered(ORDER_3, UndeliveredOutcome.lost), CaseOpened, case=FAILED),
    ),
    "an order is closed as delivered although it never was": (
        1, add(OrderFulfilled(ORDER_3, DELIVERY_3), CaseOpened, case=FAILED),
    ),
    "someone gives what another holds": (2, change(HandedOver, {"giver": NOBODY}, parcel=PARCEL_1)),
    "a link is forged": (2, change(HandedOver, {"link": "f" * 64}, parcel=PARCEL_1)),
    "what a link covers was rewritten": (2, change(HandedOver, {"condition": "damaged"}, parcel=PARCEL_1)),
    "a handoff was cut out of a chain": (2, drop(HandedOver, parcel=PARCEL_1)),
    "a parcel has no chain": (2, drop(CustodyOpened, parcel=ids(4)[3])),
    "a delivered parcel stays with the driver": (
        2, drop(HandedOver, parcel=PARCEL_1, method=HandoffMethod.to_recipient),
    ),
    "a driver holds what was never picked up": (2, drop(PickedUp, delivery=DELIVERY_1)),
    "a recipient holds what was never delivered": (2, drop(Delivered, delivery=DELIVERY_1)),
    "a missing photo is not flagged": (3, change(Delivered, {"missing": ()}, delivery=ids(2)[1])),
    "a handoff far from the place passes as proven": (
        3, change(Delivered, {"distance_m": Metres(900)}, delivery=DELIVERY_1),
    ),
    "a neighbour signed nothing and nobody minds": (
        3, change(Delivered, {"method": HandoffMethod.to_neighbour}, delivery=DELIVERY_1),
    ),
    "an unproven delivery opens no case": (3, drop(CaseOpened, case=PROOF)),
    "an unproven delivery opens its case only later": (
        3, _both(
            drop(CaseOpened, case=PROOF),
            add(
                CaseOpened(
                    PROOF, "missing_proof", CaseSubject(ids(2)[0], ids(2)[1]), "x", clock(11), None, "x", "x",
                    "x", clock(9, 16),
                ),
                Delivered, clock(9, 16), delivery=ids(2)[1],
            ),
        ),
    ),
    "an unproven delivery is called kept": (
        3, change(PromiseSettled, {"outcome": PromiseOutcome.kept}, promise=ids(2)[2]),
    ),
    "a late delivery is called kept": (3, change(Delivered, {"at": clock(13)}, delivery=DELIVERY_1)),
    "a case has no owner": (4, change(CaseOpened, {"owner": " "}, case=CAPACITY)),
    "a case has no next step": (4, change(StepRun, {"next_step": ""}, case=CAPACITY)),
    "an overdue case does not go up": (4, drop(CaseEscalated, case=CAPACITY)),
    "an overdue case goes up too late": (4, change(CaseOpened, {"due_at": clock(6, 48)}, case=CAPACITY)),
    "a case is overdue at the day's end": (4, change(CaseOpened, {"due_at": clock(20)}, case=FAILED)),
    "a closed case is worked on": (
        4, add(CaseClaimed(PROOF, "ben", clock(9, 40)), CaseClosed, clock(9, 40), case=PROOF),
    ),
    "a case is opened twice": (
        4, add(
            CaseOpened(FAILED, "failed_attempt", CaseSubject(), "x", DAY_END, None, "x", "x", "x", clock(11)),
            CaseOpened, case=FAILED,
        ),
    ),
    "a delivery is on two live routes": (
        10, _both(
            add(StopInserted(ROUTE_3, DELIVERY_1, 1, None, "0" * 64), RouteWithdrawn),
            add(RouteOpened(ROUTE_3, SPARE_SHIFT), RouteWithdrawn),
        ),
    ),
    "a delivery is twice on one route": (
        10, add(StopInserted(ROUTE_1, DELIVERY_1, 1, None, "0" * 64), RouteWithdrawn),
    ),
    "a released delivery falls off its route": (
        10, add(StopRemoved(ROUTE_1, DELIVERY_1, "lost in a plan"), RouteWithdrawn, clock(8, 50)),
    ),
    "after a failure nobody has the delivery": (
        10, _both(drop(ReattemptScheduled, delivery=DELIVERY_3), drop(CaseOpened, case=FAILED)),
    ),
    "a confirmation names a plan that never stood": (
        11, change(PromiseConfirmed, {"plan_hash": "e" * 64}, promise=PROMISE_1),
    ),
    "a confirmed stop is in no plan": (11, drop(StopInserted, delivery=DELIVERY_1)),
    "a window is confirmed that the van cannot meet": (
        11, change(PromiseHeld, {"window": Window(clock(7), clock(8))}, promise=PROMISE_1),
    ),
    "a confirmation breaks an earlier promise": (
        11, change(PromiseHeld, {"window": Window(clock(8), clock(9, 5))}, promise=ids(2)[2]),
    ),
    "a confirmation overloads the van": (11, change(RouteOpened, {"shift": SMALL_SHIFT}, route=ROUTE_1)),
    "capacity goes and a promise has no case": (11, drop(CaseOpened, case=CAPACITY)),
    "capacity goes and the case comes later": (
        11, _both(
            drop(CaseOpened, case=CAPACITY),
            add(
                CaseOpened(
                    CAPACITY, "no_capacity", CaseSubject(ORDER_4, DELIVERY_4), "x", clock(7), None, "x", "x",
                    "x", clock(6, 35),
                ),
                RouteWithdrawn, clock(6, 35),
            ),
        ),
    ),
    "an absent driver's route stays on sale": (11, drop(RouteWithdrawn)),
    "a re-plan drops a promise": (
        11, add(StopRemoved(ROUTE_1, DELIVERY_1, "cheaper"), MissAnnounced, clock(6, 47)),
    ),
    "a re-plan puts a promise out of its window": (
        11, _both(
            add(StopInserted(ROUTE_1, DELIVERY_3, 5, 4, "0" * 64), MissAnnounced, clock(6, 47)),
            add(StopRemoved(ROUTE_1, DELIVERY_3, "later"), MissAnnounced, clock(6, 47)),
            change(PromiseHeld, {"window": Window(clock(9), clock(9, 40))}, promise=PROMISE_3),
        ),
    ),
    "the order's window is not the one that is held": (
        12, change(OrderPromised, {"window": Window(clock(9), clock(12))}, order=ORDER_1),
    ),
    "the delivery's window is not the one that is held": (
        12, change(DeliveryCreated, {"window": Window(clock(9), clock(12))}, delivery=DELIVERY_1),
    ),
    "a promise is replaced and no event says so": (
        12, add(OrderPromised(ORDER_1, PROMISE_3, DELIVERY_3, Window(clock(9), clock(10))), RouteWithdrawn),
    ),
    "a promise is settled that nobody confirmed": (12, drop(PromiseConfirmed, promise=PROMISE_1)),
    "a promise is changed into one that never was": (
        12, add(
            PromiseChanged(PROMISE_1, PromiseId("prm_never"), by_shopper=False, told_at=None), RouteWithdrawn
        ),
    ),
    "a promise that fell due is never settled": (12, drop(PromiseSettled, promise=PROMISE_3)),
    "one promise is held twice": (12, change(PromiseHeld, {"promise": PROMISE_1}, promise=PROMISE_3)),
    "a booking does not sum to zero": (
        13, change(CostBooked, {"entries": (Entry("order/ord_1", CostKind.attempt, 1, 10, Basis.measured),)}),
    ),
    "a charge is booked twice": (
        13, add(booking(f"attempt/{DELIVERY_1}/1", ORDER_1, CostKind.attempt, 10), CostBooked),
    ),
    "an attempt is charged that nobody made": (
        13, add(booking(f"attempt/{DELIVERY_1}/2", ORDER_1, CostKind.attempt, 10), CostBooked),
    ),
    "a kept promise is refunded": (
        13, add(booking("refund/prm_1", ORDER_1, CostKind.refund, 290), CostBooked),
    ),
    "one miss is refunded twice": (
        13, add(booking("refund/again", ORDER_3, CostKind.refund, 290), PromiseSettled, promise=PROMISE_3),
    ),
    "a kind of cost pays for another": (
        13, change(
            CostBooked,
            {
                "entries": (
                    Entry("order/ord_1", CostKind.attempt, 1, 10, Basis.measured),
                    Entry("fleet", CostKind.drive, 0, -10, Basis.measured),
                )
            },
        ),
    ),
    "a third physical attempt is made": (
        14, _both(
            add(_fail_again("fail/c", 12), CaseOpened, case=FAILED),
            add(_fail_again("fail/b", 11), CaseOpened, case=FAILED),
        ),
    ),
    "another attempt is scheduled when all are used up": (
        14, _both(
            add(
                ReattemptScheduled(DELIVERY_3, "after/b", clock(11), Window(clock(20), clock(21))),
                CaseOpened, case=FAILED,
            ),
            add(_fail_again("fail/b", 11), CaseOpened, case=FAILED),
        ),
    ),
    "nothing follows a failed attempt": (14, drop(ReattemptScheduled, delivery=DELIVERY_3)),
    "a text is far too long": (18, change(CaseOpened, {"happened": "x" * 2_001}, case=FAILED)),
}  # fmt: skip


@pytest.mark.parametrize("number", CHECKERS)
def test_a_clean_day_is_found_clean(number: int) -> None:
    """On a clean day each checker has subjects and finds nothing broken."""
    verdict = CHECKERS[number]().check(log_of(Town().diary.records))
    assert verdict.broken == ()
    assert verdict.holds
    assert verdict.checks >= verdict.subjects > 0


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str) -> None:
    """The checker of the invariant that the defect breaks says so, in a sentence."""
    number, defect = DEFECTS[name]
    verdict = CHECKERS[number]().check(log_of(defect(Town().diary.records)))
    assert verdict.broken_count > 0, f"nobody noticed that {name}"
    assert all(verdict.broken)
    assert not verdict.holds
