"""Evidence: which events bear witness about an order, and what they say side by side.

An order's evidence is every event of the streams that are about it alone: its own, its promises, deliveries,
parcels' custody, cases, contacts and earlier packets. Routes, drivers and ledger pages are shared with other
orders, and stay out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from doorstep.vocabulary.event import MarketId, StreamId
from doorstep.vocabulary.evidence import StreamEnd
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.packet import CUSTODY_PREFIX, EVIDENCE_ISSUED, LoggedEvent, file_hashes, read_logged
from doorstep.vocabulary.units import Instant

OWN_NOUNS: Final = frozenset({"order", "promise", "delivery", "custody", "case", "contact", "evidence"})
"""Nouns whose streams are about one order at most."""
_NAMES_ONE: Final = ("order", "delivery", "promise", "parcel", "successor")
"""Fields that hold one id of a thing that the stream belongs to, or leads to."""


class EvidenceNotIssuedError(LookupError):
    """The log holds no `evidence.issued` about this order, or not what that event names."""


class Evidence(msgspec.Struct, frozen=True):
    """An order's events by position: `texts` are the stored bytes, `events` the same ones read.

    The last is the `evidence.issued` that names all others.
    """

    market: MarketId
    order: OrderId
    texts: tuple[bytes, ...]
    events: tuple[LoggedEvent, ...]

    @property
    def issued_at(self) -> Instant:
        """When the packet was issued, by our clock."""
        return self.events[-1].recorded_at

    def named_files(self) -> tuple[str, ...]:
        """The hex hashes of all files that events name, in the order of first mention."""
        return tuple(dict.fromkeys(name for event in self.events for name in file_hashes(event.data)))


class PromiseRow(msgspec.Struct, frozen=True):
    """A promise against what became of it; what nobody recorded is None."""

    promise: str
    window_start: Instant
    window_end: Instant
    odds_ppm: int | None
    confirmed_at: Instant | None
    outcome: str | None
    handed_over_at: Instant | None


class CustodyRow(msgspec.Struct, frozen=True):
    """One link of a parcel's custody; parties as `kind id`, None before the first."""

    parcel: str
    at: Instant
    giver: str | None
    holder: str
    how: str
    link: str


def stream_ends(order: OrderId, texts: Iterable[bytes]) -> tuple[StreamEnd, ...]:
    """The streams of an order's evidence and where each stands now, by name: what `IssueEvidence` takes.

    `texts` are stored events, whole streams of them; other orders' among them do no harm.
    """
    streams = _by_stream(read_logged(text) for text in texts)
    own = _own_streams(order, streams)
    return tuple(StreamEnd(stream, streams[stream][-1].version) for stream in sorted(own))


def as_issued(order: OrderId, texts: Iterable[bytes]) -> Evidence:
    """The events that the last `evidence.issued` about the order names, and that event.

    What was recorded later is left out, so that a packet can be written again at any time.

    Raises:
        EvidenceNotIssuedError: where there is no such event among `texts`, or an event that it names is not.
    """
    pairs = sorted(((read_logged(text), text) for text in texts), key=lambda pair: pair[0].position)
    issues = [
        event for event, _ in pairs if event.type == EVIDENCE_ISSUED and event.data.get("order") == order
    ]
    if not issues:
        raise EvidenceNotIssuedError(f"no packet about {order} was issued")
    issued = issues[-1]
    named = msgspec.convert(issued.data["streams"], tuple[StreamEnd, ...])
    ends = {end.stream: end.version for end in named}
    kept = [
        (event, text)
        for event, text in pairs
        if event is issued
        or (event.version <= ends.get(event.stream, 0) and event.position < issued.position)
    ]
    if len(kept) != 1 + sum(ends.values()):
        raise EvidenceNotIssuedError(f"not every event that the packet about {order} names is at hand")
    return Evidence(
        market=issued.market,
        order=order,
        texts=tuple(text for _, text in kept),
        events=tuple(event for event, _ in kept),
    )


