"""Strict JSON: what readers disagree about is refused."""

from pathlib import Path

import pytest

from doorstep.engine.intake.json_text import NotStrictJson, strict_json

PARSING = Path(__file__).parents[3].parent / "shared" / "vectors" / "json-parsing" / "test_parsing"


@pytest.mark.skipif(not PARSING.exists(), reason="needs ../shared/vectors/json-parsing")
def test_strict_json_vectors() -> None:
    """What must be refused is, and what must be read is, but for keys that stand twice."""
    verdicts: dict[str, list[str]] = {"y": [], "n": []}
    for path in sorted(PARSING.glob("[yn]_*.json")):
        try:
            strict_json(path.read_bytes())
        except NotStrictJson:
            verdicts[path.name[0]].append(path.name)
    assert len(verdicts["n"]) == len(list(PARSING.glob("n_*.json"))) > 180
    assert verdicts["y"] == ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": NaN}',
        b"[Infinity]",
        b"[1e400]",
        b'["\\ud800"]',
        b'{"\\udc00": 1}',
        b'{"a": {"b": 1, "b": 1}}',
        b"[" * 17 + b"]" * 17,
        b"[" * 100_000,
        b"9" * 5_000,
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"\xff",
        b"",
    ],
)
def test_not_strict_json(text: bytes) -> None:
    """What readers disagree about is refused."""
    with pytest.raises(NotStrictJson):
        strict_json(text)
