"""The record: an event as it stands in the log, and the unions of all events and commands."""

import msgspec

from doorstep.vocabulary.action import AnyActionCommand, AnyActionEvent
from doorstep.vocabulary.carrier import AnyCarrierCommand, AnyCarrierEvent
from doorstep.vocabulary.case import AnyCaseCommand, AnyCaseEvent
from doorstep.vocabulary.contact import AnyContactCommand, AnyContactEvent
from doorstep.vocabulary.cost import AnyCostCommand, AnyCostEvent
from doorstep.vocabulary.custody import AnyCustodyCommand, AnyCustodyEvent
from doorstep.vocabulary.delivery import AnyDeliveryCommand, AnyDeliveryEvent
from doorstep.vocabulary.event import Because, CommandId, EventId, MarketId, Source, StreamId
from doorstep.vocabulary.evidence import AnyEvidenceCommand, AnyEvidenceEvent
from doorstep.vocabulary.incident import AnyIncidentCommand, AnyIncidentEvent
from doorstep.vocabulary.intake import AnyIntakeCommand, AnyIntakeEvent
from doorstep.vocabulary.message import AnyMessageCommand, AnyMessageEvent
from doorstep.vocabulary.order import AnyOrderCommand, AnyOrderEvent
from doorstep.vocabulary.pin import AnyPinCommand, AnyPinEvent
from doorstep.vocabulary.promise import AnyPromiseCommand, AnyPromiseEvent
from doorstep.vocabulary.return_ import AnyReturnCommand, AnyReturnEvent
from doorstep.vocabulary.roster import AnyRosterCommand, AnyRosterEvent
from doorstep.vocabulary.route import AnyRouteCommand, AnyRouteEvent
from doorstep.vocabulary.routing import AnyRoutingCommand, AnyRoutingEvent
from doorstep.vocabulary.tender import AnyTenderCommand, AnyTenderEvent
from doorstep.vocabulary.tracking import AnyTrackingCommand, AnyTrackingEvent
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import AnyWebhookCommand, AnyWebhookEvent

AnyEvent = (
    AnyOrderEvent
    | AnyPromiseEvent
    | AnyDeliveryEvent
    | AnyPinEvent
    | AnyCustodyEvent
    | AnyRouteEvent
    | AnyReturnEvent
    | AnyRosterEvent
    | AnyCaseEvent
    | AnyIncidentEvent
    | AnyCostEvent
    | AnyContactEvent
    | AnyMessageEvent
    | AnyTrackingEvent
    | AnyIntakeEvent
    | AnyEvidenceEvent
    | AnyRoutingEvent
    | AnyTenderEvent
    | AnyCarrierEvent
    | AnyActionEvent
    | AnyWebhookEvent
)
AnyCommand = (
    AnyOrderCommand
    | AnyPromiseCommand
    | AnyDeliveryCommand
    | AnyPinCommand
    | AnyCustodyCommand
    | AnyRouteCommand
    | AnyReturnCommand
    | AnyRosterCommand
    | AnyCaseCommand
    | AnyIncidentCommand
    | AnyCostCommand
    | AnyContactCommand
    | AnyMessageCommand
    | AnyTrackingCommand
    | AnyIntakeCommand
    | AnyEvidenceCommand
    | AnyRoutingCommand
    | AnyTenderCommand
    | AnyCarrierCommand
    | AnyActionCommand
    | AnyWebhookCommand
)


class Record(msgspec.Struct, frozen=True):
    """One event of a market's log, as stored.

    `position` counts from 1 without gaps in the market, `version` from 1 in the stream. `occurred_at` is
    the teller's clock, `recorded_at` ours. `cause` is the command or event behind it, `because` the
    policy's rule.
    """

    position: int
    id: EventId
    market: MarketId
    stream: StreamId
    version: int
    schema: int
    occurred_at: Instant
    recorded_at: Instant
    source: Source
    actor: str
    cause: str
    because: Because | None
    data: AnyEvent


class Instruction(msgspec.Struct, frozen=True):
    """A command with who gives it: the unit that `handle` takes."""

    id: CommandId
    command: AnyCommand
    actor: str
    source: Source
    occurred_at: Instant
    because: Because | None = None
