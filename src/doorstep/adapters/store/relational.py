"""The store over a relational database, in SQL that SQLite and PostgreSQL share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from doorstep.adapters.store import rows, schema
from doorstep.engine.ports.store import (
    Batch,
    Effect,
    EffectState,
    HeadMovedError,
    KeptAnswer,
    StoredCheckpoint,
    StoredEvent,
    StoreUnavailableError,
    Timer,
    Waiting,
)
from doorstep.vocabulary.event import MarketId, StreamId
from doorstep.vocabulary.merkle import Frontier
from doorstep.vocabulary.units import Instant

WRITES: Final = "doorstep_writes"
"""The execution option of a transaction that will write."""
EVENTS_PER_PAGE: Final = 1_000
"""Events that one query reads; between pages no transaction is open, so a slow reader blocks nobody."""

_INSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """An engine with our transactions and our errors."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._insert = _INSERTS[engine.dialect.name]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads one state of the database."""
        with _told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block and undone where it raises."""
        with _told(), self._writer.begin() as connection:
            yield connection

    def insert(self, table: Table) -> Any:  # noqa: ANN401 - the two dialects share no type
        """An insert that can say what happens on a conflict."""
        return self._insert(table)

    def upsert(self, table: Table) -> Any:  # noqa: ANN401 - the two dialects share no type
        """An insert that replaces the row with the same primary key."""
        statement = self.insert(table)
        keys = [column.name for column in table.primary_key]
        rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=rest)


class RelationalStore:
    """Keeps logs, timers, effects, answers and checkpoints of any number of markets in one database."""

    def __init__(self, engine: Engine) -> None:
        self._database = database = Database(engine)
        # Statements are built once: building them is dearer than running them.
        self._new_head = database.insert(schema.heads).on_conflict_do_nothing()
        self._put_timer = database.upsert(schema.timers)
        self._put_effect = database.upsert(schema.effects)
        self._put_answer = database.upsert(schema.answers)
        self._new_effect = database.insert(schema.effects).on_conflict_do_nothing()
        self._new_checkpoint = database.insert(schema.checkpoints).on_conflict_do_nothing()

    def head(self, market: MarketId) -> Frontier:
        """The log's size and peaks; empty for a market without events."""
        with self._database.reading() as connection:
            row = connection.execute(_HEAD, {"market": market}).first()
            return Frontier.from_hex(row.size, row.peaks.split()) if row else Frontier()

    def commit(self, batch: Batch) -> None:
        """Make the batch durable, all of it or nothing.

        Raises:
            HeadMovedError: where the batch has events and the log does not stand at `base`.
        """
        market = batch.market
        with self._database.writing() as connection:
            if batch.events:
                self._append(connection, batch)
            gone = [{"of": market, "gone": name} for name, timer in batch.timers.items() if timer is None]
            if gone:
                connection.execute(_REMOVE_TIMER, gone)
            if put := [rows.timer_row(market, timer) for timer in batch.timers.values() if timer]:
                connection.execute(self._put_timer, put)
            if batch.effects:
                connection.execute(self._new_effect, [rows.effect_row(market, one) for one in batch.effects])
            if batch.settled:
                connection.execute(self._put_effect, [rows.effect_row(market, one) for one in batch.settled])
            if batch.answers:
                connection.execute(self._put_answer, [rows.answer_row(market, one) for one in batch.answers])

    def events(self, market: MarketId, after: int = 0) -> Iterator[StoredEvent]:
        """The log's events behind position `after`, in order, as they stood when the call began."""
        # The log only grows, so that its size is a snapshot of it.
        return self._pages(market, after, self.head(market).size)

    def history(self, market: MarketId, stream: StreamId) -> tuple[StoredEvent, ...]:
        """One stream's events by version."""
        return tuple(rows.read_event(row) for row in self._rows(_HISTORY, market=market, stream=stream))

    def timer(self, market: MarketId, timer: str) -> Timer | None:
        """A timer, dead or alive."""
        found = self._rows(_TIMER, market=market, id=timer)
        return rows.read_timer(found[0]) if found else None

    def due_timers(self, market: MarketId, now: Instant, limit: int) -> tuple[Timer, ...]:
        """At most `limit` living timers due at or before `now`, by due time, then id."""
        return tuple(
            rows.read_timer(row) for row in self._rows(_DUE_TIMERS, market=market, now=now, limit=limit)
        )

    def next_due(self, market: MarketId) -> Instant | None:
        """When the next living timer is due."""
        due: Instant | None = self._rows(_NEXT_DUE, market=market)[0][0]
        return due

    def due_effects(self, market: MarketId, now: Instant, limit: int) -> tuple[Effect, ...]:
        """At most `limit` effects due by `now`, each the first queued one of its subject; by `seq`."""
        return tuple(
            rows.read_effect(row) for row in self._rows(_DUE_EFFECTS, market=market, now=now, limit=limit)
        )

    def next_effect_due(self, market: MarketId) -> Instant | None:
        """The earliest time at which `due_effects` gives one."""
        due: Instant | None = self._rows(_NEXT_EFFECT, market=market)[0][0]
        return due

    def effect(self, market: MarketId, effect: str) -> Effect | None:
        """An effect by its id, as long as it is kept."""
        found = self._rows(_EFFECT, market=market, id=effect)
        return rows.read_effect(found[0]) if found else None

    def waiting(self, market: MarketId) -> Waiting:
        """How much waits, counted."""
        timers = self._rows(_TIMERS_WAITING, market=market)[0]
        effects = self._rows(_EFFECTS_WAITING, market=market)[0]
        return Waiting(timers.waiting, timers.tries or 0, effects.waiting, effects.tries or 0)

    def dead_timers(self, market: MarketId) -> tuple[Timer, ...]:
        """Timers whose last try failed, by due time, then id."""
        return tuple(rows.read_timer(row) for row in self._rows(_DEAD_TIMERS, market=market))

    def dead_effects(self, market: MarketId) -> tuple[Effect, ...]:
        """Effects that were given up, by `seq`."""
        return tuple(rows.read_effect(row) for row in self._rows(_DEAD_EFFECTS, market=market))

    def answer(self, market: MarketId, scope: str, key: str) -> KeptAnswer | None:
        """What was answered under an idempotency key."""
        found = self._rows(_ANSWER, market=market, scope=scope, key=key)
        return rows.read_kept_answer(found[0]) if found else None

    def forget_answers(self, market: MarketId, before: Instant) -> int:
        """Delete the answers made before an instant; how many."""
        answers = schema.answers
        return self._delete(answers, and_(answers.c.market == market, answers.c.created_at < before))

    def forget_sent(self, market: MarketId, before: Instant) -> int:
        """Delete the effects that were sent before an instant; how many."""
        effects = schema.effects
        is_sent = and_(effects.c.market == market, effects.c.state == EffectState.sent.value)
        return self._delete(effects, and_(is_sent, effects.c.due_at < before))

    def keep_checkpoint(self, market: MarketId, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint; one of the same size stands as it was first kept."""
        with self._database.writing() as connection:
            row = {"market": market, "size": checkpoint.size, "note": checkpoint.note}
            connection.execute(self._new_checkpoint, row)

    def checkpoints(self, market: MarketId) -> tuple[StoredCheckpoint, ...]:
        """All checkpoints by size."""
        return tuple(StoredCheckpoint(row.size, row.note) for row in self._rows(_CHECKPOINTS, market=market))

    def _append(self, connection: Connection, batch: Batch) -> None:
        base, head, market = batch.base, batch.head, batch.market
        if not base.size:
            connection.execute(self._new_head, {"market": market, "size": 0, "peaks": ""})
        moved = connection.execute(
            _MOVE_HEAD,
            {
                "of": market,
                "base_size": base.size,
                "base_peaks": " ".join(base.to_hex()),
                "size": head.size,
                "peaks": " ".join(head.to_hex()),
            },
        )
        if moved.rowcount != 1:
            raise HeadMovedError(f"the log of {market} does not end at {base.size}")
        connection.execute(_NEW_EVENT, [rows.event_row(market, one) for one in batch.events])

    def _pages(self, market: MarketId, after: int, last: int) -> Iterator[StoredEvent]:
        while after < last:
            until = min(last, after + EVENTS_PER_PAGE)
            page = self._rows(_EVENTS, market=market, after=after, until=until)
            yield from (rows.read_event(row) for row in page)
            after = until

    def _rows(self, query: Executable, **values: object) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(query, values).all()

    def _delete(self, table: Table, where: ColumnElement[bool]) -> int:
        with self._database.writing() as connection:
            return connection.execute(delete(table).where(where)).rowcount


@contextmanager
def _told() -> Iterator[None]:
    """Turn the medium's failures into the port's; a wrong statement or row stays the bug that it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DBAPIError, PoolTimeoutError) as fault:
        raise StoreUnavailableError(f"the database failed: {fault}") from fault


