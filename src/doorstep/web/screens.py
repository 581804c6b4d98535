"""Screens: the views that the pages and the reading doors answer from, kept current by the market's log."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doorstep.engine.capacity import CapacityGauge
from doorstep.views.board import Board
from doorstep.views.case_page import CasePages
from doorstep.views.day_report import DayReportFold
from doorstep.views.order_page import OrderPages
from doorstep.views.vehicles import Vehicles
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.intake import ImportOpened, RowRejected
from doorstep.vocabulary.order import OrderPlaced
from doorstep.vocabulary.record import Record
from doorstep.web.live_board import LiveBoard
from doorstep.web.names import names_of
from doorstep.web.route_path import Legs
from doorstep.web.touched import Touched

if TYPE_CHECKING:
    from doorstep.app import Doorstep


class Screens:
    """All views of one market behind one projection."""

    def __init__(self, app: "Doorstep") -> None:
        self.live = LiveBoard(app, self, CapacityGauge(app.planner))
        self.board = Board()
        self.orders = OrderPages()
        self.cases = CasePages()
        self.vehicles = Vehicles()
        self.report = DayReportFold(app.market.id, app.network.market.currency)
        self.placed: list[OrderId] = []
        """Every order in the sequence of the log: what lists go through page by page."""
        self.imports: dict[str, ImportOpened] = {}
        self.rejected: dict[str, list[RowRejected]] = {}
        self.position = 0
        self.touched = Touched()
        self.names = names_of(app.network)
        self.legs = Legs(app.streets)

    def apply(self, record: Record) -> None:
        """Take the log's next record."""
        for view in (self.board, self.cases, self.vehicles, self.report):
            view.apply(record)
        self.touched.note(record, self.orders.apply(record))
        event = record.data
        if isinstance(event, OrderPlaced):
            self.placed.append(event.order)
        elif isinstance(event, ImportOpened):
            self.imports[event.batch] = event
        elif isinstance(event, RowRejected):
            self.rejected.setdefault(event.batch, []).append(event)
        self.position = record.position

    def after(self, key: str) -> Iterator[tuple[str, OrderId]]:
        """The orders behind a page's last sort key, each under its own."""
        start = int(key) + 1 if key.isdecimal() else 0
        for index in range(start, len(self.placed)):
            yield f"{index:012d}", self.placed[index]
