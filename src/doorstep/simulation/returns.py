"""Returns: a few shoppers send back what came earlier in the day, and the hub's clerk works through it.

Some bring it to the counter, some let a van fetch it; all of it goes through the doors that serve people.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from doorstep.simulation.agenda import Agenda
from doorstep.simulation.doors import Caller, rfc3339
from doorstep.simulation.world import World
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.return_ import Condition, ReturnReason
from doorstep.vocabulary.units import Instant, after

THINKS_S: Final = (1_200, 7_200)
"""Seconds from the delivery to the wish to send it back."""
BRINGS_S: Final = (2_400, 9_000)
"""Seconds from the wish to the counter."""
BRINGS_SHARE: Final = 0.4
"""Shoppers who bring it; the others let a van come."""
SOON_SHARE: Final = 0.7
"""Of those, who take the first window that they are offered."""
COUNTER_CLOSES: Final = 19
"""The hour from which nobody comes to the counter any more that day."""
LOOK_S: Final = 1_800
"""Seconds between two looks of the clerk at the bench."""
WORK_S: Final = (300, 1_500)
"""Seconds that a step at the bench takes."""
REASONS: Final = (
    ReturnReason.wrong_size, ReturnReason.wrong_size, ReturnReason.changed_mind, ReturnReason.changed_mind,
    ReturnReason.not_as_described, ReturnReason.defective, ReturnReason.damaged,
)  # fmt: skip
"""What shoppers say, each as likely as it stands here."""
CONDITIONS: Final = (Condition.as_new, Condition.as_new, Condition.opened, Condition.worn)
CLERK: Final = "Tilda"
ANY_VERSION: Final = {"if-match": "*"}

Back = dict[str, Any]


class Buyer(NamedTuple):
    """Whose order it is: the merchant that sold it, and the merchant's own name for it."""

    merchant: str
    external_id: str


