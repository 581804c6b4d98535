"""Network files: a market's merchants, hubs, vans and shifts as TOML.

| table | keys |
|---|---|
| `[market]` | `id`, `name`, `zone` (IANA), `currency` (ISO 4217), `country` (two letters) |
| `[[merchants]]` | `id`, `name` |
| `[[hubs]]` | `id`, `name`, and `lat` with `lon`, or `address` |
| `[[vans]]` | `id`, `hub`, `capacity_g`, `capacity_ml`, `skills` (of the van: `cold`) |
| `[[shifts]]` | `driver`, `name`, `van`, `start`, `end`, `break_start` with `break_minutes`, `days`, |
| | `reserve`, `skills` (of the driver: `age_check`, `high_value`) |

Times are wall times of the market, `HH:MM`; a shift ends on the day on which it starts. `days` are `mon` to
`sun`, all seven where it is left out. A shift's skills are those of its van and those of its driver. No van
and no driver is in two shifts at once.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from doorstep.engine.currencies import CURRENCIES
from doorstep.engine.wall_clock import wall_instant
from doorstep.vocabulary.ids import DriverId, HubId, VehicleId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.route import Shift, Skill
from doorstep.vocabulary.units import Grams, Millilitres, Seconds

NETWORK_BYTES_MAX: Final = 4 << 20
"""Bytes of one network file."""
ROWS_MAX: Final = 5_000
"""Entries of one list of tables."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
WallTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
CapacityG = Annotated[int, msgspec.Meta(ge=1, le=40_000_000)]
"""Up to a lorry's 40 tonnes."""
CapacityMl = Annotated[int, msgspec.Meta(ge=1, le=120_000_000)]
"""Up to a lorry's 120 cubic metres."""
BreakMinutes = Annotated[int, msgspec.Meta(ge=0, le=240)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: a key that we do not know is an error, never ignored."""


class Market(_Table, frozen=True):
    """A city or region with its own zone and money."""

    id: Id
    name: Name
    zone: str
    currency: str
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]

    def clock(self) -> ZoneInfo:
        """The market's zone."""
        return ZoneInfo(self.zone)


class Merchant(_Table, frozen=True):
    """A brand whose orders we carry."""

    id: Id
    name: Name


class Hub(_Table, frozen=True):
    """Where parcels start: a point in degrees, or an address that still has to be resolved."""

    id: Id
    name: Name
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    address: str = ""

    def point(self) -> Point | None:
        """Where it stands, or None where only its address is known."""
        return Point(self.lat, self.lon) if self.lat is not None and self.lon is not None else None


class Van(_Table, frozen=True):
    """A vehicle, the hub it belongs to, and what it carries."""

    id: Id
    hub: Id
    capacity_g: CapacityG
    capacity_ml: CapacityMl
    skills: tuple[Skill, ...] = ()


class DriverShift(_Table, frozen=True):
    """Who drives which van on which days of the week, from when to when, with which break."""

    driver: Id
    name: Name
    van: Id
    start: WallTime
    end: WallTime
    break_start: WallTime | None = None
    break_minutes: BreakMinutes = 0
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1)] = DAYS
    reserve: bool = False
    skills: tuple[Skill, ...] = ()


