"""Evidence: what the log and the files hold about one order, sealed for a packet."""

from threading import Lock
from typing import NamedTuple

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.log import read_record
from doorstep.engine.ports.blobs import BlobMissingError, Blobs
from doorstep.lifecycle.order import OrderState
from doorstep.views.evidence import Evidence, as_issued, stream_ends
from doorstep.vocabulary.case import CaseOpened
from doorstep.vocabulary.delivery import DeliveryCreated
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.evidence import IssueEvidence
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.order import OrderPlaced
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseRefused
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import ReturnRequested
from doorstep.vocabulary.units import Instant


class OrderStreams:
    """Which streams belong to an order; a projection of the log."""

    def __init__(self) -> None:
        self._streams: dict[OrderId, set[StreamId]] = {}

    def apply(self, record: Record) -> None:
        """Follow the log."""
        match record.data:
            case OrderPlaced(order=order):
                self._streams[order] = {
                    StreamId(f"{noun}/{order}") for noun in ("order", "contact", "cost", "evidence")
                }
            case PromiseConfirmed(order=order):
                self._streams[order].add(record.stream)
            case PromiseRefused(order=order) if order is not None:
                # A request that was refused before its order was placed belongs to nobody.
                self._streams.setdefault(order, set()).add(record.stream)
            case DeliveryCreated(delivery=delivery, order=order, parcels=parcels):
                custody = {StreamId(f"custody/{parcel}") for parcel in parcels}
                self._streams[order] |= {record.stream, StreamId(f"pin/{delivery}"), *custody}
            case ReturnRequested(goods=goods):
                self._streams[goods.order].add(record.stream)
            case CaseOpened(subject=subject) if subject.order is not None:
                self._streams[subject.order].add(record.stream)
            case _:
                pass

    def of(self, order: OrderId) -> tuple[StreamId, ...]:
        """An order's streams, sorted."""
        return tuple(sorted(self._streams.get(order, ())))


class Sealed(NamedTuple):
    """An order's evidence with its files by hash, and the hashes of those that are gone."""

    evidence: Evidence
    files: dict[str, bytes]
    gone: tuple[str, ...]


class EvidenceDesk:
    """Issues packets about orders, and gathers what an issued one holds."""

    def __init__(self, desk: Desk, blobs: Blobs, streams: OrderStreams) -> None:
        self._desk = desk
        self._blobs = blobs
        self._streams = streams
        self._issuing = Lock()

    def issue(self, order: OrderId, origin: Origin) -> None:
        """Record that a packet is issued, for whom, and what it holds: the order's streams as they stand."""
        with self._issuing:
            ends = stream_ends(order, self._texts(order))
            refusal = self._desk.together([IssueEvidence(order, ends)], origin)
            assert refusal is None, "the issue of a packet is never refused"

    def issued_at(self, order: OrderId) -> Instant:
        """When the last packet about an order was issued; there must be one."""
        stream = StreamId(f"evidence/{order}")
        return read_record(self._desk.market.store.history(self._desk.market.id, stream)[-1].text).recorded_at

    def sealed(self, state: OrderState) -> Sealed | None:
        """What the packet that was issued last holds; None where none was. Nothing is recorded."""
        if self._desk.state("evidence", state.id) is None:
            return None
        evidence = as_issued(state.id, self._texts(state.id))
        files: dict[str, bytes] = {}
        gone: list[str] = []
        for sha256 in evidence.named_files():
            try:
                files[sha256] = self._blobs.get(sha256, state.content.person)
            except BlobMissingError:
                gone.append(sha256)
        return Sealed(evidence, files, tuple(gone))

    def _texts(self, order: OrderId) -> list[bytes]:
        store, market = self._desk.market.store, self._desk.market.id
        return [event.text for stream in self._streams.of(order) for event in store.history(market, stream)]
