from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vocabulary.drawing import COMMANDS, EVENTS, structs, tag

from doorstep.lifecycle.registry import LIFECYCLES
from doorstep.vocabulary.record import AnyCommand, AnyEvent
from doorstep.vocabulary.route import Shift
from doorstep.vocabulary.windows import Window

NOUNS = {cycle.noun for cycle in LIFECYCLES}


def test_every_tag_is_its_own() -> None:
    """No two events share a tag, and no two commands do."""
    for kinds in (EVENTS, COMMANDS):
        assert len({tag(kind) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("kind", EVENTS + COMMANDS, ids=tag)
def test_every_tag_begins_with_a_noun_that_has_a_life(kind: type[msgspec.Struct]) -> None:
    """`noun.what`, of a noun whose lifecycle is registered."""
    noun, _, what = tag(kind).partition(".")
    assert noun in NOUNS
    assert what
    assert what == what.lower()


@pytest.mark.parametrize("kind", EVENTS, ids=tag)
@settings(max_examples=20)
@given(data=st.data())
def test_an_event_survives_its_own_text(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    """What is stored is read back as the same event of the same kind."""
    event = data.draw(structs(kind))
    again: Any = msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent)
    assert type(again) is kind
    assert again == event


@pytest.mark.parametrize("kind", COMMANDS, ids=tag)
@settings(max_examples=20)
@given(data=st.data())
def test_a_command_survives_its_text_and_finds_its_stream(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    """Timers keep commands as text; each names a stream of its own noun."""
    command = data.draw(structs(kind))
    again: Any = msgspec.json.decode(msgspec.json.encode(command), type=AnyCommand)
    assert type(again) is kind
    assert again == command
    assert command.stream().partition("/")[0] == tag(kind).partition(".")[0]


@given(structs(Window), structs(Window))
def test_overlaps_are_mutual_and_never_wider_than_either(a: Window, b: Window) -> None:
    """What two windows share is the same seen from both, and fits into each."""
    assert a.overlap_s(b) == b.overlap_s(a) >= 0
    if a.start <= a.end and b.start <= b.end:
        assert a.overlap_s(b) <= min(a.width_s(), b.width_s())


@given(structs(Shift))
def test_a_shift_is_itself_after_a_round_trip(shift: Shift) -> None:
    """Shifts stand inside events; their skills stay in order."""
    assert msgspec.json.decode(msgspec.json.encode(shift), type=Shift) == shift
