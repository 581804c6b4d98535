"""The tracking page: who may open it, what its forms must carry, and what it shows."""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final, NoReturn, TypeVar
from urllib.parse import parse_qs

from doorstep.engine.quoting import Quote
from doorstep.engine.tracking_desk import NOTE_CHARS_MAX
from doorstep.engine.tracking_links import Link
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import LET_GO
from doorstep.lifecycle.return_rules import DAY_S
from doorstep.views.tracking import Tracking, track
from doorstep.views.tracking_return import REASONS, WayBack, way_back
from doorstep.views.words import plain
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.tracking import Complaint, DropPlace
from doorstep.vocabulary.units import after
from doorstep.vocabulary.windows import Window
from doorstep.web.door import Call
from doorstep.web.problems import ProblemError, not_found
from doorstep.web.reply import Reply
from doorstep.web.routes.tracking_shapes import ONCE_CHARS_MAX
from doorstep.web.templates import page

FORM_FIELDS_MAX: Final = 8
ONCE_BYTES: Final = 8
OFFERS_SHOWN_MAX: Final = 12
"""Windows that the page lists."""

PLACES: Final = {
    DropPlace.door: "At my door, in person",
    DropPlace.neighbour: "With a neighbour",
    DropPlace.safe_place: "In a safe place",
}
PROBLEMS: Final = {
    Complaint.not_received: "It is not here",
    Complaint.damaged: "It is damaged",
    Complaint.incomplete: "Something is missing",
    Complaint.wrong_place: "It was left in the wrong place",
    Complaint.other: "Something else",
}
DONE: Final = {
    "window": "The time is changed.",
    "place": "The driver will know.",
    "instructions": "The driver will know.",
    "problem": "Support has it now and answers you.",
    "return": "You asked to send it back.",
    "collection": "A van comes for it.",
    "counter": "No van comes: bring it to our hub.",
    "kept": "You keep it.",
}
_IN_HANDS: Final = (Handling.pin, Handling.age_check, Handling.signature, Handling.high_value)
"""Duties that ask for a person at the door."""

Kind = TypeVar("Kind", bound=StrEnum)


def unknown() -> NoReturn:
    """Unknown, foreign, revoked, or a wrong postcode: nobody can tell which."""
    raise not_found("link")


def opened_by(call: Call) -> tuple[Link, OrderState]:
    """The link and its order, or the one answer for what is none."""
    found = call.app.tracking.open(call.path["token"])
    if found is None:
        unknown()
    return found


def is_over(call: Call, link: Link) -> bool:
    """Whether the link has expired."""
    return call.now >= link.expires_at


def current_order(call: Call) -> OrderState:
    """The order behind a link that still opens it."""
    link, order = opened_by(call)
    if is_over(call, link):
        raise ProblemError(
            HTTPStatus.GONE, "link_expired", "The link has expired; its page asks for the postcode."
        )
    return order


def read_form(call: Call) -> dict[str, str]:
    """A form's fields, where the page behind this link sent it."""
    try:
        fields = parse_qs(call.raw.decode(), max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        fields = {}
    form = {name: values[0] for name, values in fields.items()}
    if not call.app.tracking.links.sent_from(call.path["token"], form.get("form", "")):
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "foreign_form", "This form was not sent from the order's page."
        )
    return form


def sent_form(call: Call) -> tuple[OrderState, dict[str, str]]:
    """The order and the fields of a form that changes it."""
    order, form = current_order(call), read_form(call)
    once = form.get("once", "")
    whole = 8 <= len(once) <= ONCE_CHARS_MAX and once.isalnum()
    if not whole or len(form.get("note", "")) > NOTE_CHARS_MAX:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The form is not as the page made it.")
    return order, form


def one_of(kinds: type[Kind], name: str) -> Kind | None:
    """The word of an enum, or None."""
    return next((kind for kind in kinds if kind.value == name), None)


def view_of(call: Call, order: OrderState) -> Tracking:
    """What the shopper sees."""
    roles = {kind: playbook.owner for kind, playbook in call.app.book.playbooks.kind.items()}
    forecast = call.app.tracking.forecast(order.delivery)
    wishes = call.app.tracking.state(order.id)

    def read() -> Tracking:
        history = call.screens.orders.history(order.id)
        assert history is not None, "an order that stands has a history"
        return track(history, wishes, roles, call.now, forecast)

    return call.seen(read)


