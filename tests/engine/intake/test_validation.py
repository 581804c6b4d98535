"""What one row may say, and what each wrong value is answered with."""

import dataclasses
import json
import unicodedata
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doorstep.engine.intake import (
    FieldCode,
    IntakeRules,
    OrderRow,
    RejectedRow,
    canonical_content,
    content,
    differences,
    impersonal_content,
    nearest_hub,
    read_body,
    volume_ml,
)
from doorstep.engine.intake.cells import Cells
from doorstep.engine.intake.columns import COLUMNS, PERSONAL
from doorstep.engine.intake.faults import FieldError
from doorstep.engine.intake.times import instant_of
from doorstep.engine.intake.validation import validate
from doorstep.engine.ports.travel import InWater, OffMap
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors"
BLNS = VECTORS / "blns" / "blns.json"
DST = VECTORS / "self-made" / "dst_cases.json"
COORDINATES = VECTORS / "self-made" / "coordinates.json"


def take(rules: IntakeRules, cells: dict[str, str]) -> OrderRow | tuple[FieldError, ...]:
    return validate(Cells(cells, 7, typed=False), rules)


def refusals(rules: IntakeRules, cells: dict[str, str]) -> list[tuple[str, str]]:
    found = take(rules, cells)
    assert not isinstance(found, OrderRow), "the row was taken"
    assert all(error.line == 7 and error.detail for error in found)
    return [(error.field, str(error.code)) for error in found]


def accepted(rules: IntakeRules, cells: dict[str, str]) -> OrderRow:
    found = take(rules, cells)
    assert isinstance(found, OrderRow), found
    return found


def test_full_row(rules: IntakeRules, good: dict[str, str]) -> None:
    """A full row becomes typed and normalised, and the personal part stands apart."""
    row = accepted(rules, good)
    placed = Instant(1_781_526_600_000_000)
    assert row.placed_at == placed, "14:30 in Berlin is 12:30 UTC"
    assert row.ready_at == after(placed, 3 * 3600 + 1800)
    assert row.requested == Window(after(placed, 18 * 3600 + 1800), after(placed, 22 * 3600 + 1800))
    assert row.recipient.phone == "+493023125123"
    assert row.recipient.point == Point(53.5571, 13.2602)
    assert row.value == Money(4999, "EUR")
    assert row.handling == (Handling.photo, Handling.cold), "in the order of the vocabulary"
    assert (row.hub, row.parcels, row.weight_g, row.temp_min_c, row.temp_max_c) == ("hub_nord", 2, 1800, 2, 8)
    assert volume_ml(row) == 2 * 300 * 200 * 151 // 1000
    assert row.stated == COLUMNS


def test_least_row(rules: IntakeRules) -> None:
    """Six columns are enough: the rest gets its documented default and is no content."""
    least = {
        "external_id": "1",
        "merchant": "lindwurm",
        "address": "Ring 1",
        "service": "slot",
        "parcels": "1",
        "weight_g": "500",
    }
    row = accepted(rules, least)
    assert (row.placed_at, row.ready_at, row.requested) == (rules.now, rules.now, None)
    assert row.hub is None, "two hubs, and the place is not known yet"
    assert row.recipient.point is None
    assert volume_ml(row) == 3_000
    assert {column for column, told in content(row).items() if told is not None} == set(least)


def test_later_resend_is_equal(rules: IntakeRules, good: dict[str, str]) -> None:
    """A row that leaves its times out is the same order when it is sent again later."""
    good |= {"placed_at": "", "ready_at": "", "origin": ""}
    later = msgspec.structs.replace(accepted(rules, good), line=0, placed_at=after(rules.now, 60))
    assert differences(accepted(rules, good), later) == ()


@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "handling"])
def test_each_column_is_content(rules: IntakeRules, good: dict[str, str], column: str) -> None:
    """A change in any column is a difference that names this column."""
    other = {
        "origin": "hub_sued",
        "merchant": "apolonia",
        "service": "slot",
        "currency": "PLN",
        "phone": "030 23125 124",
        "lat": "53.5572",
        "lon": "13.2603",
        "email": "b@example.org",
    }
    times = {
        "placed_at": "2026-06-15T14:31",
        "ready_at": "2026-06-15T18:01",
        "window_start": "2026-06-16T09:01",
        "window_end": "2026-06-16T13:01",
    }
    changed = (
        other.get(column) or times.get(column) or (good[column] + "1" if not good[column].isdigit() else "3")
    )
    a, b = accepted(rules, good), accepted(rules, good | {column: changed})
    assert differences(a, b) == (column,)
    assert canonical_content(a) != canonical_content(b)
    assert (impersonal_content(a) == impersonal_content(b)) == (column in PERSONAL)


