"""The Idempotency-Key header."""

import json
from pathlib import Path

import pytest

from doorstep.web.idempotency_key import KEY_CHARS_MAX, idempotency_key
from doorstep.web.problems import ProblemError

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "structured-fields"


@pytest.mark.parametrize("header", ['"8e03978e-40d5"', "8e03978e-40d5", '  "8e03978e-40d5" '])
def test_quoted_and_bare_are_one_key(header: str) -> None:
    """A client that forgets the quotes means the same key."""
    assert idempotency_key(header) == "8e03978e-40d5"


@pytest.mark.parametrize(
    "header", ["", '""', "a b", 'a"b', "a,b", "a;b", "ü", '"a', "\x00", "x" * (KEY_CHARS_MAX + 1)]
)
def test_what_is_no_key_is_refused(header: str) -> None:
    """Empty, too long, spaced, listed or unprintable is a bad request."""
    with pytest.raises(ProblemError) as caught:
        idempotency_key(header)
    assert (caught.value.status, caught.value.code) == (400, "bad_idempotency_key")


@pytest.mark.skipif(not VECTORS.exists(), reason="the structured-field vectors are not here")
@pytest.mark.parametrize("name", ["string", "string-generated"])
def test_the_outside_vectors_of_structured_strings_hold(name: str) -> None:
    """Every string of the vectors is read as they say, but for those that are too short or long for a key."""
    seen = 0
    for case in json.loads((VECTORS / f"{name}.json").read_text()):
        if len(case["raw"]) != 1 or not case["raw"][0].startswith('"'):
            continue
        seen += 1
        wanted = None if case.get("must_fail") else case["expected"][0]
        if wanted is not None and not 0 < len(wanted) <= KEY_CHARS_MAX:
            wanted = None
        try:
            found = idempotency_key(case["raw"][0])
        except ProblemError:
            found = None
        assert found == wanted, case["name"]
    assert seen > 5
