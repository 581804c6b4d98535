from typing import Any

import pytest

from doorstep.app import default_book
from doorstep.lifecycle.delivery import DeliveryState, fold
from doorstep.policy.attempts import Then
from doorstep.reactions.failed_attempt import DAY_S, react
from doorstep.vocabulary.case import CaseKind, OpenCase
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    DeliveryCreated,
    HoldDelivery,
    PickedUp,
    ScheduleReattempt,
    StartReturn,
)
from doorstep.vocabulary.event import EventId, MarketId, Source, StreamId
from doorstep.vocabulary.ids import (
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

BOOK = default_book()
DLV, RTE = DeliveryId("dlv"), RouteId("rte")
WINDOW = Window(Instant(10_000), Instant(20_000))
CREATED = DeliveryCreated(
    DLV, "create", Instant(0), OrderId("ord"), MerchantId("m"), PromiseId("prm"), HubId("hub"),
    PlaceId("plc"), (ParcelId("a"), ParcelId("b")), WINDOW, (), (),
)  # fmt: skip
COMMAND_BY_THEN = {
    Then.reattempt: ScheduleReattempt,
    Then.hold: HoldDelivery,
    Then.send_back: StartReturn,
}


def follow(event: AttemptFailed | PickedUp, *before: AttemptFailed) -> list[Reasoned]:
    """What follows from the event."""
    state: DeliveryState = fold((CREATED, *before, event))
    stream = StreamId(f"delivery/{DLV}")
    record = Record(
        1, EventId("e"), MarketId("m"), stream, 1, 1, event.at, event.at, Source.api, "ada", "c", None, event
    )

    def look(asked: StreamId, /) -> Any:  # noqa: ANN401 - each noun has its own type of state
        assert asked == stream
        return state

    found = react(record, look, BOOK)
    assert all(isinstance(each, Reasoned) for each in found)
    return [each for each in found if isinstance(each, Reasoned)]


def failed(reason: Reason, number: int = 1, lacking: tuple[str, ...] = ()) -> AttemptFailed:
    return AttemptFailed(DLV, f"f{number}", Instant(15_000 + number), RTE, number, reason, (), lacking)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.vehicle_breakdown])
def test_policy_says_what_follows_and_someone_owns_it(reason: Reason) -> None:
    """Reattempt, hold or return, with the rule behind it, and a case by its playbook, for every reason."""
    step, case = follow(failed(reason))
    assert type(step.command) is COMMAND_BY_THEN[BOOK.attempts.rule(reason).then]
    assert step.because == BOOK.attempts.because(f"reason.{reason}.then")
    assert isinstance(case.command, OpenCase)
    assert (case.command.kind, case.command.why) == (CaseKind.failed_attempt, reason)
    assert case.command.subject.order == "ord"
    assert case.command.due_at > failed(reason).at


def test_the_next_attempt_is_in_the_same_window_a_day_later() -> None:
    """The window moves by a day, and nothing else about it."""
    step = follow(failed(Reason.not_home))[0].command
    assert isinstance(step, ScheduleReattempt)
    assert step.window == Window(after(WINDOW.start, DAY_S), after(WINDOW.end, DAY_S))


def test_after_the_last_physical_attempt_it_goes_back() -> None:
    """The limit is the rule that is named; a claimed attempt does not count towards it."""
    first = [failed(Reason.not_home, n + 1) for n in range(BOOK.attempts.physical_max)]
    step = follow(first[-1], *first[:-1])[0]
    assert isinstance(step.command, StartReturn)
    assert step.because == BOOK.attempts.because("physical_max")
    claimed = [failed(Reason.not_home, n + 1, ("contact",)) for n in range(BOOK.attempts.physical_max)]
    assert isinstance(follow(claimed[-1], *claimed[:-1])[0].command, ScheduleReattempt)


def test_each_attempt_has_a_case_of_its_own() -> None:
    """The second failure is no copy of the first."""
    one, two = failed(Reason.not_home, 1), failed(Reason.not_home, 2)
    cases = [follow(one)[1].command, follow(two, one)[1].command]
    assert all(isinstance(case, OpenCase) for case in cases)
    assert cases[0].stream() != cases[1].stream()


def test_what_a_broken_van_had_waits_for_another_without_a_case_of_its_own() -> None:
    """The route's own case owns the breakdown."""
    (step,) = follow(failed(Reason.vehicle_breakdown, lacking=("no_attempt",)))
    assert isinstance(step.command, HoldDelivery)
