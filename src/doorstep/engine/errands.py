"""Errands: each kind of effect goes out by its own sender."""

from collections.abc import Mapping, Sequence

from doorstep.engine.ports.sender import Sender, SendFailedError
from doorstep.engine.ports.store import Effect
from doorstep.vocabulary.record import AnyCommand


class Errands:
    """The sender of all effects: by the first part of an effect's kind, `carrier` of `carrier.book`."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self._senders = dict(senders)

    def send(self, effect: Effect) -> Sequence[AnyCommand]:
        """Hand it to the sender of its kind; what the log should say about it.

        Raises:
            SendFailedError: there is none, or it did not take it.
        """
        sender = self._senders.get(effect.kind.partition(".")[0])
        if sender is None:
            raise SendFailedError(f"nobody sends {effect.kind}", permanent=True)
        return sender.send(effect)
