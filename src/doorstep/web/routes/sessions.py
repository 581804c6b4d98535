"""Signing in and out: a browser trades an operator's key for a cookie."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from doorstep.web.auth import Role, caller_of
from doorstep.web.door import ANYONE, Call, Door
from doorstep.web.problems import ProblemError
from doorstep.web.reply import Reply
from doorstep.web.session import cookie_of
from doorstep.web.templates import HTML_MEDIA, page

FORM_MEDIA: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 2_000
"""Bytes of the form."""
FORM_FIELDS_MAX: Final = 4


def login_page(call: Call) -> Reply:
    """The form that asks for a key."""
    return page(
        "login.html",
        call.app.zone,
        market=call.app.network.market.name,
        next=_inside(call.query.get("next", "/")),
        refused=False,
    )


def sign_in(call: Call) -> Reply:
    """Take an operator's key for a cookie."""
    try:
        form = parse_qs(call.raw.decode(), max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        form = {}
    token, onward = form.get("key", [""])[0].strip(), _inside(form.get("next", ["/"])[0])
    try:
        caller = caller_of(f"Bearer {token}", call.app.keys, call.app.market.id)
    except ProblemError:
        caller = None
    if caller is None or caller.role is not Role.operator:
        return page(
            "login.html", call.app.zone, HTTPStatus.UNAUTHORIZED,
            market=call.app.network.market.name, next=onward, refused=True,
        )  # fmt: skip
    return Reply(303, headers={"Location": onward, "Set-Cookie": cookie_of(token, secure=call.is_encrypted)})


def sign_out(call: Call) -> Reply:
    """Forget the cookie."""
    return Reply(303, headers={"Location": "/login", "Set-Cookie": cookie_of("", secure=call.is_encrypted)})


def _inside(onward: str) -> str:
    """A path of ours to go on to: never another site's."""
    is_ours = onward.startswith("/") and not onward.startswith(("//", "/\\")) and onward.isprintable()
    return onward if is_ours and onward.isascii() else "/"


DOORS: Final = (
    Door("GET", "/login", login_page, ANYONE, {200: HTML_MEDIA}),
    Door(
        "POST",
        "/login",
        sign_in,
        ANYONE,
        {303: None, 401: HTML_MEDIA},
        media=(FORM_MEDIA,),
        bytes_max=FORM_BYTES_MAX,
    ),
    Door("POST", "/logout", sign_out, ANYONE, {303: None}, media=()),
)
