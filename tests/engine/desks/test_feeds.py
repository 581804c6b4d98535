"""Feeds: what carriers push becomes evidence once, and what comes again is counted."""

from collections.abc import Mapping

from tests.engine.desks.test_tenders import BOATS, Open, Partner, floor_with, tender_of

from doorstep.engine.feed_desk import FeedDesk
from doorstep.engine.ports.carriers import Report
from doorstep.engine.tender_desk import reference
from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.vocabulary.carrier import ReportsRepeated
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.units import Instant

__all__ = ["floor_with"]  # a fixture is found by its name in the module


class Teller(Partner):
    """A carrier whose next message says these reports."""

    def __init__(self) -> None:
        super().__init__(BOATS)
        self.says: tuple[Report, ...] = ()

    def read(self, headers: Mapping[str, str], body: bytes, now: Instant) -> tuple[Report, ...]:
        """What was put into its mouth."""
        del headers, body, now
        return self.says


def test_what_comes_again_is_no_evidence_and_is_counted(floor_with: Open) -> None:
    """A report under a known key changes no state; each message that had such ones is on record once."""
    boats = Teller()
    floor = floor_with([boats])
    order = floor.place()
    floor.until("13:00")
    ours = reference(tender_of(floor, order).id, BOATS)
    now = floor.desk.now()
    boats.says = tuple(
        Report(event=f"e{n}", code="X", text="", at=now, seq=n, ours=ours, status=DeliveryStatus.in_transit)
        for n in range(3)
    )
    feeds = FeedDesk(floor.desk, floor.planner, floor.people, floor.ground.blobs, floor.carrier_book)
    assert feeds.take(boats, {}, b"one")[:2] == (3, 0)
    before: DeliveryState = floor.desk.state("delivery", str(order.delivery))
    assert feeds.take(boats, {}, b"two")[:2] == (0, 3)
    assert feeds.take(boats, {}, b"two")[:2] == (0, 3)
    assert floor.desk.state("delivery", str(order.delivery)) == before
    noted = [record.data for record in floor.records() if isinstance(record.data, ReportsRepeated)]
    assert [(one.carrier, one.reports) for one in noted] == [(BOATS, 3), (BOATS, 3)]
    state: CarrierState = floor.desk.state("carrier", BOATS)
    assert state.repeats == 2
