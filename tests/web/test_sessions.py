"""Signing in with a browser."""

from urllib.parse import urlencode

import pytest
from tests.web.town import Town

FORM = "application/x-www-form-urlencoded"


def sign_in(town: Town, key: str, onward: str = "/") -> tuple[int, dict[str, str]]:
    """Send the form; the status and the headers of what comes back."""
    body = urlencode({"key": key, "next": onward}).encode()
    answer = town.call(None, "POST", "/login", body, content_type=FORM)
    return answer.status, answer.headers


def test_a_page_without_a_key_asks_for_one(town: Town) -> None:
    """A person is sent to the form and back to where they wanted to go; a program is told 401."""
    answer = town.call(None, "GET", "/cases/cas_1")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=/cases/cas_1")
    assert town.call(None, "GET", "/v1/board").status == 401
    assert "/cases/cas_1" in town.call(None, "GET", "/login?next=/cases/cas_1").body.decode()


def test_an_operators_key_signs_a_browser_in(town: Town) -> None:
    """The cookie opens pages and reads, and no script can read it."""
    status, headers = sign_in(town, town.tokens["operator"], "/cases/cas_1")
    assert (status, headers["location"]) == (303, "/cases/cas_1")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert town.call(None, "GET", "/", cookie=cookie).status == 200
    assert town.call(None, "GET", "/v1/board", cookie=cookie).status == 200


def test_no_other_key_signs_in(town: Town) -> None:
    """A driver's, a merchant's and an unknown key are refused alike."""
    driver = town.app.network.shifts[0].driver
    for key in (town.tokens[driver], town.tokens[town.merchants[0]], "nobody", ""):
        status, headers = sign_in(town, key)
        assert status == 401
        assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb: c", "x"]
)
def test_signing_in_leads_nowhere_else(town: Town, onward: str) -> None:
    """No address of another site is gone on to."""
    assert sign_in(town, town.tokens["operator"], onward)[1]["location"] == "/"


def test_a_cookie_writes_only_from_our_own_page(town: Town) -> None:
    """Another site's form cannot act for whoever is signed in."""
    cookie = sign_in(town, town.tokens["operator"])[1]["set-cookie"].partition(";")[0]
    for site, status in (("same-origin", 201), ("cross-site", 401), ("same-site", 401)):
        body = town.order(external_id=f"T-{site}")
        answer = town.call(None, "POST", "/v1/orders", body, cookie=cookie, sec_fetch_site=site)
        assert answer.status == status
    assert town.call(None, "POST", "/v1/orders", town.order(9), cookie=cookie).status == 401


def test_signing_out_forgets_the_cookie(town: Town) -> None:
    """The browser is told to drop it."""
    answer = town.call(None, "POST", "/logout")
    assert "Max-Age=0" in answer.headers["set-cookie"]
