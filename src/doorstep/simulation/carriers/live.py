"""Live: a carrier on the clock of the wall, behind a real socket: its people act when their time comes."""

import asyncio
from threading import RLock
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.simulation.agenda import Act, Agenda
from doorstep.simulation.carriers.doorway import NoAnswer, Unreachable
from doorstep.simulation.carriers.own_clock import OwnClock
from doorstep.vocabulary.units import Instant

LOOK_S: Final = 0.02
"""Seconds between two looks at what is due."""
SILENCE_S: Final = 8.0
"""Seconds for which a lost answer keeps its caller waiting: longer than any caller should."""


class LiveAgenda(Agenda):
    """An agenda that a server and a carrier's people write in at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = RLock()

    def plan(self, at: Instant, who: str, act: Act) -> None:
        """Let `who` do `act` at an instant."""
        with self._lock:
            super().plan(at, who, act)

    def next_at(self) -> Instant | None:
        """When the next act is; None where nothing is planned."""
        with self._lock:
            return super().next_at()

    def take(self) -> tuple[Instant, Act]:
        """The next act."""
        with self._lock:
            return super().take()


class Slow:
    """What an outage and a lost answer look like from the other end of a real line."""

    def __init__(self, server: ASGIApp) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the caller wait for what never comes."""
        if scope["type"] != "http":
            return
        try:
            await self._server(scope, receive, send)
        except Unreachable:
            await _say(send, 503)
        except NoAnswer:
            await asyncio.sleep(SILENCE_S)
            await _say(send, 504)


async def act_in_time(agenda: Agenda, clock: OwnClock) -> None:
    """Do what is due, one act after another, until the task is cancelled.

    Acts run beside the loop, for some of them wait for a customer's answer, and the server goes on meanwhile.
    """
    while True:
        due = agenda.next_at()
        if due is None or due > clock.now():
            await asyncio.sleep(LOOK_S)
            continue
        at, act = agenda.take()
        await asyncio.to_thread(act, at)


async def _say(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
