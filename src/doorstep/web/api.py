"""The API: every door of a market on one FastAPI application."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from doorstep.web.door import Door, DoorApp
from doorstep.web.edge import Edge
from doorstep.web.openapi import document
from doorstep.web.problem_page import problem_answer
from doorstep.web.problems import ProblemError
from doorstep.web.routes import DOORS
from doorstep.web.screens import Screens

if TYPE_CHECKING:
    from doorstep.app import Doorstep

TITLE: Final = "Doorstep"


class Api(FastAPI):
    """A FastAPI application whose document is written from its doors.

    The doors are plain routes: FastAPI's own would read bodies with a parser that takes NaN and keys that
    stand twice, and would coerce values.
    """

    def __init__(self, app: "Doorstep", doors: tuple[Door, ...]) -> None:
        release = version("doorstep")
        super().__init__(title=TITLE, version=release, docs_url=None, redoc_url=None, openapi_url=None)
        self.doors = doors
        self.router.redirect_slashes = False
        self.screens = Screens(app)
        app.market.subscribe(self.screens)
        for door in doors:
            self.router.routes.append(
                Route(door.path, DoorApp(door, app, self.screens), methods=[door.method])
            )
        self.add_middleware(Edge)
        self.add_exception_handler(HTTPException, _as_problem)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        if self.openapi_schema is None:
            self.openapi_schema = document(self.doors, self.title, self.version)
        return self.openapi_schema


def create_api(app: "Doorstep") -> FastAPI:
    """The web surface of a market: the API, the pages, and the live stream."""
    return Api(app, DOORS)


async def _as_problem(request: Request, fault: Exception) -> Response:
    """What the router itself refuses: an unknown path, or a method that the path does not know."""
    assert isinstance(fault, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(fault.status_code, "refused")
    detail = "There is nothing at this path." if fault.status_code == 404 else f"{fault.detail}."
    headers = dict(fault.headers or {})
    if fault.status_code == 405:
        # The router names the methods of one of its routes; a path has several here, one for each method.
        methods = {
            method
            for route in request.app.routes
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
            for method in route.methods or ()
        }
        headers["Allow"] = ", ".join(sorted(methods))
    problem = ProblemError(fault.status_code, code, detail, headers=headers)
    answer = problem_answer(problem, request.scope)
    return Response(answer.body, answer.status, dict(answer.headers), answer.media)
