"""Inspection: the independent checkers over a day's exported log and its open doors."""

from collections.abc import Mapping, Sequence
from typing import Final

from doorstep.app import Doorstep
from doorstep.cli.gauges import LIMITS
from doorstep.cli.stage import Stage, give_key
from doorstep.lifecycle.delivery import evolve
from doorstep.lifecycle.tender import TenderState
from doorstep.simulation.checkers.attempts import AttemptLimit
from doorstep.simulation.checkers.bounds import Bounds
from doorstep.simulation.checkers.cases import CaseOwners
from doorstep.simulation.checkers.custody import CustodyChains
from doorstep.simulation.checkers.durable import DurableLog
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.ledger import BalancedLedger
from doorstep.simulation.checkers.messages import Messages
from doorstep.simulation.checkers.one_answer import OneAnswer
from doorstep.simulation.checkers.order_ends import OrderEnds
from doorstep.simulation.checkers.order_free import OrderFree
from doorstep.simulation.checkers.plans import FeasiblePlans
from doorstep.simulation.checkers.promises import PromiseChanges
from doorstep.simulation.checkers.proof import ProofFlags
from doorstep.simulation.checkers.routes import OneRoute
from doorstep.simulation.checkers.verdict import Checker
from doorstep.simulation.checkers.walls import GuardedRoute, MerchantWalls
from doorstep.views.day_report import InvariantFigures
from doorstep.vocabulary.delivery import AnyDeliveryEvent
from doorstep.vocabulary.ids import DeliveryId, HubId, MerchantId, PlaceId, TenderId
from doorstep.vocabulary.tender import TenderStatus
from doorstep.vocabulary.units import Instant, Metres
from doorstep.web.auth import Role
from doorstep.web.routes import DOORS
from doorstep.web.routes.labels import LABEL
from doorstep.web.routes.packets import PACKET

TICK_S: Final = 1
"""Seconds that a due timer may wait under a virtual clock."""
WALLED_ORDERS_MAX: Final = 20
"""Orders of one merchant at whose doors another merchant knocks."""
STRANGER: Final = "stranger"
"""A merchant of another market: the key of nobody here."""
JSON: Final = {"content-type": "application/json"}
BODY: Final = b'{"reason": "not mine"}'


def inspect(stage: Stage, texts: Sequence[bytes]) -> dict[int, InvariantFigures]:
    """What each checker found, by the invariant's number.

    The log is what was exported; the doors are tried after it, since a wall that leaks would write to it.
    """
    log = Log(texts)
    return {
        checker.number: checker.check(log).figures()
        for checker in (*_over_the_log(stage), *_at_the_doors(stage))
    }


def _over_the_log(stage: Stage) -> tuple[Checker, ...]:
    app = stage.app
    book, now = app.book, app.clock.now()
    notes = [checkpoint.note for checkpoint in app.store.checkpoints(app.market.id)]
    acknowledged = [f"order/{order}" for order in stage.day.played.acknowledged]
    bounds = book.proof.bounds
    return (
        OrderEnds(now),
        CustodyChains(),
        ProofFlags(book.proof.method, Metres(bounds.distance_m_max)),
        CaseOwners(TICK_S, now),
        DurableLog(app.signer.public_key, notes, AuditPath(stage), acknowledged),
        OrderFree(_final_status),
        OneRoute(),
        FeasiblePlans(Travel(stage), book.dispatch.load_out_s),
        PromiseChanges(),
        BalancedLedger(),
        AttemptLimit(book.attempts.physical_max),
        Messages(),
        Bounds(stage.gauges.greatest, LIMITS),
    )


class AuditPath:
    """The system's own proof that an event is in the log."""

    def __init__(self, stage: Stage) -> None:
        self._checkpoints = stage.app.checkpoints

    def __call__(self, position: int, size: int) -> Sequence[bytes]:
        """The hashes from the event at `position` to the root of the first `size`, lowest first."""
        return tuple(self._checkpoints.tree(size).inclusion_proof(position - 1))


