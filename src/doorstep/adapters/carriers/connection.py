"""Connection: where a carrier is reached and with which secrets. Secrets are in no text that this prints."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from doorstep.vocabulary.ids import CarrierId

SECRETS_MAX: Final = 4
"""Secrets that may sign at one time: the present one, and those that are being replaced."""


class Connection(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """How we speak with one carrier.

    `api_key` opens its doors for us. Each of `secrets` may sign what it pushes to us, so that a secret can be
    replaced while messages are under way. `zone` is where the clocks of its depots hang, for a carrier that
    tells wall times.
    """

    id: CarrierId
    base_url: str
    api_key: str
    secrets: tuple[str, ...]
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Hold it to what can work at all."""
        assert self.base_url.startswith(("https://", "http://")), "a carrier is reached over HTTP"
        assert 1 <= len(self.secrets) <= SECRETS_MAX, f"between 1 and {SECRETS_MAX} secrets sign"
        assert all(self.secrets), "an empty secret signs nothing"

    def __repr__(self) -> str:
        return f"Connection({self.id} at {self.base_url})"

    def clock(self) -> ZoneInfo:
        """The zone of its depots."""
        return ZoneInfo(self.zone)
