"""Bodies: strict JSON into a frozen struct, with every field error at once."""

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import FieldInfo

from doorstep.engine.intake.json_text import NotStrictJson, strict_json
from doorstep.web.problems import FieldProblem, ProblemError, invalid

Body = TypeVar("Body", bound=msgspec.Struct)

_AT: Final = re.compile(r" - at `\$(.*)`$")
_CODES: Final = (
    ("Invalid RFC3339", "bad_instant"),
    ("Invalid enum value", "not_one_of"),
    ("matching regex", "bad_format"),
    ("of length", "bad_length"),
    ("Expected `datetime` with a timezone", "bad_instant"),
    (">=", "out_of_range"),
    ("<=", "out_of_range"),
    ("<", "out_of_range"),
    (">", "out_of_range"),
    ("missing required field", "missing"),
    ("unknown field", "unknown_field"),
)
"""Stable codes, by a piece of the sentence that msgspec says; the first that fits is taken."""


def read_body(raw: bytes, shape: type[Body]) -> Body:
    """The body as `shape`.

    Raises:
        ProblemError: 400 where it is no JSON object, 422 with all field errors otherwise.
    """
    return _filled(json_object(raw), shape, strict=True)


def json_object(raw: bytes) -> dict[str, Any]:
    """The object that a body is; NaN, a key that stands twice and the like are refused.

    Raises:
        ProblemError: 400 `bad_json` with the reason.
    """
    try:
        value = strict_json(raw)
    except NotStrictJson as fault:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "bad_json", f"The body is no strict JSON: {fault.detail}."
        ) from fault
    if not isinstance(value, dict):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_json", "The body must be a JSON object.")
    return value


def read_query(values: Mapping[str, str], shape: type[Body]) -> Body:
    """The query's parameters as `shape`; numbers may stand as text there, as a query has only text.

    Raises:
        ProblemError: 422 with all errors.
    """
    return _filled(values, shape, strict=False)


def _filled(values: Mapping[str, Any], shape: type[Body], *, strict: bool) -> Body:
    taken: dict[str, Any] = {}
    errors = [
        FieldProblem(name, "unknown_field", "There is no such field here.")
        for name in values
        if name not in _fields(shape)
    ]
    for name, field in _fields(shape).items():
        if name not in values:
            if field.required:
                errors.append(FieldProblem(name, "missing", "This field is required."))
            continue
        try:
            taken[field.name] = msgspec.convert(values[name], field.type, strict=strict)
        except msgspec.ValidationError as fault:
            errors.append(_field_problem(name, str(fault)))
    if errors:
        raise invalid(errors)
    return shape(**taken)


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


def _field_problem(name: str, sentence: str) -> FieldProblem:
    where = _AT.search(sentence)
    path = name + (where.group(1) if where else "")
    detail = _AT.sub("", sentence)
    code = next((code for piece, code in _CODES if piece in detail), "wrong_type")
    return FieldProblem(path, code, f"{detail}.")
