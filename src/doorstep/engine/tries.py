"""Tries: how often something may be guessed in a while; kept in memory, for as many subjects as fit."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from doorstep.vocabulary.units import Instant, seconds_between

SUBJECTS_MAX: Final = 10_000
"""Subjects whose tries are counted; the one that was tried longest ago is forgotten first."""


class Tries:
    """Counts tries a subject, and lets `tries_max` pass in `span_s` seconds."""

    def __init__(self, tries_max: int, span_s: int) -> None:
        self._tries_max = tries_max
        self._span_s = span_s
        self._counted: OrderedDict[str, list[Instant]] = OrderedDict()
        self._lock = Lock()

    def take(self, subject: str, now: Instant) -> bool:
        """Count a try; whether it may be made."""
        with self._lock:
            recent = [at for at in self._counted.pop(subject, ()) if seconds_between(at, now) < self._span_s]
            may = len(recent) < self._tries_max
            self._counted[subject] = [*recent, now] if may else recent
            if len(self._counted) > SUBJECTS_MAX:
                self._counted.popitem(last=False)
            return may
