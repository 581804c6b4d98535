"""Problems as a person sees them in a browser, and as a program reads them."""

import pytest
from tests.web.town import Town, problem

from doorstep.web.templates import HTML_MEDIA

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nothing", "/orders/ord_nobody", "/orders/", "/static/none.css"])
def test_a_page_that_does_not_exist_is_said_on_a_page(town: Town, path: str) -> None:
    """A person gets a page with the request's id and the way back to the board."""
    answer = town.call("operator", "GET", path, accept=BROWSER, x_request_id="req_of_mine")
    assert (answer.status, answer.headers["content-type"]) == (404, HTML_MEDIA)
    text = answer.body.decode()
    assert "req_of_mine" in text
    assert '<a href="/">To the board</a>' in text


def test_a_key_of_another_role_is_told_on_a_page(town: Town) -> None:
    """Somebody who is signed in with a key that opens no pages is led to the form for another."""
    answer = town.call(town.merchants[0], "GET", "/", accept=BROWSER)
    assert (answer.status, answer.headers["content-type"]) == (403, HTML_MEDIA)
    assert '<a href="/login">' in answer.body.decode()


def test_a_defect_is_said_on_a_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours shows the id that finds it in the log, and nothing of the defect itself."""

    def break_down(_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("doorstep.web.routes.pages.find_order", break_down)
    answer = town.call("operator", "GET", "/orders/ord_1", accept=BROWSER)
    assert (answer.status, answer.headers["content-type"]) == (500, HTML_MEDIA)
    assert answer.headers["x-request-id"] in answer.body.decode()
    assert "secret" not in answer.body.decode()


@pytest.mark.parametrize(
    ("path", "accept"), [("/v1/nothing", BROWSER), ("/nothing", "*/*"), ("/nothing", "application/json")]
)
def test_the_api_speaks_json_and_so_does_a_page_to_a_program(town: Town, path: str, accept: str) -> None:
    """Under /v1, and to whoever does not ask for HTML, a problem is JSON."""
    assert problem(town.call("operator", "GET", path, accept=accept))["status"] == 404


def test_what_a_problem_says_is_no_markup(town: Town) -> None:
    """What a caller sends is not run when it comes back."""
    answer = town.call("operator", "GET", "/orders/<script>alert(1)</script>", accept=BROWSER)
    assert answer.status == 404
    assert b"<script>alert" not in answer.body
