"""Rows: the store's values as columns, and back."""

from typing import Any, Final

import msgspec
from sqlalchemy import Row

from doorstep.engine.ports.store import Answer, Effect, EffectState, KeptAnswer, StoredEvent, Timer
from doorstep.vocabulary.event import Because, MarketId
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.timer import Wake

_actions: Final = msgspec.json.Decoder(AnyCommand | Wake)
_reasons: Final = msgspec.json.Decoder(Because)


def event_row(market: MarketId, event: StoredEvent) -> dict[str, Any]:
    """An event's row."""
    return {
        "market": market,
        "position": event.position,
        "stream": event.stream,
        "version": event.version,
        "text": event.text.decode(),
    }


def read_event(row: Row[Any]) -> StoredEvent:
    """The event in a row."""
    return StoredEvent(row.position, row.stream, row.version, row.text.encode())


def timer_row(market: MarketId, timer: Timer) -> dict[str, Any]:
    """A timer's row."""
    return {
        "market": market,
        "id": timer.id,
        "due_at": timer.due_at,
        "set_for": timer.set_for,
        "action": msgspec.json.encode(timer.then).decode(),
        "cause": timer.cause,
        "because": None if timer.because is None else msgspec.json.encode(timer.because).decode(),
        "tries": timer.tries,
        "error": timer.error,
        "died_at": timer.died_at,
    }


def read_timer(row: Row[Any]) -> Timer:
    """The timer in a row."""
    return Timer(
        id=row.id,
        due_at=row.due_at,
        set_for=row.set_for,
        then=_actions.decode(row.action),
        cause=row.cause,
        because=None if row.because is None else _reasons.decode(row.because),
        tries=row.tries,
        error=row.error,
        died_at=row.died_at,
    )


def effect_row(market: MarketId, effect: Effect) -> dict[str, Any]:
    """An effect's row."""
    return {
        "market": market,
        "id": effect.id,
        "seq": effect.seq,
        "subject": effect.subject,
        "kind": effect.kind,
        "body": effect.body,
        "cause": effect.cause,
        "due_at": effect.due_at,
        "state": effect.state.value,
        "tries": effect.tries,
        "error": effect.error,
    }


def read_effect(row: Row[Any]) -> Effect:
    """The effect in a row."""
    return Effect(
        id=row.id,
        seq=row.seq,
        subject=row.subject,
        kind=row.kind,
        body=row.body,
        cause=row.cause,
        due_at=row.due_at,
        state=EffectState(row.state),
        tries=row.tries,
        error=row.error,
    )


def answer_row(market: MarketId, kept: KeptAnswer) -> dict[str, Any]:
    """A kept answer's row."""
    return {
        "market": market,
        "scope": kept.scope,
        "key": kept.key,
        "request_hash": kept.request_hash,
        "status": kept.answer.status,
        "body": kept.answer.body,
        "created_at": kept.created_at,
    }


def read_kept_answer(row: Row[Any]) -> KeptAnswer:
    """The kept answer in a row."""
    return KeptAnswer(row.scope, row.key, row.request_hash, Answer(row.status, row.body), row.created_at)
