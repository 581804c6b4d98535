"""Draws any struct of the vocabulary from its own types, so that no event is forgotten."""

import types
import typing
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from doorstep.vocabulary.record import AnyCommand, AnyEvent

INT_MAX = 2**53 - 1
"""The largest integer that every reader of JSON keeps."""
WORDS = st.text("abc-/é ", min_size=1, max_size=6)

EVENTS: tuple[type[msgspec.Struct], ...] = get_args(AnyEvent)
COMMANDS: tuple[type[msgspec.Struct], ...] = get_args(AnyCommand)


def drawn(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any type of the vocabulary
    """Values of a type."""
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    origin, args = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([drawn(arg) for arg in args])
    if origin is tuple:
        assert args[-1] is Ellipsis, "the vocabulary has no tuples of fixed length"
        return st.lists(drawn(args[0]), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return structs(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        int: st.integers(-INT_MAX, INT_MAX),
        str: WORDS,
    }
    return plain[kind]


def structs(kind: type[msgspec.Struct], **fixed: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - fields differ
    """Instances of a struct; `fixed` fields have these values."""
    hints = get_type_hints(kind)
    fields = {
        name: st.just(fixed[name]) if name in fixed else drawn(hints[name]) for name in kind.__struct_fields__
    }
    return st.builds(kind, **fields)


def tag(kind: type[msgspec.Struct]) -> str:
    """The tag under which a struct is stored."""
    name = kind.__struct_config__.tag
    assert isinstance(name, str)
    return name