class Returns:
    """The shoppers who send something back, and the clerk at the hub's bench."""

    def __init__(
        self,
        merchants: Mapping[str, Caller],
        hub: Caller,
        world: World,
        agenda: Agenda,
        buyer: Callable[[str], Buyer | None],
        until: Instant,
    ) -> None:
        self._merchants = merchants
        self._hub = hub
        self._world = world
        self._agenda = agenda
        self._buyer = buyer
        self._until = until
        self._buyer_of: dict[str, Buyer] = {}
        self._on_bench: set[str] = set()

    def start(self, at: Instant) -> None:
        """Let the clerk begin to look at the bench."""
        self._agenda.plan(at, "returns desk", self._look)

    def delivered(self, order: OrderId, at: Instant) -> None:
        """An order was handed over: perhaps its shopper does not keep it."""
        buyer = self._buyer(order)
        if buyer is None:
            return
        share = self._world.parameters.returns_share
        if not self._world.happens(share, "returns", buyer.external_id):
            return
        luck = self._world.draws.of("returns it at", buyer.external_id)
        self._plan(after(at, luck.randint(*THINKS_S)), buyer, partial(self._ask, order, buyer))

    def _plan(self, at: Instant, buyer: Buyer, act: Callable[[Instant], None]) -> None:
        self._agenda.plan(at, f"return/{buyer.external_id}", act)

    # The shopper ------------------------------------------------------------------------------------

    def _ask(self, order: OrderId, buyer: Buyer, now: Instant) -> None:
        luck = self._world.draws.of("return", buyer.external_id)
        body = {"order": order, "reason": luck.choice(REASONS).value, "by": "the shopper"}
        back = self._merchants[buyer.merchant].post("/v1/returns", body, may_refuse=True)
        if back is None:
            return
        self._buyer_of[str(back["id"])] = buyer
        if back["state"] == "requested":
            at = after(now, luck.randint(*WORK_S))
            self._plan(at, buyer, partial(self._authorise, back, buyer))
        else:
            self._choose(back, buyer, now)

    def _authorise(self, back: Back, buyer: Buyer, now: Instant) -> None:
        """Somebody at the merchant looks at the proof of delivery, and lets it come back."""
        if self._step(self._merchants[buyer.merchant], back, "authorise", {"by": buyer.merchant}) is not None:
            self._choose(back, buyer, now)

    def _choose(self, back: Back, buyer: Buyer, now: Instant) -> None:
        """The counter, or a van in a window that is offered."""
        luck = self._world.draws.of("return by", buyer.external_id)
        brings, soon, pick = luck.random() < BRINGS_SHARE, luck.random() < SOON_SHARE, luck.random()
        at = after(now, luck.randint(*BRINGS_S))
        windows = [] if brings else self._windows(back, buyer)
        if windows:
            window = windows[0] if soon else windows[int(pick * len(windows))]
            body = {name: window[name] for name in ("window_start", "window_end")}
            path = f"/v1/returns/{back['id']}/book"
            if self._merchants[buyer.merchant].post(path, body, may_refuse=True) is not None:
                return
        if self._world.hour(at) < COUNTER_CLOSES:
            self._plan(at, buyer, partial(self._bring, back))

    def _windows(self, back: Back, buyer: Buyer) -> list[Back]:
        path = f"/v1/returns/{back['id']}/windows"
        found: list[Back] = self._merchants[buyer.merchant].get(path)["quote"]
        return sorted(found, key=lambda window: str(window["window_start"]))

    def _bring(self, back: Back, now: Instant) -> None:
        order = self._hub.get(f"/v1/orders/{back['order']}")
        body = {"hub": order["origin"], "parcels": back["parcels"], "at": rfc3339(now)}
        self._hub.post(f"/v1/returns/{back['id']}/dropoff", body, may_refuse=True)

    # The bench --------------------------------------------------------------------------------------

    def _look(self, now: Instant) -> None:
        """What the counter took in comes to the bench; what lies there is opened, one after the other."""
        for back in self._hub.get("/v1/returns?state=dropped_off")["returns"]:
            self._hub.post(f"/v1/returns/{back['id']}/receive", {"by": CLERK}, may_refuse=True)
        at = now
        for back in self._hub.get("/v1/returns?state=received")["returns"]:
            if back["id"] not in self._on_bench:
                self._on_bench.add(back["id"])
                at = after(at, self._luck(back, "open").randint(*WORK_S))
                self._agenda.plan(at, f"bench/{self._name(back)}", partial(self._open, back))
        if now < self._until:
            self._agenda.plan(after(now, LOOK_S), "returns desk", self._look)

    def _open(self, back: Back, now: Instant) -> None:
        condition = self._luck(back, "condition").choice(CONDITIONS)
        if back["reason"] in (ReturnReason.damaged.value, ReturnReason.defective.value):
            condition = Condition.damaged
        body = {"condition": condition.value, "by": CLERK}
        if self._hub.post(f"/v1/returns/{back['id']}/inspect", body, may_refuse=True) is None:
            return
        if self._step(self._hub, back, "dispose", {"by": CLERK}) is None:
            return
        at = after(now, self._luck(back, "pay").randint(*WORK_S))
        self._agenda.plan(at, f"bench/{self._name(back)}", partial(self._pay, back))

    def _pay(self, back: Back, now: Instant) -> None:
        """Pay back what is owed; where nothing is, say so and end it."""
        del now
        if self._step(self._hub, back, "refund", {"by": CLERK}) is None:
            self._step(self._hub, back, "close", {"why": "nothing is owed by policy", "by": CLERK})

    def _step(self, caller: Caller, back: Back, step: str, body: Back) -> Any:  # noqa: ANN401 - an API's answer
        """A step that decides, whatever version stands."""
        path, raw = f"/v1/returns/{back['id']}/{step}", msgspec.json.encode(body)
        return caller.send(path, raw, "application/json", ANY_VERSION, may_refuse=True)

    def _name(self, back: Back) -> str:
        buyer = self._buyer_of.get(str(back["id"]))
        return str(back["id"]) if buyer is None else buyer.external_id

    def _luck(self, back: Back, what: str) -> Any:  # noqa: ANN401 - a random source by duck
        return self._world.draws.of("bench", what, self._name(back))
