"""Problems: how every refusal leaves the door (RFC 9457), with a stable code and the request's id."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

PROBLEM_MEDIA: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:doorstep:problem:"
"""What stands before the code in a problem's `type`."""
ERRORS_MAX: Final = 100
"""Field errors that one problem names; the rest is a count in `detail`."""


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field: a dotted path into the body, a stable code, one sentence."""

    field: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a refusal. `differences` holds, per field, what stands now, where two versions met."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldProblem, ...] = ()
    differences: Mapping[str, Any] = {}


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        differences: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.differences = dict(differences or {})
        self.headers = dict(headers or {})

    def problem(self, request_id: str) -> Problem:
        """The body for the request with this id."""
        more = len(self.errors) - ERRORS_MAX
        return Problem(
            type=TYPE_PREFIX + self.code,
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=f"{self.detail} {more} more errors are not listed." if more > 0 else self.detail,
            code=self.code,
            request_id=request_id,
            errors=self.errors[:ERRORS_MAX],
            differences=self.differences,
        )


def not_found(noun: str) -> ProblemError:
    """The one answer for what does not exist and for what is somebody else's: nobody can tell which."""
    return ProblemError(HTTPStatus.NOT_FOUND, "not_found", f"No such {noun}.")


def invalid(errors: Sequence[FieldProblem]) -> ProblemError:
    """Every field error of a body or a query, in one answer."""
    names = ", ".join(dict.fromkeys(error.field for error in errors[:ERRORS_MAX]))
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", f"These fields cannot be taken: {names}.", errors=errors
    )
