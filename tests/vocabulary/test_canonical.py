"""Canonical JSON against RFC 8785's own vectors and another implementation."""

import math
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from doorstep.vocabulary.canonical import INTEGER_MAX, NotCanonicalError, canonical, is_canonical

VECTORS = Path(__file__).parents[2].parent / "shared/vectors/jcs-rfc8785/testdata"
FLOAT_FREE = ("arrays", "french", "unicode", "weird")

integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)


class Colour(StrEnum):
    """A field's value as events have them."""

    red = "red"


class Moved(msgspec.Struct, frozen=True, tag_field="type", tag="van.moved"):
    """An event as events are."""

    van: str
    colour: Colour
    by_m: int
    at: tuple[int, ...] = ()


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the outside vectors are not on this machine")
@pytest.mark.parametrize("name", FLOAT_FREE)
def test_outside_vectors(name: str) -> None:
    """Every float-free pair of RFC 8785's test data comes out byte for byte."""
    value = msgspec.json.decode((VECTORS / "input" / f"{name}.json").read_bytes())
    expected = bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())
    assert canonical(value) == expected
    assert is_canonical(expected)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the outside vectors are not on this machine")
@pytest.mark.parametrize("name", ["structures", "values"])
def test_outside_vectors_with_floats_are_refused(name: str) -> None:
    """The two pairs that hold floats are refused: no float ever stands in an event."""
    with pytest.raises(NotCanonicalError, match="is a float"):
        canonical(msgspec.json.decode((VECTORS / "input" / f"{name}.json").read_bytes()))


@given(values)
@example({"\U0001f600": 1, "\ue000": 2, "\u00e9": 3, "\x00\x1f\x7f\u2028": 4})
@example([1_767_000_000_000_000, INTEGER_MAX, -INTEGER_MAX, 0xCB, 0xCBCB])
@example({"Ë": "ËÏÓ", "": []})
def test_equal_to_another_implementation(value: object) -> None:
    """Any float-free value gives the text of the rfc8785 package, astral keys and controls included."""
    text = canonical(value)
    assert text == rfc8785.dumps(value)
    assert is_canonical(text)
    assert msgspec.json.decode(text) == value


@given(
    st.recursive(
        st.floats() | integers,
        lambda inner: st.lists(inner, min_size=1) | st.dictionaries(texts, inner, min_size=1),
    )
)
@example([math.nan])
@example({"a": [math.inf]})
@example(-0.0)
def test_floats_are_refused(value: object) -> None:
    """A float anywhere is refused, even one that JSON would turn to null or to an integer."""
    if "float" in {type(leaf).__name__ for leaf in leaves(value)}:
        with pytest.raises(NotCanonicalError, match="is a float"):
            canonical(value)
    else:
        assert canonical(value) == rfc8785.dumps(value)


def leaves(value: object) -> list[object]:
    """Every scalar in a nested value."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@given(st.integers(INTEGER_MAX - 3, INTEGER_MAX + 3) | st.integers(), st.sampled_from([1, -1]))
@example(2**53, -1)
@example(2**64, 1)
@example(2**64, -1)
def test_integers_that_doubles_cannot_hold_are_refused(size: int, sign: int) -> None:
    """An integer is written exactly when a reader with doubles reads the same one."""
    number = size * sign
    if abs(number) <= INTEGER_MAX:
        assert canonical([number]) == f"[{number}]".encode()
    else:
        with pytest.raises(NotCanonicalError, match="beyond"):
            canonical([number])


def test_structs_are_written_with_their_tag_and_sorted_fields() -> None:
    """An event's struct gives its type and its fields in canonical order."""
    event = Moved("veh_1", Colour.red, 1_200, (1, 2))
    assert canonical(event) == b'{"at":[1,2],"by_m":1200,"colour":"red","type":"van.moved","van":"veh_1"}'


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, {"a": ["\udfff"]}, object(), {1: object()}])
def test_what_has_no_text_is_refused(value: object) -> None:
    """A lone surrogate or a foreign object is refused in the module's own words."""
    with pytest.raises(NotCanonicalError):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" 1",
        b"-0",
        b"1.0",
        b"1e3",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\xff"',
        b"9007199254740993",
        b"[" * 100_000,
        b'{"\xee\x80\x80":2,"\xf0\x9f\x98\x80":1}',
    ],
)
def test_other_spellings_are_not_canonical(text: bytes) -> None:
    """A text that any reader might take for the same value, or for none, is not the canonical one."""
    assert not is_canonical(text)
