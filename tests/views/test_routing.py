"""A decision in words: what each carrier answered last, and why an option is what it is."""

import pytest
from tests.engine.desks.test_tenders import BOATS, POST

from doorstep.lifecycle import tender as tender_life
from doorstep.lifecycle.tender import TenderState
from doorstep.views.routing import RoutingLine, answer_lines, routing_lines, standing, why
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    PersonId,
    PlaceId,
    TenderId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.routing import RoutingDecided, RoutingOption, RoutingRule, RoutingTrigger
from doorstep.vocabulary.tender import (
    AnyTenderEvent,
    Consignment,
    SurplusAcceptance,
    TenderAccepted,
    TenderCancelled,
    TenderExpired,
    TenderOffer,
    TenderOffered,
    TenderRecalled,
    TenderRefused,
)
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

AT, TND = Instant(1_000_000), TenderId("tnd_1")
WINDOW = Window(Instant(5_000_000), Instant(9_000_000))
WHAT = Consignment(
    DeliveryId("dlv_1"), OrderId("ord_1"), MerchantId("acme"), HubId("hub"), PersonId("per_1"),
    PlaceId("plc_1"), (), Grams(1_000), (), WINDOW,
)  # fmt: skip
OFFERS = tuple(TenderOffer(one, "direct", 2, price, "EUR") for one, price in ((BOATS, 500), (POST, 700)))
OFFERED = TenderOffered(TND, WHAT, OFFERS, AT, AT)
TAKEN = TenderAccepted(TND, BOATS, "B-1", 480, "EUR", None, AT)
RECALLED = TenderRecalled(TND, "cancelled", (BOATS,), AT)


def told(*events: AnyTenderEvent) -> TenderState:
    state = tender_life.evolve(None, OFFERED)
    for event in events:
        state = tender_life.evolve(state, event)
    return state


def decided(carrier: CarrierId | None, *options: RoutingOption) -> RoutingDecided:
    return RoutingDecided(
        WHAT.delivery, WHAT.order, RoutingTrigger.confirmed, WINDOW, carrier, "direct", options, "EUR", AT, AT
    )


def option(carrier: CarrierId, rule: RoutingRule, detail: str = "") -> RoutingOption:
    return RoutingOption(carrier, "direct", HubId("hub"), rule, detail)


def test_the_last_word_with_each_carrier_is_its_answer() -> None:
    """Silent, taken, refused, surplus, and let go again: each carrier has one answer at each time."""
    surplus = SurplusAcceptance(TND, POST, "P-9", AT)
    refused = TenderRefused(TND, POST, Reason.no_capacity, "full", AT)
    for events, answers in (
        ((), ["silent", "silent"]),
        ((TAKEN,), ["accepted", "silent"]),
        ((TAKEN, refused), ["accepted", "refused"]),
        ((TAKEN, surplus), ["accepted", "surplus"]),
        ((TAKEN, surplus, TenderCancelled(TND, POST, 0, AT)), ["accepted", "cancelled"]),
        ((TAKEN, RECALLED, TenderCancelled(TND, BOATS, 0, AT)), ["cancelled", "silent"]),
    ):
        assert [line.answer for line in answer_lines(told(*events))] == answers


def test_what_was_offered_stands_beside_what_was_accepted() -> None:
    """The price may differ; both are said, with the carrier's own reference."""
    line = answer_lines(told(TAKEN))[0]
    assert (line.offered_minor, line.accepted_minor, line.reference) == (500, 480, "B-1")
    text = answer_lines(told(TenderRefused(TND, POST, Reason.no_capacity, "full", AT)))[1].text
    assert text == "no room on any van: full"


@pytest.mark.parametrize(
    ("carrier", "events", "said"),
    [
        (None, None, "nobody may take it"),
        (OWN_FLEET, None, "planned on a van"),
        (BOATS, None, "not asked yet"),
        (BOATS, (), "asked, no answer yet"),
        (BOATS, (TAKEN,), "accepted"),
        (BOATS, (TenderExpired(TND, AT),), "nobody answered in time"),
        (BOATS, (TAKEN, RECALLED), "being taken back"),
        (BOATS, (TAKEN, RECALLED, TenderCancelled(TND, BOATS, 0, AT)), "taken back"),
    ],
)
def test_where_a_decision_stands(
    carrier: CarrierId | None, events: tuple[AnyTenderEvent, ...] | None, said: str
) -> None:
    """From the decision to the carrier's last word."""
    tender = None if events is None else told(*events)
    assert standing(RoutingLine(decided(carrier), tender, ())) == said


def test_each_decision_has_the_tender_that_it_led_to() -> None:
    """The first asked, the second chose a van; the chosen option is the first one."""
    first = decided(BOATS, option(BOATS, RoutingRule.chosen), option(POST, RoutingRule.dearer))
    second = decided(None, option(BOATS, RoutingRule.tried))
    lines = routing_lines([first, second], {0: TND}, {TND: told(TAKEN)})
    assert [line.tender is not None for line in lines] == [True, False]
    assert lines[0].chosen == first.options[0]
    assert lines[0].others == first.options[1:]
    assert lines[1].chosen is None
    assert lines[1].others == second.options


def test_a_rule_is_said_in_plain_words() -> None:
    """The plan's own codes too; what a rule was about this time goes before the rule."""
    assert why(option(BOATS, RoutingRule.dearer, "x")) == "possible, and dearer"
    assert why(option(BOATS, RoutingRule.weight)) == "too heavy for it"
    assert why(option(BOATS, RoutingRule.weight, "31 kg of 30")) == "31 kg of 30"
    assert why(option(OWN_FLEET, RoutingRule.capacity, "no_time, no_vehicle")) == (
        "no van has time for it, no van on the road then"
    )
