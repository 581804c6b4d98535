"""A market to take orders by: Neubrandenburg's bounds, two hubs, streets everywhere but in the lake."""

import csv
import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from doorstep.adapters.phones import NumberingPlans
from doorstep.engine.intake import Bounds, HubSite, IntakeRules
from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.ports.travel import OffMap
from doorstep.vocabulary.ids import HubId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant

NOW = Instant(1_781_524_800_000_000)  # 2026-06-15T12:00Z
LAKE = Bounds(53.48, 13.19, 53.52, 13.24)


def snap(point: Point) -> Point:
    """Any place but the Tollensesee has a street."""
    if LAKE.holds(point):
        raise OffMap
    return point


@pytest.fixture
def rules() -> IntakeRules:
    return IntakeRules(
        zone=ZoneInfo("Europe/Berlin"),
        country="DE",
        services=frozenset({"same_day", "next_day", "slot", "express"}),
        hubs=(
            HubSite(HubId("hub_nord"), Point(53.58, 13.28)),
            HubSite(HubId("hub_sued"), Point(53.53, 13.27)),
        ),
        now=NOW,
        phones=NumberingPlans(),
        merchants=frozenset({"lindwurm", "apolonia"}),
        bounds=Bounds(53.47, 13.10, 53.67, 13.43),
        snap=snap,
    )


@pytest.fixture
def good() -> dict[str, str]:
    """A row with every column filled."""
    return {
        "external_id": "LW-1001",
        "merchant": "lindwurm",
        "origin": "hub_nord",
        "ready_at": "2026-06-15T18:00",
        "placed_at": "2026-06-15T14:30",
        "name": "Ada Probe",
        "phone": "030 23125 123",
        "email": "ada.probe@example.org",
        "address": "Musterstraße 5, 17033 Neubrandenburg",
        "unit": "2. OG links",
        "lat": "53.5571",
        "lon": "13.2602",
        "instructions": "Hinterhof, bitte klingeln",
        "service": "next_day",
        "window_start": "2026-06-16T09:00",
        "window_end": "2026-06-16T13:00",
        "parcels": "2",
        "weight_g": "1800",
        "length_mm": "300",
        "width_mm": "200",
        "height_mm": "151",
        "value_minor": "4999",
        "currency": "EUR",
        "temp_min_c": "2",
        "temp_max_c": "8",
        "handling": "cold;photo",
    }


@pytest.fixture
def file_of() -> Callable[..., io.BytesIO]:
    """A CSV file of some rows, with all columns."""

    def write(*rows: dict[str, str]) -> io.BytesIO:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return io.BytesIO(text.getvalue().encode())

    return write
