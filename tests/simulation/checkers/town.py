"""A town of four orders: a clean day, small enough to read, with something for every checker to look at."""

from hashlib import sha256

from tests.views.diary import Diary, clock

from doorstep.vocabulary.case import (
    CaseClaimed,
    CaseClosed,
    CaseEscalated,
    CaseKind,
    CaseOpened,
    CaseRecord,
    CaseSubject,
    ShopperTold,
    StepRun,
)
from doorstep.vocabulary.cost import Basis, CostBooked, CostKind, Entry
from doorstep.vocabulary.custody import Custodian, CustodianKind, CustodyOpened, HandedOver
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    Delivered,
    DeliveryAssigned,
    DeliveryCreated,
    HandoffMethod,
    OutForDelivery,
    PickedUp,
    ProofAdded,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import (
    CaseId,
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    PromiseId,
    RouteId,
    VehicleId,
)
from doorstep.vocabulary.order import (
    OrderContent,
    OrderFulfilled,
    OrderPlaced,
    OrderPromised,
    OrderReleased,
    Parcel,
)
from doorstep.vocabulary.promise import (
    Demand,
    MissAnnounced,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseSettled,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.roster import AbsenceRecorded, ShiftPlanned
from doorstep.vocabulary.route import (
    RouteDeparted,
    RouteLoaded,
    RouteOpened,
    RouteReturned,
    RouteStaged,
    RouteWithdrawn,
    Shift,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
)
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

HUB = HubId("hub_a")
LEG_S = 600
LOAD_OUT_S = 900
SERVICE_S = 120
PHYSICAL_MAX = 2
DISTANCE_M_MAX = 120
DAY = "2026-06-16"
DAY_END = clock(23, 30)


def travel_s(start: str, end: str, at: Instant) -> int:
    """Every leg takes ten minutes, at any time of day."""
    del at
    return 0 if start == end else LEG_S


class Town:
    """Tells the day into a diary; `n` numbers an order, its delivery, its promise and its parcel alike."""

    def __init__(self) -> None:
        self.diary = Diary()
        self._lines: dict[str, list[str]] = {}
        self._roster()
        self._order(1, clock(6), "rte_1", Window(clock(9), clock(11)))
        self._order(2, clock(6, 5), "rte_1", Window(clock(9), clock(11)))
        self._order(3, clock(6, 10), "rte_1", Window(clock(9), clock(10)))
        self._order(4, clock(6, 15), "rte_2", Window(clock(9), clock(11)))
        self._absence()
        self._load_and_leave()
        self._deliver_first()
        self._deliver_unproven()
        self._fail()
        self._home()

    def _tell(self, at: Instant, *events: AnyEvent) -> None:
        self.diary.tell(at, *events)

    def _plan_hash(self) -> str:
        lines = (" ".join([route, *words]) + "\n" for route, words in sorted(self._lines.items()))
        return sha256("".join(lines).encode()).hexdigest()

    def _roster(self) -> None:
        for n in (1, 2):
            shift = Shift(
                DriverId(f"drv_{n}"), VehicleId(f"van_{n}"), HUB, clock(8), clock(16), clock(12),
                Seconds(1800), Grams(500_000), Millilitres(3_000_000), (),
            )  # fmt: skip
            route = RouteId(f"rte_{n}")
            self._tell(clock(5, n), ShiftPlanned(DAY, route, shift, False), RouteOpened(route, shift))
            self._lines[route] = ["@hub"]

    def _order(self, n: int, at: Instant, route: str, window: Window) -> None:
        order, delivery, promise, parcel = ids(n)
        content = OrderContent(
            MerchantId("mer_1"), f"A{n}", HUB, "slot", PersonId(f"per_{n}"), PlaceId(f"plc_{n}"), at, at,
            window, (Parcel(parcel),), Grams(2_000), Millilitres(8_000), None, (), None, None, "c" * 64,
        )  # fmt: skip
        demand = Demand(HUB, at, Seconds(SERVICE_S), Grams(2_000), Millilitres(8_000), ())
        index = len(self._lines[route])
        self._lines[route].append(delivery)
        plan = self._plan_hash()
        required = (ProofKind.photo, ProofKind.place, ProofKind.scan)
        self._tell(
            at,
            OrderPlaced(order, content, "h" * 64, None),
            PromiseHeld(
                promise, MerchantId("mer_1"), "slot", delivery, PlaceId(f"plc_{n}"), demand, window,
                960_000, RouteId(route), clock(9), Seconds(600), plan, clock(7),
            ),
            StopInserted(RouteId(route), delivery, index, None, plan),
            PromiseConfirmed(promise, order, plan, at),
            OrderPromised(order, promise, delivery, window),
            DeliveryCreated(
                delivery, f"create/{n}", at, order, MerchantId("mer_1"), promise, HUB, PlaceId(f"plc_{n}"),
                (parcel,), window, (), required,
            ),
            CustodyOpened(parcel, "", delivery, Custodian(CustodianKind.hub, HUB), at),
        )  # fmt: skip

    def _absence(self) -> None:
        route, (order, delivery, _, _) = RouteId("rte_2"), ids(4)
        del self._lines[route]
        at = clock(6, 30)
        self._tell(
            at,
            AbsenceRecorded(DAY, DriverId("drv_2"), (route,), "ill", at),
            RouteWithdrawn(route, "ill", (delivery,), at),
            CaseOpened(
                CaseId("cas_capacity"), CaseKind.no_capacity, CaseSubject(order, delivery), "dispatcher",
                clock(6, 50), clock(11), "Find another van", "no van keeps it", "ill", at,
            ),
        )  # fmt: skip
        self._tell(
            clock(6, 40),
            CaseClaimed(CaseId("cas_capacity"), "anna", clock(6, 40)),
        )
        self._tell(clock(6, 45), ShopperTold(CaseId("cas_capacity"), "anna", clock(6, 45)))
        self._tell(
            clock(6, 46),
            MissAnnounced(ids(4)[2], clock(12), clock(6, 45)),
        )
        late = clock(6, 50)
        self._tell(late, CaseEscalated(CaseId("cas_capacity"), 1, "operations_lead", clock(7, 30), late))
        self._tell(
            clock(7),
            StepRun(
                CaseId("cas_capacity"), "Find another van", "anna", "none left", "Tell", DAY_END, clock(7)
            ),
        )

    def _load_and_leave(self) -> None:
        route, deliveries = RouteId("rte_1"), [ids(n)[1] for n in (1, 2, 3)]
        parcels = tuple(ids(n)[3] for n in (3, 2, 1))
        at = clock(7, 10)
        self._tell(at, RouteStaged(route, parcels), *(OrderReleased(ids(n)[0]) for n in (1, 2, 3)))
        self._tell(
            clock(7, 11),
            *(DeliveryAssigned(d, f"assign/{d}", clock(7, 11), route, DriverId("drv_1")) for d in deliveries),
        )
        at = clock(8, 15)
        driver = Custodian(CustodianKind.driver, "drv_1")
        hub = Custodian(CustodianKind.hub, HUB)
        picked = [PickedUp(ids(n)[1], f"load/{n}", at, route, (ids(n)[3],), ()) for n in (1, 2, 3)]
        handed = [
            HandedOver(ids(n)[3], "", f"load/{n}", hub, driver, at, None, "good", ()) for n in (1, 2, 3)
        ]
        self._tell(at, RouteLoaded(route, parcels, (), at), *picked, *handed)
        at = clock(8, 20)
        out = [OutForDelivery(d, f"depart/{d}", at, route) for d in deliveries]
        self._tell(at, RouteDeparted(route, at), *out)

    def _hand_over(
        self, n: int, at: Instant, proofs: tuple[Proof, ...], missing: tuple[ProofKind, ...]
    ) -> tuple[AnyEvent, ...]:
        order, delivery, promise, parcel = ids(n)
        place = Custodian(CustodianKind.recipient, f"plc_{n}")
        driver = Custodian(CustodianKind.driver, "drv_1")
        kept = PromiseOutcome.unproven if missing else PromiseOutcome.kept
        return (
            Delivered(
                delivery, f"handoff/{n}", at, RouteId("rte_1"), 1, HandoffMethod.to_recipient, (parcel,),
                Metres(8), proofs, missing,
            ),
            HandedOver(
                parcel, "", f"handoff/{n}", driver, place, at, HandoffMethod.to_recipient, "good", proofs
            ),
            PromiseSettled(promise, kept, at),
            OrderFulfilled(order, delivery),
            booking(f"attempt/{delivery}/1", order, CostKind.attempt, 10),
            StopCompleted(RouteId("rte_1"), Stop(StopKind.delivery, delivery), at),
        )  # fmt: skip

    def _arrive(self, n: int, at: Instant) -> None:
        delivery = ids(n)[1]
        self._tell(at, Arrived(delivery, f"arrive/{n}", at, RouteId("rte_1"), 1, Metres(8), True))

    def _deliver_first(self) -> None:
        self._arrive(1, clock(8, 30))
        at = clock(9, 2)
        self._tell(at, *self._hand_over(1, at, (Proof(ProofKind.photo, "a" * 64),), ()))

    def _deliver_unproven(self) -> None:
        order, delivery, promise, _ = ids(2)
        self._arrive(2, clock(9, 12))
        at, case = clock(9, 14), CaseId("cas_proof")
        opened = CaseOpened(
            case, CaseKind.missing_proof, CaseSubject(order, delivery), "dispatcher", clock(11), None,
            "Ask the driver", "delivered without photo", "policy", at,
        )  # fmt: skip
        self._tell(at, *self._hand_over(2, at, (), (ProofKind.photo,)), opened)
        at = clock(9, 20)
        proofs = (Proof(ProofKind.photo, "b" * 64),)
        record = CaseRecord("delivered without photo", "forgotten", "photo added", "nothing yet")
        self._tell(
            at,
            ProofAdded(delivery, "proof/2", at, proofs, ()),
            PromiseSettled(promise, PromiseOutcome.kept, clock(9, 14)),
            CaseClosed(case, "proved", record, "doorstep", at),
        )

    def _fail(self) -> None:
        order, delivery, promise, _ = ids(3)
        self._arrive(3, clock(9, 24))
        at = clock(9, 27)
        again = Window(clock(9, days=1), clock(10, days=1))
        self._tell(
            at,
            AttemptFailed(
                delivery, "fail/3", at, RouteId("rte_1"), 1, Reason.not_home,
                (Proof(ProofKind.photo, "c" * 64), Proof(ProofKind.contact)), (),
            ),
            ReattemptScheduled(delivery, "after/3", at, again),
            CaseOpened(
                CaseId("cas_failed"), CaseKind.failed_attempt, CaseSubject(order, delivery), "support",
                DAY_END, clock(10), "Ask the shopper", "attempt 1 failed", "recipient.not_home", at,
            ),
            booking(f"attempt/{delivery}/1", order, CostKind.attempt, 10),
            StopCompleted(RouteId("rte_1"), Stop(StopKind.delivery, delivery), at),
        )  # fmt: skip
        at = clock(10, 1)
        refund = booking(f"refund/{promise}", order, CostKind.refund, 290)
        self._tell(at, PromiseSettled(promise, PromiseOutcome.missed, None), refund)

    def _home(self) -> None:
        promise = ids(4)[2]
        self._tell(clock(10, 5), RouteReturned(RouteId("rte_1"), clock(10, 5), Metres(9_000)))
        refund = booking(f"refund/{promise}", ids(4)[0], CostKind.refund, 290)
        self._tell(clock(11, 1), PromiseSettled(promise, PromiseOutcome.missed, None), refund)


def ids(n: int) -> tuple[OrderId, DeliveryId, PromiseId, ParcelId]:
    """The ids of order number n."""
    return OrderId(f"ord_{n}"), DeliveryId(f"dlv_{n}"), PromiseId(f"prm_{n}"), ParcelId(f"pcl_{n}")


def booking(key: str, order: OrderId, kind: CostKind, minor: int) -> CostBooked:
    """An order bears an amount from one source."""
    source = "refunds" if kind is CostKind.refund else "fleet"
    entries = (
        Entry(f"order/{order}", kind, 1, minor, Basis.measured, order),
        Entry(source, kind, 0, -minor, Basis.measured),
    )
    return CostBooked(str(order), key, None, "EUR", entries)
