"""A diary of events: what a market would have recorded, told event by event without any production fold."""

from dataclasses import dataclass, field

import msgspec

from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.custody import CustodyEvent
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link
from doorstep.vocabulary.event import EventId, MarketId, Source, StreamId
from doorstep.vocabulary.ids import derive
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.vocabulary.units import Instant

MARKET = MarketId("town")
MIDNIGHT = 1_781_560_800 * 1_000_000
"""16 June 2026, 00:00 in Berlin."""
_SUBJECTS = {
    "intake": "batch", "cost": "page", "contact": "order", "evidence": "order", "roster": "day",
    "custody": "parcel", "routing": "delivery",
}  # fmt: skip


def clock(hours: int, minutes: int = 0, seconds: int = 0, days: int = 0) -> Instant:
    """An instant of the diary's day."""
    return Instant(MIDNIGHT + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000)


def stream_of(event: AnyEvent) -> StreamId:
    """The stream of an event: its noun, and the id of what it is about."""
    noun = str(type(event).__struct_config__.tag).partition(".")[0]
    return StreamId(f"{noun}/{getattr(event, _SUBJECTS.get(noun, noun))}")


@dataclass
class Diary:
    """Records in the making; all that is told in one call was committed together."""

    market: MarketId = MARKET
    records: list[Record] = field(default_factory=list)
    _versions: dict[StreamId, int] = field(default_factory=dict)
    _links: dict[str, str] = field(default_factory=dict)

    def tell(self, at: Instant, *events: AnyEvent) -> None:
        """Record events at an instant, all of one cause."""
        cause = f"cmd_{len(self.records)}"
        for event in events:
            stream = stream_of(event)
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            data = event
            if isinstance(event, CustodyEvent):
                link = custody_link(self._links.get(stream, GENESIS_LINK), event)
                data = msgspec.structs.replace(event, link=link)
                self._links[stream] = link
            name = EventId(derive("evt", self.market, stream, str(version)))
            self.records.append(
                Record(
                    position=len(self.records) + 1, id=name, market=self.market, stream=stream,
                    version=version, schema=1, occurred_at=at, recorded_at=at, source=Source.api,
                    actor="tester", cause=cause, because=None, data=data,
                )
            )  # fmt: skip

    def texts(self) -> list[bytes]:
        """The stored bytes."""
        return [canonical(record) for record in self.records]
