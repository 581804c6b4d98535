"""The life of an order's packets: how often one was issued."""

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.evidence import AnyEvidenceCommand, AnyEvidenceEvent, EvidenceIssued
from doorstep.vocabulary.ids import OrderId


class EvidenceState(msgspec.Struct, frozen=True):
    """How many packets were issued about the order."""

    order: OrderId
    issued: int


def decide(
    state: EvidenceState | None, command: AnyEvidenceCommand, book: PolicyBook
) -> tuple[AnyEvidenceEvent, ...] | Refusal:
    """The issue of a packet: never refused."""
    del state, book
    return (EvidenceIssued(command.order, command.streams),)


def evolve(state: EvidenceState | None, event: AnyEvidenceEvent) -> EvidenceState:
    """One more packet."""
    return EvidenceState(event.order, (state.issued if state else 0) + 1)
