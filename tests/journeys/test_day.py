"""One day from an order file to delivered, proved and paid."""

import json
from collections import Counter
from pathlib import Path

from tests.journeys.conftest import Set

from doorstep.adapters.signing import read_public_key, verifies
from doorstep.cli.gauges import LIMITS
from doorstep.cli.inspection import inspect
from doorstep.cli.main import exit_code
from doorstep.cli.stage import Stage
from doorstep.engine.log import export, log_hash, read_record
from doorstep.engine.packet import Verified, verify_packet
from doorstep.engine.replay import replay
from doorstep.engine.rules import Machine
from doorstep.lifecycle.registry import LIFECYCLES
from doorstep.vocabulary.cost import CostBooked
from doorstep.vocabulary.delivery import Delivered
from doorstep.vocabulary.order import OrderFulfilled
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld, PromiseReleased

CHECKED = {"1", "2", "3", "4", "5", "7", "8", "10", "11", "12", "13", "14", "16", "17", "18"}


def play(stage: Stage) -> str:
    """Play to the end; the log's hash."""
    for _ in stage.day.steps():
        pass
    return log_hash(export(stage.app.store, stage.app.market.id))


def test_a_day_runs_from_the_order_file_to_packets_that_verify(small_orders: Path, tmp_path: Path) -> None:
    """`doorstep day` leaves a log, a packet an order, a report that agrees with the log, and no fault."""
    out = tmp_path / "day"
    words = ["day", "--orders", str(small_orders), "--seed", "3", "--out", str(out), "--json"]
    assert exit_code(words) == 0

    report = json.loads((out / "report.json").read_bytes())
    lines = (out / "log.ndjson").read_bytes().splitlines()
    assert report["log_hash"] == log_hash(lines)
    records = [read_record(line) for line in lines]
    assert report["delivered"] == len({r.data.order for r in records if isinstance(r.data, OrderFulfilled)})
    assert report["delivered"] > 0.85 * report["orders"]
    booked = [r.data for r in records if isinstance(r.data, CostBooked)]
    borne = sum(entry.minor for booking in booked for entry in booking.entries if entry.minor > 0)
    assert report["cost"]["total_minor"] + report["cost"]["elsewhere_minor"] == borne

    assert set(report["invariants"]["each"]) == CHECKED
    assert report["invariants"]["broken"] == []
    assert all(seen["subjects"] > 0 for seen in report["invariants"]["each"].values())

    key = read_public_key(out / "market.pub.pem")
    packets = sorted((out / "packets").glob("*.zip"))
    assert len(packets) >= report["delivered"]
    assert all(isinstance(verify_packet(p.read_bytes(), key, verifies), Verified) for p in packets)
    assert exit_code(["verify", str(packets[0]), "--key", str(out / "market.pub.pem")]) == 0
    assert (out / "report.html").stat().st_size > 5_000


def test_a_seed_repeats_whatever_the_workers_and_whoever_watches(set_small_stage: Set) -> None:
    """The log's hash depends on the seed alone, not on workers, nor on pages that are read meanwhile."""
    alone = play(set_small_stage(seed=5, workers=1))
    assert play(set_small_stage(seed=5, workers=2)) == alone

    watched = set_small_stage(seed=5)
    key = {"authorization": f"Bearer {watched.tokens.operator}"}
    for turn, _ in enumerate(watched.day.steps()):
        if turn % 50 == 0:
            assert watched.loopback.call("GET", "/v1/board", key).status == 200
            assert watched.loopback.call("GET", "/v1/cases", key).status == 200
    assert log_hash(export(watched.app.store, watched.app.market.id)) == alone
    assert play(set_small_stage(seed=6)) != alone


def test_replaying_the_exported_log_gives_the_same_states(set_small_stage: Set) -> None:
    """The log alone tells everything: folded again, every stream's state is equal."""
    stage = set_small_stage(seed=2)
    play(stage)
    machines = {c.noun: Machine(c.noun, c.decide, c.evolve) for c in LIFECYCLES}
    again = replay(export(stage.app.store, stage.app.market.id), stage.app.market.id, machines)
    for cycle in LIFECYCLES:
        for stream, state in stage.app.market.all_of(cycle.noun).items():
            assert again.states[stream] == state
    assert again.frontier == stage.app.market.head


def test_a_planted_defect_does_not_pass_the_checkers(set_small_stage: Set) -> None:
    """The checkers read the log, not our word: a handoff that is taken out of it is found."""
    stage = set_small_stage(seed=2)
    play(stage)
    texts = list(export(stage.app.store, stage.app.market.id))
    found = {number: figures for number, figures in inspect(stage, texts).items() if figures.broken}
    assert not found
    gone = next(i for i, text in enumerate(texts) if isinstance(read_record(text).data, Delivered))
    broken = Counter(
        n for n, figures in inspect(stage, texts[:gone] + texts[gone + 1 :]).items() if figures.broken
    )
    assert {1, 5} <= set(broken) or {2, 5} <= set(broken)


def test_what_is_bounded_was_measured_and_what_grows_beyond_is_found(set_small_stage: Set) -> None:
    """Timers, holds, waves, pages, requests and photos were met in sizes that the log agrees with."""
    stage = set_small_stage(seed=2)
    play(stage)
    greatest = stage.gauges.greatest
    assert set(greatest) == set(LIMITS)
    # No webhook and no message goes out by itself, and nothing failed on this day.
    idle = {"effects waiting", "tries of an effect", "tries of a timer"}
    assert {name for name, size in greatest.items() if size == 0} <= idle
    texts = list(export(stage.app.store, stage.app.market.id))
    held: set[str] = set()
    most = 0
    for record in map(read_record, texts):
        match record.data:
            case PromiseHeld(promise=promise):
                held.add(promise)
            case PromiseConfirmed(promise=promise) | PromiseReleased(promise=promise):
                held.discard(promise)
            case _:
                pass
        most = max(most, len(held))
    assert len(stage.app.hubs) > 1 or greatest["open holds of a hub"] == most
    assert 0 < greatest["open holds of a hub"] <= most
    found = inspect(stage, texts)[18]
    assert found.broken == ()
    for name, limit in LIMITS.items():
        greatest[name] = limit + 1
        broken = inspect(stage, texts)[18].broken
        assert broken == (f"queue {name}: it held {limit + 1}, its limit is {limit}",)
        greatest[name] = 0
    assert found.subjects > len(texts) + len(LIMITS)
