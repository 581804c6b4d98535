"""Small registers beside the log, in the same database: last positions of vehicles, and API keys."""

from typing import Final

import msgspec
from sqlalchemy import Engine, bindparam, select, update

from doorstep.adapters.store.relational import Database
from doorstep.adapters.store.schema import api_keys, vehicles
from doorstep.engine.ports.keys import ApiKey
from doorstep.engine.ports.positions import VehiclePosition
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import VehicleId
from doorstep.vocabulary.units import Instant

_positions: Final = msgspec.json.Decoder(VehiclePosition)
_keys: Final = msgspec.json.Decoder(ApiKey)


class RelationalPositions:
    """Keeps each vehicle's last position."""

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)
        statement = self._database.insert(vehicles)
        new = statement.excluded
        self._report = statement.on_conflict_do_update(
            index_elements=["market", "vehicle"],
            set_={"body": new.body, "updated_at": new.updated_at},
            where=vehicles.c.updated_at < new.updated_at,
        )

    def report(self, market: MarketId, position: VehiclePosition) -> bool:
        """Keep it unless a later one is known; whether it was kept."""
        row = {
            "market": market,
            "vehicle": position.vehicle,
            "body": msgspec.json.encode(position).decode(),
            "updated_at": position.at,
        }
        with self._database.writing() as connection:
            return bool(connection.execute(self._report, row).rowcount)

    def last(self, market: MarketId, vehicle: VehicleId) -> VehiclePosition | None:
        """Where the vehicle was last seen."""
        query = select(vehicles.c.body).where(vehicles.c.market == market, vehicles.c.vehicle == vehicle)
        with self._database.reading() as connection:
            body = connection.scalar(query)
        return None if body is None else _positions.decode(body)

    def all_last(self, market: MarketId) -> tuple[VehiclePosition, ...]:
        """Every vehicle's last position, by vehicle."""
        query = select(vehicles.c.body).where(vehicles.c.market == market).order_by(vehicles.c.vehicle)
        with self._database.reading() as connection:
            return tuple(_positions.decode(body) for body in connection.scalars(query))


class RelationalKeys:
    """Keeps API keys."""

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)

    def add(self, key: ApiKey) -> None:
        """Keep a new key; its hash must be new."""
        row = {
            "hash": key.hash,
            "market": key.market,
            "body": msgspec.json.encode(key).decode(),
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        with self._database.writing() as connection:
            known = connection.scalar(select(api_keys.c.hash).where(api_keys.c.hash == key.hash))
            assert known is None, "a key is added once"
            connection.execute(api_keys.insert(), row)

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash, revoked or not."""
        query = select(api_keys.c.body, api_keys.c.revoked_at).where(api_keys.c.hash == key_hash)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _key(row.body, row.revoked_at)

    def of_market(self, market: MarketId) -> tuple[ApiKey, ...]:
        """A market's keys by creation, then hash."""
        query = (
            select(api_keys.c.body, api_keys.c.revoked_at)
            .where(api_keys.c.market == market)
            .order_by(api_keys.c.created_at, api_keys.c.hash)
        )
        with self._database.reading() as connection:
            return tuple(_key(row.body, row.revoked_at) for row in connection.execute(query))

    def revoke(self, key_hash: str, at: Instant) -> bool:
        """Close it from `at` on; False where it is unknown or was closed before."""
        close = (
            update(api_keys)
            .where(api_keys.c.hash == bindparam("of"), api_keys.c.revoked_at.is_(None))
            .values(revoked_at=bindparam("at"))
        )
        with self._database.writing() as connection:
            return bool(connection.execute(close, {"of": key_hash, "at": at}).rowcount)


def _key(body: str, revoked_at: Instant | None) -> ApiKey:
    return msgspec.structs.replace(_keys.decode(body), revoked_at=revoked_at)
