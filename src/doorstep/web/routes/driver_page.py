"""The driver's page, and how a phone comes to it: a code in an address, one button, a cookie."""

from http import HTTPStatus
from typing import Final

from doorstep.vocabulary.ids import DriverId
from doorstep.web.auth import forbidden
from doorstep.web.door import ANYONE, DRIVER, Call, Door
from doorstep.web.reply import Reply
from doorstep.web.routes.pairings import form_of, name_of, pairings_of
from doorstep.web.routes.sessions import FORM_BYTES_MAX, FORM_MEDIA
from doorstep.web.session import PHONE_COOKIE, cookie_of, is_own_page
from doorstep.web.templates import HTML_MEDIA, page

PAIR: Final = "/driver/pair"


def pair_page(call: Call) -> Reply:
    """Ask whether this phone is to be a driver's: looking alone takes no code, for previews look too."""
    code = call.query.get("token", "")
    driver = pairings_of(call).driver_of(code)
    return _pair_page(call, code, driver)


def pair_phone(call: Call) -> Reply:
    """Trade the code for a cookie with a driver's key."""
    if not is_own_page(call.headers):
        raise forbidden(DRIVER)
    token = pairings_of(call).take(form_of(call).get("token", ""))
    if token is None:
        return _pair_page(call, "-", None, HTTPStatus.UNAUTHORIZED)
    cookie = cookie_of(token, secure=call.is_encrypted, name=PHONE_COOKIE)
    return Reply(HTTPStatus.SEE_OTHER, headers={"Location": "/driver", "Set-Cookie": cookie})


def driver_page(call: Call) -> Reply:
    """The driver's day: everything on it is drawn from the driver's doors."""
    driver = call.caller.driver
    if driver is None:
        return Reply(HTTPStatus.SEE_OTHER, headers={"Location": PAIR})
    return page(
        "driver.html",
        call.app.zone,
        market=call.app.network.market.name,
        driver=name_of(call, driver),
        is_simulated=call.app.settings.is_simulated,
    )


def leave_page(call: Call) -> Reply:
    """Let this phone go: its key opens nothing any more."""
    if call.caller.driver is not None:
        pairings_of(call).close(call.caller.driver)
    cookie = cookie_of("", secure=call.is_encrypted, name=PHONE_COOKIE)
    return Reply(HTTPStatus.SEE_OTHER, headers={"Location": PAIR, "Set-Cookie": cookie})


def _pair_page(call: Call, code: str, driver: DriverId | None, status: int = HTTPStatus.OK) -> Reply:
    return page(
        "driver-pair.html",
        call.app.zone,
        status,
        market=call.app.network.market.name,
        code=code if driver else "",
        was_shown=bool(code),
        driver=name_of(call, driver) if driver else "",
    )


_FORM: Final = (FORM_MEDIA,)

DOORS: Final = (
    Door("GET", "/driver", driver_page, DRIVER, {200: HTML_MEDIA}),
    Door("GET", PAIR, pair_page, ANYONE, {200: HTML_MEDIA}),
    Door(
        "POST",
        PAIR,
        pair_phone,
        ANYONE,
        {303: None},
        problems=(401, 403),
        media=_FORM,
        bytes_max=FORM_BYTES_MAX,
    ),
    Door("POST", "/driver/leave", leave_page, DRIVER, {303: None}, media=()),
)
