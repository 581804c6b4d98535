"""The life of an action: taken ─▶ undone, within minutes."""

from collections.abc import Iterator
from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.action import (
    UNDO_S_MAX,
    ActionKind,
    ActionTaken,
    ActionUndone,
    AnyActionCommand,
    AnyActionEvent,
    Proposal,
    Sequence,
    TakeAction,
    UndoAction,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, CaseId, DeliveryId
from doorstep.vocabulary.units import Instant, after

FOR_GOOD: Final = frozenset({ActionKind.cancel})
"""What cannot be taken back: a shopper who was told of it is told once."""
MISSES_MAX: Final = 50
"""Cases that actions may open about one delivery."""


class ActionState(msgspec.Struct, frozen=True):
    """An action: what it changed, what stood before, and until when it can be taken back."""

    id: ActionId
    proposal: Proposal
    before: tuple[Sequence, ...]
    cases: tuple[CaseId, ...]
    undo_until: Instant | None
    taken_at: Instant
    undone_at: Instant | None = None


def decide(
    state: ActionState | None, command: AnyActionCommand, book: PolicyBook
) -> tuple[AnyActionEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    action = command.action
    match command:
        case TakeAction(proposal=proposal, before=before, cases=cases, at=at):
            if state is not None:
                return ()
            until = None if proposal.kind in FOR_GOOD else after(at, UNDO_S_MAX)
            return (ActionTaken(action, proposal, before, cases, until, at),)
        case UndoAction(exactly=exactly, at=at):
            refusal = undoable(state, at)
            return refusal or (ActionUndone(action, exactly, at),)
        case _:
            assert_never(command)


def undoable(state: ActionState | None, at: Instant) -> Refusal | None:
    """Why an action cannot be taken back at an instant; None where it can."""
    if state is None:
        return Refusal("action_unknown", "there is no such action")
    if state.undone_at is not None:
        return Refusal("action_undone", "it was taken back already")
    if state.undo_until is None:
        return Refusal("undo_never", f"a {state.proposal.kind} cannot be taken back")
    if at > state.undo_until:
        return Refusal("undo_too_late", f"it can be taken back for {UNDO_S_MAX // 60} minutes")
    return None


def evolve(state: ActionState | None, event: AnyActionEvent) -> ActionState:
    """The state after the event."""
    match event:
        case ActionTaken(
            action=action, proposal=proposal, before=before, cases=cases, undo_until=undo_until, at=at
        ):
            return ActionState(action, proposal, before, cases, undo_until, at)
        case ActionUndone(at=at):
            assert state is not None, "what was never done is not taken back"
            return msgspec.structs.replace(state, undone_at=at)
        case _:
            assert_never(event)


def miss_causes(delivery: DeliveryId) -> Iterator[tuple[str, ...]]:
    """What the cases about promises of this delivery that actions break are about, the first one first.

    The first is what the watch over its van would open a case about; each later break is a cause of its own.
    """
    yield (delivery,)
    for number in range(1, MISSES_MAX):
        yield (delivery, "action", str(number))
