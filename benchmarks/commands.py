"""Durable commands a second: the engine over SQLite against a raw driver that writes the same three rows.

Each command makes one event, one timer and one outbox row, and is acknowledged only after a commit with
`synchronous=FULL`. The raw writer takes the rows that the engine wrote and inserts them with `sqlite3` alone,
in batches of 64; the two take turns, so that both see the same disk. Callers are threads, 64 of them by
default, each with one command at a time; `handle64` is one caller with 64 commands. Prints JSON.
"""

import argparse
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread

from doorstep.adapters.clocks import SystemClock
from doorstep.adapters.store.memory import MemoryStore
from doorstep.adapters.store.relational import RelationalStore
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.engine.handle import Market
from doorstep.engine.ports.store import Store
from doorstep.engine.rules import Machine, Rules
from doorstep.vocabulary.contact import AnyContactEvent, ContactRecorded, ContactTopic, RecordContact
from doorstep.vocabulary.event import CommandId, MarketId, Source
from doorstep.vocabulary.ids import OrderId, derive
from doorstep.vocabulary.record import Instruction, Record
from doorstep.vocabulary.timer import Consequence, Look, QueueEffect, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after

BATCH = 64
CALLERS = 64
MARKET = MarketId("bench")
TABLES = ("events", "timers", "effects")
AT = Instant(1_767_225_600_000_000)


def decide(state: None, command: RecordContact, policies: None) -> tuple[AnyContactEvent, ...]:
    """The least a machine can decide, so that the engine is what is measured."""
    del state, policies
    told = (command.order, command.key, command.topic, command.channel, command.answered_by, command.at)
    return (ContactRecorded(*told),)


def evolve(state: None, event: AnyContactEvent) -> None:
    """No state."""
    del state, event


def react(record: Record, look: Look, policies: None) -> tuple[Consequence, ...]:
    """One timer and one effect."""
    del look, policies
    return (
        SetTimer(
            f"follow_up/{record.id}", after(record.recorded_at, 3_600), Wake("follow_up", record.stream)
        ),
        QueueEffect(record.id, record.stream, "webhook", '{"type":"contact.recorded"}'),
    )


def instructions(count: int, first: int) -> list[Instruction]:
    """Questions about as many orders."""
    made = []
    for number in range(first, first + count):
        order = OrderId(derive("ord", str(number)))
        command = RecordContact(order, "k1", ContactTopic.change, "web", "page", AT)
        made.append(Instruction(CommandId(derive("cmd", str(number))), command, "shopper", Source.api, AT))
    return made


def market_over(store: Store) -> Market[None]:
    """A market with the least of rules."""
    return Market(MARKET, Rules.of([Machine("contact", decide, evolve)], [react], None), store, SystemClock())


def timed(work: Callable[[], None], count: int) -> dict[str, float]:
    """Commands a second, and CPU microseconds a command of the whole process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"per_s": count / wall, "cpu_us": cpu / count * 1e6}


def by_threads(market: Market[None], given: list[Instruction]) -> None:
    """Each caller gives one command and waits for its answer."""

    def call(mine: list[Instruction]) -> None:
        for one in mine:
            market.handle([one])

    threads = [Thread(target=call, args=(given[start::CALLERS],)) for start in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_batches(market: Market[None], given: list[Instruction]) -> None:
    """One caller gives 64 commands at a time."""
    for start in range(0, len(given), BATCH):
        market.handle(given[start : start + BATCH])


def copied_rows(source: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows that the engine wrote, by table, in the order of their insertion."""
    with sqlite3.connect(source) as connection:
        reads = {
            table: f"SELECT * FROM {table} ORDER BY rowid"  # noqa: S608 - the names are our own
            for table in TABLES
        }
        return {table: connection.execute(read).fetchall() for table, read in reads.items()}


def raw_writer(path: Path, rows: dict[str, list[tuple[object, ...]]]) -> Callable[[], None]:
    """A writer of these rows into tables and indexes of the same shape, with the same durability."""
    open_sqlite(path).dispose()

    def write() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        inserts = {
            table: f"INSERT INTO {table} VALUES ({','.join('?' * len(some[0]))})"  # noqa: S608 - our own names
            for table, some in rows.items()
        }
        for start in range(0, len(rows["events"]), BATCH):
            connection.execute("BEGIN IMMEDIATE")
            for table, some in rows.items():
                connection.executemany(inserts[table], some[start : start + BATCH])
            connection.execute("COMMIT")
        connection.close()

    return write


def one_round(folder: Path, given: list[Instruction]) -> dict[str, dict[str, float]]:
    """Every way in turn, each on a file of its own."""
    figures = {}
    for name, work in (("threads", by_threads), ("handle64", by_batches)):
        engine = open_sqlite(folder / f"{name}.db")
        market = market_over(RelationalStore(engine))
        figures[name] = timed(partial(work, market, given), len(given))
        assert market.head.size == len(given)
        engine.dispose()
    rows = copied_rows(folder / "handle64.db")
    assert all(len(some) == len(given) for some in rows.values())
    figures["raw"] = timed(raw_writer(folder / "raw.db", rows), len(given))
    figures["memory"] = timed(partial(by_batches, market_over(MemoryStore()), given), len(given))
    return figures


def runs(rounds: int, count: int) -> Iterator[dict[str, dict[str, float]]]:
    """Rounds on fresh files, beside the code rather than in a temporary folder that may lie in memory."""
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            yield one_round(Path(folder), instructions(count, number * count))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=6_400, help="commands of each way in each round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    rounds = list(runs(asked.rounds, asked.commands))
    middle = {
        name: {unit: round(statistics.median(one[name][unit] for one in rounds), 1) for unit in units}
        for name, units in rounds[0].items()
    }
    ratios = [one["threads"]["per_s"] / one["raw"]["per_s"] for one in rounds]
    report = {
        "what": "durable commands (event + timer + outbox row), synchronous=FULL",
        "callers": CALLERS,
        "commands": asked.commands,
        "rounds": asked.rounds,
        "median": middle,
        "share_of_raw": {
            "median": round(statistics.median(ratios), 3),
            "least": round(min(ratios), 3),
            "greatest": round(max(ratios), 3),
        },
        "machine": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
