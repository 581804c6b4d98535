import pytest

from doorstep.lifecycle.action import ActionState, decide, evolve
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.action import (
    UNDO_S_MAX,
    ActionKind,
    ActionTaken,
    ActionUndone,
    Proposal,
    TakeAction,
    UndoAction,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, DeliveryId
from doorstep.vocabulary.units import Instant, after

ACTION = ActionId("act_1")
NOW = Instant(1_772_514_000_000_000)


def taken(kind: ActionKind, book: PolicyBook) -> ActionState:
    """An action of this kind."""
    command = TakeAction(ACTION, Proposal(kind, DeliveryId("dlv_1")), (), (), NOW)
    events = decide(None, command, book)
    assert isinstance(events, tuple)
    (event,) = events
    assert isinstance(event, ActionTaken)
    assert decide(evolve(None, event), command, book) == ()
    return evolve(None, event)


@pytest.mark.parametrize("kind", list(ActionKind))
def test_an_action_can_be_taken_back_for_five_minutes(kind: ActionKind, book: PolicyBook) -> None:
    """All but a cancellation, once, and not a second later."""
    state = taken(kind, book)
    last = UndoAction(ACTION, exactly=True, at=after(NOW, UNDO_S_MAX))
    answer = decide(state, last, book)
    if kind is ActionKind.cancel:
        assert isinstance(answer, Refusal)
        assert answer.code == "undo_never"
        return
    assert answer == (ActionUndone(ACTION, exactly=True, at=last.at),)
    again = decide(evolve(state, ActionUndone(ACTION, exactly=True, at=last.at)), last, book)
    assert isinstance(again, Refusal)
    assert again.code == "action_undone"
    late = decide(state, UndoAction(ACTION, exactly=True, at=after(NOW, UNDO_S_MAX + 1)), book)
    assert isinstance(late, Refusal)
    assert late.code == "undo_too_late"


def test_what_was_never_done_is_not_taken_back(book: PolicyBook) -> None:
    """Nobody knows the action."""
    answer = decide(None, UndoAction(ACTION, exactly=True, at=NOW), book)
    assert isinstance(answer, Refusal)
    assert answer.code == "action_unknown"
