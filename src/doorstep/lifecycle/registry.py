"""All lifecycles by noun, as rows that the engine can run."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from doorstep.lifecycle import (
    action,
    carrier,
    case,
    contact,
    cost,
    custody,
    delivery,
    delivery_rules,
    evidence,
    incident,
    intake,
    message,
    order,
    pin,
    promise,
    return_,
    return_rules,
    roster,
    route,
    routing,
    tender,
    tracking,
    webhook,
)


class Lifecycle(NamedTuple):
    """A noun with its two functions; every noun begins as None."""

    noun: str
    decide: Callable[..., Any]
    evolve: Callable[..., Any]


LIFECYCLES: Final = (
    Lifecycle("action", action.decide, action.evolve),
    Lifecycle("carrier", carrier.decide, carrier.evolve),
    Lifecycle("case", case.decide, case.evolve),
    Lifecycle("contact", contact.decide, contact.evolve),
    Lifecycle("cost", cost.decide, cost.evolve),
    Lifecycle("custody", custody.decide, custody.evolve),
    Lifecycle("delivery", delivery_rules.decide, delivery.evolve),
    Lifecycle("evidence", evidence.decide, evidence.evolve),
    Lifecycle("incident", incident.decide, incident.evolve),
    Lifecycle("intake", intake.decide, intake.evolve),
    Lifecycle("message", message.decide, message.evolve),
    Lifecycle("order", order.decide, order.evolve),
    Lifecycle("pin", pin.decide, pin.evolve),
    Lifecycle("promise", promise.decide, promise.evolve),
    Lifecycle("return", return_rules.decide, return_.evolve),
    Lifecycle("roster", roster.decide, roster.evolve),
    Lifecycle("route", route.decide, route.evolve),
    Lifecycle("routing", routing.decide, routing.evolve),
    Lifecycle("tender", tender.decide, tender.evolve),
    Lifecycle("tracking", tracking.decide, tracking.evolve),
    Lifecycle("webhook", webhook.decide, webhook.evolve),
)
