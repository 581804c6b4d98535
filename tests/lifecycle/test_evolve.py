"""Every event of the vocabulary meets its noun's `evolve`."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vocabulary.drawing import EVENTS, structs, tag

from doorstep.lifecycle.registry import LIFECYCLES
from doorstep.vocabulary.action import ActionTaken
from doorstep.vocabulary.case import CaseOpened
from doorstep.vocabulary.custody import CustodyOpened
from doorstep.vocabulary.incident import CaseGathered
from doorstep.vocabulary.intake import ImportOpened
from doorstep.vocabulary.order import OrderPlaced
from doorstep.vocabulary.promise import PromiseHeld
from doorstep.vocabulary.return_ import ReturnRequested
from doorstep.vocabulary.route import RouteOpened, Stop, StopCompleted, StopKind
from doorstep.vocabulary.tender import TenderOffered

FIRST = {
    "action": ActionTaken,
    "case": CaseOpened,
    "custody": CustodyOpened,
    "incident": CaseGathered,
    "intake": ImportOpened,
    "order": OrderPlaced,
    "promise": PromiseHeld,
    "route": RouteOpened,
    "return": ReturnRequested,
    "tender": TenderOffered,
}
"""What begins the streams whose other events cannot come first."""
EVOLVE = {cycle.noun: cycle.evolve for cycle in LIFECYCLES}


def noun_of(kind: type[msgspec.Struct]) -> str:
    return tag(kind).partition(".")[0]


@pytest.mark.parametrize("kind", EVENTS, ids=tag)
@settings(max_examples=25)
@given(data=st.data())
def test_evolve_takes_every_event(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    """Whatever an event holds, `evolve` never refuses it, and says the same when asked again."""
    noun = noun_of(kind)
    state: Any = None
    if noun in FIRST:
        state = EVOLVE[noun](None, data.draw(structs(FIRST[noun])))
    # A stop that is done stood on the route: here the hub visit that every route begins with.
    fixed = {"stop": Stop(StopKind.hub)} if kind is StopCompleted else {}
    event = data.draw(structs(kind, **fixed))
    after = EVOLVE[noun](state, event)
    assert after is not None
    assert after == EVOLVE[noun](state, event)


def test_every_lifecycle_has_events() -> None:
    """No noun is registered that nothing happens to."""
    assert {noun_of(kind) for kind in EVENTS} == set(EVOLVE)
