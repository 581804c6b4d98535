"""Places in rows: coordinates that lie where the market is, or a clear error, never a guess."""

from collections.abc import Callable
from typing import Final

from doorstep.engine.intake.cells import Cells
from doorstep.engine.intake.faults import FieldCode, FieldError
from doorstep.engine.intake.rules import IntakeRules
from doorstep.engine.ports.travel import SNAP_M_MAX, InWater, OffMap
from doorstep.vocabulary.places import Point

PLACES: Final = 7
"""Decimal places of a degree that are kept: about a centimetre."""


def read_place(cells: Cells, rules: IntakeRules) -> Point | None:
    """The point of `lat` and `lon`, or None where both are empty or something was refused."""
    lat, lon = cells.decimal("lat"), cells.decimal("lon")
    for column, other in (("lat", "lon"), ("lon", "lat")):
        if cells.states(other) and not cells.states(column):
            cells.refuse(column, FieldCode.incomplete, f"'{column}' is empty, but '{other}' is not")
    if lat is None or lon is None:
        return None
    # Adding zero turns -0.0 into 0.0, which is the same place and must be the same content.
    point = Point(round(lat, PLACES) + 0.0, round(lon, PLACES) + 0.0)
    return point if _is_in_market(cells, rules, point) else None


def check_place(point: Point, rules: IntakeRules) -> tuple[FieldError, ...]:
    """What is wrong with a point that a person gave for an address; nothing where a van gets there."""
    cells = Cells({}, 0, typed=True)
    _is_in_market(cells, rules, point)
    return tuple(cells.errors)


def _is_in_market(cells: Cells, rules: IntakeRules, point: Point) -> bool:
    is_inside = rules.bounds is None or rules.bounds.holds(point)
    swapped = Point(point.lon, point.lat)
    if not is_inside and rules.bounds is not None and swapped.is_valid() and rules.bounds.holds(swapped):
        detail = "'lat' and 'lon' are swapped: the other way round they lie in the market"
        cells.refuse("lat", FieldCode.coordinates_swapped, detail)
        return False
    if not point.is_valid():
        for column, degrees, most in (("lat", point.lat, 90), ("lon", point.lon, 180)):
            if abs(degrees) > most:
                cells.refuse(
                    column, FieldCode.out_of_range, f"'{column}' must be from -{most} to {most} degrees"
                )
        return False
    if not is_inside:
        cells.refuse("lat", FieldCode.out_of_area, "'lat' and 'lon' lie outside the market's map")
        return False
    return rules.snap is None or _has_street(cells, rules.snap, point)


def _has_street(cells: Cells, snap: Callable[[Point], object], point: Point) -> bool:
    try:
        snap(point)
    except OffMap as off:
        far = f"are more than {SNAP_M_MAX:,} m from every street"
        where = "lie in the water" if isinstance(off, InWater) else far
        cells.refuse("lat", FieldCode.out_of_area, f"no van gets there: 'lat' and 'lon' {where}")
        return False
    return True