def _final_status(evidence: Sequence[AnyDeliveryEvent]) -> object:
    """The production fold over evidence in the order in which it came."""
    state = None
    for event in evidence:
        state = evolve(state, event)
    return state and (
        state.status,
        state.attempts_physical,
        state.attempts_claimed,
        state.missing,
        state.route,
    )


class Travel:
    """Driving seconds by ids of places and hubs, from the table that the planner plans with."""

    def __init__(self, stage: Stage) -> None:
        self._planner = stage.app.planner
        self._hubs = frozenset(stage.app.hubs)
        self._known: dict[str, int] = {}

    def __call__(self, start: str, end: str, at: Instant) -> int:
        """Seconds from one to the other when leaving at an instant."""
        second = self._planner.clock.second(at)
        return self._planner.table.leg_s(self._index(start), self._index(end), second)

    def _index(self, name: str) -> int:
        if name not in self._known:
            hub = HubId(name)
            here = self._planner.hub_place(hub) if hub in self._hubs else self._planner.place(PlaceId(name))
            self._known[name] = here
        return self._known[name]


def _at_the_doors(stage: Stage) -> tuple[Checker, ...]:
    """Keys sent twice, and every merchant knocking at another's orders."""
    app, tokens = stage.app, stage.tokens
    call = stage.loopback.call
    owner, *others = sorted(tokens.merchants)
    # Where one merchant has the market to itself, a stranger knocks.
    intruder = tokens.merchants[others[-1]] if others else give_key(app, Role.merchant, STRANGER, STRANGER)
    one_answer = OneAnswer(call, stage.day.played.samples, lambda: app.market.head.size)
    foreign = _foreign(stage, MerchantId(owner))
    routes = tuple(
        GuardedRoute(
            door.method,
            door.path.replace(f"{{{noun}}}", "{id}"),
            ids,
            f"{prefix}_{'a' * 26}",
            JSON,
            BODY,
            _readable(stage, door.path, ids),
        )
        for door in DOORS
        for noun, (prefix, ids) in foreign.items()
        # A path with a second field names a file; it is found under its order, whose own walls are tried.
        if Role.merchant in door.roles and f"{{{noun}}}" in door.path and door.path.count("{") == 1
    )
    walls = MerchantWalls(call, _bearer(intruder), _bearer(tokens.merchants[owner]), routes, ("/v1/orders",))
    return (one_answer, walls)


def _foreign(stage: Stage, merchant: MerchantId) -> dict[str, tuple[str, tuple[str, ...]]]:
    """By the name of a path's field: the prefix of such ids, and some of a merchant's own."""
    states = [
        state
        for _, state in sorted(stage.app.market.all_of("order").items())
        if state.content.merchant == merchant and state.promise and state.delivery
    ][:WALLED_ORDERS_MAX]
    return {
        "order": ("ord", tuple(state.id for state in states)),
        "delivery": ("dlv", tuple(state.delivery for state in states)),
        "promise": ("prm", tuple(state.promise for state in states)),
    }


def _readable(stage: Stage, path: str, ids: tuple[str, ...]) -> tuple[str, ...] | None:
    """Those about which there is something to read where not all have it: a packet, a label; None is all."""
    app = stage.app
    if path == PACKET:
        return tuple(order for order in ids if app.desk.state("evidence", order) is not None)
    if path == LABEL:
        return tuple(one for one in ids if _is_labelled(app.carrier_book.tender_of(DeliveryId(one)), app))
    return None


def _is_labelled(name: TenderId | None, app: Doorstep) -> bool:
    tender: TenderState | None = None if name is None else app.desk.state("tender", name)
    accepted = None if tender is None or tender.status is not TenderStatus.accepted else tender.accepted
    return accepted is not None and accepted.label is not None


def _bearer(token: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {token}"}
