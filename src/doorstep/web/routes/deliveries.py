"""Deliveries: the three answers about one, at any moment."""

from typing import Final

from doorstep.engine.forecast import expected_at
from doorstep.vocabulary.ids import DeliveryId
from doorstep.web.door import MERCHANT, Call, Door
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import AnswersShape, answers_shape


def read_delivery(call: Call) -> Reply:
    """Ask where a delivery is, what should happen next and by when, and who is fixing it otherwise."""
    delivery = DeliveryId(call.path["delivery"])
    order = call.screens.orders.order_of(delivery)
    state = call.app.orders.state(order) if order else None
    if order is None or state is None or call.caller.merchant not in (None, state.content.merchant):
        raise not_found("delivery")
    answers = call.screens.orders.answers(order, call.now, expected_at(call.app.planner, delivery))
    assert answers is not None, "a delivery's order has a history"
    return reply(answers_shape(answers))


DOORS: Final = (Door("GET", "/v1/deliveries/{delivery}", read_delivery, MERCHANT, {200: AnswersShape}),)
