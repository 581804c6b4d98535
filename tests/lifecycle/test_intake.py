import pytest
from tests.lifecycle.life import answer, lived

from doorstep.vocabulary.ids import ImportId, OrderId
from doorstep.vocabulary.intake import OpenImport, RejectRow, UndoImport

IMP = ImportId("imp")
OPEN = OpenImport(IMP, None, "hash")
REJECT = RejectRow(IMP, 7, "weight_g", "not_a_number", "rej")
UNDO = UndoImport(IMP, (OrderId("ord"),), "ops")


@pytest.mark.parametrize(
    ("command", "none", "opened", "undone"),
    [
        (OPEN, ("ImportOpened",), "import_exists", "import_exists"),
        (REJECT, "import_unknown", ("RowRejected",), "import_undone"),
        (UNDO, "import_unknown", ("ImportUndone",), "import_undone"),
    ],
)
def test_each_state_takes_its_commands_and_no_other(
    command: OpenImport | RejectRow | UndoImport, none: object, opened: object, undone: object
) -> None:
    """None, open, undone: each command comes to the event or the refusal of the table."""
    assert answer("intake", None, command) == none
    assert answer("intake", lived("intake", [OPEN]), command) == opened
    assert answer("intake", lived("intake", [OPEN, UNDO]), command) == undone


def test_every_rejected_row_stays() -> None:
    """In the order in which they came."""
    state = lived("intake", [OPEN, REJECT, RejectRow(IMP, 9, "lat", "out_of_area", "rej2")])
    assert [row.line for row in state.rejected] == [7, 9]