def _of_market(table: Table) -> ColumnElement[bool]:
    return table.c.market == bindparam("market")


_events, _timers, _effects, _answers = schema.events.c, schema.timers.c, schema.effects.c, schema.answers.c
_ahead: Final = schema.effects.alias("ahead")

_HEAD: Final = select(schema.heads.c.size, schema.heads.c.peaks).where(_of_market(schema.heads))
_MOVE_HEAD: Final = (
    update(schema.heads)
    .where(
        schema.heads.c.market == bindparam("of"),
        schema.heads.c.size == bindparam("base_size"),
        schema.heads.c.peaks == bindparam("base_peaks"),
    )
    .values(size=bindparam("size"), peaks=bindparam("peaks"))
)
_NEW_EVENT: Final = schema.events.insert()
_EVENTS: Final = (
    select(schema.events)
    .where(
        _of_market(schema.events),
        _events.position > bindparam("after"),
        _events.position <= bindparam("until"),
    )
    .order_by(_events.position)
)
_HISTORY: Final = (
    select(schema.events)
    .where(_of_market(schema.events), _events.stream == bindparam("stream"))
    .order_by(_events.version)
)
_TIMER: Final = select(schema.timers).where(_of_market(schema.timers), _timers.id == bindparam("id"))
_LIVING: Final = and_(_of_market(schema.timers), _timers.died_at.is_(None))
_DUE_TIMERS: Final = (
    select(schema.timers)
    .where(_LIVING, _timers.due_at <= bindparam("now"))
    .order_by(_timers.due_at, _timers.id)
    .limit(bindparam("limit"))
)
_NEXT_DUE: Final = select(func.min(_timers.due_at)).where(_LIVING)
_TIMERS_WAITING: Final = select(
    func.count().filter(_timers.died_at.is_(None)).label("waiting"), func.max(_timers.tries).label("tries")
).where(_of_market(schema.timers))
_EFFECTS_WAITING: Final = select(
    func.count().filter(_effects.state == EffectState.queued.value).label("waiting"),
    func.max(_effects.tries).label("tries"),
).where(_of_market(schema.effects), _effects.state != EffectState.sent.value)
_DEAD_TIMERS: Final = (
    select(schema.timers)
    .where(_of_market(schema.timers), _timers.died_at.is_not(None))
    .order_by(_timers.due_at, _timers.id)
)
_REMOVE_TIMER: Final = delete(schema.timers).where(
    _timers.market == bindparam("of"), _timers.id == bindparam("gone")
)
_FIRST_QUEUED: Final = and_(
    _of_market(schema.effects),
    _effects.state == EffectState.queued.value,
    ~exists().where(
        _ahead.c.market == _effects.market,
        _ahead.c.state == EffectState.queued.value,
        _ahead.c.subject == _effects.subject,
        _ahead.c.seq < _effects.seq,
    ),
)
_DUE_EFFECTS: Final = (
    select(schema.effects)
    .where(_FIRST_QUEUED, _effects.due_at <= bindparam("now"))
    .order_by(_effects.seq)
    .limit(bindparam("limit"))
)
_NEXT_EFFECT: Final = select(func.min(_effects.due_at)).where(_FIRST_QUEUED)
_EFFECT: Final = select(schema.effects).where(_of_market(schema.effects), _effects.id == bindparam("id"))
_DEAD_EFFECTS: Final = (
    select(schema.effects)
    .where(_of_market(schema.effects), _effects.state == EffectState.dead.value)
    .order_by(_effects.seq)
)
_ANSWER: Final = select(schema.answers).where(
    _of_market(schema.answers), _answers.scope == bindparam("scope"), _answers.key == bindparam("key")
)
_CHECKPOINTS: Final = (
    select(schema.checkpoints).where(_of_market(schema.checkpoints)).order_by(schema.checkpoints.c.size)
)
