"""A person takes a van out of a simulated driver's hands, in the middle of the day."""

from collections.abc import Iterator

from tests.journeys.conftest import Set

from doorstep.cli.stage import Stage
from doorstep.engine.log import export, read_record
from doorstep.lifecycle.route import RouteState, RouteStatus
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.roster import ShiftPlanned
from doorstep.vocabulary.units import Instant
from doorstep.web.pairing import Pairings

DONE_MIN = 3
"""Stops that are done on a route in the middle of its day."""


def records(stage: Stage) -> list[Record]:
    """The whole log."""
    return [read_record(line) for line in export(stage.app.store, stage.app.market.id)]


def told_by(stage: Stage, driver: str) -> list[Record]:
    """What a driver told."""
    return [record for record in records(stage) if record.actor == f"driver:{driver}"]


def routes(stage: Stage) -> Iterator[RouteId]:
    """The day's routes."""
    return (record.data.route for record in records(stage) if isinstance(record.data, ShiftPlanned))


def play_to_the_middle(stage: Stage, steps: Iterator[Instant]) -> RouteState:
    """Play until a van is in the middle of its day; its route."""
    known = list(routes(stage))
    for _ in steps:
        for route in known:
            state = stage.app.drivers.route(route, None)
            if state and state.status is RouteStatus.departed and state.done >= DONE_MIN and state.deliveries:
                return state
    raise AssertionError("no van was ever in the middle of its day")


def test_a_person_takes_over_and_the_day_goes_on(set_small_stage: Set) -> None:
    """From the pairing on the simulated driver tells nothing more; everyone else's day goes on to its end."""
    stage = set_small_stage(seed=3)
    steps = stage.day.steps()
    taken = play_to_the_middle(stage, steps)
    pairings = Pairings(stage.app.keys, stage.app.market.id, stage.app.wall_clock)
    token = pairings.take(pairings.offer(taken.shift.driver).code)
    before, told = told_by(stage, taken.shift.driver), len(records(stage))
    for _ in steps:
        pass

    assert told_by(stage, taken.shift.driver) == before
    later = records(stage)[told:]
    others = {record.actor for record in later if record.actor.startswith("driver:")}
    assert len(others) > 1, "the other drivers went on"
    phone = {"authorization": f"Bearer {token}"}
    answer = stage.loopback.call("GET", f"/v1/driver/routes/{taken.id}", phone)
    assert answer.status == 200, "the route waits for its person"
    assert b'"state":"departed"' in answer.body
