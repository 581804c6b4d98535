"""Tracking: what a shopper does behind the signed link to one order; no login, right without a script."""

from collections.abc import Callable
from typing import Final

import msgspec

from doorstep.engine.ports.blobs import BlobMissingError
from doorstep.engine.ports.vault import ErasedError
from doorstep.lifecycle.order import OrderState
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import PromiseId
from doorstep.vocabulary.tracking import Complaint, DropPlace
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window
from doorstep.web.door import ANYONE, MERCHANT, OPERATOR, Call, Door
from doorstep.web.instants import instant, moment, moment_or_none
from doorstep.web.problems import not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import find_order
from doorstep.web.routes.sessions import FORM_MEDIA
from doorstep.web.routes.tracking_page import (
    DONE,
    current_order,
    expired_page,
    is_over,
    not_offered,
    offered,
    one_of,
    only_in_person,
    opened_by,
    order_page,
    pin_of,
    quote_for,
    read_form,
    sent_form,
    unknown,
    view_of,
)
from doorstep.web.routes.tracking_shapes import (
    ClosedShape,
    HelperShape,
    InstructionsBody,
    LinkShape,
    NoteShape,
    PlaceBody,
    ProblemBody,
    TrackingShape,
    WindowBody,
)
from doorstep.web.shapes import WindowShape
from doorstep.web.templates import HTML_MEDIA

FORM_BYTES_MAX: Final = 8_000
"""Bytes of a form."""


# Reading --------------------------------------------------------------------------------------------


def tracking_page(call: Call) -> Reply:
    """Look at one order: when it comes, where it is, what next, and what can be changed."""
    link, order = opened_by(call)
    if is_over(call, link):
        return expired_page(call)
    call.app.tracking.looked(order.id)
    return order_page(call, order, done=DONE.get(call.query.get("done", ""), ""))


def read_tracking(call: Call) -> Reply:
    """Read what the page shows, as data."""
    order = current_order(call)
    view = view_of(call, order)
    quote = quote_for(call, order, view)
    helper = view.fixing
    shape = TrackingShape(
        tone=view.tone.value,
        status=view.status,
        window=_window_shape(view.window),
        reason=view.reason,
        where=view.where,
        next=view.next,
        by=moment_or_none(view.by),
        expected=moment_or_none(view.expected),
        stops_before=view.stops_before,
        fixing=None
        if helper is None
        else HelperShape(helper.role, moment(helper.since), moment(helper.due_at)),
        delivered_at=moment_or_none(view.delivered_at),
        pin=pin_of(call, order, view),
        place=view.place.value,
        promise=view.promise,
        cannot_change=view.closed,
        cannot_wish=view.closed_to_wishes,
        windows=tuple(WindowShape(moment(w.start), moment(w.end)) for w in offered(quote, view)),
        not_offered=tuple(ClosedShape(moment(w.start), moment(w.end), why) for w, why in not_offered(quote)),
    )
    return reply(shape)


def tracking_proof(call: Call) -> Reply:
    """Look at a photo of the delivery."""
    order = current_order(call)
    history = call.seen(lambda: call.screens.orders.history(order.id))
    wanted = call.path["sha256"]
    if history is None or wanted not in {proof.sha256 for proof in history.proofs() if proof.sha256}:
        raise not_found("file")
    try:
        content = call.app.blobs.get(wanted, order.content.person)
    except (BlobMissingError, ErasedError) as fault:
        raise not_found("file") from fault
    return Reply(200, content, "image/jpeg", {"Cache-Control": "private, max-age=3600"})


# Changing: forms ------------------------------------------------------------------------------------


def choose_window(call: Call) -> Reply:
    """Take another window from the page."""
    order, form = sent_form(call)
    start, _, end = form.get("window", "").partition("-")
    if not (start.isdecimal() and end.isdecimal()) or len(start + end) > 40 or int(start) >= int(end):
        return order_page(call, order, opened="window", refused="Choose one of the times.")
    window = Window(Instant(int(start)), Instant(int(end)))
    refusal = call.app.tracking.reschedule(order, window, PromiseId(form.get("instead_of", "")))
    return _answered(call, order, "window", refusal)


def choose_place(call: Call) -> Reply:
    """Say where the parcels may be left."""
    order, form = sent_form(call)
    place = one_of(DropPlace, form.get("place", ""))
    if place is None or (place is DropPlace.safe_place and only_in_person(order)):
        return order_page(call, order, opened="place", refused="Choose one of the places.")
    refusal = call.app.tracking.wish(order, place, form.get("note", ""), form["once"])
    return _answered(call, order, "place", refusal)


def give_instructions(call: Call) -> Reply:
    """Tell the driver how to find the door."""
    order, form = sent_form(call)
    if not form.get("note", "").strip():
        return order_page(call, order, opened="instructions", refused="Write what the driver should know.")
    refusal = call.app.tracking.instruct(order, form["note"], form["once"])
    return _answered(call, order, "instructions", refusal)


def report_problem(call: Call) -> Reply:
    """Say what is wrong; support gets a case."""
    order, form = sent_form(call)
    problem = one_of(Complaint, form.get("problem", ""))
    if problem is None:
        return order_page(call, order, opened="problem", refused="Choose what is wrong.")
    refusal = call.app.tracking.report(order, problem, form.get("note", ""), form["once"])
    return _answered(call, order, "problem", refusal)


