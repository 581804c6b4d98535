"""Doors: how the world reaches Doorstep. The same HTTP surface as for everyone else, with keys of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from doorstep.vocabulary.units import MICROSECONDS, Instant

SAMPLES_MAX: Final = 200
"""Writes that are remembered, so that a checker can send them once more."""


class Answered(Protocol):
    """What came back from a door."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, names in lower case."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


class Door(Protocol):
    """Sends one request and waits for its answer."""

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", /
    ) -> Answered:
        """The answer to a request; `path` may carry a query."""
        ...


class Sample(msgspec.Struct, frozen=True):
    """A write that was sent, and what was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes


class DoorRefusedError(Exception):
    """Doorstep did not take what the world had every right to tell it."""


class KeyTakenError(DoorRefusedError):
    """The key opens nothing any more: a person's phone acts for this driver now."""


def rfc3339(instant: Instant) -> str:
    """An instant as the API reads it."""
    moment = datetime.fromtimestamp(instant // MICROSECONDS, UTC).replace(microsecond=instant % MICROSECONDS)
    return moment.isoformat().replace("+00:00", "Z")


def instant(text: str) -> Instant:
    """An instant as the API writes it."""
    moment = datetime.fromisoformat(text)
    whole = int(moment.replace(microsecond=0).timestamp())
    return Instant(whole * MICROSECONDS + moment.microsecond)


class Caller:
    """Someone with a key: a merchant, a driver, the operations room."""

    def __init__(self, door: Door, token: str, name: str, samples: list[Sample]) -> None:
        self._door = door
        self._token = token
        self._name = name
        self._count = 0
        self._samples = samples

    def get(self, path: str) -> Any:  # noqa: ANN401 - an API's answer is whatever JSON it is
        """What stands behind a path.

        Raises:
            DoorRefusedError: anything but 200.
            KeyTakenError: where the key was closed.
        """
        answered = self._door("GET", path, {"authorization": f"Bearer {self._token}"})
        if answered.status == 401:
            raise KeyTakenError(f"{self._name}: GET {path} needs another key")
        if answered.status != 200:
            raise DoorRefusedError(
                f"{self._name}: GET {path} gave {answered.status}: {answered.body[:500]!r}"
            )
        return msgspec.json.decode(answered.body)

    def post(self, path: str, body: Mapping[str, object], *, may_refuse: bool = False) -> Any:  # noqa: ANN401 - an API's answer is whatever JSON it is
        """Tell something; None where it was refused and may be.

        Raises:
            DoorRefusedError: a refusal that the world did not expect.
            KeyTakenError: where the key was closed.
        """
        return self.send(path, msgspec.json.encode(body), "application/json", may_refuse=may_refuse)

    def send(
        self,
        path: str,
        raw: bytes,
        media: str,
        headers: Mapping[str, str] | None = None,
        *,
        may_refuse: bool = False,
    ) -> Any:  # noqa: ANN401 - an API's answer is whatever JSON it is
        """Send bytes of a media type, each time under a fresh idempotency key."""
        self._count += 1
        sent = {
            "authorization": f"Bearer {self._token}",
            "content-type": media,
            "idempotency-key": f"{self._name}-{self._count}",
            **(headers or {}),
        }
        answered = self._door("POST", path, sent, raw)
        if len(self._samples) < SAMPLES_MAX and self._count % 7 == 1:
            self._samples.append(Sample("POST", path, sent, raw, answered.status, answered.body))
        if answered.status == 401:
            raise KeyTakenError(f"{self._name}: POST {path} needs another key")
        if answered.status >= 300:
            if may_refuse and answered.status in (404, 409, 422):
                return None
            raise DoorRefusedError(
                f"{self._name}: POST {path} gave {answered.status}: {answered.body[:500]!r}"
            )
        return msgspec.json.decode(answered.body) if answered.body else None
