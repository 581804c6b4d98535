"""A day drawn from a seed: many orders with all that can become of them, for figures to be counted twice."""

from random import Random

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
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    CarrierWord,
    Delivered,
    DeliveryCreated,
    DeliveryLost,
    DeliveryReturned,
    HandoffMethod,
    ProofAdded,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import (
    CaseId,
    DeliveryId,
    HubId,
    ImportId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.intake import ImportUndone, RowRejected
from doorstep.vocabulary.order import (
    AddressResolved,
    AddressUnresolved,
    OrderCancelled,
    OrderContent,
    OrderDeclined,
    OrderPlaced,
    OrderPromised,
    Parcel,
)
from doorstep.vocabulary.promise import (
    Demand,
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseHeld,
    PromiseRefused,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

ROUTE = RouteId("rte_1")
MERCHANT = MerchantId("mer_1")
SERVICES = ("slot", "same_day", "express")
REASONS = (Reason.not_home, Reason.refused, Reason.vehicle_breakdown, Reason.access_denied)


class TownDay:
    """Tells `orders` orders into a diary; every draw comes from the seed.

    `word` is whose word the events at the door are; None where our own drivers tell them.
    """

    def __init__(self, seed: int, orders: int = 60) -> None:
        self.luck = Random(seed)
        self.diary = Diary()
        self.word: CarrierWord | None = None
        for n in range(orders):
            self._order(n)
        self._ledger_page()

    def _at(self, first: int, last: int) -> Instant:
        return clock(0, 0, self.luck.randint(first * 3600, last * 3600))

    def _order(self, n: int) -> None:
        luck, tell = self.luck, self.diary.tell
        order = OrderId(f"ord_{n:03}")
        service = luck.choice(SERVICES)
        parcels = tuple(ParcelId(f"pcl_{n:03}_{k}") for k in range(luck.randint(1, 3)))
        at, wish = self._at(5, 8), self._window()
        content = OrderContent(
            MERCHANT, f"A{n}", HubId("hub_a"), service, PersonId(f"per_{n}"), PlaceId(f"plc_{n}"), at, at,
            wish if luck.random() < 0.7 else None, tuple(Parcel(parcel) for parcel in parcels), Grams(900),
            Millilitres(900), None, (), None, None, "c" * 64,
        )  # fmt: skip
        tell(at, OrderPlaced(order, content, "h" * 64, ImportId("imp_1")))
        if luck.random() < 0.1:
            tell(at, AddressUnresolved(order, "not_found"))
            if luck.random() < 0.5:
                return
            tell(at, AddressResolved(order, PlaceId(f"plc_{n}"), "c" * 64))
        if luck.random() < 0.1:
            reasons = tuple(luck.sample(("no_time", "skill_missing", "no_vehicle"), luck.randint(1, 2)))
            promise = PromiseId(f"prm_{n:03}_no")
            tell(at, PromiseRefused(promise, MERCHANT, service, order, content.requested, reasons))
            tell(at, OrderDeclined(order, reasons))
            if luck.random() < 0.7:
                return
        window, delivery = self._promise(n, order, service, at, parcels)
        self._become(n, order, delivery, window, parcels)
        self._bookings(n, order)

    def _window(self) -> Window:
        start = self._at(9, 17)
        return Window(start, Instant(start + self.luck.choice((2, 3, 4)) * 3_600_000_000))

    def _promise(
        self, n: int, order: OrderId, service: str, at: Instant, parcels: tuple[ParcelId, ...]
    ) -> tuple[Window, DeliveryId]:
        """One promise, and up to two that follow it, by the shopper or by us; the last one's window."""
        luck, tell = self.luck, self.diary.tell
        delivery = DeliveryId(f"dlv_{n:03}")
        demand = Demand(HubId("hub_a"), at, Seconds(120), Grams(900), Millilitres(900), ())
        changes = luck.choice((0, 0, 0, 0, 1, 2))
        for step in range(changes + 1):
            promise, window = PromiseId(f"prm_{n:03}_{step}"), self._window()
            odds = luck.choice((400_000, 880_000, 925_000, 950_000, 975_000, 975_001, 995_000))
            tell(
                at,
                PromiseHeld(
                    promise, MERCHANT, service, delivery, PlaceId(f"plc_{n}"), demand, window, odds, ROUTE,
                    window.start, Seconds(60), "0" * 64, at,
                ),
                PromiseConfirmed(promise, order, "0" * 64, at),
                OrderPromised(order, promise, delivery, window),
            )  # fmt: skip
            if step == 0:
                tell(
                    at,
                    DeliveryCreated(
                        delivery, f"create/{n}", at, order, MERCHANT, promise, HubId("hub_a"),
                        PlaceId(f"plc_{n}"), parcels, window, (), (ProofKind.photo,),
                    ),
                )  # fmt: skip
            else:
                before = PromiseId(f"prm_{n:03}_{step - 1}")
                told = luck.choice((None, self._at(8, 20)))
                tell(at, PromiseChanged(before, promise, luck.random() < 0.5, told))
            if luck.random() < 0.15:
                tell(at, MissAnnounced(promise, window.end, self._at(9, 20)))
        return window, delivery

    def _become(
        self, n: int, order: OrderId, delivery: DeliveryId, window: Window, parcels: tuple[ParcelId, ...]
    ) -> None:
        luck, tell = self.luck, self.diary.tell
        if luck.random() < 0.08:
            by, reason = luck.choice((("shopper", "no longer needed"), ("mer_1", "recipient.cancelled"),
                                      ("mer_1", "sold out"), ("shopper:app", "other")))  # fmt: skip
            tell(self._at(6, 18), OrderCancelled(order, by, reason))
            return
        if luck.random() < 0.03:
            tell(self._at(6, 8), ImportUndone(ImportId("imp_1"), (order,), "ops"))
            return
        at = Instant(window.start + luck.randint(-1_800, 16_000) * 1_000_000)
        attempt = 1
        for _ in range(luck.choice((0, 0, 0, 1, 1, 2))):
            self._fail(n, order, delivery, at, attempt)
            attempt += 1
            at = Instant(at + luck.choice((3_600, 86_400)) * 1_000_000)
        fate = luck.random()
        if fate < 0.08:
            tell(at, ReturnStarted(delivery, f"back/{n}", at, "refused"))
            tell(at, DeliveryReturned(delivery, f"home/{n}", at))
        elif fate < 0.12:
            tell(at, DeliveryLost(delivery, f"lost/{n}", at, "not found"))
        elif fate < 0.95:
            self._hand_over(n, delivery, at, attempt, parcels)

    def _fail(self, n: int, order: OrderId, delivery: DeliveryId, at: Instant, attempt: int) -> None:
        luck, tell = self.luck, self.diary.tell
        reason = luck.choice(REASONS)
        none = reason is Reason.vehicle_breakdown
        lacking = ("no_attempt",) if none else luck.choice(((), (), ("radius",)))
        if not none:
            near = "radius" not in lacking
            key = f"arr/{n}/{attempt}"
            tell(at, Arrived(delivery, key, at, ROUTE, attempt, Metres(9), near, said=self.word))
        failure = AttemptFailed(
            delivery, f"fail/{n}/{attempt}", at, ROUTE, attempt, reason, (), lacking, said=self.word
        )
        tell(at, failure)
        again = Instant(at + 20 * 3_600_000_000)
        window = Window(again, Instant(again + 7_200_000_000))
        if luck.random() < 0.7:
            tell(at, ReattemptScheduled(delivery, f"again/{n}/{attempt}", at, window))
        self._case(CaseId(f"cas_{n}_{attempt}"), CaseKind.failed_attempt, order, at)
        if luck.random() < 0.3:
            tell(at, failure)

    def _hand_over(
        self, n: int, delivery: DeliveryId, at: Instant, attempt: int, parcels: tuple[ParcelId, ...]
    ) -> None:
        luck, tell = self.luck, self.diary.tell
        if luck.random() < 0.9:
            key = f"arr/{n}/{attempt}"
            tell(at, Arrived(delivery, key, at, ROUTE, attempt, Metres(9), True, said=self.word))
        missing = luck.choice(((), (), (), (ProofKind.photo,)))
        first = parcels[:1] if luck.random() < 0.1 else parcels
        method = HandoffMethod.to_recipient
        tell(
            at,
            Delivered(
                delivery,
                f"done/{n}/{attempt}",
                at,
                ROUTE,
                attempt,
                method,
                first,
                Metres(9),
                (),
                missing,
                said=self.word,
            ),
        )
        if missing and luck.random() < 0.5:
            proof = Proof(ProofKind.photo, "a" * 64, passed=luck.random() < 0.8)
            left = () if proof.passed else missing
            tell(at, ProofAdded(delivery, f"proof/{n}", at, (proof,), left))
        if first != parcels and luck.random() < 0.5:
            later = Instant(at + 1_800_000_000)
            tell(
                later,
                Delivered(
                    delivery,
                    f"rest/{n}",
                    later,
                    ROUTE,
                    attempt,
                    method,
                    parcels[1:],
                    Metres(9),
                    (),
                    (),
                    said=self.word,
                ),
            )

    def _case(self, case: CaseId, kind: CaseKind, order: OrderId, at: Instant) -> None:
        luck, tell = self.luck, self.diary.tell
        subject = CaseSubject(order)
        tell(at, CaseOpened(case, kind, subject, "support", at, None, "call", "failed", "why", at))
        now = at
        for _ in range(luck.randint(0, 5)):
            now = Instant(now + luck.randint(1, 3_000) * 1_000_000)
            owner = luck.choice(("anna", "ben"))
            tell(
                now,
                luck.choice(
                    (
                        CaseClaimed(case, owner, now),
                        StepRun(case, "call", owner, "", "book", now, now),
                        ShopperTold(case, owner, now),
                        CaseEscalated(case, 1, "dispatcher", now, now),
                    )
                ),
            )
        if luck.random() < 0.7:
            done = Instant(now + 60_000_000)
            tell(done, CaseClosed(case, "done", CaseRecord("a", "b", "c", "d"), "anna", done))

    def _bookings(self, n: int, order: OrderId) -> None:
        luck = self.luck
        for kind in luck.sample(list(CostKind), luck.randint(1, 4)):
            minor, basis = luck.randint(1, 900), luck.choice(list(Basis))
            source = {"refund": "refunds", "contact": "support", "attempt": "fleet"}.get(kind, "payroll")
            booking = CostBooked(
                str(order), f"{kind}/{n}", None, "EUR",
                (
                    Entry(f"order/{order}", kind, luck.randint(1, 99), minor, basis, order),
                    Entry(source, kind, 0, -minor, basis),
                ),
            )  # fmt: skip
            self.diary.tell(self._at(10, 20), booking)
            if luck.random() < 0.1:
                self.diary.tell(self._at(10, 20), booking)

    def _ledger_page(self) -> None:
        """A route's page with an amount on no order, and a booking in another currency."""
        entries = (
            Entry("route/rte_1", CostKind.stem, 500, 777, Basis.measured),
            Entry("payroll", CostKind.stem, 0, -777, Basis.measured),
        )
        self.diary.tell(clock(21), CostBooked("rte_1", "rte_1", ROUTE, "EUR", entries))
        self.diary.tell(clock(21), CostBooked("rte_1", "foreign", ROUTE, "PLN", entries))
        self.diary.tell(clock(21), RowRejected(ImportId("imp_1"), 3, "address", "missing", "vault"))
