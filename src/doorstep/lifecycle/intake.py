"""The life of an import: opened, rows rejected, perhaps undone."""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ImportId, MerchantId
from doorstep.vocabulary.intake import (
    AnyIntakeCommand,
    AnyIntakeEvent,
    ImportOpened,
    ImportUndone,
    OpenImport,
    RejectRow,
    RowRejected,
    UndoImport,
)


class IntakeState(msgspec.Struct, frozen=True):
    """An import: whose, of which file, with the rows that stayed behind."""

    batch: ImportId
    merchant: MerchantId | None
    content_hash: str
    rejected: tuple[RowRejected, ...] = ()
    undone: bool = False


def decide(
    state: IntakeState | None, command: AnyIntakeCommand, book: PolicyBook
) -> tuple[AnyIntakeEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    batch = command.batch
    if isinstance(command, OpenImport):
        if state is not None:
            return Refusal("import_exists", f"import {batch} stands already")
        return (ImportOpened(batch, command.merchant, command.content_hash),)
    if state is None:
        return Refusal("import_unknown", f"there is no import {batch}")
    if state.undone:
        return Refusal("import_undone", "the import was taken back")
    match command:
        case RejectRow(line=line, field=field, code=code, ref=ref):
            return (RowRejected(batch, line, field, code, ref),)
        case UndoImport(orders=orders, by=by):
            return (ImportUndone(batch, orders, by),)
        case _:
            assert_never(command)


def evolve(state: IntakeState | None, event: AnyIntakeEvent) -> IntakeState:
    """The import after the event."""
    if isinstance(event, ImportOpened):
        return IntakeState(event.batch, event.merchant, event.content_hash)
    assert state is not None, f"{event} before the import was open"
    match event:
        case RowRejected():
            return msgspec.structs.replace(state, rejected=(*state.rejected, event))
        case ImportUndone():
            return msgspec.structs.replace(state, undone=True)
        case _:
            assert_never(event)
