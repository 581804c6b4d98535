"""Vaults: in memory for simulations, and in SQLite with the keys in a file of their own.

Backups of the data need not carry the key file. Where they do not, erasing a person here erases them from
every backup too.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from doorstep.adapters.store.sealing import MasterKey, PersonKey
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.vault import ErasedError, ErasureUnfinishedError, Secret, UnknownError
from doorstep.vocabulary.ids import PersonId

BUSY_MS: Final = 10_000
"""Milliseconds to wait for another process that writes."""

_key_tables = sa.MetaData()
_keys = sa.Table(
    "person_key",
    _key_tables,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=True, comment="null once the person is erased"),
    sqlite_with_rowid=False,
)
_data_tables = sa.MetaData()
_sealed = sa.Table(
    "sealed",
    _data_tables,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


class MemoryVault:
    """A vault for one process and one run; it seals as the durable one does."""

    def __init__(self, master: bytes, chance: Chance) -> None:
        self._master = MasterKey(master, chance)
        self._keys: dict[PersonId, PersonKey | None] = {}
        self._sealed: dict[PersonId, dict[str, bytes]] = {}

    def put(self, person: PersonId, field: str, plaintext: bytes, nonce: bytes) -> None:
        """Keep one value."""
        self.put_many((Secret(person, field, plaintext, nonce),))

    def put_many(self, secrets: Iterable[Secret]) -> None:
        """Keep all of these or none."""
        sealed = [
            (
                secret.person,
                secret.field,
                self._key(secret.person).seal(secret.field, secret.plaintext, secret.nonce),
            )
            for secret in secrets
        ]
        for person, field, value in sealed:
            self._sealed.setdefault(person, {})[field] = value

    def get(self, person: PersonId, field: str) -> bytes:
        """The value kept last."""
        key = self._known_key(person, field)
        sealed = self._sealed.get(person, {}).get(field)
        if sealed is None:
            raise UnknownError(f"no {field} is kept of {person}")
        return key.unseal(field, sealed)

    def seal(self, person: PersonId, name: str, plaintext: bytes, nonce: bytes) -> bytes:
        """`plaintext` under the person's key."""
        return self._key(person).seal(_outside(name), plaintext, nonce)

    def unseal(self, person: PersonId, name: str, sealed: bytes) -> bytes:
        """What `seal` was given."""
        return self._known_key(person, name).unseal(_outside(name), sealed)

    def erase(self, person: PersonId) -> None:
        """Destroy the person's key and values."""
        self._keys[person] = None
        self._sealed.pop(person, None)

    def _known_key(self, person: PersonId, field: str) -> PersonKey:
        if person not in self._keys:
            raise UnknownError(f"no {field} is kept of {person}")
        return self._key(person)

    def _key(self, person: PersonId) -> PersonKey:
        if person not in self._keys:
            fresh = self._master.unwrap(person, self._master.new_wrapped(person))
            self._keys.setdefault(person, fresh)  # of two threads, both use the first one's key
        key = self._keys[person]
        if key is None:
            raise ErasedError(f"{person} was erased")
        return key


class SqliteVault:
    """A vault in two SQLite files: wrapped keys in `keys_path`, sealed values in `data_path`.

    No key is kept in memory between calls, so that an erasure by another process holds at once.
    """

    def __init__(self, data_path: Path, keys_path: Path, master: bytes, chance: Chance) -> None:
        self._master = MasterKey(master, chance)
        self._data = _open(data_path, _data_tables)
        self._key_file = _open(keys_path, _key_tables)

    def put(self, person: PersonId, field: str, plaintext: bytes, nonce: bytes) -> None:
        """Keep one value."""
        self.put_many((Secret(person, field, plaintext, nonce),))

    def put_many(self, secrets: Iterable[Secret]) -> None:
        """Keep all of these or none, in one commit; new people's keys are durable before their values."""
        batch = tuple(secrets)
        if not batch:
            return
        keys = self._keys({secret.person for secret in batch})
        rows = [
            {
                "person": secret.person,
                "field": secret.field,
                "sealed": keys[secret.person].seal(secret.field, secret.plaintext, secret.nonce),
            }
            for secret in batch
        ]
        statement = insert(_sealed)
        statement = statement.on_conflict_do_update(
            index_elements=["person", "field"], set_={"sealed": statement.excluded.sealed}
        )
        with self._data.begin() as connection:
            connection.execute(statement, rows)

    def get(self, person: PersonId, field: str) -> bytes:
        """The value kept last."""
        key = self._known_key(person, field)
        query = sa.select(_sealed.c.sealed).where(_sealed.c.person == person, _sealed.c.field == field)
        with self._data.connect() as connection:
            sealed = connection.execute(query).scalar()
        if sealed is None:
            raise UnknownError(f"no {field} is kept of {person}")
        return key.unseal(field, sealed)

    def seal(self, person: PersonId, name: str, plaintext: bytes, nonce: bytes) -> bytes:
        """`plaintext` under the person's key, which is durable before this returns."""
        return self._keys({person})[person].seal(_outside(name), plaintext, nonce)

    def unseal(self, person: PersonId, name: str, sealed: bytes) -> bytes:
        """What `seal` was given."""
        return self._known_key(person, name).unseal(_outside(name), sealed)

    def erase(self, person: PersonId) -> None:
        """Destroy the key, then the values; what SQLite had in its log files goes with them."""
        statement = insert(_keys).values(person=person, wrapped=None)
        statement = statement.on_conflict_do_update(index_elements=["person"], set_={"wrapped": None})
        with self._key_file.begin() as connection:
            connection.execute(statement)
        _truncate_wal(self._key_file)
        with self._data.begin() as connection:
            connection.execute(sa.delete(_sealed).where(_sealed.c.person == person))
        _truncate_wal(self._data)

    def close(self) -> None:
        """Give the files back."""
        self._data.dispose()
        self._key_file.dispose()

    def _known_key(self, person: PersonId, field: str) -> PersonKey:
        query = sa.select(_keys.c.wrapped).where(_keys.c.person == person)
        with self._key_file.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownError(f"no {field} is kept of {person}")
        return self._unwrap(person, row.wrapped)

    def _keys(self, people: set[PersonId]) -> dict[PersonId, PersonKey]:
        """Everyone's key, made and stored for those who have none yet."""
        wrapped: dict[PersonId, bytes | None] = {}
        with self._key_file.begin() as connection:
            for person in sorted(people):
                query = sa.select(_keys.c.wrapped).where(_keys.c.person == person)
                row = connection.execute(query).one_or_none()
                if row is None:
                    fresh = insert(_keys).values(person=person, wrapped=self._master.new_wrapped(person))
                    connection.execute(fresh.on_conflict_do_nothing())
                    row = connection.execute(query).one()
                wrapped[person] = row.wrapped
        return {person: self._unwrap(person, key) for person, key in wrapped.items()}

    def _unwrap(self, person: PersonId, wrapped: bytes | None) -> PersonKey:
        if wrapped is None:
            raise ErasedError(f"{person} was erased")
        return self._master.unwrap(person, wrapped)


def _outside(name: str) -> str:
    """A name that no field can have, so that sealed bytes from outside never pass for a kept value."""
    return f"outside\x00{name}"


def _open(path: Path, tables: sa.MetaData) -> sa.Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_MS / 1_000})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    tables.create_all(engine)
    return engine


def _truncate_wal(engine: sa.Engine) -> None:
    """Overwrite and cut the write-ahead log, in which a deleted value would live on."""
    with engine.connect() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
    if busy:
        raise ErasureUnfinishedError("another reader keeps the old bytes in the write-ahead log")
