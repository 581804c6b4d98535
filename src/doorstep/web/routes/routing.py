"""Routing: what would be decided about an order, what was decided and why, and what carriers answered.

What a carrier costs is between it and us: a merchant sees each option's rule and odds, and no rates.
"""

from datetime import datetime
from typing import Final

import msgspec

from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.tender import TenderState
from doorstep.views.labels import label
from doorstep.views.routing import AnswerLine, RoutingLine, answer_lines, standing, why
from doorstep.vocabulary.ids import DeliveryId, TenderId
from doorstep.vocabulary.routing import RoutingOption
from doorstep.web.door import MERCHANT, OPERATOR, Call, Door
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import find_order
from doorstep.web.routes.promises import QuoteBody, ask_of, row_of
from doorstep.web.shapes import PPM, WindowShape


class OptionShape(msgspec.Struct, frozen=True):
    """One way to deliver, with the rule that chose it or ruled it out.

    Costs are whole minor units: the marginal cost, and the same with what a miss costs times its probability.
    `capacity_left` is null where nothing limits it but the plan. Costs, capacity and `detail` are an
    operator's to see.
    """

    carrier: str
    service: str
    hub: str
    rule: str
    why: str
    odds: float | None
    window: WindowShape | None
    cutoff: datetime | None
    detail: str | None
    cost_minor: int | None
    expected_minor: int | None
    capacity_left: int | None


class EvaluationShape(msgspec.Struct, frozen=True):
    """What would be decided now: the chosen carrier, null where nobody may, and every option.

    `reasons` say why no van keeps a window.
    """

    carrier: str | None
    service: str | None
    currency: str
    reasons: tuple[str, ...]
    options: tuple[OptionShape, ...]


class TenderOfferShape(msgspec.Struct, frozen=True):
    """What one carrier was offered, by which version of its contract, and what it answered.

    `answer` is silent, accepted, surplus, refused or cancelled. Prices are an operator's to see.
    """

    carrier: str
    service: str
    contract_version: int
    answer: str
    reference: str | None
    text: str
    currency: str
    offered_minor: int | None
    accepted_minor: int | None


class TenderShape(WindowShape, frozen=True):
    """A delivery offered to one or several carriers, the window in which they are to deliver it."""

    id: str
    order: str
    delivery: str
    status: str
    answer_by: datetime
    offers: tuple[TenderOfferShape, ...]


class DecisionShape(WindowShape, frozen=True):
    """A decision on record for a promised window, and the tender that it led to.

    `stands` says in words what came of it; `asked_at` is when the carrier is asked.
    """

    delivery: str
    trigger: str
    decided_at: datetime
    carrier: str | None
    service: str
    stands: str
    asked_at: datetime | None
    currency: str
    options: tuple[OptionShape, ...]
    tender: TenderShape | None


class RoutingShape(msgspec.Struct, frozen=True):
    """The decisions about an order, the newest last."""

    order: str
    decisions: tuple[DecisionShape, ...]


def evaluate_dispatch(call: Call) -> Reply:
    """Ask which carrier an order would go to and why; nothing is held, and nothing is recorded."""
    ask = ask_of(call, row_of(call))
    with call.app.planner.lock:
        found = call.app.routing.evaluate(ask, call.now)
    best = next((option for option in found.options[:1] if option.may), None)
    shape = EvaluationShape(
        carrier=None if best is None else best.carrier,
        service=None if best is None else best.service,
        currency=call.app.book.tariffs.currency,
        reasons=found.reasons,
        options=_options(call, found.options),
    )
    return reply(shape)


def read_routing(call: Call) -> Reply:
    """Read who carries an order and why: each decision with its options, its tender and the answers."""
    return _routing(call, find_order(call))


def read_delivery_routing(call: Call) -> Reply:
    """Read who carries a delivery and why."""
    delivery = DeliveryId(call.path["delivery"])
    order = call.screens.orders.order_of(delivery)
    state = call.app.orders.state(order) if order else None
    if state is None or call.caller.merchant not in (None, state.content.merchant):
        raise not_found("delivery")
    return _routing(call, state, delivery)


def read_tender(call: Call) -> Reply:
    """Read a tender: who was asked at which price, and what they answered."""
    state: TenderState | None = call.app.desk.state("tender", call.path["tender"])
    if state is None:
        raise not_found("tender")
    return reply(_tender(call, TenderId(call.path["tender"]), state))


def _routing(call: Call, state: OrderState, delivery: DeliveryId | None = None) -> Reply:
    lines = call.seen(lambda: call.screens.orders.routing(state.id))
    decisions = [_decision(call, line) for line in lines if delivery in (None, line.decided.delivery)]
    return reply(RoutingShape(state.id, tuple(decisions)))


def _decision(call: Call, line: RoutingLine) -> DecisionShape:
    decided = line.decided
    return DecisionShape(
        moment(decided.window.start),
        moment(decided.window.end),
        delivery=decided.delivery,
        trigger=decided.trigger.value,
        decided_at=moment(decided.at),
        carrier=decided.carrier,
        service=decided.service,
        stands=standing(line),
        asked_at=moment_or_none(decided.tender_at),
        currency=decided.currency,
        options=_options(call, decided.options),
        tender=None if line.tender is None else _tender(call, line.tender.id, line.tender),
    )


def _tender(call: Call, tender: TenderId, state: TenderState) -> TenderShape:
    window = state.consignment.window
    return TenderShape(
        moment(window.start),
        moment(window.end),
        id=tender,
        order=state.consignment.order,
        delivery=state.consignment.delivery,
        status=state.status.value,
        answer_by=moment(state.answer_by),
        offers=tuple(_offer(line, prices=_sees_costs(call)) for line in answer_lines(state)),
    )


def _offer(line: AnswerLine, *, prices: bool) -> TenderOfferShape:
    return TenderOfferShape(
        carrier=line.carrier,
        service=line.service,
        contract_version=line.contract_version,
        answer=line.answer,
        reference=line.reference,
        text=line.text,
        currency=line.currency,
        offered_minor=line.offered_minor if prices else None,
        accepted_minor=line.accepted_minor if prices else None,
    )


def _options(call: Call, options: tuple[RoutingOption, ...]) -> tuple[OptionShape, ...]:
    return tuple(_option(option, costs=_sees_costs(call)) for option in options)


def _option(option: RoutingOption, *, costs: bool) -> OptionShape:
    window = option.window
    return OptionShape(
        carrier=option.carrier,
        service=option.service,
        hub=option.hub,
        rule=option.rule.value,
        why=label(f"routing.{option.rule}"),
        odds=None if option.odds_ppm is None else option.odds_ppm / PPM,
        window=None if window is None else WindowShape(moment(window.start), moment(window.end)),
        cutoff=moment_or_none(option.cutoff),
        detail=why(option) if costs else None,
        cost_minor=option.cost_minor if costs else None,
        expected_minor=option.expected_minor if costs else None,
        capacity_left=option.capacity_left if costs else None,
    )


def _sees_costs(call: Call) -> bool:
    return call.caller.merchant is None


DOORS: Final = (
    Door(
        "POST", "/v1/dispatch/evaluate", evaluate_dispatch, MERCHANT, {200: EvaluationShape}, reads=QuoteBody
    ),
    Door("GET", "/v1/orders/{order}/routing", read_routing, MERCHANT, {200: RoutingShape}),
    Door("GET", "/v1/deliveries/{delivery}/routing", read_delivery_routing, MERCHANT, {200: RoutingShape}),
    Door("GET", "/v1/tenders/{tender}", read_tender, OPERATOR, {200: TenderShape}),
)
