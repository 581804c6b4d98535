"""The office's page of drivers: who drives today, who has a phone, and a code for the next one."""

from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import segno
from markupsafe import Markup

from doorstep.views.vehicles import VehicleState
from doorstep.vocabulary.ids import DriverId, RouteId, VehicleId
from doorstep.vocabulary.units import Instant
from doorstep.web.days import local_date, local_day
from doorstep.web.door import OPERATOR, Call, Door, is_this_machine
from doorstep.web.pairing import PAIRING_S, Offer, Pairings
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.reply import Reply
from doorstep.web.routes.sessions import FORM_BYTES_MAX, FORM_FIELDS_MAX, FORM_MEDIA
from doorstep.web.templates import HTML_MEDIA, page

ADDRESS_CHARS_MAX: Final = 200
"""Characters of a server's address."""


class DriverLine(NamedTuple):
    """A driver with a shift today, and since when the wall clock has known a phone."""

    id: DriverId
    name: str
    vehicle: VehicleId
    route: RouteId
    state: VehicleState
    done: int
    stops: int
    phone_since: Instant | None


def pairings_of(call: Call) -> Pairings:
    """The market's pairings."""
    return Pairings(call.app.keys, call.app.market.id, call.app.wall_clock)


def drivers_page(call: Call) -> Reply:
    """Today's drivers, and which of them have a phone."""
    return _page(call, None, _own_address(call))


def pair_driver(call: Call) -> Reply:
    """Show a code that pairs one phone with a driver, as a picture and as an address."""
    form = form_of(call)
    driver = _driver(call, form.get("driver", ""))
    address = form.get("address", "").strip().rstrip("/") or _own_address(call)
    if not _is_address(address):
        detail = "Write an address like http://192.168.1.20:8000."
        raise invalid([FieldProblem("address", "bad_address", detail)])
    return _page(call, pairings_of(call).offer(driver), address)


def unpair_driver(call: Call) -> Reply:
    """Let a driver's phone go: it opens nothing from the next request on."""
    pairings_of(call).close(_driver(call, form_of(call).get("driver", "")))
    return Reply(HTTPStatus.SEE_OTHER, headers={"Location": "/drivers"})


def form_of(call: Call) -> dict[str, str]:
    """The fields of a form; empty where it cannot be read."""
    try:
        fields = parse_qs(call.raw.decode(), max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def name_of(call: Call, driver: DriverId) -> str:
    """What people call the driver."""
    return next((shift.name for shift in call.app.network.shifts if shift.driver == driver), driver)


def _page(call: Call, offer: Offer | None, address: str) -> Reply:
    link = f"{address}/driver/pair?token={offer.code}" if offer else ""
    return page(
        "drivers.html",
        call.app.zone,
        market=call.app.network.market.name,
        now=call.now,
        drivers=_lines(call),
        offer=offer,
        offered_to=name_of(call, offer.driver) if offer else "",
        link=link,
        picture=_picture(link) if offer else "",
        minutes_left=PAIRING_S // 60,
        address=address,
        is_here=is_this_machine(urlsplit(address).netloc),
        is_simulated=call.app.settings.is_simulated,
    )


def _lines(call: Call) -> list[DriverLine]:
    phones = pairings_of(call).phones()
    day = local_day(local_date(call.now, call.app.zone), call.app.zone)
    lines = call.seen(lambda: call.screens.vehicles.lines(day))
    return [
        DriverLine(
            line.driver, name_of(call, line.driver), line.vehicle, line.route, line.state, line.done,
            line.stops, phones.get(line.driver),
        )
        for line in lines
    ]  # fmt: skip


def _picture(link: str) -> Markup:
    """The link as a QR code in SVG."""
    svg = segno.make(link, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704  segno draws squares only: no character of the link is in the markup


def _own_address(call: Call) -> str:
    """This server as the operator's browser names it."""
    return f"{'https' if call.is_encrypted else 'http'}://{call.headers.get('host', 'localhost')}"


def _is_address(text: str) -> bool:
    """Whether it is a server's address and nothing else: a scheme, a host, perhaps a port."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = text.isascii() and text.isprintable() and " " not in text
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
    return known and is_plain and is_bare and len(text) <= ADDRESS_CHARS_MAX


def _driver(call: Call, driver: str) -> DriverId:
    if driver not in {shift.driver for shift in call.app.network.shifts}:
        raise not_found("driver")
    return DriverId(driver)


_FORM: Final = (FORM_MEDIA,)

DOORS: Final = (
    Door("GET", "/drivers", drivers_page, OPERATOR, {200: HTML_MEDIA}),
    Door("POST", "/drivers/pair", pair_driver, OPERATOR, {200: HTML_MEDIA}, problems=(404,), media=_FORM,
         bytes_max=FORM_BYTES_MAX),
    Door("POST", "/drivers/unpair", unpair_driver, OPERATOR, {303: None}, problems=(404,), media=_FORM,
         bytes_max=FORM_BYTES_MAX),
)  # fmt: skip
