"""Ways to break a log: change, drop or add an event, as a bug in production code would have."""

from collections.abc import Callable
from typing import Any

import msgspec
from tests.views.diary import stream_of

from doorstep.simulation.checkers.exported import Log
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.vocabulary.units import Instant

Defect = Callable[[list[Record]], list[Record]]


def log_of(records: list[Record]) -> Log:
    """The records as an exported log."""
    return Log(canonical(record) for record in records)


def renumbered(records: list[Record]) -> list[Record]:
    """The records with positions and versions as if they had been appended so: only the content is wrong."""
    versions: dict[str, int] = {}
    numbered = []
    for position, record in enumerate(records, 1):
        version = versions[record.stream] = versions.get(record.stream, 0) + 1
        numbered.append(msgspec.structs.replace(record, position=position, version=version))
    return numbered


def find(records: list[Record], kind: type[AnyEvent], **fields: Any) -> int:  # noqa: ANN401 - a field of any type
    """Where the first event of this type with these fields stands."""
    for index, record in enumerate(records):
        if isinstance(record.data, kind) and all(getattr(record.data, k) == v for k, v in fields.items()):
            return index
    raise AssertionError(f"the town has no {kind.__name__} with {fields}")


def change(kind: type[AnyEvent], changes: dict[str, Any], **fields: Any) -> Defect:  # noqa: ANN401 - a field of any type
    """Give the first such event other values."""

    def defect(records: list[Record]) -> list[Record]:
        at = find(records, kind, **fields)
        data = msgspec.structs.replace(records[at].data, **changes)
        return [*records[:at], msgspec.structs.replace(records[at], data=data), *records[at + 1 :]]

    return defect


def drop(kind: type[AnyEvent], **fields: Any) -> Defect:  # noqa: ANN401 - a field of any type
    """Leave the first such event out."""

    def defect(records: list[Record]) -> list[Record]:
        at = find(records, kind, **fields)
        return renumbered([*records[:at], *records[at + 1 :]])

    return defect


def add(event: AnyEvent, kind: type[AnyEvent], at: Instant | None = None, **fields: Any) -> Defect:  # noqa: ANN401 - a field of any type
    """Put an event behind the first such one: into its commit, or recorded at an instant of its own."""

    def defect(records: list[Record]) -> list[Record]:
        index = find(records, kind, **fields)
        recorded_at = records[index].recorded_at if at is None else at
        more = msgspec.structs.replace(
            records[index], stream=stream_of(event), recorded_at=recorded_at, data=event, cause="cmd_defect"
        )
        return renumbered([*records[: index + 1], more, *records[index + 1 :]])

    return defect
