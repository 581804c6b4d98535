"""SQLite as a store: one file, a write-ahead log, and a commit that waits for the disk."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from doorstep.adapters.store.relational import WRITES
from doorstep.adapters.store.schema import prepare
from doorstep.engine.ports.store import StoreUnavailableError

BUSY_MS: Final = 10_000
"""Milliseconds that a writer waits for another process's commit."""
CONNECTIONS_MAX: Final = 64
"""Connections to one file from one process."""


def open_sqlite(path: Path, *, relaxed: bool = False) -> Engine:
    """The database in a file, created where there is none; hand it to `RelationalStore` and its siblings.

    With `relaxed` a commit does not wait for the disk: a crash of the machine may lose acknowledged events
    or the whole file. It is for simulated days alone.

    Raises:
        SchemaMismatchError: the file is of another version of Doorstep.
        StoreUnavailableError: the file cannot be opened.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)), pool_size=8, max_overflow=CONNECTIONS_MAX - 8
    )
    synchronous = "OFF" if relaxed else "FULL"

    def on_connect(connection: SqliteConnection, _: object) -> None:
        # The driver must not open transactions by itself: we say below whether they will write.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def on_begin(connection: Connection) -> None:
        # A transaction that begins as a reader cannot become a writer while another one writes.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    try:
        prepare(engine.execution_options(**{WRITES: True}))
    except DBAPIError as fault:
        raise StoreUnavailableError(f"{path} cannot be opened: {fault.orig}") from fault
    return engine
