"""Which window counts, what keeps it, and who is left out, told order by order."""

import pytest
from tests.views.diary import Diary, clock

from doorstep.views.period import Period
from doorstep.views.promise_chains import Due, Ending, Left
from doorstep.views.promise_ledger import PromiseFigures, PromiseLedger
from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCreated,
    DeliveryLost,
    DeliveryReturned,
    HandoffMethod,
    ProofAdded,
)
from doorstep.vocabulary.ids import (
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
from doorstep.vocabulary.intake import ImportUndone
from doorstep.vocabulary.order import OrderCancelled, OrderContent, OrderPlaced, Parcel
from doorstep.vocabulary.promise import (
    Demand,
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseSettled,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

ORDER, DELIVERY, ROUTE, HUB = OrderId("ord_1"), DeliveryId("dlv_1"), RouteId("rte_1"), HubId("hub")
MERCHANT, PLACE = MerchantId("mer"), PlaceId("plc")
PARCELS = (ParcelId("pcl_1"), ParcelId("pcl_2"))
MORNING, NOON, EVENING = (
    Window(clock(9), clock(11)),
    Window(clock(12), clock(14)),
    Window(clock(18), clock(20)),
)
PHOTO = Proof(ProofKind.photo, "a" * 64)


def _promise(name: str, window: Window, odds_ppm: int = 950_000) -> tuple[AnyEvent, ...]:
    demand = Demand(HUB, clock(6), Seconds(60), Grams(1), Millilitres(1), ())
    promise = PromiseId(name)
    held = PromiseHeld(
        promise, MERCHANT, "slot", DELIVERY, PLACE, demand, window, odds_ppm, ROUTE, window.start,
        Seconds(60), "0" * 64, clock(7),
    )  # fmt: skip
    return (held, PromiseConfirmed(promise, ORDER, "0" * 64, clock(6)))


def _placed() -> tuple[AnyEvent, ...]:
    content = OrderContent(
        MERCHANT, "A1", HUB, "slot", PersonId("per"), PLACE, clock(6), clock(6), MORNING,
        tuple(Parcel(parcel) for parcel in PARCELS), Grams(1), Millilitres(1), None, (), None, None, "c",
    )  # fmt: skip
    created = DeliveryCreated(
        DELIVERY, "create", clock(6), ORDER, MERCHANT, PromiseId("prm_1"), HUB, PLACE, PARCELS, MORNING, (),
        (ProofKind.photo,),
    )  # fmt: skip
    return (OrderPlaced(ORDER, content, "h", None), *_promise("prm_1", MORNING), created)


def _done(
    at: Instant, parcels: tuple[ParcelId, ...] = PARCELS, missing: tuple[ProofKind, ...] = ()
) -> Delivered:
    method = HandoffMethod.to_recipient
    return Delivered(DELIVERY, f"done/{at}", at, ROUTE, 1, method, parcels, Metres(9), (), missing)


def _change(successor: str, at: Instant | None = None, *, by_shopper: bool) -> PromiseChanged:
    return PromiseChanged(PromiseId("prm_1"), PromiseId(successor), by_shopper, at)


def _told(*events: AnyEvent | tuple[Instant, AnyEvent]) -> PromiseLedger:
    diary, ledger = Diary(), PromiseLedger()
    diary.tell(clock(6), *_placed())
    for event in events:
        at, what = event if isinstance(event, tuple) else (clock(7), event)
        diary.tell(at, what)
    for record in diary.records:
        ledger.apply(record)
    return ledger


def _due(*events: AnyEvent | tuple[Instant, AnyEvent]) -> Due:
    (due,) = _told(*events).chains.dues()
    return due


def _figures(*events: AnyEvent | tuple[Instant, AnyEvent]) -> PromiseFigures:
    return _told(*events).summary(Period.whole(clock(23)))


ENDINGS: dict[str, tuple[tuple[AnyEvent, ...], Ending]] = {
    "at the first second": ((_done(clock(9)),), Ending.kept),
    "at the last second": ((_done(clock(11)),), Ending.kept),
    "a second too early": ((_done(clock(8, 59, 59)),), Ending.early),
    "a second too late": ((_done(clock(11, 0, 1)),), Ending.late),
    "one parcel in time, the other late": (
        (_done(clock(10), PARCELS[:1]), _done(clock(12), PARCELS[1:])), Ending.late,
    ),
    "both parcels in time, one by one": (
        (_done(clock(10), PARCELS[:1]), _done(clock(10, 30), PARCELS[1:])), Ending.kept,
    ),
    "only one parcel": ((_done(clock(10), PARCELS[:1]),), Ending.partial),
    "without the photo": ((_done(clock(10), missing=(ProofKind.photo,)),), Ending.unproven),
    "with the photo later": (
        (
            _done(clock(10), missing=(ProofKind.photo,)),
            ProofAdded(DELIVERY, "proof", clock(20), (PHOTO,), ()),
        ),
        Ending.kept,
    ),
    "with a photo that shows nothing": (
        (
            _done(clock(10), missing=(ProofKind.photo,)),
            ProofAdded(DELIVERY, "proof", clock(20), (Proof(ProofKind.photo, "a", passed=False),), ()),
        ),
        Ending.unproven,
    ),
    "a second, later handoff of the same parcels": ((_done(clock(10)), _done(clock(15))), Ending.kept),
    "lost": ((DeliveryLost(DELIVERY, "lost", clock(15), "gone"),), Ending.lost),
    "returned": ((DeliveryReturned(DELIVERY, "home", clock(15)),), Ending.returned),
    "cancelled by the merchant": ((OrderCancelled(ORDER, "ops", "sold out"),), Ending.cancelled),
    "nothing happened": ((), Ending.undelivered),
}  # fmt: skip


@pytest.mark.parametrize("story", ENDINGS)
def test_a_promise_ends_as_it_ended(story: str) -> None:
    """Only all parcels inside the window, proven, keep a promise; and each miss says how it ended."""
    events, ending = ENDINGS[story]
    assert _due(*events).ending is ending
    figures = _figures(*events)
    assert (figures.due, figures.kept) == (1, int(ending is Ending.kept))


@pytest.mark.parametrize("order", [1, -1])
def test_evidence_may_come_in_any_order(order: int) -> None:
    """A proof that was recorded before its handoff still proves it."""
    events, _ = ENDINGS["with the photo later"]
    assert _due(*events[::order]).ending is Ending.kept


def test_our_change_never_erases_the_old_window() -> None:
    """Delivered inside the window that we moved it to is late for the one that the shopper confirmed."""
    due = _due(*_promise("prm_2", NOON), _change("prm_2", by_shopper=False), _done(clock(13)))
    assert (due.window, due.ending, due.revisions_ours) == (MORNING, Ending.late, 1)


def test_the_shoppers_choice_counts() -> None:
    """Delivered inside the window that the shopper chose keeps the promise, with that promise's odds."""
    due = _due(*_promise("prm_2", NOON, 930_000), _change("prm_2", by_shopper=True), _done(clock(13)))
    assert (due.window, due.ending, due.odds_ppm) == (NOON, Ending.kept, 930_000)
    assert due.revisions_shopper == 1


def test_a_choice_after_our_change_counts() -> None:
    """We move it, then the shopper chooses another: the shopper's window counts."""
    ours = _change("prm_2", by_shopper=False)
    theirs = PromiseChanged(PromiseId("prm_2"), PromiseId("prm_3"), True, None)
    due = _due(*_promise("prm_2", NOON), ours, *_promise("prm_3", EVENING), theirs, _done(clock(19)))
    assert (due.window, due.ending) == (EVENING, Ending.kept)
    assert (due.revisions_ours, due.revisions_shopper) == (1, 1)


def test_a_change_into_nothing_changes_nothing() -> None:
    """A successor that nobody confirmed is none, and a chain that bites its tail ends."""
    assert _due(_change("prm_9", by_shopper=True)).window == MORNING
    loop = PromiseChanged(PromiseId("prm_2"), PromiseId("prm_1"), True, None)
    assert _due(*_promise("prm_2", NOON), _change("prm_2", by_shopper=True), loop).window in (MORNING, NOON)


@pytest.mark.parametrize(
    ("by", "reason", "at", "left"),
    [
        ("shopper", "changed my mind", clock(8), Left.cancelled_by_shopper),
        ("shopper:app", "changed my mind", clock(8), Left.cancelled_by_shopper),
        ("mer", "recipient.cancelled", clock(8), Left.cancelled_by_shopper),
        ("shopper", "too late now", clock(10), None),
        ("mer", "sold out", clock(8), None),
    ],
)
def test_only_the_shoppers_early_cancellation_is_left_out(
    by: str, reason: str, at: Instant, left: Left | None
) -> None:
    """Cancelled by the shopper before the window began is not due; by anyone else, or later, it is."""
    event = (at, OrderCancelled(ORDER, by, reason))
    assert _due(event).left is left
    assert _figures(event).due == int(left is None)


def test_an_undone_import_is_left_out() -> None:
    """An order that was taken back with its file before release never was a promise to anyone."""
    figures = _figures(ImportUndone(ImportId("imp"), (ORDER,), "ops"))
    assert (figures.due, figures.not_due["import_undone"]) == (0, 1)


@pytest.mark.parametrize(("at", "announced"), [(clock(10), 1), (clock(11), 1), (clock(11, 0, 1), 0)])
def test_a_miss_is_announced_before_the_window_ends_or_not_at_all(at: Instant, announced: int) -> None:
    """Told at the last second counts, a second later does not."""
    figures = _figures(MissAnnounced(PromiseId("prm_1"), clock(12), at), _done(clock(12)))
    assert (figures.quality.announced.count, figures.quality.announced.cases) == (announced, 1)


def test_our_change_in_time_announces_the_miss() -> None:
    """A shopper who was told of our change before the window ended was told of the miss."""
    told = _change("prm_2", clock(8), by_shopper=False)
    assert _figures(*_promise("prm_2", NOON), told, _done(clock(13))).quality.announced.count == 1


@pytest.mark.parametrize(
    ("outcome", "otherwise"),
    [(PromiseOutcome.missed, 1), (PromiseOutcome.unproven, 1), (PromiseOutcome.kept, 0)],
)
def test_a_settlement_against_the_evidence_is_counted(outcome: PromiseOutcome, otherwise: int) -> None:
    """The ledger goes by the evidence, and counts settlements that say something else."""
    figures = _figures(_done(clock(10)), PromiseSettled(PromiseId("prm_1"), outcome, clock(10)))
    assert figures.kept == 1
    assert figures.settled_otherwise == otherwise
