"""Network files: what they say, what is wrong with them, and the network for whoever brings none."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.engine.default_network import VANS_MAX, default_network
from doorstep.engine.intake import Bounds, OrderRow, Recipient
from doorstep.engine.network import DAYS, NetworkRefused, contradictions, read_network, shifts_on
from doorstep.engine.wall_clock import wall_instant
from doorstep.vocabulary.ids import HubId, MerchantId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.route import Skill
from doorstep.vocabulary.units import Grams, Instant, seconds_between

GOOD = """
[market]
id = "nbg"
name = "Neubrandenburg"
zone = "Europe/Berlin"
currency = "EUR"
country = "DE"

[[merchants]]
id = "lindwurm"
name = "Lindwurm"

[[hubs]]
id = "nord"
name = "Nord"
lat = 53.58
lon = 13.28

[[hubs]]
id = "sued"
name = "Süd"
address = "Ring 1, Neubrandenburg"

[[vans]]
id = "v1"
hub = "nord"
capacity_g = 900_000
capacity_ml = 8_000_000
skills = ["cold"]

[[shifts]]
driver = "d1"
name = "Early One"
van = "v1"
start = "07:30"
end = "16:00"
break_start = "11:30"
break_minutes = 30
days = ["mon", "tue"]
skills = ["high_value"]