def promise_rows(evidence: Evidence) -> tuple[PromiseRow, ...]:
    """Each confirmed promise against the handover, in the order of confirmation.

    The settlement that was said last counts; before one is said, the handover is that of the delivery.
    """
    held: dict[str, dict[str, Any]] = {}
    confirmed: dict[str, Instant | None] = {}
    settled: dict[str, dict[str, Any]] = {}
    delivered: dict[str, Instant] = {}
    for event in evidence.events:
        data = event.data
        match event.type:
            case "promise.held":
                held[data["promise"]] = data
            case "promise.confirmed":
                confirmed[data["promise"]] = data.get("at")
            case "promise.settled":
                settled[data["promise"]] = data
            case "delivery.delivered":
                delivered[data["delivery"]] = data["at"]
            case _:
                pass
    return tuple(
        PromiseRow(
            promise=promise,
            window_start=held[promise]["window"]["start"],
            window_end=held[promise]["window"]["end"],
            odds_ppm=held[promise].get("odds_ppm"),
            confirmed_at=at,
            outcome=settled.get(promise, {}).get("outcome"),
            handed_over_at=settled.get(promise, {}).get("handed_over_at")
            or delivered.get(held[promise].get("delivery", "")),
        )
        for promise, at in confirmed.items()
        if promise in held
    )


def custody_rows(evidence: Evidence) -> tuple[CustodyRow, ...]:
    """Who held each parcel since when, by parcel, then in the order of the chain."""
    links = [event for event in evidence.events if event.type.startswith(CUSTODY_PREFIX)]
    return tuple(
        CustodyRow(
            parcel=str(event.data.get("parcel", "")),
            at=event.data.get("at", event.occurred_at),
            giver=_party(event.data["giver"]) if event.data.get("giver") else None,
            holder=_party(event.data.get("holder")),
            how=" ".join(
                str(event.data[field]) for field in ("method", "condition", "why") if event.data.get(field)
            ),
            link=str(event.data.get("link", "")),
        )
        for event in sorted(links, key=lambda event: (event.stream, event.version))
    )


def _party(value: Any) -> str:  # noqa: ANN401 - an event of another version may say it in another shape
    if isinstance(value, dict):
        return f"{value.get('kind', '')} {value.get('id', '')}".strip()
    return str(value or "unknown")


def _by_stream(events: Iterable[LoggedEvent]) -> dict[StreamId, list[LoggedEvent]]:
    streams: dict[StreamId, list[LoggedEvent]] = defaultdict(list)
    for event in events:
        if event.stream.partition("/")[0] in OWN_NOUNS:
            streams[event.stream].append(event)
    for stream in streams.values():
        stream.sort(key=lambda event: event.version)
    return streams


def _own_streams(order: OrderId, streams: dict[StreamId, list[LoggedEvent]]) -> set[StreamId]:
    """The streams that name the order, or something of the order's, and that name no other order."""
    own: set[StreamId] = set()
    ids: set[str] = {order}
    candidates = {
        stream: {stream.partition("/")[2], *_named(events)}
        for stream, events in streams.items()
        if not _orders(stream, events) - {order}
    }
    while found := {stream for stream in candidates.keys() - own if candidates[stream] & ids}:
        own |= found
        ids.update(*(candidates[stream] for stream in found))
    return own


def _orders(stream: StreamId, events: list[LoggedEvent]) -> set[str]:
    """All orders that a stream is about."""
    noun, _, own_id = stream.partition("/")
    named = {str(part["order"]) for event in events for part in _parts(event) if part.get("order")}
    return named | {own_id} if noun == "order" else named


def _named(events: list[LoggedEvent]) -> Iterator[str]:
    """Every id that the events name in a field that ties things together."""
    for event in events:
        for part in _parts(event):
            yield from (part[field] for field in _NAMES_ONE if isinstance(part.get(field), str))
            for parcel in part.get("parcels") or ():
                yield parcel["id"] if isinstance(parcel, dict) else str(parcel)


def _parts(event: LoggedEvent) -> Iterator[dict[str, Any]]:
    """An event's data, and the parts in which some events keep what they are about."""
    yield event.data
    for field in ("subject", "content"):
        part = event.data.get(field)
        if isinstance(part, dict):
            yield part