def quote_for(call: Call, order: OrderState, view: Tracking) -> Quote | None:
    """The windows that the live plan has, or None where the time is fixed."""
    quote = None if view.closed else call.app.tracking.quote(order)
    return quote if isinstance(quote, Quote) else None


def offered(quote: Quote | None, view: Tracking) -> list[Window]:
    """The windows to choose from."""
    offers = sorted(offer.window for offer in quote.offers if offer.window != view.window) if quote else []
    return offers[:OFFERS_SHOWN_MAX]


def not_offered(quote: Quote | None) -> list[tuple[Window, str]]:
    """The windows that cannot be had, and why."""
    return [(no.window, plain(no.reason)) for no in quote.refused][:OFFERS_SHOWN_MAX] if quote else []


def only_in_person(order: OrderState) -> str:
    """Why it cannot be left anywhere; empty where it can."""
    duty = next((duty for duty in _IN_HANDS if duty in order.content.handling), None)
    return "" if duty is None else f"this order asks for {plain(duty)} at the door"


def pin_of(call: Call, order: OrderState, view: Tracking) -> str | None:
    """What the shopper says at the door, where the handoff asks for it."""
    asked = ProofKind.pin in call.app.book.proof.required(order.content.handling)
    return (
        call.app.drivers.pin(order.delivery) if asked and order.delivery and not view.delivered_at else None
    )


def ways_back(call: Call, order: OrderState) -> list[tuple[WayBack, list[Window]]]:
    """The order's returns, each with the windows in which a van could fetch it."""
    found = []
    for state in call.app.returns.of(order.id):
        back = way_back(state)
        quote = call.app.collections.quote(state) if back.chooses else None
        offers = sorted(offer.window for offer in quote.offers) if isinstance(quote, Quote) else []
        found.append((back, [window for window in offers if window != back.window][:OFFERS_SHOWN_MAX]))
    return found


def reasons_to_return(call: Call, order: OrderState, view: Tracking) -> list[tuple[str, str]]:
    """What a shopper may say who sends it back; none where it is not here, or on its way back already."""
    under_way = any(one.status not in LET_GO for one in call.app.returns.of(order.id))
    if view.delivered_at is None or under_way:
        return []
    policy = call.app.book.returns
    if call.now > after(view.delivered_at, policy.days(order.content.service) * DAY_S):
        return []
    return [(reason.value, words) for reason, words in REASONS.items() if reason in policy.reason]


def order_page(
    call: Call, order: OrderState, *, done: str = "", opened: str = "", refused: str = ""
) -> Reply:
    """The page, with what was just done or refused."""
    view = view_of(call, order)
    quote = quote_for(call, order, view)
    merchants = call.app.network.merchants
    token, in_person = call.path["token"], only_in_person(order)
    values: Mapping[str, object] = {
        "view": view,
        "token": token,
        "form_key": call.app.tracking.links.form_key(token),
        # Not from the market's chance: whoever looks at a page must not change what a seeded day draws next.
        "once": secrets.token_hex(ONCE_BYTES),
        "merchant": next((one.name for one in merchants if one.id == order.content.merchant), ""),
        "pin": pin_of(call, order, view),
        "offers": offered(quote, view),
        "no_offers": not_offered(quote),
        "places": [
            (p.value, words) for p, words in PLACES.items() if not (in_person and p is DropPlace.safe_place)
        ],
        "in_hands": in_person,
        "problems": [(problem.value, words) for problem, words in PROBLEMS.items()],
        "backs": ways_back(call, order),
        "reasons": reasons_to_return(call, order, view),
        "now": call.now,
        "done": done,
        "opened": opened,
        "refused": refused,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return page("tracking.html", call.app.zone, status, **values)


def expired_page(call: Call) -> Reply:
    """The form that asks for the postcode."""
    token = call.path["token"]
    form_key = call.app.tracking.links.form_key(token)
    return page("link_expired.html", call.app.zone, HTTPStatus.GONE, token=token, form_key=form_key)
