"""Refusals: a rule's no as a problem. Codes are the rules' own; only here do they meet HTTP."""

from http import HTTPStatus
from typing import Final

from doorstep.engine.intake import RejectedRow
from doorstep.vocabulary.event import Refusal
from doorstep.web.problems import FieldProblem, ProblemError, not_found

_STATUS: Final = {
    "version_conflict": HTTPStatus.PRECONDITION_FAILED,
    "photo_empty": HTTPStatus.UNPROCESSABLE_ENTITY,
    "photo_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "photo_kind": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "photo_polyglot": HTTPStatus.UNPROCESSABLE_ENTITY,
    "photo_too_many_pixels": HTTPStatus.UNPROCESSABLE_ENTITY,
    "photo_damaged": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reason_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "delivery_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "message_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "url_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "types_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "range_empty": HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Refusals with a status of their own; every other one is a conflict with what stands."""
_UNKNOWN: Final = "_unknown"
"""How the codes end that say there is no such thing."""


def refused(refusal: Refusal) -> ProblemError:
    """The problem that says this refusal."""
    if refusal.code.endswith(_UNKNOWN):
        return not_found(refusal.code.removesuffix(_UNKNOWN))
    detail = refusal.detail[:1].upper() + refusal.detail[1:].rstrip(".") + "."
    errors = tuple(FieldProblem(name, refusal.code, detail) for name in refusal.fields)
    return ProblemError(_STATUS.get(refusal.code, HTTPStatus.CONFLICT), refusal.code, detail, errors=errors)


def unreadable(row: RejectedRow) -> ProblemError:
    """A file that is none: it is about no field of any row."""
    first = row.errors[0]
    told = "; ".join(f"line {error.line}: {error.detail}" for error in row.errors)
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(first.code), f"{told}.")
