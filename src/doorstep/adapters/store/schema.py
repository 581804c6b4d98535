"""The tables, in SQL that SQLite and PostgreSQL both understand; every row belongs to a market."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from doorstep.engine.ports.store import SchemaMismatchError

SCHEMA_VERSION: Final = 1
"""Version of these tables; a database with another one is not opened."""

metadata: Final = MetaData()

schema_versions: Final = Table("schema_versions", metadata, Column("version", Integer, primary_key=True))

heads: Final = Table(
    "heads",
    metadata,
    Column("market", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("peaks", Text, nullable=False),
)
"""One row a market: whoever appends updates it first, so that positions have no gap and no twin."""

events: Final = Table(
    "events",
    metadata,
    Column("market", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("market", "stream", "version"),
)
"""The logs. `text` is not a JSON column, for those reorder keys and rewrite numbers."""

timers: Final = Table(
    "timers",
    metadata,
    Column("market", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Column("set_for", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("because", Text),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("died_at", BigInteger),
    Index("timers_due", "market", "died_at", "due_at", "id"),
)

effects: Final = Table(
    "effects",
    metadata,
    Column("market", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Index("effects_due", "market", "state", "due_at"),
    Index("effects_order", "market", "state", "subject", "seq"),
)

answers: Final = Table(
    "answers",
    metadata,
    Column("market", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("answers_age", "market", "created_at"),
)

checkpoints: Final = Table(
    "checkpoints",
    metadata,
    Column("market", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

vehicles: Final = Table(
    "vehicles",
    metadata,
    Column("market", Text, primary_key=True),
    Column("vehicle", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("market", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("api_keys_market", "market", "created_at", "hash"),
)

webhook_attempts: Final = Table(
    "webhook_attempts",
    metadata,
    Column("market", Text, primary_key=True),
    Column("webhook", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
"""The last tries of each webhook, numbered in their order."""


def prepare(engine: Engine) -> None:
    """Create the tables in a new database, and check the version of an old one.

    Raises:
        SchemaMismatchError: where the tables are of another version.
    """
    with engine.begin() as connection:
        metadata.create_all(connection)
        version = connection.scalar(select(schema_versions.c.version))
        if version is None:
            connection.execute(insert(schema_versions).values(version=SCHEMA_VERSION))
        elif version != SCHEMA_VERSION:
            raise SchemaMismatchError(f"the tables are of version {version}, not {SCHEMA_VERSION}")
