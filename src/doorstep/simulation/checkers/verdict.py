"""Verdict: what a checker looked at, and what it found broken."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from doorstep.simulation.checkers.exported import Log
from doorstep.views.day_report import InvariantFigures

BROKEN_MAX: Final = 20
"""Sentences that one verdict keeps; what lies beyond is counted."""


class Verdict(msgspec.Struct, frozen=True):
    """One invariant over one log.

    `checks` counts comparisons, `subjects` the different things they were about. `broken` holds the first
    sentences of `broken_count`. `measures` are figures that the invariant asks to be measured, by name.
    """

    number: int
    name: str
    checks: int
    subjects: int
    broken: tuple[str, ...]
    broken_count: int
    measures: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether nothing is broken and something was looked at: no subject, no proof."""
        return self.broken_count == 0 and self.subjects > 0

    def figures(self) -> InvariantFigures:
        """The verdict as the day's report says it."""
        beyond = self.broken_count - len(self.broken)
        more = (f"and {beyond} more",) if beyond else ()
        return InvariantFigures(self.name, self.checks, self.subjects, (*self.broken, *more))


class Tally:
    """Counts checks and their subjects, and keeps the first sentences on what is broken."""

    def __init__(self) -> None:
        self._subjects: set[str] = set()
        self._checks = 0
        self._broken: list[str] = []
        self._broken_count = 0
        self._measures: dict[str, int] = {}

    def that(self, holds: bool, subject: str, sentence: str) -> bool:
        """Check one thing about a subject; `sentence` says what is wrong where it does not hold."""
        self._subjects.add(subject)
        self._checks += 1
        if not holds:
            self._broken_count += 1
            if len(self._broken) < BROKEN_MAX:
                self._broken.append(f"{subject}: {sentence}")
        return holds

    def measure(self, name: str, count: int = 1) -> None:
        """Add to a measured figure."""
        self._measures[name] = self._measures.get(name, 0) + count

    def verdict(self, number: int, name: str) -> Verdict:
        """What was found."""
        return Verdict(
            number,
            name,
            self._checks,
            len(self._subjects),
            tuple(self._broken),
            self._broken_count,
            self._measures,
        )


class Checker(ABC):
    """Checks one invariant; it may be asked about one log after another."""

    number: ClassVar[int]
    """The invariant's number."""
    name: ClassVar[str]
    """The invariant in a few words."""

    def check(self, log: Log) -> Verdict:
        """The verdict on a log."""
        tally = Tally()
        self.inspect(log, tally)
        return tally.verdict(self.number, self.name)

    @abstractmethod
    def inspect(self, log: Log, tally: Tally) -> None:
        """Look at the log and tell the tally."""


def verdicts(checkers: Iterable[Checker], log: Log) -> tuple[Verdict, ...]:
    """Every checker's verdict, by number; no two checkers share one."""
    found = sorted((checker.check(log) for checker in checkers), key=lambda verdict: verdict.number)
    assert len({verdict.number for verdict in found}) == len(found), "two checkers share a number"
    return tuple(found)


def figures_of(found: Iterable[Verdict]) -> dict[int, InvariantFigures]:
    """The verdicts as the day's report takes them."""
    return {verdict.number: verdict.figures() for verdict in found}
