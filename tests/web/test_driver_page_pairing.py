"""Pairing a phone: a code from the office becomes a driver's session, once."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.web.town import Town, at

from doorstep.adapters.clocks import VirtualClock
from doorstep.web.auth import hash_of
from doorstep.web.loopback import Answered
from doorstep.web.pairing import CODE_BYTES, PAIRING_S

FORM = "application/x-www-form-urlencoded"
OWN = {"sec_fetch_site": "same-origin"}


def form(town: Town, who: str | None, path: str, fields: dict[str, str], **headers: str) -> Answered:
    """Send a form as someone."""
    return town.call(who, "POST", path, urlencode(fields).encode(), content_type=FORM, **headers)


def code_for(town: Town, driver: str) -> str:
    """The code that the office is shown for a driver."""
    answer = form(town, "operator", "/drivers/pair", {"driver": driver, "address": "http://127.0.0.1:8000"})
    assert answer.status == 200, answer.body
    link = answer.body.decode().partition('id="open" href="')[2].partition('"')[0]
    assert "<svg" in answer.body.decode()
    return parse_qs(urlsplit(link).query)["token"][0]


def take(town: Town, code: str, **headers: str) -> Answered:
    """Press the button on the phone."""
    return form(town, None, "/driver/pair", {"token": code}, **(headers or OWN))


def cookie_of(answer: Answered) -> str:
    """The cookie that a phone was given."""
    assert answer.status == 303, answer.body
    return answer.headers["set-cookie"].partition(";")[0]


def office(town: Town) -> str:
    """The office's page of drivers."""
    return town.call("operator", "GET", "/drivers").body.decode()


@pytest.fixture
def driver(town: Town) -> str:
    return town.app.network.shifts[0].driver


def test_a_code_opens_the_drivers_page_once(town: Town, driver: str) -> None:
    """The phone that took it opens the driver's page and doors; the code opens nothing again."""
    code = code_for(town, driver)
    answer = take(town, code)
    assert answer.headers["location"] == "/driver"
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["set-cookie"].split("; "))
    cookie = cookie_of(answer)
    assert town.call(None, "GET", "/driver", cookie=cookie).status == 200
    assert town.call(None, "GET", "/v1/driver/routes", cookie=cookie).status == 200
    assert take(town, code).status == 401


def test_a_code_is_long_kept_as_a_hash_and_no_key(town: Town, driver: str) -> None:
    """It has 192 bits of chance, stands nowhere in the clear, and opens no door as a bearer token."""
    code = code_for(town, driver)
    assert len(code) == 2 * CODE_BYTES == 48
    keys = town.app.keys.of_market(town.app.market.id)
    assert any(key.hash == hash_of(code) for key in keys)
    assert code not in repr(keys)
    for path in ("/v1/driver/routes", "/v1/board", "/driver"):
        assert town.call(None, "GET", path, authorization=f"Bearer {code}").status in (303, 401)


def test_looking_at_a_code_does_not_take_it(town: Town, driver: str) -> None:
    """A preview of the link leaves the code as it was."""
    code = code_for(town, driver)
    for _ in range(2):
        assert "Pair this phone" in town.call(None, "GET", f"/driver/pair?token={code}").body.decode()
    assert take(town, code).status == 303


def test_a_code_runs_out_by_the_clock_on_the_wall(town: Town, driver: str) -> None:
    """Ten minutes of the people who hold it, however fast the market's own time goes."""
    town.app.wall_clock = wall = VirtualClock(at(12))
    code = code_for(town, driver)
    town.pass_s(10 * PAIRING_S)
    assert "Drive as" in town.call(None, "GET", f"/driver/pair?token={code}").body.decode()
    wall.advance(PAIRING_S + 1)
    assert "too old" in town.call(None, "GET", f"/driver/pair?token={code}").body.decode()
    assert take(town, code).status == 401


@pytest.mark.parametrize("withdraw", ["unpair", "new code"])
def test_a_code_can_be_withdrawn(town: Town, driver: str, withdraw: str) -> None:
    """By the office's button, or by showing a newer one."""
    code = code_for(town, driver)
    if withdraw == "unpair":
        assert form(town, "operator", "/drivers/unpair", {"driver": driver}).status == 303
    else:
        code_for(town, driver)
    assert take(town, code).status == 401