class Network(_Table, frozen=True):
    """A market with everything that works in it."""

    market: Market
    merchants: Annotated[tuple[Merchant, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]
    hubs: Annotated[tuple[Hub, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]
    vans: Annotated[tuple[Van, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]
    shifts: Annotated[tuple[DriverShift, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]


class PlannedShift(msgspec.Struct, frozen=True):
    """A shift of one day; a reserve shift is sold only after it was called."""

    shift: Shift
    reserve: bool


class NetworkFault(msgspec.Struct, frozen=True):
    """What is wrong, and where: `vans[3].hub`, counted from 0; empty for the file as a whole."""

    where: str
    detail: str


class NetworkRefused(Exception):
    """The network file cannot be used; `faults` say why."""

    def __init__(self, faults: tuple[NetworkFault, ...]) -> None:
        super().__init__(
            "; ".join(f"{fault.where}: {fault.detail}" if fault.where else fault.detail for fault in faults)
        )
        self.faults = faults


def read_network(raw: bytes) -> Network:
    """The network of a TOML file's bytes.

    Raises:
        NetworkRefused: where it is no TOML, a key is missing, unknown or of another type (the first such), or
            its parts contradict each other (all such).
    """
    if len(raw) > NETWORK_BYTES_MAX:
        raise _refused("", f"the file has more than {NETWORK_BYTES_MAX:,} bytes")
    try:
        tables = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise _refused("", f"byte {fault.start:,} is not UTF-8") from fault
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise _refused("", f"this is no TOML: {fault}") from fault
    try:
        network = msgspec.convert(tables, Network)
    except msgspec.ValidationError as fault:
        detail, _, where = str(fault).partition(" - at `$")
        raise _refused(where.strip("`.") if where else "", detail) from fault
    faults = contradictions(network)
    if faults:
        raise NetworkRefused(faults)
    return network


def contradictions(network: Network) -> tuple[NetworkFault, ...]:
    """Everything in a network that cannot be so, in the file's order."""
    return tuple(
        NetworkFault(where, detail)
        for check in (_market_faults, _identity_faults, _hub_faults, _van_faults, _shift_faults, _overlaps)
        for where, detail in check(network)
    )


def shifts_on(network: Network, day: date) -> tuple[PlannedShift, ...]:
    """The shifts of one day, in the file's order, as instants.

    A wall time that the clock skips is the instant after the gap; one that comes twice is the earlier. A
    shift without a break has its break's start at its own.
    """
    vans = {van.id: van for van in network.vans}
    zone, weekday = network.market.clock(), DAYS[day.weekday()]
    return tuple(
        PlannedShift(_shift(shift, vans[shift.van], day, zone), shift.reserve)
        for shift in network.shifts
        if weekday in shift.days
    )


def _shift(shift: DriverShift, van: Van, day: date, zone: ZoneInfo) -> Shift:
    skills = {*van.skills, *shift.skills}
    return Shift(
        driver=DriverId(shift.driver),
        vehicle=VehicleId(van.id),
        hub=HubId(van.hub),
        start=wall_instant(day, shift.start, zone),
        end=wall_instant(day, shift.end, zone),
        break_start=wall_instant(day, shift.break_start or shift.start, zone),
        break_s=Seconds(shift.break_minutes * 60),
        capacity_g=Grams(van.capacity_g),
        capacity_ml=Millilitres(van.capacity_ml),
        skills=tuple(skill for skill in Skill if skill in skills),
    )


_Faults = Iterator[tuple[str, str]]
"""Where, and what."""


def _market_faults(network: Network) -> _Faults:
    if network.market.currency not in CURRENCIES:
        yield "market.currency", f"'{network.market.currency[:10]}' is no currency of ISO 4217"
    try:
        network.market.clock()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "market.zone", f"'{network.market.zone[:40]}' is no IANA time zone, such as Europe/Berlin"


def _identity_faults(network: Network) -> _Faults:
    for table, ids in (
        ("merchants", [merchant.id for merchant in network.merchants]),
        ("hubs", [hub.id for hub in network.hubs]),
        ("vans", [van.id for van in network.vans]),
    ):
        seen: Counter[str] = Counter()
        for index, one in enumerate(ids):
            if seen[one]:
                yield f"{table}[{index}].id", f"'{one}' stands above already"
            seen[one] += 1


def _hub_faults(network: Network) -> _Faults:
    for index, hub in enumerate(network.hubs):
        if (hub.lat is None) != (hub.lon is None):
            yield f"hubs[{index}]", "needs both 'lat' and 'lon', or neither"
        elif hub.lat is None and not hub.address:
            yield f"hubs[{index}]", "needs 'lat' and 'lon', or an 'address'"


def _van_faults(network: Network) -> _Faults:
    hubs = {hub.id for hub in network.hubs}
    for index, van in enumerate(network.vans):
        if van.hub not in hubs:
            yield f"vans[{index}].hub", f"there is no hub '{van.hub}'"


def _shift_faults(network: Network) -> _Faults:
    vans = {van.id for van in network.vans}
    for index, shift in enumerate(network.shifts):
        where = f"shifts[{index}]"
        if shift.van not in vans:
            yield f"{where}.van", f"there is no van '{shift.van}'"
        if shift.end <= shift.start:
            yield f"{where}.end", f"{shift.end} is not after the start, {shift.start}"
        if (shift.break_start is None) != (shift.break_minutes == 0):
            yield where, "needs both 'break_start' and 'break_minutes', or neither"
        elif shift.break_start is not None:
            over = _minutes(shift.break_start) + shift.break_minutes
            if shift.break_start < shift.start or over > _minutes(shift.end):
                yield f"{where}.break_start", "the break must lie inside the shift"
        if len(set(shift.days)) < len(shift.days):
            yield f"{where}.days", "a day stands twice"


def _overlaps(network: Network) -> _Faults:
    by_day = {day: [(i, s) for i, s in enumerate(network.shifts) if day in s.days] for day in DAYS}
    told: set[tuple[int, str]] = set()
    for day, shifts in by_day.items():
        for key in ("van", "driver"):
            ordered = sorted(shifts, key=lambda entry: (getattr(entry[1], key), entry[1].start, entry[0]))
            for (_, a), (index, b) in pairwise(ordered):
                if getattr(a, key) == getattr(b, key) and b.start < a.end and (index, key) not in told:
                    told.add((index, key))
                    yield (
                        f"shifts[{index}].{key}",
                        f"'{getattr(b, key)}' has another shift at {b.start} on {day}",
                    )


def _minutes(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])


def _refused(where: str, detail: str) -> NetworkRefused:
    return NetworkRefused((NetworkFault(where, detail),))
