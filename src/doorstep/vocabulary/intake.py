"""Intake: a batch of orders from a file, row by row, none lost and undoable until release."""

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import ImportId, MerchantId, OrderId


class IntakeCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("intake")):
    """Addressed to one import."""

    batch: ImportId

    def stream(self) -> StreamId:
        """The import's own stream."""
        return StreamId(f"intake/{self.batch}")


class OpenImport(IntakeCommand, frozen=True):
    """Begin an import of a file with this content hash."""

    merchant: MerchantId | None
    content_hash: str


class RejectRow(IntakeCommand, frozen=True):
    """Keep a row that could not be taken: its text lies in the vault under `ref`."""

    line: int
    field: str
    code: str
    ref: str


class UndoImport(IntakeCommand, frozen=True):
    """Take back the whole import; `orders` are those it made."""

    orders: tuple[OrderId, ...]
    by: str


class IntakeEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("intake")):
    """A fact about one import."""

    batch: ImportId


class ImportOpened(IntakeEvent, frozen=True):
    """It began."""

    merchant: MerchantId | None
    content_hash: str


class RowRejected(IntakeEvent, frozen=True):
    """A row stays retrievable, with line, field and reason."""

    line: int
    field: str
    code: str
    ref: str


class ImportUndone(IntakeEvent, frozen=True):
    """Taken back."""

    orders: tuple[OrderId, ...]
    by: str


AnyIntakeEvent = ImportOpened | RowRejected | ImportUndone
AnyIntakeCommand = OpenImport | RejectRow | UndoImport
