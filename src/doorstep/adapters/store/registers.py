"""Small registers beside the log, in the same database: last positions, API keys, tries of webhooks."""

from typing import Final

import msgspec
from sqlalchemy import Engine, bindparam, delete, func, select, update

from doorstep.adapters.store.relational import Database
from doorstep.adapters.store.schema import api_keys, vehicles, webhook_attempts
from doorstep.engine.ports.keys import ApiKey
from doorstep.engine.ports.positions import VehiclePosition
from doorstep.engine.ports.webhooks import ATTEMPTS_KEPT_MAX, WebhookAttempt
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import VehicleId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import WebhookId

_positions: Final = msgspec.json.Decoder(VehiclePosition)
_keys: Final = msgspec.json.Decoder(ApiKey)
_attempts: Final = msgspec.json.Decoder(WebhookAttempt)


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


class RelationalWebhookAttempts:
    """Remembers the last tries of each webhook."""

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)

    def keep(self, market: MarketId, webhook: WebhookId, attempt: WebhookAttempt) -> None:
        """Remember one, and forget what is older than the last 500."""
        table = webhook_attempts
        of = (table.c.market == market, table.c.webhook == webhook)
        with self._database.writing() as connection:
            number = (connection.scalar(select(func.max(table.c.number)).where(*of)) or 0) + 1
            row = {
                "market": market,
                "webhook": webhook,
                "number": number,
                "at": attempt.at,
                "taken": int(attempt.taken),
                "body": msgspec.json.encode(attempt).decode(),
            }
            connection.execute(table.insert(), row)
            connection.execute(delete(table).where(*of, table.c.number <= number - ATTEMPTS_KEPT_MAX))

    def last(self, market: MarketId, webhook: WebhookId, limit: int) -> tuple[WebhookAttempt, ...]:
        """At most `limit` of them, the latest first."""
        table = webhook_attempts
        query = (
            select(table.c.body)
            .where(table.c.market == market, table.c.webhook == webhook)
            .order_by(table.c.number.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(_attempts.decode(body) for body in connection.scalars(query))

    def last_taken(self, market: MarketId, webhook: WebhookId) -> Instant | None:
        """When it last took something; None where it did not, as far as is remembered."""
        table = webhook_attempts
        query = select(func.max(table.c.at)).where(
            table.c.market == market, table.c.webhook == webhook, table.c.taken == 1
        )
        with self._database.reading() as connection:
            found: Instant | None = connection.scalar(query)
        return found


def _key(body: str, revoked_at: Instant | None) -> ApiKey:
    return msgspec.structs.replace(_keys.decode(body), revoked_at=revoked_at)
