"""Merchants and shoppers: orders come in when they are placed, and some shoppers ask where theirs is."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from doorstep.engine.ports.post import Letter
from doorstep.simulation.agenda import Agenda
from doorstep.simulation.doors import Caller, Door, DoorRefusedError, instant
from doorstep.simulation.homes import Homes
from doorstep.simulation.returns import Buyer
from doorstep.simulation.world import World
from doorstep.vocabulary.contact import ContactTopic
from doorstep.vocabulary.message import MessageKind
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after, seconds_between

_PROMISES: Final = frozenset({MessageKind.promised, MessageKind.rescheduled})
"""Messages that come before anyone could wonder."""


class Mailbox(Protocol):
    """What messages came about an order."""

    def letters(self, order: str, /) -> Sequence[Letter]:
        """Oldest first."""
        ...


class Placement:
    """An order as its merchant will send it, at the time at which its shopper buys."""

    def __init__(self, placed_at: Instant, merchant: str, body: Mapping[str, object]) -> None:
        self.placed_at = placed_at
        self.merchant = merchant
        self.body = body


class Shoppers:
    """Sends every order through its merchant's key, and asks on behalf of those who wonder."""

    def __init__(
        self,
        merchants: Mapping[str, Caller],
        support: Caller,
        world: World,
        agenda: Agenda,
        homes: Homes,
        *,
        door: Door,
        mailbox: Mailbox,
    ) -> None:
        self._merchants = merchants
        self._support = support
        self._world = world
        self._agenda = agenda
        self._homes = homes
        self._door = door
        self._mailbox = mailbox
        self._pins: dict[str, str] = {}
        self._bodies: dict[str, Mapping[str, object]] = {}
        self._buyers: dict[str, Buyer] = {}
        self.refused: list[str] = []
        self.acknowledged: list[str] = []

    def plan(self, placements: Sequence[Placement]) -> None:
        """Let every order be placed at its time."""
        for placement in placements:
            name = f"order/{placement.body['external_id']}"
            self._agenda.plan(placement.placed_at, name, partial(self._place, placement))

    def pin(self, order: str) -> str:
        """What the shopper says at the door; one who was never told says four zeros."""
        return self._pins.get(order, "0000")

    def home(self, order: str) -> Point | None:
        """What the shopper says on the phone about where they live; None is another city."""
        body = self._bodies[order]
        return self._homes.of(str(body["address"]), str(body["external_id"]))

    def buyer(self, order: str) -> Buyer | None:
        """Who bought it where; None for an order that this day did not place."""
        return self._buyers.get(order)

    def _place(self, placement: Placement, now: Instant) -> None:
        caller = self._merchants[placement.merchant]
        answer = caller.post("/v1/orders", placement.body, may_refuse=True)
        external_id = str(placement.body["external_id"])
        if answer is None:
            self.refused.append(external_id)
            return
        order = str(answer["id"])
        self.acknowledged.append(order)
        self._bodies[order] = placement.body
        self._buyers[order] = Buyer(placement.merchant, external_id)
        if answer.get("pin"):
            self._pins[order] = str(answer["pin"])
        promise = answer.get("promise")
        if promise and self._world.happens(self._world.parameters.asks_share, "asks", external_id):
            self._wonder(
                order, external_id, instant(promise["window_start"]), instant(promise["window_end"]), now
            )

    def _wonder(self, order: str, external_id: str, start: Instant, end: Instant, now: Instant) -> None:
        luck = self._world.draws.of("asks at", external_id)
        at = max(after(now, 60), after(start, round(luck.uniform(-1_800, seconds_between(start, end)))))
        still, answered = luck.random(), luck.random()

        def ask(_: Instant) -> None:
            """Look at the page first, where a message has brought its link; call where it does not answer."""
            parameters, letters = self._world.parameters, self._mailbox.letters(order)
            told = any(letter.kind not in _PROMISES for letter in letters)
            if told and still >= parameters.asks_told_share:
                return
            if letters:
                self._look(letters[-1].link)
                if answered < parameters.asks_page_share:
                    return
            body = {
                "order": order,
                "topic": ContactTopic.where_is_my_order.value,
                "channel": "phone",
                "answered_by": "support",
            }
            self._support.post("/v1/contacts", body)

        self._agenda.plan(at, f"shopper/{external_id}", ask)

    def _look(self, link: str) -> None:
        answered = self._door("GET", link, {"accept": "text/html"})
        if answered.status != 200:
            raise DoorRefusedError(f"a shopper's link gave {answered.status}: {answered.body[:500]!r}")
