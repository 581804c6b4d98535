"""Given what happened, when a command comes, then this follows: the same words for every noun."""

from collections.abc import Iterable
from typing import Any

from doorstep.app import default_book
from doorstep.lifecycle.registry import LIFECYCLES
from doorstep.vocabulary.event import Refusal

BOOK = default_book()
_CYCLES = {cycle.noun: cycle for cycle in LIFECYCLES}


def lived(noun: str, commands: Iterable[Any], state: Any = None) -> Any:  # noqa: ANN401 - each noun has its own
    """The state after commands that are all accepted."""
    cycle = _CYCLES[noun]
    for command in commands:
        events = cycle.decide(state, command, BOOK)
        assert not isinstance(events, Refusal), (command, events)
        assert events, f"{command} changed nothing"
        for event in events:
            state = cycle.evolve(state, event)
    return state


def answer(noun: str, state: Any, command: Any) -> Any:  # noqa: ANN401 - each noun has its own
    """What a command comes to: the names of its events, or the code of its refusal."""
    events = _CYCLES[noun].decide(state, command, BOOK)
    if isinstance(events, Refusal):
        assert events.detail, "a refusal says in a sentence why"
        return events.code
    for event in events:
        state = _CYCLES[noun].evolve(state, event)
    return tuple(type(event).__name__ for event in events)
