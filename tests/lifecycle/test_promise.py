from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK, answer, lived

from doorstep.vocabulary.ids import DeliveryId, HubId, MerchantId, OrderId, PlaceId, PromiseId, RouteId
from doorstep.vocabulary.promise import (
    AnnounceMiss,
    AnyPromiseCommand,
    ChangePromise,
    ConfirmPromise,
    Demand,
    ExpireHold,
    HoldPromise,
    PromiseOutcome,
    RefusePromise,
    ReleasePromise,
    SettlePromise,
)
from doorstep.vocabulary.units import Grams, Instant, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

PRM = PromiseId("prm")
EXPIRES = Instant(1_000)
DEMAND = Demand(HubId("hub"), Instant(0), Seconds(60), Grams(1), Millilitres(1), ())
HOLD = HoldPromise(
    PRM, MerchantId("acme"), "slot", DeliveryId("dlv"), PlaceId("plc"), DEMAND,
    Window(Instant(5_000), Instant(9_000)), 990_000, RouteId("rte"), Instant(6_000), Seconds(10), "h",
    EXPIRES,
)  # fmt: skip
CONFIRM = ConfirmPromise(PRM, OrderId("ord"), "h", EXPIRES)
CHANGE = ChangePromise(PRM, PromiseId("next"), by_shopper=True, told_at=None)
KEPT, MISSED, UNPROVEN = (
    SettlePromise(PRM, outcome, Instant(8_000))
    for outcome in (PromiseOutcome.kept, PromiseOutcome.missed, PromiseOutcome.unproven)
)
COMMANDS: dict[str, AnyPromiseCommand] = {
    "hold": HOLD,
    "refuse": RefusePromise(PRM, MerchantId("acme"), "slot", None, None, ("no_time",)),
    "confirm": CONFIRM,
    "release": ReleasePromise(PRM, "left"),
    "expire": ExpireHold(PRM),
    "change": CHANGE,
    "announce": AnnounceMiss(PRM, Instant(9_500), Instant(8_500)),
    "settle": KEPT,
}
WAYS: dict[str, Sequence[AnyPromiseCommand]] = {
    "refused": [COMMANDS["refuse"]],
    "held": [HOLD],
    "confirmed": [HOLD, CONFIRM],
    "changed": [HOLD, CONFIRM, CHANGE],
    "released": [HOLD, ReleasePromise(PRM, "left")],
    "expired": [HOLD, ExpireHold(PRM)],
    "settled": [HOLD, CONFIRM, MISSED],
}
TABLE = {
    "hold": dict.fromkeys(WAYS, "promise_exists"),
    "refuse": dict.fromkeys(WAYS, "promise_exists"),
    "confirm": dict.fromkeys(WAYS, "promise_not_held") | {"held": "PromiseConfirmed"},
    "release": dict.fromkeys(WAYS, "promise_closed")
    | dict.fromkeys(["held", "confirmed"], "PromiseReleased"),
    "expire": dict.fromkeys(WAYS, "") | {"held": "HoldExpired"},
    "change": dict.fromkeys(WAYS, "promise_not_confirmed") | {"confirmed": "PromiseChanged"},
    "announce": dict.fromkeys(WAYS, "") | dict.fromkeys(["confirmed", "changed"], "MissAnnounced"),
    "settle": dict.fromkeys(WAYS, "promise_not_due")
    | dict.fromkeys(["confirmed", "changed", "settled"], "PromiseSettled"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("status", WAYS)
def test_each_status_takes_its_commands_and_no_other(status: str, command: str) -> None:
    """Each command in each status comes to the one event, or the one refusal, of the table."""
    state = lived("promise", WAYS[status])
    assert state.status == status
    expected = TABLE[command][status]
    result = answer("promise", state, COMMANDS[command])
    assert result == ((expected,) if expected[:1].isupper() else expected or ())


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("hold", "refuse")])
def test_nothing_happens_to_a_promise_that_is_none(command: str) -> None:
    """Only a hold or a refusal begins it."""
    assert answer("promise", None, COMMANDS[command]) == "promise_unknown"


def test_a_hold_stands_to_the_last_microsecond() -> None:
    """At its end it can be confirmed, one microsecond later it cannot."""
    state = lived("promise", [HOLD])
    assert answer("promise", state, CONFIRM) == ("PromiseConfirmed",)
    late = msgspec.structs.replace(CONFIRM, at=Instant(EXPIRES + 1))
    assert answer("promise", state, late) == "hold_expired"


def test_what_is_less_certain_than_policy_asks_is_never_offered() -> None:
    """The least odds are enough, a millionth less is not."""
    least = BOOK.promises.odds_min_ppm
    assert answer("promise", None, msgspec.structs.replace(HOLD, odds_ppm=least)) == ("PromiseHeld",)
    assert answer("promise", None, msgspec.structs.replace(HOLD, odds_ppm=least - 1)) == "odds_too_low"


def test_a_miss_is_announced_once() -> None:
    """The first announcement's time stays."""
    state = lived("promise", [HOLD, CONFIRM, COMMANDS["announce"]])
    assert state.announced_at == 8_500
    again = AnnounceMiss(PRM, Instant(9_900), Instant(8_900))
    assert answer("promise", state, again) == ()


@given(st.lists(st.sampled_from([KEPT, MISSED, UNPROVEN]), min_size=1))
def test_a_settlement_is_revised_when_evidence_changes_it(said: list[SettlePromise]) -> None:
    """The last outcome counts, and the same one said again is no event."""
    state = lived("promise", [HOLD, CONFIRM])
    for command in said:
        expected = () if command.outcome == state.outcome else ("PromiseSettled",)
        assert answer("promise", state, command) == expected
        if expected:
            state = lived("promise", [command], state)
        assert state.outcome == command.outcome
