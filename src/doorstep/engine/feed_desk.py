"""Feeds: what carriers push to us becomes evidence, or is set aside with its reason; nothing is lost."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from doorstep.engine.carrier_book import CarrierBook
from doorstep.engine.desk import Desk, Origin
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.blobs import Blobs
from doorstep.engine.ports.carriers import CarrierConnection, MessageUnreadable, Report
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.tender import TenderState
from doorstep.vocabulary.carrier import NoteRepeats, SetAside, SetMessageAside
from doorstep.vocabulary.delivery import CarrierWord, DeliveryCreated, RecordReport
from doorstep.vocabulary.event import TEXT_CHARS_MAX, Source
from doorstep.vocabulary.ids import CarrierId, PersonId, TenderId
from doorstep.vocabulary.places import distance_m
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.units import Instant, Metres, after

BEHIND_S_MAX: Final = 26 * 3_600
"""An event this long before its delivery was created has a clock that cannot be right."""
AHEAD_S_MAX: Final = 900
"""Nor has one this far ahead of ours."""
REPORTS_MAX: Final = 2_000
"""Reports that one message may hold."""


class Taken(NamedTuple):
    """What became of a message: reports taken as evidence, known before, and set aside."""

    taken: int
    known: int
    aside: int


def said_note(key: str) -> str:
    """Under which note of the recipient a carrier's free words lie; `key` is that of the event."""
    return f"said/{key}"


class FeedDesk:
    """Takes carriers' messages in; the door has checked nothing but their size."""

    def __init__(self, desk: Desk, planner: Planner, people: People, blobs: Blobs, book: CarrierBook) -> None:
        self._desk = desk
        self._planner = planner
        self._people = people
        self._blobs = blobs
        self._book = book

    def take(self, connection: CarrierConnection, headers: Mapping[str, str], body: bytes) -> Taken:
        """What a pushed message says, put into the log.

        Raises:
            SignatureRefused: it is not the carrier's, or not of now.
        """
        now = self._desk.now()
        try:
            reports = connection.read(headers, body, now)
        except MessageUnreadable as fault:
            digest = sha256(body).hexdigest()
            self._set_aside(connection.id, digest, SetAside.unreadable, str(fault), body)
            return Taken(0, 0, 1)
        taken = known = aside = 0
        for report in reports[:REPORTS_MAX]:
            fresh = self._take(connection.id, report, body)
            taken += fresh is True
            known += fresh is False
            aside += fresh is None
        for report in reports[REPORTS_MAX:]:
            self._set_aside(connection.id, report.event, SetAside.unreadable, "too many in one message", body)
            aside += 1
        if known:
            repeats = NoteRepeats(connection.id, sha256(body).hexdigest(), known, now)
            self._desk.together([repeats], Origin(f"carrier/{connection.id}", Source.carrier_push, now))
        return Taken(taken, known, aside)

    def _take(self, carrier: CarrierId, report: Report, body: bytes) -> bool | None:
        """Whether it is evidence that was not known before; None where it was set aside."""
        tender = self._tender(carrier, report)
        state: DeliveryState | None = None
        if tender is not None:
            state = self._desk.state("delivery", tender.consignment.delivery)
        if tender is None or state is None or state.created is None:
            detail = f"no shipment {report.ours or report.reference or '(unnamed)'}"
            self._set_aside(carrier, report.event, SetAside.unknown_delivery, detail, body)
            return None
        offer = tender.offer(carrier)
        if report.currency is not None and offer is not None and report.currency != offer.currency:
            detail = f"it charges in {report.currency}, the contract is in {offer.currency}"
            self._set_aside(carrier, report.event, SetAside.wrong_currency, detail, body)
            return None
        command = self._command(carrier, report, state.created)
        origin = Origin(f"carrier/{carrier}", Source.carrier_push, report.at)
        with self._planner.lock:
            refusal = self._desk.together([command], origin)
        if refusal is not None:
            self._set_aside(carrier, report.event, SetAside.unreadable, refusal.detail, body)
            return None
        return self._desk.state("delivery", state.created.delivery) is not state

    def _tender(self, carrier: CarrierId, report: Report) -> TenderState | None:
        """The tender that a report's shipment stands for, if this carrier was asked in it."""
        name: str | None = None
        if report.ours:
            name = report.ours.partition(".")[0]
        elif report.reference:
            name = self._book.shipment(carrier, report.reference)
        state: TenderState | None = None if name is None else self._desk.state("tender", TenderId(name))
        return state if state is not None and state.offer(carrier) is not None else None

    def _command(self, carrier: CarrierId, report: Report, created: DeliveryCreated) -> RecordReport:
        now = self._desk.now()
        plausible = after(created.at, -BEHIND_S_MAX) <= report.at <= after(now, AHEAD_S_MAX)
        there = self._people.point(created.place)
        metres: Metres | None = None
        if there is not None and report.point is not None:
            metres = Metres(round(distance_m(there, report.point)))
        # One event has one key, however often it comes and by whichever message.
        key = f"{carrier}/{report.event}"
        words = report.text[:TEXT_CHARS_MAX]
        if words:
            self._people.keep_note(self._person(created), said_note(key), words)
        word = CarrierWord(carrier, report.code[:100], bool(words), plausible)
        return RecordReport(
            created.delivery, key, Instant(report.at), word, None if report.nearby else report.status,
            seq=report.seq, reason=report.reason, nearby=report.nearby, parcels=report.parcels,
            distance_m=metres, proofs=self._proofs(report, created),
        )  # fmt: skip

    def _proofs(self, report: Report, created: DeliveryCreated) -> tuple[Proof, ...]:
        """The files and checks of a report; files go to the person's own blobs."""
        person = self._person(created)
        proofs = []
        if report.scanned:
            proofs.append(Proof(ProofKind.scan))
        for kind, content in ((ProofKind.photo, report.photo), (ProofKind.signature, report.signature)):
            if content is not None:
                proofs.append(Proof(kind, self._blobs.put(content, person)))
        if report.signed_by and report.signature is None:
            proofs.append(Proof(ProofKind.signature))
        if report.pin:
            proofs.append(Proof(ProofKind.pin))
        return tuple(proofs)

    def _person(self, created: DeliveryCreated) -> PersonId:
        order: OrderState = self._desk.state("order", created.order)
        return order.content.person

    def _set_aside(self, carrier: CarrierId, key: str, reason: SetAside, detail: str, body: bytes) -> None:
        now = self._desk.now()
        raw = self._people.keep_rejected(body)
        command = SetMessageAside(carrier, key, reason, detail[:TEXT_CHARS_MAX], raw, now)
        origin = Origin(f"carrier/{carrier}", Source.carrier_push, now)
        self._desk.together([command], origin)