def test_vault_round_trip(rules: IntakeRules, good: dict[str, str]) -> None:
    """A row that went through JSON is the same row."""
    row = accepted(rules, good)
    assert msgspec.json.decode(msgspec.json.encode(row), type=OrderRow) == row


def test_no_personal_value_outside_personal_columns(rules: IntakeRules, good: dict[str, str]) -> None:
    """The impersonal text holds nothing that names a person or a place."""
    text = impersonal_content(accepted(rules, good)).decode()
    assert not any(good[column] in text for column in PERSONAL)


WRONG = [
    ("external_id", "", "required"),
    ("external_id", " \t", "required"),
    ("external_id", "a\x07b", "control_character"),
    ("external_id", "x" * 101, "too_long"),
    ("merchant", "nobody", "unknown_merchant"),
    ("origin", "hub_nrod", "unknown_hub"),
    ("service", "sameday", "unknown_service"),
    ("name", "N" * 200_000, "too_long"),
    ("name", "A\0B", "nul_character"),
    ("address", "", "required"),
    ("phone", "call me", "bad_phone"),
    ("phone", "12", "bad_phone"),
    ("phone", "+49 30 23125 123 ext. 7", "bad_phone"),
    ("email", "ada", "bad_email"),
    ("email", "a@b@example.org", "bad_email"),
    ("email", "ada probe@example.org", "bad_email"),
    ("email", "ada@localhost", "bad_email"),
    ("lat", "NaN", "not_finite"),
    ("lon", "-inf", "not_finite"),
    ("lat", "53,5571", "not_a_number"),
    ("lat", "1e2", "not_a_number"),
    ("lat", "٥٣", "not_a_number"),
    ("lat", "91", "out_of_range"),
    ("lon", "-180.0001", "out_of_range"),
    ("lat", "", "incomplete"),
    ("lon", "", "incomplete"),
    ("parcels", "0", "out_of_range"),
    ("parcels", "-1", "out_of_range"),
    ("parcels", "51", "out_of_range"),
    ("parcels", "1.5", "not_a_whole_number"),
    ("parcels", "two", "not_a_whole_number"),
    ("weight_g", "-5", "out_of_range"),
    ("weight_g", "0", "out_of_range"),
    ("weight_g", "1000001", "out_of_range"),
    ("weight_g", "9" * 400, "not_a_whole_number"),
    ("weight_g", "1,800", "not_a_whole_number"),
    ("height_mm", "4001", "out_of_range"),
    ("width_mm", "", "incomplete"),
    ("value_minor", "-1", "out_of_range"),
    ("value_minor", "", "incomplete"),
    ("currency", "", "incomplete"),
    ("currency", "EURO", "unknown_currency"),
    ("currency", "XXX", "unknown_currency"),
    ("temp_min_c", "9", "temperature_order"),
    ("temp_max_c", "200", "out_of_range"),
    ("handling", "photo", "temperature_without_cold"),
    ("handling", "cold;phto", "unknown_handling"),
    ("placed_at", "2026-06-15", "not_a_time"),
    ("placed_at", "15.06.2026 14:30", "not_a_time"),
    ("placed_at", "2026-02-30T10:00", "not_a_time"),
    ("placed_at", "2026-06-15T14:60", "not_a_time"),
    ("placed_at", "2026-06-15T14:30+25:00", "not_a_time"),
    ("placed_at", "1999-06-15T14:30", "out_of_range"),
    ("placed_at", "2026-03-29T02:30", "time_in_gap"),
    ("window_start", "", "incomplete"),
    ("window_end", "", "incomplete"),
    ("window_end", "2026-06-16T09:00", "window_ends_before_start"),
    ("window_end", "2026-06-16T08:00", "window_ends_before_start"),
    ("window_end", "2026-07-16T08:00", "window_too_wide"),
    ("placed_at", "2026-06-16T13:00", "window_in_past"),
    ("ready_at", "2026-06-16T13:00", "ready_after_window"),
]


