"""Strict JSON: RFC 8259 and nothing beside it, so that no two readers see different values in one body."""

import json
from http import HTTPStatus
from typing import Any, Final

import msgspec

from doorstep.web.problems import ProblemError

DEPTH_MAX: Final = 32
"""Levels of nesting in a body."""


class _DuplicateKeyError(ValueError):
    """A key stands twice in one object."""


def strict_json(raw: bytes) -> object:
    """The value of a JSON text.

    msgspec refuses what is no JSON (NaN, lone surrogates, a byte order mark), but of two equal keys it
    silently takes the last; the second reading finds those.

    Raises:
        ProblemError: 400 `bad_json` with the reason.
    """
    try:
        value = msgspec.json.decode(raw)
        json.loads(raw, object_pairs_hook=_unique)
    except _DuplicateKeyError as fault:
        raise _bad(f"The key {str(fault)[:80]!r} stands twice in one object.") from fault
    except RecursionError as fault:
        raise _bad(f"It nests deeper than {DEPTH_MAX} levels.") from fault
    except (ValueError, msgspec.DecodeError) as fault:
        raise _bad(f"{str(fault)[:200].rstrip('.')}.") from fault
    if _deeper_than(value, DEPTH_MAX):
        raise _bad(f"It nests deeper than {DEPTH_MAX} levels.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]  # set.add is used for its effect
    return found


def _deeper_than(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_deeper_than(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_deeper_than(item, levels - 1) for item in value)
    return False


def _bad(why: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "bad_json", f"The body is no JSON text that we take. {why}")
