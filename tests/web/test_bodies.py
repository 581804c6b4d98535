"""Bodies: strict JSON, and every field error at once."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from doorstep.web.bodies import json_object, read_body, read_query
from doorstep.web.instants import Moment
from doorstep.web.problems import ProblemError

PARSING = Path(__file__).parents[2].parent / "shared" / "vectors" / "json-parsing" / "test_parsing"


class Shape(msgspec.Struct, frozen=True):
    """A body with one field of each kind."""

    count: Annotated[int, msgspec.Meta(ge=0)]
    name: Annotated[str, msgspec.Meta(max_length=5)]
    at: Moment
    lat: float = 0.0


def refused(raw: bytes) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        read_body(raw, Shape)
    return caught.value


def test_a_body_that_fits_is_taken() -> None:
    """What fits the shape is taken as it is."""
    body = read_body(b'{"count": 2, "name": "abc", "at": "2026-06-16T08:00:00Z"}', Shape)
    assert (body.count, body.name, body.lat) == (2, "abc", 0.0)


def test_every_field_error_is_told_at_once() -> None:
    """A caller mends all fields in one go: each is named with its own stable code."""
    fault = refused(b'{"count": -1, "name": "abcdefg", "at": "2026-06-16T08:00:00", "colour": 1}')
    assert fault.status == 422
    assert {(error.field, error.code) for error in fault.errors} == {
        ("colour", "unknown_field"),
        ("count", "out_of_range"),
        ("name", "bad_length"),
        ("at", "bad_instant"),
    }


def test_a_missing_field_is_named() -> None:
    """What is not there is named as missing, not as null."""
    assert {(error.field, error.code) for error in refused(b"{}").errors} == {
        ("count", "missing"),
        ("name", "missing"),
        ("at", "missing"),
    }


@pytest.mark.parametrize("value", ["true", '"2"', "2.5", "null", "[]"])
def test_no_value_is_coerced(value: str) -> None:
    """A truth value, a text or a fraction is no count."""
    raw = b'{"count": %s, "name": "a", "at": "2026-06-16T08:00:00Z"}' % value.encode()
    assert [error.code for error in refused(raw).errors] == ["wrong_type"]


@pytest.mark.parametrize(
    "raw", [b"NaN", b'{"lat": NaN}', b'{"lat": Infinity}', b'{"a": 1, "a": 2}', b"[]", b""]
)
def test_what_two_readers_read_differently_is_refused(raw: bytes) -> None:
    """NaN, infinity, a key that stands twice, and what is no object are a bad request."""
    fault = refused(raw)
    assert (fault.status, fault.code) == (400, "bad_json")


def test_a_query_may_write_numbers_as_text_but_not_other_things() -> None:
    """A query has only text; a number in it is read, and what is none is refused."""
    shape = msgspec.defstruct("Shape", [("limit", int, 5)])
    assert read_query({"limit": "7"}, shape).limit == 7  # type: ignore[attr-defined]  # the shape has it
    with pytest.raises(ProblemError):
        read_query({"limit": "seven"}, shape)


@pytest.mark.skipif(not PARSING.exists(), reason="the JSON parsing vectors are not here")
def test_the_outside_vectors_of_json_parsing_hold() -> None:
    """What must be refused is refused; what must be taken is taken, but for keys that stand twice."""
    twice = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
    seen = 0
    for path in sorted(PARSING.glob("[yn]_*.json")):
        try:
            json_object(path.read_bytes())
            taken = True
        except ProblemError as fault:
            taken = "must be a JSON object" in fault.detail
        seen += 1
        assert taken == (path.name.startswith("y_") and path.name not in twice), path.name
    assert seen > 250
