"""Sender: how an effect leaves the house."""

from collections.abc import Sequence
from typing import Protocol

from doorstep.engine.ports.store import Effect
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant


class SendFailedError(Exception):
    """The other side did not take it; where `permanent`, it never will."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


class NotNowError(Exception):
    """It may not leave before `until`: nobody is disturbed at night. This is no failed try."""

    def __init__(self, until: Instant) -> None:
        super().__init__("not now")
        self.until = until


class Sender(Protocol):
    """Sends effects; the same one may come twice, always under the same id."""

    def send(self, effect: Effect) -> Sequence[AnyCommand]:
        """Hand it over, and return when the other side has it: what the log should say about that.

        Raises:
            SendFailedError: where it did not take it.
            NotNowError: where it has to wait.
        """
        ...
