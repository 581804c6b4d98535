"""The contract: whatever a caller makes of the OpenAPI document, the doors answer as it says."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.test_driver import Shift
from tests.web.test_tracking import link
from tests.web.town import Town

from doorstep.adapters.maps.streets import StreetMap
from doorstep.web.loopback import Loopback
from doorstep.web.routes import DOORS

EXAMPLES: Final = 12
"""Calls of one operation."""
BASE: Final = "http://localhost"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
WITHOUT_END: Final = frozenset({"/v1/stream"})
"""Paths whose answers have no end; the tests of the live page read them."""
OPERATIONS: Final = sorted(
    (door.path.replace(":path", ""), door.method) for door in DOORS if door.path not in WITHOUT_END
)
MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class Lived:
    """A market in the middle of its day, with one of everything that a path can name."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.loopback = Loopback(town.api)
        self.schema = schemathesis.openapi.from_dict(town.api.openapi())
        case = town.place(2, address="Nirgendwoweg 99, 17033 Neubrandenburg")["case"]
        shift = Shift(town)
        shift.leave()
        shift.arrive()
        self.names = {
            "order": shift.order["id"],
            "delivery": shift.delivery,
            "parcel": shift.order["parcels"][0],
            "route": shift.route,
            "case": case,
            "token": link(town, shift.order["id"]),
        }
        self.driver = shift.driver

    def operation(self, path: str, method: str) -> APIOperation:
        """What the document says of a door."""
        return self.schema[path][method]

    def send(self, case: Case, who: str | None) -> Response:
        """Carries a call through the door."""
        request = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        if who is not None:
            headers["authorization"] = f"Bearer {self.town.tokens[who]}"
        for name in ("content-length", "accept-encoding"):
            headers.pop(name, None)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert request.method is not None
        answer = self.loopback.call(request.method, request.path_url, headers, body)
        sent = {name: [value] for name, value in answer.headers.items()}
        phrase = HTTPStatus(answer.status).phrase
        return Response(answer.status, sent, answer.body, request, 0.0, verify=False, message=phrase)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@pytest.fixture(scope="module")
def lived(streets: StreetMap) -> Iterator[Lived]:
    """One market for all calls: what one of them leaves behind is what the next one meets."""
    town = Town.founded(streets)
    yield Lived(town)
    town.app.close()


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=str)
def test_every_answer_is_one_that_the_document_knows(lived: Lived, path: str, method: str) -> None:
    """No call, right or wrong, ends in a defect or in an answer of another status, type or shape."""
    operation = lived.operation(path, method)
    calls = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES))

    callers = st.sampled_from(["operator", lived.driver, lived.town.merchants[0], None])

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=calls, who=callers, known=st.booleans())
    def call(case: Case, who: str | None, *, known: bool) -> None:
        given_names = case.path_parameters or {}
        if known:
            case.path_parameters = {name: lived.names.get(name, value) for name, value in given_names.items()}
        case.validate_response(lived.send(case, who), checks=CHECKS)

    call()
