"""Order results: what came of the rows of a file, counted, and the ones that somebody must look at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from doorstep.cli.caller import printable

PROBLEMS_SHOWN_MAX: Final = 50
"""Problems that the screen lists; the rest is a count."""
COLUMN_CHARS_MAX: Final = 32
"""Characters of a problem's id or field on the screen."""


class Kind(StrEnum):
    """What came of a row."""

    accepted = "accepted"
    existing = "existing"
    conflict = "conflicts"
    rejected = "rejected"
    declined = "declined"
    address_case = "address_cases"


class RowError(msgspec.Struct, frozen=True):
    """One thing that is wrong with a row."""

    field: str
    code: str
    detail: str


class Row(msgspec.Struct, frozen=True):
    """A row's result, as the server tells it."""

    line: int
    status: int
    external_id: str = ""
    id: str | None = None
    state: str | None = None
    declined: tuple[str, ...] | None = None
    on_sale_from: str | None = None
    case: str | None = None
    errors: tuple[RowError, ...] = ()

    @property
    def kind(self) -> Kind:
        """What came of it."""
        if self.status in _KINDS:
            return _KINDS[self.status]
        if self.state == "address_case":
            return Kind.address_case
        return Kind.accepted if self.declined is None else Kind.declined


_KINDS: Final = {422: Kind.rejected, 409: Kind.conflict, 200: Kind.existing}
_WORDS: Final = {
    "accepted": "accepted",
    "existing": "existing, unchanged",
    "conflicts": "conflicts with an order that stands",
    "rejected": "rejected",
    "declined": "declined, no window can be kept",
    "address_cases": "address cases, support finds the place",
    "clean": "clean",
}


class Problem(msgspec.Struct, frozen=True):
    """One line of the table of problems."""

    line: int
    kind: Kind
    external_id: str
    field: str
    code: str
    detail: str


def counts_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows there are of each kind, and in all."""
    found = Counter(row.kind for row in rows)
    return {"rows": len(rows), **{kind.value: found[kind] for kind in Kind}}


def problems_of(rows: Sequence[Row]) -> Iterator[Problem]:
    """What is wrong with which rows, in the file's order."""
    for row in rows:
        kind = row.kind
        if kind in (Kind.accepted, Kind.existing):
            continue
        for error in row.errors:
            yield Problem(row.line, kind, row.external_id, error.field, error.code, error.detail)
        if kind is Kind.declined:
            codes = ", ".join(row.declined or ())
            ahead = row.on_sale_from and f"its day is not on sale before {row.on_sale_from}"
            yield Problem(row.line, kind, row.external_id, "", codes, ahead or "no window can be kept")
        if kind is Kind.address_case and not row.errors:
            detail = f"the map has no certain place for it; the support has case {row.case}"
            yield Problem(row.line, kind, row.external_id, "address", "", detail)


def print_problems(problems: Sequence[Problem]) -> None:
    """The table of problems, the first fifty."""
    if not problems:
        return
    lines = [("line", "order", "field", "what")]
    lines += [
        (str(one.line), _cut(one.external_id), _cut(one.field), _what(one))
        for one in problems[:PROBLEMS_SHOWN_MAX]
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for number, order, field, what in lines:
        print(f"{number:>{widths[0]}}  {order:<{widths[1]}}  {field:<{widths[2]}}  {what}")
    if len(problems) > PROBLEMS_SHOWN_MAX:
        print(f"… and {len(problems) - PROBLEMS_SHOWN_MAX} more")
    print()


def print_counts(counts: dict[str, int]) -> None:
    """The counts, without those that are nothing."""
    total = counts["rows"]
    print(f"{total} {'row' if total == 1 else 'rows'}")
    for name, count in counts.items():
        if count and name != "rows":
            print(f"  {count:>{len(str(total))}} {_WORDS[name]}")


def _what(problem: Problem) -> str:
    code = f" ({problem.code})" if problem.code else ""
    return f"{problem.kind.name.replace('_', ' ')}: {printable(problem.detail)}{code}"


def _cut(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= COLUMN_CHARS_MAX else shown[: COLUMN_CHARS_MAX - 1] + "…"
