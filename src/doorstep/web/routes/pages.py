"""Pages for people: the live board, and one page an order, a case and a route."""

from hashlib import sha256
from typing import Any, Final

import msgspec

from doorstep.engine.feed_desk import said_note
from doorstep.engine.forecast import expected_at, expected_on
from doorstep.engine.ports.blobs import BlobMissingError
from doorstep.engine.ports.vault import ErasedError, UnknownError
from doorstep.views.moves import MoveLine, explained
from doorstep.views.order_view import OrderStory
from doorstep.views.routing import standing, why
from doorstep.vocabulary.ids import CaseId, OrderId, RouteId
from doorstep.web.door import MERCHANT, OPERATOR, Call, Door
from doorstep.web.names import carrier_names
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply
from doorstep.web.route_chart import route_chart
from doorstep.web.routes.cases import find_case
from doorstep.web.routes.orders import find_order
from doorstep.web.templates import HTML_MEDIA, page

PHOTO_CACHE: Final = {"Cache-Control": "private, max-age=3600"}


def dispatch_page(call: Call) -> Reply:
    """The live page: what is at risk now, and who has it."""
    return page("dispatch.html", call.app.zone, market=call.app.network.market.name)


def order_page(call: Call) -> Reply:
    """One order: where it is, what next, who is fixing it, and all that happened."""
    state = find_order(call)
    expected = expected_at(call.app.planner, state.delivery)
    story = call.seen(lambda: call.screens.orders.story(state.id, call.now, expected))
    assert story is not None, "an order that stands has a history"
    return _page(
        call,
        "order.html",
        about=(state.id, *(case.id for case in story.cases)),
        story=story,
        words=_words(call, story),
        recipient=_recipient(call, state.id),
        expected=expected,
        merchant=call.screens.names.of(story.content.merchant),
        hub=call.screens.names.of(story.content.hub),
        vehicle=_vehicle(call, story),
        carriers=carrier_names(call.app.book.contracts),
        standing=standing,
        why=why,
        returns=call.app.returns.of(state.id),
        moves=call.seen(lambda: call.app.moves.of_delivery(state.delivery)),
        explained=explained,
    )


def _words(call: Call, story: OrderStory) -> dict[str, str]:
    """What carriers said in words of their own, by the event's key; they go when the person is erased."""
    person, keys = story.content.person, [line.noted for line in story.events if line.noted]
    return {key: call.app.people.note(person, said_note(key)) for key in keys}


def case_page(call: Call) -> Reply:
    """One case: the playbook's steps, what was done, and the four-part record."""
    state = find_case(call)
    story = call.seen(lambda: call.screens.cases.story(CaseId(state.id)))
    assert story is not None, "a case that stands has a history"
    order, delivery = state.subject.order, state.subject.delivery
    expected = expected_at(call.app.planner, delivery)
    answers = call.seen(lambda: call.screens.orders.answers(order, call.now, expected)) if order else None
    return _page(
        call,
        "case.html",
        about=tuple(filter(None, (state.id, order, state.subject.route))),
        story=story,
        playbook=call.app.book.playbooks.kind[state.kind],
        label=call.seen(lambda: call.screens.board.label(order)),
        answers=answers,
        carriers=carrier_names(call.app.book.contracts),
    )


def route_page(call: Call) -> Reply:
    """One route: every stop with its promise, its plan and what happened."""
    route = RouteId(call.path["route"])
    expected = expected_on(call.app.planner, route)
    line = call.seen(lambda: call.screens.board.route(route, call.now, expected))
    if line is None:
        raise not_found("route")
    return _page(
        call,
        "route.html",
        about=(line.id, *(stop.delivery for stop in line.stops if stop.delivery)),
        route=line,
        driver=call.screens.names.of(line.driver),
        hub=call.screens.names.of(line.hub),
        chart=route_chart(line, call.now, call.app.zone),
        moves=call.seen(lambda: [_labelled(call, move) for move in call.app.moves.of_route(route)]),
        explained=explained,
    )


def _labelled(call: Call, move: MoveLine) -> tuple[MoveLine, OrderId | None, str]:
    """A move with its order and the merchant's number of it."""
    order = call.screens.orders.order_of(move.delivery)
    return move, order, call.screens.board.label(order)


def read_proof(call: Call) -> Reply:
    """Read a photo or a signature of an order's proofs, by its hash."""
    state = find_order(call)
    history = call.seen(lambda: call.screens.orders.history(state.id))
    wanted = call.path["sha256"]
    known = {proof.sha256 for proof in history.proofs()} if history else set()
    if wanted not in known:
        raise not_found("file")
    try:
        content = call.app.blobs.get(wanted, state.content.person)
    except (BlobMissingError, ErasedError) as fault:
        raise not_found("file") from fault
    return Reply(200, content, "image/jpeg", {**PHOTO_CACHE, "Content-Disposition": "inline"})


def _page(call: Call, template: str, **values: Any) -> Reply:  # noqa: ANN401  a template takes anything
    """A page that a browser asks for again and again: it is sent anew only where it changed."""
    market = call.app.network.market
    answer = page(
        template,
        call.app.zone,
        market=market.name,
        now=call.now,
        names=call.screens.names,
        position=call.screens.position,
        **values,
    )
    tag = f'"{sha256(answer.body).hexdigest()[:20]}"'
    if call.headers.get("if-none-match") == tag:
        return Reply(304, headers={"ETag": tag, "Cache-Control": "no-cache"})
    return msgspec.structs.replace(answer, headers={"ETag": tag, "Cache-Control": "no-cache"})


def _recipient(call: Call, order: OrderId) -> Any:  # noqa: ANN401  a recipient, or nothing once erased
    state = call.app.orders.state(order)
    assert state is not None, "the order was found"
    try:
        return call.app.people.row(state.content.person).recipient
    except (ErasedError, UnknownError):
        return None


def _vehicle(call: Call, story: OrderStory) -> str:
    state = call.app.drivers.route(story.route, None) if story.route else None
    return state.shift.vehicle if state else ""


_HTML: Final = {200: HTML_MEDIA, 304: None}

DOORS: Final = (
    Door("GET", "/", dispatch_page, OPERATOR, {200: HTML_MEDIA}),
    Door("GET", "/orders/{order}", order_page, OPERATOR, _HTML),
    Door("GET", "/cases/{case}", case_page, OPERATOR, _HTML),
    Door("GET", "/routes/{route}", route_page, OPERATOR, _HTML),
    Door("GET", "/v1/orders/{order}/proofs/{sha256}", read_proof, MERCHANT, {200: "image/jpeg"}),
)
