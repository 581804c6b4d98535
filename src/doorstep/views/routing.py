"""Routing: the decisions about an order in words: every option with its rule, and what carriers answered."""

from collections.abc import Mapping, Sequence

import msgspec

from doorstep.lifecycle.tender import TenderState
from doorstep.views.labels import label
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, TenderId
from doorstep.vocabulary.routing import RoutingDecided, RoutingOption, RoutingRule
from doorstep.vocabulary.tender import TenderOffer, TenderStatus


class AnswerLine(msgspec.Struct, frozen=True):
    """What one carrier was offered, and what it answered: silent, accepted, surplus, refused or cancelled."""

    carrier: CarrierId
    service: str
    contract_version: int
    offered_minor: int
    currency: str
    answer: str
    reference: str | None = None
    accepted_minor: int | None = None
    text: str = ""


class RoutingLine(msgspec.Struct, frozen=True):
    """One decision, and the tender that it led to; None where the own fleet, or nobody, was chosen."""

    decided: RoutingDecided
    tender: TenderState | None
    answers: tuple[AnswerLine, ...]

    @property
    def chosen(self) -> RoutingOption | None:
        """The option that was chosen."""
        return self.decided.options[0] if self.decided.carrier is not None else None

    @property
    def others(self) -> tuple[RoutingOption, ...]:
        """The options that were not."""
        return self.decided.options[1:] if self.decided.carrier is not None else self.decided.options


def routing_lines(
    decisions: Sequence[RoutingDecided],
    tenders: Mapping[int, TenderId],
    states: Mapping[TenderId, TenderState],
) -> tuple[RoutingLine, ...]:
    """The decisions in their order; `tenders` says by place which tender each led to."""
    lines = []
    for index, decided in enumerate(decisions):
        tender = states[tenders[index]] if index in tenders else None
        lines.append(RoutingLine(decided, tender, () if tender is None else answer_lines(tender)))
    return tuple(lines)


def answer_lines(tender: TenderState) -> tuple[AnswerLine, ...]:
    """What each carrier that was asked answered."""
    return tuple(_answer(tender, offer) for offer in tender.offers)


def _answer(tender: TenderState, offer: TenderOffer) -> AnswerLine:
    """The last word between us and one carrier."""
    carrier, taken, replace = offer.carrier, tender.accepted, msgspec.structs.replace
    said = AnswerLine(
        carrier, offer.service, offer.contract_version, offer.price_minor, offer.currency, "silent"
    )
    surplus = next((one for one in tender.surplus if one.carrier == carrier), None)
    refused = next((one for one in tender.refused if one.carrier == carrier), None)
    if taken is not None and taken.carrier == carrier:
        said = replace(said, answer="accepted", reference=taken.reference, accepted_minor=taken.price_minor)
    elif surplus is not None:
        said = replace(said, answer="surplus", reference=surplus.reference)
    elif refused is not None:
        said = replace(said, answer="refused", text=f"{label(refused.reason)}: {refused.text}")
    if carrier in tender.cancelled:
        return replace(said, answer="cancelled")
    return said


def standing(line: RoutingLine) -> str:
    """Where the decision stands: who has it, who was asked, or that nobody may."""
    if line.decided.carrier is None:
        return "nobody may take it"
    if line.decided.carrier == OWN_FLEET:
        return "planned on a van"
    if line.tender is None:
        return "not asked yet"
    said = {
        TenderStatus.offered: "asked, no answer yet",
        TenderStatus.accepted: "accepted",
        TenderStatus.refused: "refused",
        TenderStatus.expired: "nobody answered in time",
        TenderStatus.recalled: "being taken back",
        TenderStatus.cancelled: "taken back",
    }
    return said[line.tender.status]


def why(option: RoutingOption) -> str:
    """The rule about an option in plain words, with what it was about this time."""
    if option.rule is RoutingRule.dearer or not option.detail:
        return label(f"routing.{option.rule}")
    if option.rule is RoutingRule.capacity and option.carrier == OWN_FLEET:
        # What no van could do comes as the plan's own codes.
        return ", ".join(label(code) for code in option.detail.split(", "))
    return option.detail