def renew_link(call: Call) -> Reply:
    """Trade an expired link and the postcode for a fresh link."""
    opened_by(call)
    form = read_form(call)
    fresh = call.app.tracking.renew(call.path["token"], form.get("postcode", ""))
    if fresh is None:
        unknown()
    return Reply(303, headers={"Location": f"/t/{fresh}"})


# Changing: JSON -------------------------------------------------------------------------------------


def post_window(call: Call) -> Reply:
    """Take another window; it must be one that is offered now."""
    order, body = current_order(call), call.read(WindowBody)
    window = Window(instant(body.window_start), instant(body.window_end))
    return _told(call, call.app.tracking.reschedule(order, window, PromiseId(body.instead_of)))


def post_place(call: Call) -> Reply:
    """Say where the parcels may be left."""
    order, body = current_order(call), call.read(PlaceBody)
    if body.place is DropPlace.safe_place and only_in_person(order):
        raise refused(Refusal("handed_in_person", only_in_person(order), ("place",)))
    return _told(call, call.app.tracking.wish(order, body.place, body.note, body.key))


def post_instructions(call: Call) -> Reply:
    """Tell the driver how to find the door."""
    order, body = current_order(call), call.read(InstructionsBody)
    return _told(call, call.app.tracking.instruct(order, body.note, body.key))


def post_problem(call: Call) -> Reply:
    """Say what is wrong; support gets a case."""
    order, body = current_order(call), call.read(ProblemBody)
    return _told(call, call.app.tracking.report(order, body.problem, body.note, body.key))


# The house's side -----------------------------------------------------------------------------------


def issue_link(call: Call) -> Reply:
    """Get the link that opens an order's tracking page, to pass on to its shopper."""
    state = find_order(call)
    token = call.app.tracking.token(state.id)
    link = call.app.tracking.links.read(token)
    assert link is not None, "our own token is ours"
    return reply(LinkShape(f"/t/{token}", moment(link.expires_at)))


def revoke_links(call: Call) -> Reply:
    """Let no link open the order that was given out before."""
    state = find_order(call)
    refusal = call.app.tracking.revoke(state.id, call.caller.actor, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return issue_link(call)


def read_note(call: Call) -> Reply:
    """Read the words that a shopper wrote with a wish or a report."""
    state = find_order(call)
    text = call.app.people.note(state.content.person, call.path["key"])
    if not text:
        raise not_found("note")
    return reply(NoteShape(text))


# What they share ------------------------------------------------------------------------------------


def _answered(call: Call, order: OrderState, what: str, refusal: Refusal | None) -> Reply:
    if refusal is None:
        return Reply(303, headers={"Location": f"/t/{call.path['token']}?done={what}"})
    fresh = call.app.orders.state(order.id)
    assert fresh is not None, "the order was found"
    return order_page(call, fresh, opened=what, refused=f"Not changed: {refusal.detail}.")


def _told(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    return read_tracking(call)


def _window_shape(window: Window | None) -> WindowShape | None:
    return None if window is None else WindowShape(moment(window.start), moment(window.end))


_SEEN: Final = {200: TrackingShape}
_PROBLEMS: Final = (404, 410)


def _form_door(path: str, handle: Callable[[Call], Reply]) -> Door:
    return Door(
        "POST", path, handle, ANYONE, {303: None}, problems=(403, *_PROBLEMS), media=(FORM_MEDIA,),
        bytes_max=FORM_BYTES_MAX,
    )  # fmt: skip


def _json_door(
    path: str, handle: Callable[[Call], Reply], reads: type[msgspec.Struct], *problems: int
) -> Door:
    return Door("POST", path, handle, ANYONE, _SEEN, reads=reads, problems=(*_PROBLEMS, *problems))


DOORS: Final = (
    Door("GET", "/t/{token}", tracking_page, ANYONE, {200: HTML_MEDIA}, problems=(404,)),
    Door(
        "GET", "/t/{token}/proofs/{sha256}", tracking_proof, ANYONE, {200: "image/jpeg"}, problems=_PROBLEMS
    ),
    _form_door("/t/{token}/window", choose_window),
    _form_door("/t/{token}/place", choose_place),
    _form_door("/t/{token}/instructions", give_instructions),
    _form_door("/t/{token}/problem", report_problem),
    _form_door("/t/{token}/renew", renew_link),
    Door("GET", "/v1/tracking/{token}", read_tracking, ANYONE, _SEEN, problems=_PROBLEMS),
    _json_door("/v1/tracking/{token}/window", post_window, WindowBody, 412),
    _json_door("/v1/tracking/{token}/place", post_place, PlaceBody),
    _json_door("/v1/tracking/{token}/instructions", post_instructions, InstructionsBody),
    _json_door("/v1/tracking/{token}/problem", post_problem, ProblemBody),
    Door("POST", "/v1/orders/{order}/tracking", issue_link, MERCHANT, {200: LinkShape}, problems=(404,)),
    Door("DELETE", "/v1/orders/{order}/tracking", revoke_links, MERCHANT, {200: LinkShape}, problems=(404,)),
    Door("GET", "/v1/orders/{order}/notes/{key}", read_note, OPERATOR, {200: NoteShape}, problems=(404,)),
)
