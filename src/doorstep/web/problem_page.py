"""Problems in the form that the caller reads: a page for a person who browses, JSON for a program."""

from typing import Final

from starlette.types import Scope

from doorstep.web.problems import ProblemError
from doorstep.web.reply import Reply, problem_reply
from doorstep.web.templates import HTML_MEDIA, render

API: Final = "/v1/"
"""What stands under this path speaks JSON, whoever asks."""
_HTML: Final = "text/html"


def problem_answer(fault: ProblemError, scope: Scope) -> Reply:
    """The reply that says this problem to the caller of this request."""
    request_id = scope["state"]["request_id"]
    if not _is_browsing(scope):
        return problem_reply(fault, request_id)
    text = render("problem.html", problem=fault.problem(request_id))
    return Reply(fault.status, text.encode(), HTML_MEDIA, fault.headers)


def _is_browsing(scope: Scope) -> bool:
    """Whether a person looks at a page: only browsers ask for HTML by its name."""
    asked = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
    media = {one.partition(";")[0].strip().lower() for one in asked.split(",")}
    return _HTML in media and not scope["path"].startswith(API)
