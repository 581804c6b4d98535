"""Evidence packets: what was issued about an order, so that a cut tail is found."""

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import OrderId


class StreamEnd(msgspec.Struct, frozen=True):
    """A stream and its last version at the time of issue."""

    stream: str
    version: int


class EvidenceCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("evidence")):
    """Addressed to an order's packets."""

    order: OrderId

    def stream(self) -> StreamId:
        """The order's stream of packets."""
        return StreamId(f"evidence/{self.order}")


class IssueEvidence(EvidenceCommand, frozen=True):
    """Seal the streams that a packet holds."""

    streams: tuple[StreamEnd, ...]


class EvidenceEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("evidence")):
    """A fact about an order's packets."""

    order: OrderId


class EvidenceIssued(EvidenceEvent, frozen=True, tag="evidence.issued"):
    """These streams stood at these versions."""

    streams: tuple[StreamEnd, ...]


AnyEvidenceEvent = EvidenceIssued
AnyEvidenceCommand = IssueEvidence