@pytest.mark.parametrize(("column", "value", "code"), WRONG)
def test_wrong_value(rules: IntakeRules, good: dict[str, str], column: str, value: str, code: str) -> None:
    """Each wrong value is refused with its code, once, and a personal value is not repeated."""
    found = take(rules, good | {column: value})
    assert not isinstance(found, OrderRow)
    assert [error.code for error in found] == [code]
    if column in PERSONAL and len(value) > 3:
        assert value not in found[0].detail
    assert len(found[0].detail) < 300


def test_all_errors_at_once(rules: IntakeRules, good: dict[str, str]) -> None:
    """Everything that is wrong with a row is said at once, in column order."""
    found = refusals(rules, good | {"handling": "?", "weight_g": "x", "external_id": "", "lat": "nan"})
    assert found == [
        ("external_id", "required"),
        ("lat", "not_finite"),
        ("weight_g", "not_a_whole_number"),
        ("temp_min_c", "temperature_without_cold"),
        ("handling", "unknown_handling"),
    ]


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("13.2602", "53.5571", "coordinates_swapped"),
        ("0", "0", "out_of_area"),
        ("54.5", "13.5", "out_of_area"),
        ("53.50", "13.21", "out_of_area"),
    ],
    ids=["swapped", "null island", "in the sea", "in the lake"],
)
def test_place_outside(rules: IntakeRules, good: dict[str, str], lat: str, lon: str, code: str) -> None:
    """Swapped, foreign and wet coordinates are refused, each for what it is."""
    assert refusals(rules, good | {"lat": lat, "lon": lon}) == [("lat", code)]


@pytest.mark.parametrize("placed", ["16.06.2026 10:00", "1970-01-01T00:00", "soon"])
def test_a_bad_placed_at_is_the_only_fault_beside_a_window_that_is_over_by_now(
    rules: IntakeRules, good: dict[str, str], placed: str
) -> None:
    """Nothing is concluded from now where the row said another time that cannot be read."""
    over = good | {"window_start": "2026-06-15T09:00", "window_end": "2026-06-15T13:00", "placed_at": placed}
    assert [field for field, _ in refusals(rules, over)] == ["placed_at"]


@pytest.mark.parametrize(
    ("raised", "words"), [(OffMap, "more than 300 m from every street"), (InWater, "lie in the water")]
)
def test_a_place_without_a_street_is_told_why(
    rules: IntakeRules, good: dict[str, str], raised: type[OffMap], words: str
) -> None:
    """A place far from every street and one in the water each name the fields and what is wrong."""

    def nowhere(_: Point) -> object:
        raise raised

    found = take(dataclasses.replace(rules, snap=nowhere), good)
    assert not isinstance(found, OrderRow)
    (fault,) = found
    assert "'lat' and 'lon'" in fault.detail
    assert words in fault.detail


@pytest.mark.skipif(not COORDINATES.exists(), reason="needs ../shared/vectors/self-made/coordinates.json")
def test_coordinate_vectors(rules: IntakeRules, good: dict[str, str]) -> None:
    """No pair of the hostile coordinates is taken, whatever its JSON looks like."""
    body = json.loads(json.dumps(good))
    body |= {column: int(good[column]) for column in COLUMNS if good[column].isdigit()}
    del body["lat"], body["lon"]
    pairs = json.loads(COORDINATES.read_text())["reject"]
    seen = 0
    for pair in pairs:
        if not (pair.startswith("[") and pair.count(",") == 1):
            continue  # no pair at all: our body has two fields, not a list
        lon, lat = pair.strip("[]").split(",")
        text = json.dumps(body)[:-1] + f', "lat": {lat}, "lon": {lon}}}'
        found = read_body(text.encode(), rules)
        assert isinstance(found, RejectedRow), pair
        seen += 1
    assert seen >= 8


def test_times_with_offset_and_fraction(rules: IntakeRules) -> None:
    """Offsets, lower case, seconds and fractions name the instant that they say."""
    zone = rules.zone
    at = Instant(1_781_526_600_000_000)
    for text in (
        "2026-06-15T12:30Z",
        "2026-06-15t12:30:00z",
        "2026-06-15 17:45 +05:15",
        "2026-06-15T14:30:00.0",
    ):
        assert instant_of(text, zone) == at, text
    assert instant_of("2026-06-15T12:30:00.000007Z", zone) == at + 7


