"""Events and commands in general: the tags that name them and what every fact carries beside its own data."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NewType

import msgspec

MarketId = NewType("MarketId", str)
StreamId = NewType("StreamId", str)
"""`noun/id`, for instance `delivery/dlv_3k…`: one thing's own history."""
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)

TEXT_CHARS_MAX: Final = 2_000
"""Characters of free text that one event may carry."""


class Source(StrEnum):
    """How a fact reached us."""

    api = "api"
    driver_app = "driver_app"
    carrier_push = "carrier_push"
    carrier_poll = "carrier_poll"
    carrier_file = "carrier_file"
    telematics = "telematics"
    manual = "manual"
    derived = "derived"


class Because(msgspec.Struct, frozen=True):
    """The rule behind a decision: policy id, its version, and the rule's own name."""

    policy: str
    version: int
    rule: str


class Refusal(msgspec.Struct, frozen=True):
    """A rule says no: a stable code, one sentence for people, and the fields it is about."""

    code: str
    detail: str
    fields: tuple[str, ...] = ()


def snake(name: str) -> str:
    """`AttemptFailed` as `attempt_failed`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def tag_for(noun: str) -> Callable[[str], str]:
    """The tagging of a noun's structs: `AttemptFailed` of a delivery is `delivery.attempt_failed`."""
    return lambda name: f"{noun}.{snake(name)}"
