"""A simulated driver: follows the phone, through the driver's routes of the API, and meets the real world."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from doorstep.simulation.agenda import Act, Agenda
from doorstep.simulation.doors import Caller, KeyTakenError, instant, rfc3339
from doorstep.simulation.pictures import label_of, picture
from doorstep.simulation.world import Drive, World
from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Instant, after, seconds_between

LOAD_S: Final = 840
"""Seconds a driver takes to scan a van full."""
RELOAD_S: Final = 420
"""Seconds a driver takes at a hub visit in the middle of a route."""
IDLE_S: Final = 900
"""A driver without a stop looks again after this."""
HOME_S: Final = 3_600
"""A driver without a stop goes home when no more than this is left of the shift."""
DEBRIEF_S: Final = 600
"""Seconds from the van's return to the end of its debrief."""
TOW_S: Final = 3_000
"""Seconds until the parcels of a broken-down van are back at the hub."""
NO_NEIGHBOUR: Final = frozenset({"age_check", "high_value", "cold"})


class Driver:
    """Works one route from load-out to debrief, or until a person's phone takes the driver's place."""

    def __init__(
        self,
        name: str,
        route: str,
        caller: Caller,
        world: World,
        agenda: Agenda,
        *,
        report_s: int,
        shopper_pin: Callable[[str], str],
    ) -> None:
        self.name = name
        self.route = route
        self._caller = caller
        self._world = world
        self._agenda = agenda
        self._report_s = report_s
        self._who = f"driver/{name}"
        self._here: Point | None = None
        self._hub: Point | None = None
        self._vehicle = ""
        self._driven_m = 0
        self._legs = 0
        self._rested = False
        self._breaks_down_at: Instant | None = None
        self._shopper_pin = shopper_pin

    def start(self, at: Instant) -> None:
        """Come to work."""
        self._plan(at, self._load)

    def break_down_at(self, at: Instant) -> None:
        """Let the van break down on the first leg after an instant."""
        self._breaks_down_at = at

    def _plan(self, at: Instant, act: Act, who: str | None = None) -> None:
        """Mean to do something at an instant; nothing comes of it once a person drives."""

        def unless_relieved(now: Instant) -> None:
            with suppress(KeyTakenError):
                act(now)

        self._agenda.plan(at, who or self._who, unless_relieved)

    # The day ----------------------------------------------------------------------------------------

    def _view(self) -> dict[str, Any]:
        view: dict[str, Any] = self._caller.get(f"/v1/driver/routes/{self.route}")
        return view

    def _load(self, now: Instant) -> None:
        view = self._view()
        if view["state"] in ("withdrawn", "debriefed"):
            return
        self._vehicle = view["vehicle"]
        self._here = self._hub = Point(view["stops"][0]["lat"], view["stops"][0]["lon"])
        if view["state"] == "open":
            self._plan(after(now, IDLE_S), self._load)
            return
        if len(view["stops"]) == 1:
            if seconds_between(now, instant(view["ends_at"])) > HOME_S:
                self._plan(after(now, IDLE_S), self._load)
            return
        self._plan(after(max(now, instant(view["loads_at"])), LOAD_S), self._loaded)

    def _loaded(self, now: Instant) -> None:
        view = self._view()
        if view["state"] != "staged":
            return
        scanned = self._scan(view["loading_list"])
        self._caller.post(f"/v1/driver/routes/{self.route}/load", {"parcels": scanned, "at": rfc3339(now)})
        self._depart(after(now, 60))

    def _depart(self, at: Instant) -> None:
        def go(now: Instant) -> None:
            if self._view()["state"] != "loaded":
                return
            body = {"at": rfc3339(now), **self._gps(f"depart/{self.route}")}
            self._caller.post(f"/v1/driver/routes/{self.route}/depart", body)
            self._next(now)

        self._plan(at, go)

    def _scan(self, parcels: list[str]) -> list[str]:
        share = self._world.parameters.short_share
        found = self._world.found
        return [one for one in parcels if one in found or not self._world.happens(share, "short", one)]

    def _next(self, now: Instant) -> None:
        """Look at the phone: rest, drive to the next stop, wait, or go home."""
        view = self._view()
        if view["state"] != "departed":
            return
        rest = view.get("break")
        ahead = [stop for stop in view["stops"] if not stop["done"]]
        if rest and not self._rested and self._rest_is_due(rest, ahead, now):
            self._rested = True
            wake = max(now, after(instant(rest["start"]), int(rest["seconds"])))
            self._plan(wake, self._next)
            return
        if ahead:
            self._drive_to(ahead[0], now)
        else:
            self._go_home(now)

    def _rest_is_due(self, rest: dict[str, Any], ahead: list[dict[str, Any]], now: Instant) -> bool:
        """Whether the next stop could not be finished before the break begins."""
        start = instant(rest["start"])
        if now >= after(start, int(rest["seconds"])):
            return False
        need_s = 300 if not ahead else 240 + int(ahead[0].get("service_s") or 0)
        return after(now, need_s) > start

    def _drive_to(self, stop: dict[str, Any], now: Instant) -> None:
        assert self._here is not None, "a driver on the road is somewhere"
        target = Point(stop["lat"], stop["lon"])
        self._legs += 1
        drive = self._world.drive(self._here, target, now, f"{self.route}/{self._legs}")
        if self._breaks_down_at is not None and now >= self._breaks_down_at:
            self._plan(after(now, drive.seconds // 2), self._break_down)
            return
        self._driven_m += drive.metres
        self._report_along(drive, now)

        def there(at: Instant) -> None:
            self._here = target
            if stop["kind"] == "hub":
                ready = instant(self._view()["loads_at"])
                self._plan(after(max(at, ready), RELOAD_S), self._reload)
            else:
                self._arrive(stop, at)

        self._plan(after(now, max(1, drive.seconds)), there)

    def _reload(self, now: Instant) -> None:
        view = self._view()
        if view["state"] != "departed":
            return
        ahead = [stop for stop in view["stops"] if not stop["done"]]
        if not ahead or ahead[0]["kind"] != "hub":
            # What was to be loaded here went to another van meanwhile, and the visit with it.
            self._next(now)
            return
        ready = instant(view["loads_at"])
        if ready > now:
            # An order joined the van while it was loading, and its parcels do not stand there yet.
            self._plan(after(ready, RELOAD_S), self._reload)
            return
        scanned = self._scan(view["loading_list"])
        body = {"at": rfc3339(now), "parcels": scanned}
        self._caller.post(f"/v1/driver/routes/{self.route}/hub", body)
        self._next(now)

    # At the door ------------------------------------------------------------------------------------

    def _arrive(self, stop: dict[str, Any], now: Instant) -> None:
        delivery = stop["delivery"]
        key = f"{delivery}/{self.route}"
        view = self._view()
        if view["state"] != "departed" or not any(
            s["delivery"] == delivery and not s["done"] for s in view["stops"]
        ):
            # The stop was taken away while the van was on its way.
            self._next(now)
            return
        body = {"route": self.route, "at": rfc3339(now), "accuracy_m": 12, **self._gps(key)}
        self._caller.post(f"{_path(stop)}/arrive", body)
        begin = max(now, instant(stop["window_start"]))
        if stop["kind"] == "collection":
            self._meet(stop, begin, int(view["policy"]["stay_s_min"]))
            return
        parameters = self._world.parameters
        reason: Reason | None = None
        if self._world.happens(parameters.damaged_share, "damaged", key):
            reason = Reason.damaged
        elif self._world.happens(parameters.refused_share, "refused", key):
            reason = Reason.refused
        elif self._world.happens(parameters.out_share, "out", key):
            takes = self._world.happens(parameters.neighbour_share, "neighbour", key)
            if not takes or NO_NEIGHBOUR & set(stop["handling"]):
                reason = Reason.not_home
        out = self._world.happens(parameters.out_share, "out", key)
        method = HandoffMethod.to_neighbour if out else HandoffMethod.to_recipient
        spent_s = self._world.service_s(int(stop["service_s"]), key)
        if reason is not None:
            done = after(begin, max(spent_s, int(view["policy"]["stay_s_min"]) + 20))
            self._plan(done, partial(self._fail, stop, reason))
        else:
            self._plan(after(begin, spent_s), partial(self._hand_over, stop, method))

    def _meet(self, stop: dict[str, Any], begin: Instant, stay_s: int) -> None:
        """At the door of someone who sends goods back: they are given, or nobody is there."""
        key = f"{stop['delivery']}/{self.route}"
        spent_s = self._world.service_s(int(stop["service_s"]), key)
        if self._world.happens(self._world.parameters.out_share, "out", key):
            self._plan(after(begin, max(spent_s, stay_s + 20)), partial(self._fail, stop, Reason.not_home))
        else:
            self._plan(after(begin, spent_s), partial(self._collect, stop))

    def _collect(self, stop: dict[str, Any], now: Instant) -> None:
        key = f"{stop['delivery']}/{self.route}"
        body: dict[str, object] = {
            "route": self.route,
            "at": rfc3339(now),
            **self._gps(key),
            "parcels": stop["parcels"],
        }
        for kind in (ProofKind.photo, ProofKind.signature):
            if kind.value in stop["proofs_required"]:
                body[kind.value] = self._put(stop, f"{kind}/{key}", now)
        self._caller.post(f"{_path(stop)}/collect", body)
        self._next(after(now, 1))

    def _hand_over(self, stop: dict[str, Any], method: HandoffMethod, now: Instant) -> None:
        delivery = stop["delivery"]
        key = f"{delivery}/{self.route}"
        asked = set(stop["proofs_required"])
        if method is HandoffMethod.to_neighbour:
            asked.add(ProofKind.signature.value)
        forgets = self._world.happens(self._world.parameters.proof_forgotten_share, "forgets", key)
        body: dict[str, object] = {
            "route": self.route,
            "at": rfc3339(now),
            **self._gps(key),
            "method": method.value,
            "parcels": stop["parcels"],
        }
        for kind in (ProofKind.photo, ProofKind.signature):
            if kind.value in asked and not forgets:
                body[kind.value] = self._put(stop, f"{kind}/{key}", now)
        if ProofKind.pin.value in asked:
            body["pin"] = self._shopper_pin(str(stop["order"]))
        if ProofKind.age_check.value in asked:
            body["age_checked"] = True
        if self._caller.post(f"/v1/driver/stops/{delivery}/handoff", body, may_refuse=True) is None:
            self._fail(stop, Reason.wrong_pin_or_id, now)
            return
        self._next(after(now, 1))

    def _fail(self, stop: dict[str, Any], reason: Reason, now: Instant) -> None:
        delivery = stop["delivery"]
        key = f"{delivery}/{self.route}"
        body: dict[str, object] = {
            "route": self.route,
            "at": rfc3339(now),
            **self._gps(key),
            "reason": reason.value,
            "photo": self._put(stop, f"door/{key}", now),
            "contact_tried": True,
        }
        self._caller.post(f"{_path(stop)}/fail", body)
        self._next(after(now, 1))

    def _put(self, stop: dict[str, Any], what: str, now: Instant) -> str:
        path, headers = "/v1/driver/proofs", {"x-delivery": stop["delivery"]}
        taken = picture(what, label_of(str(stop["parcels"][0])), rfc3339(now))
        answer = self._caller.send(path, taken, "image/jpeg", headers)
        return str(answer["sha256"])

    # Home again -------------------------------------------------------------------------------------

    def _go_home(self, now: Instant) -> None:
        assert self._here is not None, "a driver on the road is somewhere"
        assert self._hub is not None, "a driver on the road came from somewhere"
        hub = self._hub
        drive = self._world.drive(self._here, hub, now, f"{self.route}/home")
        self._driven_m += drive.metres
        self._report_along(drive, now)

        def back(at: Instant) -> None:
            self._here = hub
            body = {"at": rfc3339(at), "driven_m": self._driven_m}
            if self._caller.post(f"/v1/driver/routes/{self.route}/return", body, may_refuse=True) is None:
                self._next(at)  # a stop was added while the van was on its way home
                return
            self._plan(after(at, DEBRIEF_S), self._debrief)

        self._plan(after(now, max(1, drive.seconds)), back)

    def _break_down(self, now: Instant) -> None:
        body = {"at": rfc3339(now), "why": "the engine stopped"}
        self._caller.post(f"/v1/driver/routes/{self.route}/breakdown", body)
        self._plan(after(now, TOW_S), self._debrief)

    def _debrief(self, now: Instant) -> None:
        back = self._view()["aboard"]
        body = {"at": rfc3339(now), "parcels": back}
        self._caller.post(f"/v1/driver/routes/{self.route}/debrief", body)

    # Telematics -------------------------------------------------------------------------------------

    def _gps(self, key: str) -> dict[str, float]:
        assert self._here is not None, "a driver at work is somewhere"
        point = self._world.position(self._here, key)
        return {"lat": round(point.lat, 6), "lon": round(point.lon, 6)}

    def _report_along(self, drive: Drive, start: Instant) -> None:
        """Plan the positions that the van reports on its way, at most one each `report_s` seconds."""
        due_s = self._report_s
        for index, point in enumerate(drive.path):
            if point.seconds < due_s and index < len(drive.path) - 1:
                continue
            due_s = point.seconds + self._report_s
            self._plan(after(start, point.seconds), partial(self._report, point.point), f"van/{self.name}")

    def _report(self, here: Point, now: Instant) -> None:
        body = {"vehicle": self._vehicle, "at": rfc3339(now), "lat": here.lat, "lon": here.lon}
        self._caller.post("/v1/driver/positions", body, may_refuse=True)


def _path(stop: dict[str, Any]) -> str:
    """Where a stop is told of."""
    noun = "collections" if stop["kind"] == "collection" else "stops"
    return f"/v1/driver/{noun}/{stop['delivery']}"