@pytest.mark.skipif(not DST.exists(), reason="needs ../shared/vectors/self-made/dst_cases.json")
def test_daylight_saving() -> None:
    """A wall time in a gap is refused, one in a fold is the earlier of the two."""
    cases = [case for case in json.loads(DST.read_text())["zones"] if "gap" in case]
    assert len(cases) == 3
    for case in cases:
        zone = ZoneInfo(case["tz"])
        assert instant_of(case["gap"], zone) is FieldCode.time_in_gap
        fold = instant_of(case["fold"], zone)
        before = instant_of(case["fold"][:10] + "T00:30", zone)
        assert isinstance(fold, int)
        assert isinstance(before, int)
        hours, minutes = map(int, case["fold"][11:].split(":"))
        assert fold - before == ((hours * 60 + minutes) - 30) * 60_000_000, case
    assert instant_of("2011-12-30T12:00", ZoneInfo("Pacific/Apia")) is FieldCode.time_in_gap


def test_nearest_hub(rules: IntakeRules, good: dict[str, str]) -> None:
    """Without an origin, the nearest hub serves; with one hub, that one, place or no place."""
    assert accepted(rules, good | {"origin": ""}).hub == "hub_nord"
    assert accepted(rules, good | {"origin": "", "lat": "53.531"}).hub == "hub_sued"
    assert nearest_hub(rules.hubs[1:], None) == "hub_sued"


def test_one_merchant_only(rules: IntakeRules, good: dict[str, str]) -> None:
    """Who sends for one merchant need not name it, and cannot name another, known or not."""
    mine = dataclasses.replace(rules, merchant="lindwurm")
    assert differences(accepted(mine, good), accepted(mine, good | {"merchant": ""})) == ()
    foreign = take(mine, good | {"merchant": "apolonia"})
    unknown = take(mine, good | {"merchant": "nowhere_"})
    assert not isinstance(foreign, OrderRow)
    assert not isinstance(unknown, OrderRow)
    assert foreign[0].detail.replace("apolonia", "") == unknown[0].detail.replace("nowhere_", "")


def _hostile() -> list[str]:
    return (
        json.loads(BLNS.read_text())
        if BLNS.exists()
        else ["\u202e", "=cmd|' /C calc'!A0", "\U0001d57f", "'; DROP"]
    )


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=st.dictionaries(
        st.sampled_from(COLUMNS),
        st.one_of(st.sampled_from(_hostile()), st.text(max_size=60), st.integers().map(str)),
        max_size=8,
    )
)
def test_hostile_cells_never_raise(rules: IntakeRules, good: dict[str, str], values: dict[str, str]) -> None:
    """Whatever a cell holds, the answer is a row or errors, and a row can be written and read back."""
    found = take(rules, good | values)
    if isinstance(found, OrderRow):
        canonical_content(found)
        assert msgspec.json.decode(msgspec.json.encode(found), type=OrderRow) == found
    else:
        assert found
        assert all(error.code in FieldCode and error.field in COLUMNS for error in found)
        msgspec.json.encode(found)


@pytest.mark.skipif(not BLNS.exists(), reason="needs ../shared/vectors/blns")
def test_naughty_names_are_data(rules: IntakeRules, good: dict[str, str]) -> None:
    """A hostile name of sane length is kept to the letter: it is data, and nobody runs it."""
    kept = 0
    for text in _hostile():
        if not text.strip() or len(text) > 200 or "\0" in text:
            continue
        row = accepted(rules, good | {"name": text, "instructions": text, "unit": text[:100]})
        assert row.recipient.name == unicodedata.normalize("NFC", text.strip()) or "\r\n" in text
        kept += 1
    assert kept > 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=st.dictionaries(st.sampled_from(COLUMNS) | st.text(max_size=12), JSON, max_size=8))
@example(values={"weight_g": 10**5_000, "lat": 10**400, "lon": float("nan"), "name": "\ud800"})
def test_hostile_bodies_never_raise(
    rules: IntakeRules, good: dict[str, str], values: dict[str, object]
) -> None:
    """Whatever an object holds, the answer is a row or a rejection that can be written down."""
    found = read_body({**good, "parcels": 2, "weight_g": 3, **values}, rules)
    assert isinstance(found, OrderRow | RejectedRow)
    msgspec.json.encode(found)
