"""The envelope of an event: what every fact in the log carries beside its own data."""

import re
from enum import StrEnum
from typing import NewType

import msgspec

from doorstep.vocabulary.units import Instant

MarketId = NewType("MarketId", str)
StreamId = NewType("StreamId", str)
"""`noun/id`, for instance `delivery/dlv_3k…`: one thing's own history."""


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


def snake(name: str) -> str:
    """`AttemptFailed` as `attempt_failed`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
