"""The routing decision: every rule rules out what it should, and the lowest expected cost is chosen."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from doorstep.planning.routing import (
    Freight,
    MissCost,
    Standing,
    Terms,
    carrier_window,
    choose,
    tender_at,
    weigh_carrier,
)
from doorstep.policy.contracts import CarrierService, Contract
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, HubId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.routing import RoutingOption, RoutingRule
from doorstep.vocabulary.units import Grams, Instant, Metres
from doorstep.vocabulary.windows import Window

ZONE = ZoneInfo("Europe/Berlin")
POST = CarrierId("post")
MISS = MissCost(refund_minor=200, goodwill_minor=300)


def at(hour: int, minute: int = 0) -> Instant:
    return Instant(
        int(datetime(2026, 6, 16, hour, minute, tzinfo=ZONE).astimezone(UTC).timestamp()) * 1_000_000
    )


SERVICE = CarrierService(
    sells=("next_day",), lead_minutes=60, capacity_per_day=10, base_minor=300, per_kg_minor=10,
    per_km_minor=5, odds_ppm=950_000, radius_m=Metres(20_000), windows=("08:00-12:00", "12:00-16:00"),
)  # fmt: skip
CONTRACT = Contract(
    name="Post", version=1, valid_from="2026-01-01", valid_to="2026-12-31", currency="EUR",
    capabilities=(Handling.photo,), parcels_max=3, weight_g_max=Grams(20_000), length_mm_max=1_200,
    answer_s=600, tolerance_s=900, credit_minor=100, cancel_fee_minor=0, claim_days=14,
    liability_minor_max=50_000, silence_s=3_600, contact="post@example.org", service={"timed": SERVICE},
)  # fmt: skip
FREIGHT = Freight(
    service="next_day", hub=HubId("hub"), distance_m=Metres(4_100), ready_at=at(6), parcels=1,
    weight_g=Grams(900), length_mm=300, handling=(), window=Window(at(12), at(16)),
)  # fmt: skip
STANDING = Standing(connected=True, paused=False, tried=False, stranded=False, used=0)
TERMS = Terms(now=at(7), zone=ZONE, promised=True, odds_min_ppm=900_000, miss=MISS)


def weighed(freight: Freight = FREIGHT, standing: Standing = STANDING, terms: Terms = TERMS) -> RoutingOption:
    return weigh_carrier(POST, CONTRACT, "timed", freight, standing, terms)


def test_an_option_says_what_it_costs() -> None:
    """Price by started kilogramme and kilometre; the expected cost adds what a miss costs times its odds."""
    option = weighed()
    assert (option.rule, option.cost_minor, option.expected_minor) == (RoutingRule.dearer, 335, 335 + 25)
    assert (option.window, option.cutoff, option.capacity_left) == (FREIGHT.window, at(11), 10)


@pytest.mark.parametrize(
    ("freight", "standing", "terms", "rule"),
    [
        ({"service": "express"}, {}, {}, RoutingRule.not_sold),
        ({}, {"connected": False}, {}, RoutingRule.not_connected),
        ({"handling": (Handling.cold,)}, {}, {}, RoutingRule.handling),
        ({"parcels": 4}, {}, {}, RoutingRule.parcels),
        ({"weight_g": Grams(20_001)}, {}, {}, RoutingRule.weight),
        ({"length_mm": 1_201}, {}, {}, RoutingRule.size),
        ({"distance_m": Metres(20_001)}, {}, {}, RoutingRule.area),
        ({}, {"stranded": True}, {}, RoutingRule.stranded),
        ({}, {"tried": True}, {}, RoutingRule.tried),
        ({}, {"paused": True}, {}, RoutingRule.paused),
        ({}, {}, {"odds_min_ppm": 960_000}, RoutingRule.odds),
        ({"window": Window(at(13), at(15))}, {}, {}, RoutingRule.window),
        ({}, {}, {"now": at(11, 1)}, RoutingRule.cutoff),
        ({"ready_at": at(12, 1)}, {}, {}, RoutingRule.cutoff),
        ({}, {"used": 10}, {}, RoutingRule.capacity),
    ],
)
def test_each_rule_rules_out(
    freight: dict[str, object], standing: dict[str, object], terms: dict[str, object], rule: RoutingRule
) -> None:
    """One breach is enough, and the option names it."""
    option = weighed(
        msgspec.structs.replace(FREIGHT, **freight),
        msgspec.structs.replace(STANDING, **standing),
        msgspec.structs.replace(TERMS, **terms),
    )
    assert option.rule is rule
    assert not option.may
    assert option.detail


def test_a_wish_takes_the_carriers_nearest_window_and_a_promise_only_one_inside_it() -> None:
    """Nothing promised yet: the window with the most of the wish. Promised: the carrier's must lie in it."""
    wish = msgspec.structs.replace(FREIGHT, window=Window(at(11), at(15)))
    assert carrier_window(SERVICE, wish, ZONE, inside=False) == Window(at(12), at(16))
    assert carrier_window(SERVICE, wish, ZONE, inside=True) is None
    any_window = msgspec.structs.replace(SERVICE, windows=())
    assert carrier_window(any_window, wish, ZONE, inside=True) == wish.window


def test_committed_volume_costs_nothing_more_until_it_is_used_up() -> None:
    """What a contract commits us to is paid for either way; the next one costs its price."""
    service = msgspec.structs.replace(SERVICE, committed_per_day=2)
    contract = msgspec.structs.replace(CONTRACT, service={"timed": service})
    last = weigh_carrier(POST, contract, "timed", FREIGHT, msgspec.structs.replace(STANDING, used=1), TERMS)
    beyond = weigh_carrier(POST, contract, "timed", FREIGHT, msgspec.structs.replace(STANDING, used=2), TERMS)
    assert (last.rule, last.cost_minor) == (RoutingRule.committed, 0)
    assert (beyond.rule, beyond.cost_minor) == (RoutingRule.dearer, 335)


def test_the_lowest_expected_cost_is_chosen_and_the_others_say_by_how_much() -> None:
    """Cheapest first; what may not comes last; equal costs go to the own fleet."""
    own = RoutingOption(OWN_FLEET, "", HubId("hub"), RoutingRule.dearer, "", 300, 340, 990_000)
    named = choose([weighed(standing=msgspec.structs.replace(STANDING, paused=True)), weighed(), own])
    assert [option.rule for option in named] == [RoutingRule.chosen, RoutingRule.dearer, RoutingRule.paused]
    assert named[0].carrier == OWN_FLEET
    assert named[1].detail == "20 minor units more to be expected"
    tie = choose([weighed(), msgspec.structs.replace(own, expected_minor=360)])
    assert tie[0].carrier == OWN_FLEET


def test_nobody_may() -> None:
    """Where every option is ruled out, none is chosen and all are listed."""
    options = choose([weighed(standing=msgspec.structs.replace(STANDING, paused=True))])
    assert [option.rule for option in options] == [RoutingRule.paused]


def test_a_carrier_is_asked_in_time_for_another_to_be_asked() -> None:
    """The tender leaves before the lead and the answer's time, and never in the past."""
    asked = tender_at(SERVICE, CONTRACT, FREIGHT.window, at(7))
    assert asked == at(12) - (3_600 + 600 + 1_800) * 1_000_000
    assert tender_at(SERVICE, CONTRACT, FREIGHT.window, at(11)) == at(11)
