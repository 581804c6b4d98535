"""A small day for the board and the pages: two vans, six orders, and all that can happen to them."""

from tests.views.diary import Diary, clock

from doorstep.vocabulary.case import (
    CaseClaimed,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseRecord,
    CaseSubject,
    ShopperTold,
)
from doorstep.vocabulary.contact import ContactRecorded, ContactTopic
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
    AddressUnresolved,
    OrderContent,
    OrderDeclined,
    OrderPlaced,
    OrderPromised,
    Parcel,
)
from doorstep.vocabulary.promise import (
    Demand,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseRefused,
    PromiseSettled,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.route import (
    RouteDeparted,
    RouteLoaded,
    RouteOpened,
    RouteReturned,
    RouteStaged,
    Shift,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
)
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

HUB, MERCHANT = HubId("hub"), MerchantId("shop")
DAY = Window(clock(0), Instant(clock(24) - 1))
MORNING = Window(clock(9), clock(12))
PHOTO = "ab" * 32


def order(number: int) -> OrderId:
    """The id of an order."""
    return OrderId(f"ord_{number}")


def delivery(number: int) -> DeliveryId:
    """The id of its delivery."""
    return DeliveryId(f"dlv_{number}")


def route(number: int) -> RouteId:
    """The id of a route."""
    return RouteId(f"rte_{number}")


def parcel(number: int) -> ParcelId:
    """The id of an order's parcel."""
    return ParcelId(f"pcl_{number}")


def _content(number: int) -> OrderContent:
    return OrderContent(
        MERCHANT,
        f"S-{number}",
        HUB,
        "next_day",
        PersonId(f"per_{number}"),
        PlaceId(f"plc_{number}"),
        clock(6),
        clock(5),
        MORNING,
        (Parcel(parcel(number)),),
        Grams(900),
        Millilitres(5_000),
        None,
        (),
        None,
        None,
        "00" * 32,
    )


def _place(diary: Diary, number: int, at: Instant) -> None:
    diary.tell(at, OrderPlaced(order(number), _content(number), "hash", None))


def _promise(diary: Diary, number: int, van: int, index: int, arrival: Instant, at: Instant) -> None:
    """Place, hold, confirm and create, as one commit does."""
    promise = PromiseId(f"prm_{number}")
    demand = Demand(HUB, clock(6), Seconds(180), Grams(900), Millilitres(5_000), ())
    held = PromiseHeld(
        promise,
        MERCHANT,
        "next_day",
        delivery(number),
        PlaceId(f"plc_{number}"),
        demand,
        MORNING,
        962_000,
        route(van),
        arrival,
        Seconds(300),
        "plan",
        clock(23),
    )
    created = DeliveryCreated(
        delivery(number),
        f"create/{number}",
        at,
        order(number),
        MERCHANT,
        promise,
        HUB,
        PlaceId(f"plc_{number}"),
        (parcel(number),),
        MORNING,
        (),
        (ProofKind.photo,),
    )
    diary.tell(
        at,
        OrderPlaced(order(number), _content(number), "hash", None),
        held,
        StopInserted(route(van), delivery(number), index, None, "plan"),
        PromiseConfirmed(promise, order(number), "plan", at),
        OrderPromised(order(number), promise, delivery(number), MORNING),
        created,
        CustodyOpened(parcel(number), "", delivery(number), Custodian(CustodianKind.hub, HUB), at),
    )


def _open(diary: Diary, number: int, at: Instant) -> None:
    shift = Shift(
        DriverId(f"drv_{number}"),
        VehicleId(f"van_{number}"),
        HUB,
        clock(8),
        clock(16),
        clock(12),
        Seconds(1800),
        Grams(500_000),
        Millilitres(4_000_000),
        (),
    )
    diary.tell(at, RouteOpened(route(number), shift))


def _leave(diary: Diary, van: int, numbers: tuple[int, ...], at: Instant) -> None:
    parcels = tuple(parcel(number) for number in numbers)
    driver = DriverId(f"drv_{van}")
    diary.tell(at, RouteStaged(route(van), parcels), RouteLoaded(route(van), parcels, (), at))
    for number in numbers:
        key = f"{van}/{number}"
        diary.tell(
            at,
            DeliveryAssigned(delivery(number), f"assign/{key}", at, route(van), driver),
            PickedUp(delivery(number), f"load/{key}", at, route(van), (parcel(number),), ()),
            HandedOver(
                parcel(number),
                "",
                f"load/{key}",
                Custodian(CustodianKind.hub, HUB),
                Custodian(CustodianKind.driver, driver),
                at,
                None,
                "",
                (),
            ),
        )
    diary.tell(at, RouteDeparted(route(van), at))
    for number in numbers:
        diary.tell(at, OutForDelivery(delivery(number), f"out/{van}/{number}", at, route(van)))


def _deliver(diary: Diary, number: int, van: int, at: Instant, missing: tuple[ProofKind, ...] = ()) -> None:
    proofs = () if missing else (Proof(ProofKind.photo, PHOTO),)
    place = Custodian(CustodianKind.recipient, f"plc_{number}")
    diary.tell(
        at, Arrived(delivery(number), f"arrive/{number}", at, route(van), 1, Metres(9), within_radius=True)
    )
    diary.tell(
        at,
        Delivered(
            delivery(number),
            f"handoff/{number}",
            at,
            route(van),
            1,
            HandoffMethod.to_recipient,
            (parcel(number),),
            Metres(9),
            proofs,
            missing,
        ),
        StopCompleted(route(van), Stop(StopKind.delivery, delivery(number)), at),
        HandedOver(
            parcel(number),
            "",
            f"handoff/{number}",
            Custodian(CustodianKind.driver, f"drv_{van}"),
            place,
            at,
            HandoffMethod.to_recipient,
            "",
            proofs,
        ),
    )


def _fail(diary: Diary, number: int, van: int, at: Instant) -> None:
    proofs = (Proof(ProofKind.photo, PHOTO), Proof(ProofKind.contact))
    diary.tell(
        at, Arrived(delivery(number), f"arrive/{number}", at, route(van), 1, Metres(12), within_radius=True)
    )
    diary.tell(
        at,
        AttemptFailed(delivery(number), f"fail/{number}", at, route(van), 1, Reason.not_home, proofs, ()),
        StopCompleted(route(van), Stop(StopKind.delivery, delivery(number)), at),
        _case("failed", CaseKind.failed_attempt, number, van, at),
    )


def _case(name: str, kind: CaseKind, number: int, van: int, at: Instant) -> CaseOpened:
    subject = CaseSubject(order(number), delivery(number), route(van))
    return CaseOpened(
        CaseId(f"cas_{name}"),
        kind,
        subject,
        "support",
        Instant(at + 45 * 60_000_000),
        clock(12),
        "Ask the shopper",
        f"{kind} of {number}",
        "recipient.not_home",
        at,
    )


def told_day() -> Diary:
    """1 delivered, 2 delivered without its photo, 3 failed, 4 at risk, 5 without a place, 6 declined."""
    diary = Diary()
    _open(diary, 1, clock(5))
    _open(diary, 2, clock(5))
    for number, van, index in ((1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 1)):
        _promise(diary, number, van, index, clock(9, 10 * number), clock(5, number))
    _place(diary, 5, clock(5, 10))
    unresolved = CaseOpened(
        CaseId("cas_address"),
        CaseKind.bad_address,
        CaseSubject(order(5)),
        "support",
        clock(6, 10),
        None,
        "Call the shopper",
        "not_found",
        "a typo",
        clock(5, 10),
    )
    diary.tell(clock(5, 10), AddressUnresolved(order(5), "not_found"), unresolved)
    _place(diary, 6, clock(5, 20))
    refused = PromiseRefused(PromiseId("prm_6"), MERCHANT, "next_day", order(6), MORNING, ("no_time",))
    diary.tell(clock(5, 20), refused, OrderDeclined(order(6), ("no_time",)))
    _leave(diary, 1, (1, 2, 3), clock(8, 30))
    _deliver(diary, 1, 1, clock(9, 12))
    diary.tell(clock(9, 12), PromiseSettled(PromiseId("prm_1"), PromiseOutcome.kept, clock(9, 12)))
    _deliver(diary, 2, 1, clock(9, 30), (ProofKind.photo,))
    diary.tell(clock(9, 30), PromiseSettled(PromiseId("prm_2"), PromiseOutcome.unproven, clock(9, 30)))
    _fail(diary, 3, 1, clock(9, 50))
    diary.tell(clock(10), _case("late", CaseKind.predicted_miss, 4, 2, clock(10)))
    diary.tell(
        clock(10, 5),
        CaseClaimed(CaseId("cas_late"), "Jonas", clock(10, 5)),
        ShopperTold(CaseId("cas_late"), "Jonas", clock(10, 5)),
    )
    asked = ContactRecorded(order(4), "con_1", ContactTopic.where_is_my_order, "phone", "Mira", clock(10, 10))
    diary.tell(clock(10, 10), asked)
    return diary


def told_evening() -> Diary:
    """The same day to its end: a late photo, another day for the third, a closed case, booked costs."""
    diary = told_day()
    late = (Proof(ProofKind.photo, PHOTO),)
    diary.tell(clock(11), ProofAdded(delivery(2), "proof/2", clock(11), late, ()))
    diary.tell(clock(11), PromiseSettled(PromiseId("prm_2"), PromiseOutcome.kept, clock(9, 30)))
    tomorrow = Window(clock(9, days=1), clock(12, days=1))
    diary.tell(clock(11, 5), ReattemptScheduled(delivery(3), "again/3", clock(11, 5), tomorrow))
    record = CaseRecord("nobody home", "no bell", "a new day", "ask for the floor")
    diary.tell(clock(11, 6), CaseClosed(CaseId("cas_failed"), "rebooked", record, "Mira", clock(11, 6)))
    diary.tell(clock(15), RouteReturned(route(1), clock(15), Metres(23_400)))
    entries = (
        Entry("orders", CostKind.drive, 600, 180, Basis.measured, order(1)),
        Entry("orders", CostKind.drive, 300, 90, Basis.measured, order(2)),
        Entry("fleet", CostKind.drive, 0, -270, Basis.measured),
    )
    diary.tell(clock(15, 1), CostBooked(route(1), "return", route(1), "EUR", entries))
    return diary
