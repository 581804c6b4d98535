"""What is particular about SQLite as a store."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text, update
from tests.engine.shop import Policies, Shop

from doorstep.adapters.clocks import SystemClock
from doorstep.adapters.store.relational import Database, RelationalStore
from doorstep.adapters.store.schema import SCHEMA_VERSION, schema_versions
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.engine.handle import Market
from doorstep.engine.log import export, log_hash
from doorstep.engine.ports.store import SchemaMismatchError, StoreUnavailableError
from doorstep.engine.rules import Accepted


def pragma(connection: Connection, name: str) -> object:
    """A setting of the connection."""
    return connection.scalar(text(f"PRAGMA {name}"))


@pytest.mark.parametrize(("relaxed", "synchronous"), [(False, 2), (True, 0)])
def test_a_commit_waits_for_the_disk_unless_relaxed(tmp_path: Path, relaxed: bool, synchronous: int) -> None:
    """FULL with a write-ahead log by default; OFF where it was asked for; deleted rows are overwritten."""
    engine = open_sqlite(tmp_path / "a.db", relaxed=relaxed)
    with engine.connect() as connection:
        assert pragma(connection, "synchronous") == synchronous
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "secure_delete") == 1
    engine.dispose()


def test_a_writer_takes_its_place_before_it_reads(tmp_path: Path) -> None:
    """What a writing transaction reads cannot change before it writes, so it never has to begin anew."""
    engine = open_sqlite(tmp_path / "a.db")
    other = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    with Database(engine).writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with Database(engine).reading():
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


def test_tables_of_another_version_are_not_opened(tmp_path: Path) -> None:
    """A file from another version is refused and left as it is."""
    engine = open_sqlite(tmp_path / "a.db")
    with engine.begin() as connection:
        connection.execute(update(schema_versions).values(version=SCHEMA_VERSION + 1))
    engine.dispose()
    with pytest.raises(SchemaMismatchError, match=f"version {SCHEMA_VERSION + 1}"):
        open_sqlite(tmp_path / "a.db")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """The store is unavailable; nothing is overwritten."""
    path = tmp_path / "a.db"
    path.write_bytes(b"order,street\n" * 1_000)
    with pytest.raises(StoreUnavailableError):
        open_sqlite(path)
    assert path.read_bytes() == b"order,street\n" * 1_000


def market_over(shop: Shop, path: Path) -> Market[Policies]:
    """A market over a file: a process that starts."""
    return Market(shop.id, shop.rules(), RelationalStore(open_sqlite(path)), SystemClock())


def test_a_market_comes_back_from_its_file(shop: Shop, tmp_path: Path) -> None:
    """What was acknowledged is there for the next process, and the log is byte for byte the same."""
    market = market_over(shop, tmp_path / "a.db")
    outcomes = market.handle([shop.ask(f"ord_{n % 7}", f"k{n}") for n in range(50)])
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    reborn = market_over(shop, tmp_path / "a.db")
    assert reborn.all_of("contact") == market.all_of("contact")
    assert reborn.head == market.head
    assert log_hash(export(reborn.store, shop.id)) == log_hash(export(market.store, shop.id))


def test_both_stores_keep_the_same_log(shop: Shop, tmp_path: Path) -> None:
    """The same instructions at the same time give the same bytes in memory and on disk."""
    on_disk = Market(shop.id, shop.rules(), RelationalStore(open_sqlite(tmp_path / "a.db")), shop.clock)
    in_memory = shop.open()
    instructions = [shop.ask(f"ord_{n % 3}", f"k{n}") for n in range(20)]
    assert on_disk.handle(instructions) == in_memory.handle(instructions)
    assert list(export(on_disk.store, shop.id)) == list(export(in_memory.store, shop.id))


def test_a_full_disk_acknowledges_nothing(shop: Shop, tmp_path: Path) -> None:
    """A commit that finds no room fails whole; with room again the market goes on without repair."""
    engine = open_sqlite(tmp_path / "a.db")
    pages: list[int] = [1 << 30]

    @event.listens_for(engine, "checkout")
    def limit(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages[0]}")  # type: ignore[attr-defined]  # sqlite3's own

    market = Market(shop.id, shop.rules(), RelationalStore(engine), shop.clock)
    market.handle([shop.ask("ord_1", "first")])
    pages[0] = 1
    with pytest.raises(StoreUnavailableError, match="full"):
        market.handle([shop.ask("ord_1", f"k{n}") for n in range(500)])
    assert market.state(shop.stream("ord_1")) == ("first",)
    pages[0] = 1 << 30
    assert isinstance(market.handle([shop.ask("ord_1", "second")])[0], Accepted)
    assert Market(shop.id, shop.rules(), RelationalStore(engine), shop.clock).head == market.head
    assert market.head.size == 2
    engine.dispose()


def test_a_failing_statement_is_no_silent_loss(shop: Shop, tmp_path: Path) -> None:
    """A bug in what is written raises as the bug it is, and nothing of the batch stays."""
    engine = open_sqlite(tmp_path / "a.db")
    store = RelationalStore(engine)
    market = Market(shop.id, shop.rules(), store, shop.clock)
    market.handle([shop.ask("ord_1", "a")])
    with engine.begin() as connection:
        connection.execute(text("UPDATE events SET version = 2"))
    with pytest.raises(Exception, match="UNIQUE"):
        market.handle([shop.ask("ord_1", "b")])
    assert store.head(shop.id).size == 1
    engine.dispose()
