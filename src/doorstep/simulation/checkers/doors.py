"""What the checkers that knock at doors need: a way to call, and what came back."""

from collections.abc import Mapping
from typing import Protocol


class Answer(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


class Call(Protocol):
    """Sends one request and waits for its answer."""

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", /
    ) -> Answer:
        """The answer to a request; `path` may carry a query."""
        ...


class Sent(Protocol):
    """A write that was sent with an idempotency key, and what was answered."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def path(self) -> str:
        """The path with its query."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, the idempotency key among them."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...

    @property
    def status(self) -> int:
        """The HTTP status that was answered."""
        ...

    @property
    def answer(self) -> bytes:
        """The body that was answered."""
        ...
