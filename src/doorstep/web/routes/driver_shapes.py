"""What crosses the driver's doors: what the phone tells, and what it is told."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.reasons import Reason
from doorstep.web.instants import Moment
from doorstep.web.shapes import Id, Lat, Lon, Words

SCANS_MAX: Final = 2_000
"""Parcels that one scan of a van may list."""

Scans = Annotated[tuple[Id, ...], msgspec.Meta(max_length=SCANS_MAX)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Accuracy = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Pin = Annotated[str, msgspec.Meta(pattern="^[0-9]{4,8}$")]
Driven = Annotated[int, msgspec.Meta(ge=0, le=2_000_000)]
Heading = Annotated[float, msgspec.Meta(ge=0, le=360)]
Speed = Annotated[float, msgspec.Meta(ge=0, le=300)]


class LoadBody(msgspec.Struct, frozen=True):
    """The load-out's scans; `at` is the phone's clock, here and in every other body."""

    parcels: Scans
    at: Moment


class DepartBody(msgspec.Struct, frozen=True):
    """The van leaves the hub."""

    at: Moment
    lat: Lat | None = None
    lon: Lon | None = None


class HubBody(msgspec.Struct, frozen=True):
    """A hub visit in the middle of a route, with what was loaded there."""

    at: Moment
    parcels: Scans = ()


class ArriveBody(msgspec.Struct, frozen=True):
    """The driver stands at the door."""

    route: Id
    at: Moment
    lat: Lat
    lon: Lon
    accuracy_m: Accuracy | None = None


class HandoffBody(msgspec.Struct, frozen=True):
    """The parcels leave the driver's hands. Photo and signature are hashes of files sent before."""

    route: Id
    at: Moment
    method: HandoffMethod
    lat: Lat | None = None
    lon: Lon | None = None
    parcels: Scans = ()
    photo: Sha256 | None = None
    signature: Sha256 | None = None
    pin: Pin | None = None
    age_checked: bool | None = None


class FailBody(msgspec.Struct, frozen=True):
    """It could not be delivered."""

    route: Id
    at: Moment
    reason: Reason
    lat: Lat | None = None
    lon: Lon | None = None
    photo: Sha256 | None = None
    contact_tried: bool = False


class LateProofBody(msgspec.Struct, frozen=True):
    """Evidence that was missing at the handoff and comes after all."""

    route: Id
    at: Moment
    photo: Sha256 | None = None
    signature: Sha256 | None = None


class ReturnBody(msgspec.Struct, frozen=True):
    """The van is back at the hub."""

    at: Moment
    driven_m: Driven


class DebriefBody(msgspec.Struct, frozen=True):
    """The parcels that came back."""

    at: Moment
    parcels: Scans = ()


class BreakdownBody(msgspec.Struct, frozen=True):
    """The van is out."""

    at: Moment
    why: Words


class PositionBody(msgspec.Struct, frozen=True):
    """Where a vehicle is; degrees clockwise from north, kilometres an hour."""

    vehicle: Id
    at: Moment
    lat: Lat
    lon: Lon
    heading: Heading | None = None
    speed_kmh: Speed | None = None
    accuracy_m: Accuracy | None = None


class DayQuery(msgspec.Struct, frozen=True):
    """The local day, today where it is left out."""

    day: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None


class StopShape(msgspec.Struct, frozen=True):
    """A stop as its driver needs it; a hub visit has a place and nothing else.

    `pin_tries_left` is None where no PIN is asked; at 0 the PIN is locked, and the handoff goes without.
    """

    kind: str
    delivery: str | None
    order: str | None
    status: str | None
    lat: float | None
    lon: float | None
    address: str | None
    name: str | None
    phone: str | None
    instructions: str | None
    window_start: datetime | None
    window_end: datetime | None
    planned_at: datetime | None
    parcels: tuple[str, ...]
    proofs_required: tuple[str, ...]
    pin_tries_left: int | None
    handling: tuple[str, ...]
    service_s: int
    done: bool


class BreakShape(msgspec.Struct, frozen=True):
    """The break that is due, if any."""

    start: datetime
    seconds: int


class ReasonShape(msgspec.Struct, frozen=True):
    """A reason for "can't deliver", and what policy asks for with it."""

    reason: str
    evidence: tuple[str, ...]
    contact: bool


class MethodShape(msgspec.Struct, frozen=True):
    """A way of handing over, and the proofs that it asks beside the delivery's own."""

    method: str
    proofs: tuple[str, ...]


class DoorPolicyShape(msgspec.Struct, frozen=True):
    """What policy asks at a door: how near, how long, by which way, and what for which reason."""

    radius_m: int
    stay_s_min: int
    reasons: tuple[ReasonShape, ...]
    methods: tuple[MethodShape, ...]
    pin_digits: int


class MessageShape(msgspec.Struct, frozen=True):
    """What the dispatcher says, about one stop or about the day."""

    key: str
    text: str
    delivery: str | None
    at: datetime


class DriverRouteShape(msgspec.Struct, frozen=True):
    """A route as its driver works it.

    `loading_list` is what is scanned next, `loads_at` when all of it stands ready at the hub; `aboard` what
    the driver holds and will account for; `now` the market's time, by which a phone sets its own.
    """

    now: datetime
    route: str
    vehicle: str
    hub: str
    state: str
    starts_at: datetime
    ends_at: datetime
    departs_at: datetime | None
    stops: tuple[StopShape, ...]
    done: int
    loading_list: tuple[str, ...]
    loads_at: datetime
    aboard: tuple[str, ...]
    break_due: BreakShape | None = msgspec.field(name="break")
    messages: tuple[MessageShape, ...]
    policy: DoorPolicyShape


class DriverRoutesShape(msgspec.Struct, frozen=True):
    """A driver's routes of one day."""

    routes: tuple[DriverRouteShape, ...]


class RouteNowShape(msgspec.Struct, frozen=True):
    """Where a route stands; `short` are parcels on the list that were not there."""

    route: str
    state: str
    done: int
    stops: int
    short: tuple[str, ...]


class DeliveryNowShape(msgspec.Struct, frozen=True):
    """Where a delivery stands; `next` says what to do with the parcel."""

    delivery: str
    status: str
    missing: tuple[str, ...]
    next: str


class ProofShape(msgspec.Struct, frozen=True):
    """The hash under which a photo is kept, of its bytes as they were written anew."""

    sha256: str


class PositionShape(msgspec.Struct, frozen=True):
    """Whether the position was kept; an older one than the last is dropped."""

    kept: bool
