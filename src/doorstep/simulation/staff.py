"""The people in the operations room: they look at the cases, claim them, work them, and close them."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from doorstep.simulation.agenda import Agenda
from doorstep.simulation.doors import Caller, KeyTakenError, instant, rfc3339
from doorstep.simulation.pictures import picture
from doorstep.simulation.world import World
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after

LOOK_S: Final = 300
"""Seconds between two looks at the list of cases."""
CLAIM_S: Final = (60, 480)
"""Seconds from seeing a case to claiming it, least and most."""
WORK_S: Final = (180, 1_200)
"""Seconds from claiming to having done the first step."""
REACHED_SHARE: Final = 0.85
"""Shoppers who pick up the phone."""
FOUND_SHARE: Final = 0.8
"""Missing parcels that turn up when somebody looks for them."""
WATCHED_S: Final = 7_200
"""A late van's case is looked at again after this, if it has not arrived by then."""
DAY_S: Final = 86_400
NAMES: Final = {
    "support": "Mira",
    "dispatcher": "Jonas",
    "hub_lead": "Edda",
    "operations_lead": "Ilse",
}

Case = dict[str, Any]


class Staff:
    """Everyone with an operator's key."""

    def __init__(
        self,
        caller: Caller,
        drivers: dict[str, Caller],
        world: World,
        agenda: Agenda,
        home: Callable[[str], Point | None],
        until: Instant,
    ) -> None:
        self._caller = caller
        self._drivers = drivers
        self._world = world
        self._agenda = agenda
        self._home = home
        self._until = until
        self._seen: set[str] = set()
        self._work: dict[CaseKind, Callable[[Case, Instant], None]] = {
            CaseKind.bad_address: self._find_address,
            CaseKind.failed_attempt: self._rebook,
            CaseKind.predicted_miss: self._warn,
            CaseKind.no_capacity: self._rebook,
            CaseKind.shortage: self._search,
            CaseKind.missing_proof: self._ask_for_proof,
            CaseKind.missing_parcel: self._search,
            CaseKind.breakdown: self._recover,
            CaseKind.reported_problem: self._warn,
            CaseKind.dead_letter: self._rebook,
            CaseKind.carrier_silence: self._warn,
            CaseKind.no_movement: self._warn,
        }

    def start(self, at: Instant) -> None:
        """Begin to watch the cases."""
        self._agenda.plan(at, "staff", self._look)

    def _look(self, now: Instant) -> None:
        for case in self._caller.get("/v1/cases?state=open")["cases"]:
            if case["id"] in self._seen:
                continue
            self._seen.add(case["id"])
            luck = self._world.draws.of("staff", case["kind"], case["opened_at"], len(self._seen))
            claim_at = after(now, luck.randint(*CLAIM_S))
            self._agenda.plan(claim_at, f"case/{case['id']}", partial(self._claim, case))
        if now < self._until:
            self._agenda.plan(after(now, LOOK_S), "staff", self._look)

    def _claim(self, case: Case, now: Instant) -> None:
        name = NAMES.get(case["owner"], "Ilse")
        case = {**case, "by": name}
        if self._caller.post(self._path(case, "claim"), {"owner": name}, may_refuse=True) is None:
            return
        luck = self._world.draws.of("work", case["id"])
        work = self._work.get(CaseKind(case["kind"]), self._settle)
        self._agenda.plan(after(now, luck.randint(*WORK_S)), f"case/{case['id']}", partial(work, case))

    # Per kind ---------------------------------------------------------------------------------------

    def _find_address(self, case: Case, now: Instant) -> None:
        """Call the shopper; who picks up says where it is, or that it is nowhere that a van goes."""
        luck = self._world.draws.of("calls", case["id"], case.get("calls", 0))
        if luck.random() > REACHED_SHARE and case.get("calls", 0) < 3:
            self._step(case, "Call the shopper for the address", "nobody picked up")
            again = {**case, "calls": case.get("calls", 0) + 1}
            self._agenda.plan(after(now, 1_500), f"case/{case['id']}", partial(self._find_address, again))
            return
        point = self._home(case["order"])
        if point is None:
            self._step(case, "Call the shopper for the address", "lives in another city")
            body = {"reason": "the shopper lives where nobody delivers", "by": case["by"]}
            self._caller.post(f"/v1/orders/{case['order']}/cancel", body, may_refuse=True)
            return
        body = {"lat": point.lat, "lon": point.lon, "address": "as the shopper said on the phone"}
        self._caller.post(self._path(case, "address"), body, may_refuse=True)

    def _rebook(self, case: Case, now: Instant) -> None:
        """Tell the shopper what happens next; the case stays until it has happened."""
        self._told(case)
        self._step(case, str(case["next_step"]), "the shopper knows; the next attempt is tomorrow")
        self._snooze(case, after(now, DAY_S // 2), "waits for tomorrow's attempt, or for the parcel's return")

    def _warn(self, case: Case, now: Instant) -> None:
        self._told(case)
        self._step(case, "Tell the shopper", f"told at {rfc3339(now)}")
        self._snooze(case, after(now, WATCHED_S), "the shopper knows; the van is on its way")

    def _search(self, case: Case, now: Instant) -> None:
        """Look behind every cage: what is there is scanned in, what is not waits for the deadline."""
        parcels = self._caller.get(f"/v1/orders/{case['order']}")["parcels"]
        missing = [one for one in parcels if self._caller.get(f"/v1/parcels/{one}")["missing_since"]]
        left = [one for one in missing if not self._world.happens(FOUND_SHARE, "found", one)]
        self._step(case, "Search the floor", f"{len(missing) - len(left)} of {len(missing)} found")
        for parcel in missing:
            if parcel not in left:
                self._world.found.add(parcel)
                self._caller.post(f"/v1/parcels/{parcel}/found", {"at": rfc3339(now)}, may_refuse=True)
        if left:
            self._snooze(case, after(now, DAY_S // 2), "looked everywhere; asks the morning's crew")

    def _ask_for_proof(self, case: Case, now: Instant) -> None:
        """The driver has the paper slip more often than not, and takes a picture of it."""
        if case.get("route") is None:
            # A carrier has it: what it does not push, it sends by mail, and somebody files it.
            self._settle(case, now)
            return
        luck = self._world.draws.of("late proof", case["id"])
        self._step(case, "Ask the driver for the proof", "asked by phone")
        if luck.random() > 0.75:
            self._snooze(case, after(now, DAY_S // 2), "waits for the shopper's own confirmation")
            return
        self._agenda.plan(
            after(now, luck.randint(600, 3_000)), f"case/{case['id']}", partial(self._late_proof, case)
        )

    def _late_proof(self, case: Case, now: Instant) -> None:
        route = case["route"]
        driver = self._caller.get(f"/v1/routes/{route}")["driver"]
        try:
            self._send_proof(case, self._drivers[driver], now)
        except KeyTakenError:
            # A person drives this van, and is asked to send it from their own phone.
            self._snooze(case, after(now, DAY_S // 2), "the driver was asked to add the proof on the phone")

    def _send_proof(self, case: Case, caller: Caller, now: Instant) -> None:
        route, delivery = case["route"], case["delivery"]
        sent = {}
        for kind in ("photo", "signature"):
            taken = picture(f"{kind}/{case['id']}", "paper slip", rfc3339(now))
            answer = caller.send("/v1/driver/proofs", taken, "image/jpeg", {"x-delivery": delivery})
            sent[kind] = answer["sha256"]
        body = {"route": route, "at": rfc3339(now), **sent}
        caller.post(f"/v1/driver/stops/{delivery}/proof", body, may_refuse=True)

    def _recover(self, case: Case, now: Instant) -> None:
        self._step(case, "Recover the parcels", "the tow truck brings them to the hub")
        self._agenda.plan(after(now, 3_000), f"case/{case['id']}", partial(self._recovered, case))

    def _recovered(self, case: Case, now: Instant) -> None:
        del now
        body = {
            "resolution": "recovered",
            "happened": str(case["happened"]),
            "why": str(case["why"]),
            "done": "parcels back at the hub, stops on other vans, what no van could keep has its own case",
            "will_change": "the van goes to the workshop before its next shift",
            "by": case["by"],
        }
        self._caller.post(self._path(case, "close"), body, may_refuse=True)

    def _settle(self, case: Case, now: Instant) -> None:
        """What no other fact closes: the first step is done, and the record says what came of it."""
        if case.get("order"):
            self._told(case)
        self._step(case, str(case["next_step"]), "done by phone")
        luck = self._world.draws.of("settled", case["id"])
        at = after(now, luck.randint(900, 5_400))
        self._agenda.plan(at, f"case/{case['id']}", partial(self._settled, case))

    def _settled(self, case: Case, now: Instant) -> None:
        body = {
            "resolution": "settled",
            "happened": str(case["happened"]),
            "why": str(case["why"]),
            "done": f"{case['next_step']}: settled with whoever it lies with at {rfc3339(now)}",
            "will_change": "it is on the agenda of the weekly talk with the carrier",
            "by": case["by"],
        }
        self._caller.post(self._path(case, "close"), body, may_refuse=True)

    # Words ------------------------------------------------------------------------------------------

    def _path(self, case: Case, what: str) -> str:
        return f"/v1/cases/{case['id']}/{what}"

    def _step(self, case: Case, step: str, note: str) -> None:
        self._caller.post(
            self._path(case, "steps"), {"step": step, "by": case["by"], "note": note}, may_refuse=True
        )

    def _told(self, case: Case) -> None:
        self._caller.post(self._path(case, "told"), {"by": case["by"]}, may_refuse=True)

    def _snooze(self, case: Case, until: Instant, why: str) -> None:
        until = max(until, instant(case["due_at"]))
        body = {"until": rfc3339(until), "why": why, "by": case["by"]}
        self._caller.post(self._path(case, "snooze"), body, may_refuse=True)
