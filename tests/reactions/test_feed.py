from typing import Any

import msgspec
import pytest

from doorstep.app import default_book
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.contracts import Contract
from doorstep.reactions.feed import react
from doorstep.vocabulary.case import OpenCase
from doorstep.vocabulary.event import EventId, MarketId, Source, StreamId
from doorstep.vocabulary.ids import (
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    TenderId,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import Consignment, TenderAccepted, TenderStatus
from doorstep.vocabulary.timer import SetTimer
from doorstep.vocabulary.units import Grams, Instant, after
from doorstep.vocabulary.windows import Window

BOATS, TENDER = CarrierId("boats"), TenderId("tnd")
SILENCE_S = 900
WINDOW = Window(after(Instant(0), 10_000), after(Instant(0), 20_000))
CONTRACT = Contract(
    name="Boats", version=1, valid_from="2020-01-01", valid_to="2039-12-31", currency="EUR", capabilities=(),
    parcels_max=5, weight_g_max=Grams(30_000), length_mm_max=2_000, answer_s=600, tolerance_s=900,
    credit_minor=100, cancel_fee_minor=0, claim_days=14, liability_minor_max=50_000, silence_s=SILENCE_S,
    contact="x@example.org", service={},
)  # fmt: skip
CONSIGNMENT = Consignment(
    DeliveryId("dlv"), OrderId("ord"), MerchantId("m"), HubId("hub"), PersonId("per"), PlaceId("plc"),
    (ParcelId("a"),), Grams(1_000), (), WINDOW,
)  # fmt: skip


def accepted(at: Instant, *, contracted: bool = True) -> list[SetTimer]:
    """The clocks that an acceptance sets."""
    event = TenderAccepted(TENDER, BOATS, "B-1", 500, "EUR", None, at)
    state = TenderState(TENDER, CONSIGNMENT, (), at, TenderStatus.accepted, (), event)
    book = default_book()
    if contracted:
        book = msgspec.structs.replace(
            book, contracts=msgspec.structs.replace(book.contracts, carrier={BOATS: CONTRACT})
        )
    stream = StreamId(f"tender/{TENDER}")
    record = Record(
        1, EventId("e"), MarketId("m"), stream, 1, 1, at, at, Source.api, "boats", "c", None, event
    )

    def look(asked: StreamId, /) -> Any:  # noqa: ANN401 - each noun has its own type of state
        assert asked == stream
        return state

    return [one for one in react(record, look, book) if isinstance(one, SetTimer)]


@pytest.mark.parametrize(
    ("accepted_s", "contracted", "looks_s"),
    [
        (1_000, True, 10_000),
        (9_500, True, 9_500 + SILENCE_S),
        (15_000, True, 15_000 + SILENCE_S),
        (15_000, False, 15_000),
    ],
    ids=["long before the window", "just before it", "within it", "without a contract"],
)
def test_whether_it_moves_is_asked_when_the_window_opens_or_later(
    accepted_s: int, contracted: bool, looks_s: int
) -> None:
    """A carrier that accepts late gets the time of a silence; a case is never due before it can be opened."""
    at = after(Instant(0), accepted_s)
    (clock,) = accepted(at, contracted=contracted)
    assert isinstance(clock.then, OpenCase)
    assert (clock.due_at, clock.then.at) == (after(Instant(0), looks_s),) * 2
    assert clock.then.due_at > at
