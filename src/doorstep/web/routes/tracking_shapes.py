"""What crosses the doors behind a tracking link."""

from datetime import datetime
from typing import Annotated

import msgspec

from doorstep.engine.tracking_desk import NOTE_CHARS_MAX
from doorstep.vocabulary.tracking import Complaint, DropPlace
from doorstep.web.instants import Moment
from doorstep.web.shapes import Id, WindowShape

ONCE_CHARS_MAX = 64
Note = Annotated[str, msgspec.Meta(max_length=NOTE_CHARS_MAX)]
Key = Annotated[str, msgspec.Meta(min_length=8, max_length=ONCE_CHARS_MAX, pattern="^[A-Za-z0-9_-]+$")]


class LinkShape(msgspec.Struct, frozen=True):
    """The path of the page, and until when it opens the order."""

    path: str
    expires_at: datetime


class NoteShape(msgspec.Struct, frozen=True):
    """A shopper's own words."""

    text: str


class WindowBody(msgspec.Struct, frozen=True):
    """Another window, in the place of this promise."""

    window_start: Moment
    window_end: Moment
    instead_of: Id


class PlaceBody(msgspec.Struct, frozen=True):
    """Where the parcels may be left; `key` makes the same wish once more the same wish."""

    place: DropPlace
    key: Key
    note: Note = ""


class InstructionsBody(msgspec.Struct, frozen=True):
    """How the driver finds the door."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=NOTE_CHARS_MAX)]
    key: Key


class ProblemBody(msgspec.Struct, frozen=True):
    """What is wrong."""

    problem: Complaint
    key: Key
    note: Note = ""


class HelperShape(msgspec.Struct, frozen=True):
    """The role that is on it."""

    role: str
    since: datetime
    due_at: datetime


class ClosedShape(msgspec.Struct, frozen=True):
    """A window that is not offered, and why."""

    window_start: datetime
    window_end: datetime
    reason: str


class TrackingShape(msgspec.Struct, frozen=True):
    """An order as its shopper sees it; `cannot_change` says why there is no other time."""

    tone: str
    status: str
    window: WindowShape | None
    reason: str
    where: str
    next: str
    by: datetime | None
    expected: datetime | None
    stops_before: int | None
    fixing: HelperShape | None
    delivered_at: datetime | None
    pin: str | None
    place: str
    promise: str | None
    cannot_change: str
    cannot_wish: str
    windows: tuple[WindowShape, ...]
    not_offered: tuple[ClosedShape, ...]