[[shifts]]
driver = "d2"
name = "Reserve Two"
van = "v1"
start = "16:00"
end = "20:00"
reserve = true
"""


def faults(text: str) -> list[str]:
    with pytest.raises(NetworkRefused) as refused:
        read_network(text.encode())
    assert all(fault.detail for fault in refused.value.faults)
    assert str(refused.value)
    return [fault.where for fault in refused.value.faults]


def test_day_of_shifts() -> None:
    """A day's shifts are instants in the market's zone, with the skills of van and driver together."""
    network = read_network(GOOD.encode())
    first, second = shifts_on(network, date(2026, 6, 16))
    assert first.shift.start == Instant(1_781_587_800_000_000), "07:30 in Berlin is 05:30 UTC"
    assert seconds_between(first.shift.start, first.shift.end) == 8.5 * 3600
    assert seconds_between(first.shift.start, first.shift.break_start) == 4 * 3600
    assert (first.shift.break_s, first.shift.hub, first.reserve) == (1800, "nord", False)
    assert first.shift.skills == (Skill.cold, Skill.high_value)
    assert (second.reserve, second.shift.break_s) == (True, 0)
    assert network.hubs[0].point() == Point(53.58, 13.28)
    assert network.hubs[1].point() is None


def test_days_of_the_week() -> None:
    """A shift stands on its days only, and on all seven where none is named."""
    network = read_network(GOOD.encode())
    assert [len(shifts_on(network, date(2026, 6, 15 + day))) for day in range(7)] == [2, 2, 1, 1, 1, 1, 1]


def test_clock_changes() -> None:
    """A skipped wall time is the instant after the gap, one that comes twice is the earlier."""
    berlin = ZoneInfo("Europe/Berlin")
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert wall_instant(spring, "02:30", berlin) == wall_instant(spring, "03:00", berlin)
    assert wall_instant(autumn, "02:30", berlin) - wall_instant(autumn, "01:30", berlin) == 3_600_000_000
    apia = ZoneInfo("Pacific/Apia")
    assert wall_instant(date(2011, 12, 30), "12:00", apia) == wall_instant(date(2011, 12, 31), "00:00", apia)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('zone = "Europe/Berlin"', 'zone = "Europe/Brandenburg"', ["market.zone"]),
        ('zone = "Europe/Berlin"', 'zone = "../../etc/passwd"', ["market.zone"]),
        ('zone = "Europe/Berlin"', 'zone = ""', ["market.zone"]),
        ('currency = "EUR"', 'currency = "XXX"', ["market.currency"]),
        ('country = "DE"', 'country = "de"', ["market.country"]),
        ('id = "sued"', 'id = "nord"', ["hubs[1].id"]),
        ("lon = 13.28", "", ["hubs[0]"]),
        ("lat = 53.58", "lat = 153.58", ["hubs[0].lat"]),
        ("lat = 53.58", "lat = nan", ["hubs[0].lat"]),
        ('address = "Ring 1, Neubrandenburg"', "", ["hubs[1]"]),
        ('hub = "nord"', 'hub = "west"', ["vans[0].hub"]),
        ("capacity_g = 900_000", "capacity_g = -1", ["vans[0].capacity_g"]),
        ("capacity_g = 900_000", 'capacity_g = "much"', ["vans[0].capacity_g"]),
        ("capacity_g = 900_000", "", ["vans[0]"]),
        ("capacity_g = 900_000", "capacity_kg = 900\ncapacity_g = 1", ["vans[0]"]),
        ('skills = ["cold"]', 'skills = ["warm"]', ["vans[0].skills[0]"]),
        ('end = "16:00"', 'end = "24:00"', ["shifts[0].end"]),
        ('start = "07:30"', 'start = "17:30"', ["shifts[0].end", "shifts[0].break_start", "shifts[0].van"]),
        ("break_minutes = 30", "", ["shifts[0]"]),
        ('break_start = "11:30"', 'break_start = "15:45"', ["shifts[0].break_start"]),
        ('days = ["mon", "tue"]', 'days = ["mon", "mon"]', ["shifts[0].days"]),
        ('days = ["mon", "tue"]', "days = []", ["shifts[0].days"]),
        ('start = "16:00"', 'start = "15:59"', ["shifts[1].van"]),
        ("[market]", "[market", [""]),
        ("[market]", "[markets]", [""]),
    ],
)
def test_wrong_network(old: str, new: str, where: list[str]) -> None:
    """Each fault names the table and the key."""
    assert old in GOOD
    assert faults(GOOD.replace(old, new, 1)) == where


def test_driver_in_two_vans() -> None:
    """One driver cannot drive twice at once."""
    text = GOOD.replace('"d2"', '"d1"').replace('start = "16:00"', 'start = "15:00"')
    assert faults(text) == ["shifts[1].van", "shifts[1].driver"]


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    """Bytes that are no network are refused, never anything else."""
    with pytest.raises(NetworkRefused):
        read_network(raw)


@pytest.mark.parametrize("raw", [b"\xff", b"a = " + b"[" * 5_000, b"#" * ((4 << 20) + 1)])
def test_hostile_bytes(raw: bytes) -> None:
    """Another encoding, deep nesting and huge files are refused in one sentence."""
    with pytest.raises(NetworkRefused) as refused:
        read_network(raw)
    assert len(str(refused.value)) < 300


def order(number: int, point: Point | None) -> OrderRow:
    return OrderRow(
        line=number,
        external_id=str(number),
        merchant=MerchantId("lindwurm"),
        hub=HubId("hub"),
        service="slot",
        placed_at=Instant(0),
        ready_at=Instant(0),
        requested=None,
        parcels=1,
        weight_g=Grams(1),
        length_mm=0,
        width_mm=0,
        height_mm=0,
        value=None,
        temp_min_c=None,
        temp_max_c=None,
        handling=(),
        recipient=Recipient("", "", "", "", "", point, ""),
        stated=(),
    )


BOUNDS = Bounds(53.0, 13.0, 54.0, 14.0)


@pytest.mark.parametrize(("orders", "vans"), [(0, 2), (90, 2), (91, 3), (600, 14), (100_000, VANS_MAX)])
def test_vans_by_volume(orders: int, vans: int) -> None:
    """One van for each 45 orders begun, within bounds, half of them early, and nothing contradicts itself."""
    rows = [order(1, None)] * orders
    network = default_network(rows, BOUNDS, zone="Europe/Berlin", currency="EUR", country="DE")
    assert len(network.vans) == len(network.shifts) == vans
    assert contradictions(network) == ()
    assert sum(shift.start == "07:30" for shift in network.shifts) == -(-vans // 2)
    assert all(shift.days == DAYS for shift in network.shifts)


def test_hub_in_their_midst() -> None:
    """The hub stands at the median of the known places, whatever lies far out; else in the map's middle."""
    points = [Point(53.1, 13.1), Point(53.2, 13.2), Point(53.9, 13.9), None]
    rows = [order(number, point) for number, point in enumerate(points)]
    network = default_network(rows, BOUNDS, zone="Europe/Berlin", currency="EUR", country="DE")
    assert network.hubs[0].point() == Point(53.2, 13.2)
    bare = default_network(rows[3:], BOUNDS, zone="Europe/Berlin", currency="EUR", country="DE")
    assert bare.hubs[0].point() == Point(53.5, 13.5)