def test_a_driver_acts_through_one_phone_at_a_time(town: Town, driver: str) -> None:
    """A new phone closes what acted for the driver before, and nobody else's."""
    other = next(shift.driver for shift in town.app.network.shifts if shift.driver != driver)
    first = cookie_of(take(town, code_for(town, driver)))
    assert town.call(driver, "GET", "/v1/driver/routes").status == 401
    second = cookie_of(take(town, code_for(town, driver)))
    assert town.call(None, "GET", "/v1/driver/routes", cookie=first).status == 401
    assert town.call(None, "GET", "/v1/driver/routes", cookie=second).status == 200
    assert town.call(other, "GET", "/v1/driver/routes").status == 200
    assert form(town, "operator", "/drivers/unpair", {"driver": driver}).status == 303
    assert town.call(None, "GET", "/v1/driver/routes", cookie=second).status == 401


def test_a_phone_lets_itself_go(town: Town, driver: str) -> None:
    """Its key opens nothing any more, and the page asks for a code."""
    cookie = cookie_of(take(town, code_for(town, driver)))
    left = town.call(None, "POST", "/driver/leave", cookie=cookie, **OWN)
    assert (left.status, left.headers["location"]) == (303, "/driver/pair")
    again = town.call(None, "GET", "/driver", cookie=cookie)
    assert (again.status, again.headers["location"]) == (303, "/driver/pair")


def test_a_phone_is_only_its_drivers(town: Town, driver: str) -> None:
    """Its cookie opens no page of the office, and no other driver's route."""
    cookie = cookie_of(take(town, code_for(town, driver)))
    order = town.place()
    route = town.app.planner.plan.route_of(order["delivery"])
    assert town.call(None, "GET", "/drivers", cookie=cookie).status == 303
    assert town.call(None, "GET", "/v1/board", cookie=cookie).status == 401
    if town.app.drivers.route(route, None).shift.driver != driver:
        assert town.call(None, "GET", f"/v1/driver/routes/{route}", cookie=cookie).status == 404


Headers = dict[str, str]


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"origin": "http://localhost", "host": "localhost"}, True),
        ({"sec_fetch_site": "cross-site", "origin": "http://localhost"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"accept": "*/*"}, False),
    ],
)
def test_only_our_own_pages_write_with_a_phones_cookie(
    town: Town, driver: str, headers: Headers, *, is_own: bool
) -> None:
    """Another site can neither take a code nor act with the cookie, also where the browser says less."""
    code = code_for(town, driver)
    assert take(town, code, **headers).status == (303 if is_own else 403)
    cookie = cookie_of(take(town, code if not is_own else code_for(town, driver)))
    body = {"vehicle": "van-99", "at": "2026-06-16T08:00:00Z", "lat": 53.5, "lon": 13.2}
    told = town.call(None, "POST", "/v1/driver/positions", body, cookie=cookie, **headers)
    assert told.status == (404 if is_own else 401)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "http://", "http://a/b", "http://u@a", "http://a b", "ftp://a", "http://a:x"],
)
def test_an_address_that_is_none_gets_no_code(town: Town, driver: str, address: str) -> None:
    """The code's link leads to a server and nowhere else."""
    answer = form(town, "operator", "/drivers/pair", {"driver": driver, "address": address})
    assert answer.status == 422


def test_only_the_office_makes_codes_and_for_drivers_alone(town: Town, driver: str) -> None:
    """A driver's or a merchant's key makes none, and a driver that is none gets none."""
    for who in (driver, town.merchants[0]):
        assert form(town, who, "/drivers/pair", {"driver": driver}).status == 403
    assert form(town, "operator", "/drivers/pair", {"driver": "nobody"}).status == 404


def test_in_the_demo_the_office_needs_no_key_on_its_own_machine(open_town: Town) -> None:
    """Its own page writes there; another site's does not, and nobody else's machine."""
    driver = open_town.app.network.shifts[0].driver
    fields = {"driver": driver}
    assert form(open_town, None, "/drivers/pair", fields, **OWN).status == 200
    assert form(open_town, None, "/drivers/pair", fields, sec_fetch_site="cross-site").status in (303, 401)
    assert form(open_town, None, "/drivers/pair", fields, **OWN, host="evil.example").status in (303, 401)


def test_the_page_of_drivers_says_who_has_a_phone(town: Town, driver: str) -> None:
    """Everyone with a shift today stands there, and who is paired is marked."""
    town.pass_to(at(8))
    assert "Paired" not in office(town)
    take(town, code_for(town, driver))
    assert office(town).count("Paired") == 1
