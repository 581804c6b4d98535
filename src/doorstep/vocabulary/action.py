"""Actions: what a person changes on the day's routes, and takes back."""

from enum import StrEnum
from typing import Final

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import ActionId, CaseId, DeliveryId, RouteId
from doorstep.vocabulary.route import Stop
from doorstep.vocabulary.units import Instant

UNDO_S_MAX: Final = 300
"""Seconds in which an action can be taken back."""


class ActionKind(StrEnum):
    """What is done."""

    move = "move"
    front = "front"
    hold = "hold"
    cancel = "cancel"
    pin = "pin"
    unpin = "unpin"
    message = "message"


class Proposal(msgspec.Struct, frozen=True):
    """What a person would change.

    `move` takes a delivery to `route`, right before the stop `before`; without that to the best place on the
    route, and without a route to the best of all. `front` makes it the next stop of its route. `hold` takes
    it off its route until someone plans it again; what is held at `until` goes back. `pin` keeps a stop, or a
    whole route, where improvement would move it. `message` tells a route's driver `reason`.
    """

    kind: ActionKind
    delivery: DeliveryId | None = None
    route: RouteId | None = None
    before: DeliveryId | None = None
    reason: str = ""
    until: Instant | None = None


class Sequence(msgspec.Struct, frozen=True):
    """The stops of a route, whole, as they stood before an action."""

    route: RouteId
    stops: tuple[Stop, ...]


class ActionCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("action")):
    """Addressed to one action."""

    action: ActionId

    def stream(self) -> StreamId:
        """The action's own stream."""
        return StreamId(f"action/{self.action}")


class TakeAction(ActionCommand, frozen=True):
    """Do it: `before` are the sequences that it changes, `cases` those that it opens."""

    proposal: Proposal
    before: tuple[Sequence, ...]
    cases: tuple[CaseId, ...]
    at: Instant


class UndoAction(ActionCommand, frozen=True):
    """Take it back; `exactly` where everything stands again as it did before."""

    exactly: bool
    at: Instant


class ActionEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("action")):
    """A fact about one action."""

    action: ActionId


class ActionTaken(ActionEvent, frozen=True, tag="action.taken"):
    """Done; it can be taken back until `undo_until`, where it can be taken back at all."""

    proposal: Proposal
    before: tuple[Sequence, ...]
    cases: tuple[CaseId, ...]
    undo_until: Instant | None
    at: Instant


class ActionUndone(ActionEvent, frozen=True, tag="action.undone"):
    """Taken back."""

    exactly: bool
    at: Instant


AnyActionEvent = ActionTaken | ActionUndone
AnyActionCommand = TakeAction | UndoAction
