"""Sender: how an effect leaves the house."""

from typing import Protocol

from doorstep.engine.ports.store import Effect


class SendFailedError(Exception):
    """The other side did not take it; where `permanent`, it never will."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


class Sender(Protocol):
    """Sends effects; the same one may come twice, always under the same id."""

    def send(self, effect: Effect) -> None:
        """Hand it over, and return when the other side has it.

        Raises:
            SendFailedError: where it did not take it.
        """
        ...
