"""People who call: shoppers who ask about an order, and drivers who cannot come."""

from typing import Annotated, Final

import msgspec

from doorstep.engine.forecast import expected_at
from doorstep.vocabulary.contact import ContactTopic
from doorstep.vocabulary.ids import DriverId, OrderId
from doorstep.web.door import MERCHANT, OPERATOR, Call, Door
from doorstep.web.instants import Moment
from doorstep.web.problems import not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import AnswersShape, Id, Name, Words, answers_shape


class ContactBody(msgspec.Struct, frozen=True):
    """Who asks about which order, what, and by which way; who answered, the system where nobody is named."""

    order: Id
    topic: ContactTopic
    channel: Name
    answered_by: Name = "system"


class AbsenceBody(msgspec.Struct, frozen=True):
    """A driver calls out for a local day."""

    day: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    driver: Id
    why: Words
    at: Moment | None = None


class AbsenceShape(msgspec.Struct, frozen=True):
    """The absence, as it was recorded."""

    day: str
    driver: str


def record_contact(call: Call) -> Reply:
    """Record that a shopper asked, and get what to answer: where, what next, who is fixing it."""
    body = call.read(ContactBody)
    order = OrderId(body.order)
    state = call.app.orders.state(order)
    if state is None or call.caller.merchant not in (None, state.content.merchant):
        raise not_found("order")
    refusal = call.app.cases.contact(order, body.topic, body.channel, body.answered_by, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _answered(call, order)


def record_absence(call: Call) -> Reply:
    """Record that a driver cannot come; every promise on the shift finds another van or gets its case."""
    body = call.read(AbsenceBody)
    at = None if body.at is None else call.told_at(body.at)
    refusal = call.app.recovery.call_out(body.day, DriverId(body.driver), body.why, call.origin(at=at))
    if refusal is not None:
        raise refused(refusal)
    return _absent(call, body.day)


def _answered(call: Call, name: str) -> Reply:
    order = OrderId(name)
    state = call.app.orders.state(order)
    assert state is not None, "only an order that stands is asked about"
    answers = call.screens.orders.answers(order, call.now, expected_at(call.app.planner, state.delivery))
    assert answers is not None, "an order that stands has a history"
    return reply(answers_shape(answers))


def _absent(call: Call, _: str) -> Reply:
    body = call.read(AbsenceBody)
    return reply(AbsenceShape(body.day, body.driver))


DOORS: Final = (
    Door(
        "POST",
        "/v1/contacts",
        record_contact,
        MERCHANT,
        {200: AnswersShape},
        reads=ContactBody,
        problems=(404,),
        retell=_answered,
    ),
    Door(
        "POST",
        "/v1/roster/absences",
        record_absence,
        OPERATOR,
        {200: AbsenceShape},
        problems=(404,),
        reads=AbsenceBody,
        retell=_absent,
    ),
)
