"""The life of a carrier's connection.

open ─▶ paused ─▶ open      what nobody can place is set aside, once for each message
                            what comes again is counted, up to a bound for each day
"""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.carrier import (
    AnyCarrierCommand,
    AnyCarrierEvent,
    CarrierPaused,
    CarrierResumed,
    MessageSetAside,
    NoteRepeats,
    PauseCarrier,
    ReportsRepeated,
    ResumeCarrier,
    SetMessageAside,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import MICROSECONDS, Instant

KEYS_KEPT_MAX: Final = 5_000
"""Messages set aside whose keys are remembered, so that the same one is not set aside twice."""

REPEATS_PER_DAY_MAX: Final = 2_000
"""Messages of one day (of UTC) whose copies are counted: whoever floods us does not fill the log with it."""
_DAY_US: Final = 86_400 * MICROSECONDS


class CarrierState(msgspec.Struct, frozen=True):
    """Whether it may be called on, what was set aside, and how many messages of `repeats_day` had copies."""

    carrier: CarrierId
    paused_until: Instant | None = None
    paused_why: str = ""
    outages: int = 0
    aside: tuple[str, ...] = ()
    aside_count: int = 0
    repeats_day: int = 0
    repeats: int = 0

    def is_paused(self, now: Instant) -> bool:
        """Whether it is left alone at this instant; the first call after the pause is the probe."""
        return self.paused_until is not None and now < self.paused_until


def decide(
    state: CarrierState | None, command: AnyCarrierCommand, book: PolicyBook
) -> tuple[AnyCarrierEvent, ...] | Refusal:
    """What follows from the command; what is so already needs no event."""
    del book
    match command:
        case PauseCarrier(carrier=carrier, until=until, why=why, at=at):
            if state is not None and state.paused_until is not None and state.paused_until >= until:
                return ()
            return (CarrierPaused(carrier, until, why, at),)
        case ResumeCarrier(carrier=carrier, at=at):
            return () if state is None or state.paused_until is None else (CarrierResumed(carrier, at),)
        case SetMessageAside(carrier=carrier, key=key, reason=reason, detail=detail, raw=raw, at=at):
            if state is not None and key in state.aside:
                return ()
            return (MessageSetAside(carrier, key, reason, detail, raw, at),)
        case NoteRepeats(carrier=carrier, key=key, reports=reports, at=at):
            known = 0 if state is None or state.repeats_day != _day(at) else state.repeats
            full = reports < 1 or known >= REPEATS_PER_DAY_MAX
            return () if full else (ReportsRepeated(carrier, key, reports, at),)
        case _:
            assert_never(command)


def evolve(state: CarrierState | None, event: AnyCarrierEvent) -> CarrierState:
    """The carrier after the event."""
    state = state or CarrierState(event.carrier)
    replace = msgspec.structs.replace
    match event:
        case CarrierPaused(until=until, why=why):
            # Paused anew before it answered, it is the same outage.
            fresh = state.paused_until is None
            return replace(state, paused_until=until, paused_why=why, outages=state.outages + fresh)
        case CarrierResumed():
            return replace(state, paused_until=None, paused_why="")
        case MessageSetAside(key=key):
            return replace(
                state, aside=(*state.aside, key)[-KEYS_KEPT_MAX:], aside_count=state.aside_count + 1
            )
        case ReportsRepeated(at=at):
            known = state.repeats if state.repeats_day == _day(at) else 0
            return replace(state, repeats_day=_day(at), repeats=known + 1)
        case _:
            assert_never(event)


def _day(at: Instant) -> int:
    return at // _DAY_US
