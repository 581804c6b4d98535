"""The live board: the view, the forecast and the vans' positions, put together when someone looks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorstep.engine.capacity import CapacityGauge
from doorstep.engine.forecast import expected_arrivals, expected_on
from doorstep.views.board_view import BoardView
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.units import Instant
from doorstep.web.board_shapes import (
    BoardShape,
    RouteLine,
    VehicleShape,
    capacity_shape,
    carrier_lines,
    case_line,
    driver_names,
    hub_shapes,
    route_line,
    vehicle_shape,
)
from doorstep.web.days import local_date, local_day
from doorstep.web.instants import moment

if TYPE_CHECKING:
    from doorstep.app import Doorstep
    from doorstep.web.screens import Screens


@dataclass(slots=True)
class LiveBoard:
    """Looks at one market. Two looks at the same log and second share one answer."""

    app: "Doorstep"
    screens: "Screens"
    gauge: CapacityGauge
    _seen: tuple[int, int] | None = None
    _shape: BoardShape | None = None

    def view(self, now: Instant) -> BoardView:
        """The board's view of the local day that it is."""
        expected = expected_arrivals(self.app.planner)
        day = local_day(local_date(now, self.app.zone), self.app.zone)
        return self.app.market.consistent(lambda _: self.screens.board.snapshot(now, day, expected))

    def look(self) -> BoardShape:
        """The board as it crosses the door."""
        now = self.app.market.clock.now()
        seen = (self.screens.position, now // 1_000_000)
        if self._shape is None or self._seen != seen:
            self._shape, self._seen = self._look(now), seen
        return self._shape

    def route(self, route: RouteId) -> RouteLine | None:
        """A route of any day that the board still knows."""
        expected = expected_on(self.app.planner, route)
        now = self.app.market.clock.now()
        found = self.app.market.consistent(lambda _: self.screens.board.route(route, now, expected))
        return None if found is None else route_line(self.app, found, driver_names(self.app))

    def vehicles(self) -> tuple[VehicleShape, ...]:
        """The day's vans, by id."""
        now = self.app.market.clock.now()
        day = local_day(local_date(now, self.app.zone), self.app.zone)
        lines = self.app.market.consistent(lambda _: self.screens.vehicles.lines(day))
        last = {position.vehicle: position for position in self.app.positions.all_last(self.app.market.id)}
        return tuple(vehicle_shape(line, last.get(line.vehicle)) for line in lines)

    def _look(self, now: Instant) -> BoardShape:
        view, market = self.view(now), self.app.network.market
        names = driver_names(self.app)
        date = local_date(now, self.app.zone)
        return BoardShape(
            position=view.position,
            at=moment(now),
            day=date.isoformat(),
            market=market.id,
            name=market.name,
            zone=market.zone,
            figures=view.figures,
            capacity=capacity_shape(self.gauge.reading(now, local_day(date, self.app.zone))),
            hubs=hub_shapes(self.app),
            vehicles=self.vehicles(),
            routes=tuple(route_line(self.app, route, names) for route in view.routes),
            carriers=carrier_lines(self.app, view.carriers, now),
            cases=tuple(map(case_line, view.cases)),
        )
