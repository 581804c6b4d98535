from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.adapters.maps import container
from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.container import read_map, write_map
from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.ports.travel import MapUnreadable

if TYPE_CHECKING:
    from tests.adapters.maps.conftest import Town


@pytest.fixture
def built(crossing: "Town", tmp_path: Path) -> Path:
    crossing.door("n street", "1", 10, 20, postcode="17033")
    out = tmp_path / "city.map"
    build_map(crossing.write(), out, "Europe/Berlin")
    return out


def test_a_map_says_what_it_is(built: Path) -> None:
    """A map names its source, its licence, its zone and its counts."""
    facts = read_map(built).facts
    assert facts.source == "town.osm"
    assert facts.attribution == "© OpenStreetMap contributors, ODbL 1.0"
    assert facts.zone == "Europe/Berlin"
    assert facts.counts["addresses"] == 1
    assert facts.nodes == facts.counts["nodes"]


def test_the_same_extract_gives_the_same_bytes(crossing: "Town", built: Path, tmp_path: Path) -> None:
    """A build is repeatable to the byte."""
    again = tmp_path / "again.map"
    build_map(crossing.write(), again, "Europe/Berlin")
    assert again.read_bytes() == built.read_bytes()


def test_the_demo_city_is_repeatable(tmp_path: Path) -> None:
    """A whole city comes out twice with the same hash and the same bytes."""
    source = Path(__file__).parents[3] / "examples" / "neubrandenburg" / "neubrandenburg.osm.pbf"
    first, second = tmp_path / "first.map", tmp_path / "second.map"
    build_map(source, first)
    build_map(source, second)
    assert read_map(first).content_sha256 == read_map(second).content_sha256
    assert first.read_bytes() == second.read_bytes()


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    """Missing files, folders, empty files and other files get one sentence each."""
    other = tmp_path / "other.map"
    other.write_text("hello")
    empty = tmp_path / "empty.map"
    empty.touch()
    for path, sentence in (
        (tmp_path / "none.map", "cannot be read"),
        (tmp_path, "cannot be read"),
        (other, "is no Doorstep map"),
        (empty, "is no Doorstep map"),
    ):
        with pytest.raises(MapUnreadable, match=sentence) as refused:
            StreetMap.load(path)
        assert "\n" not in str(refused.value)


def test_a_newer_map_is_refused(crossing: "Town", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of another version is not misread."""
    monkeypatch.setattr(container, "VERSION", container.VERSION + 1)
    out = tmp_path / "newer.map"
    build_map(crossing.write(), out)
    monkeypatch.undo()
    with pytest.raises(MapUnreadable, match="another version"):
        read_map(out)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_map_is_refused(built: Path, data: st.DataObject) -> None:
    """Whatever byte is changed, and wherever the file is cut off, it is no map any more.

    A few bits of packed data mean nothing, such as those that fill its last byte: the map is then the same.
    """
    whole = built.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = data.draw(st.sampled_from(["cut", "changed", "longer"]))
    if broken == "cut":
        damaged = whole[:at]
    elif broken == "changed":
        damaged = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    else:
        damaged = whole + b"\0" * (at + 1)
    path = built.with_name("damaged.map")
    path.write_bytes(damaged)
    if broken == "changed" and same_map(path, built):
        return
    with pytest.raises(MapUnreadable):
        StreetMap.load(path)


def same_map(changed: Path, whole: Path) -> bool:
    """Whether a changed file still unpacks to exactly what the whole one holds."""
    try:
        one, other = read_map(changed), read_map(whole)
    except MapUnreadable:
        return False
    equal = all(np.array_equal(one.arrays[name], array) for name, array in other.arrays.items())
    return equal and one.facts == other.facts


@pytest.mark.parametrize("name", ["arc_tail", "arc_head", "arc_piece", "sink", "order"])
def test_a_map_with_a_right_hash_and_wrong_numbers_is_refused(built: Path, name: str) -> None:
    """Arrays that point nowhere are found before the hierarchy's library could crash on them."""
    file = read_map(built)
    wrong = file.arrays[name].copy()
    wrong[0] = 1_000_000
    write_map(built, file.facts, file.arrays | {name: wrong})
    with pytest.raises(MapUnreadable, match="damaged"):
        StreetMap.load(built)


def test_a_failed_build_leaves_the_old_map(built: Path, tmp_path: Path) -> None:
    """A build that fails replaces nothing and leaves no half file behind."""
    before = built.read_bytes()
    broken = tmp_path / "broken.osm"
    broken.write_text("<osm")
    with pytest.raises(MapUnreadable, match=r"broken\.osm cannot be read"):
        build_map(broken, built)
    assert built.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("town.txt", "<osm/>", "its name must end in"),
        ("town.osm.pbf", "no protobuf", "cannot be read as OpenStreetMap data"),
        ("town.osm.pbf", "", "cannot be read as OpenStreetMap data"),
        ("town.osm.bz2", "no bzip2", "cannot be read as OpenStreetMap data"),
        ("town.osm.gz", "no gzip", "cannot be read as OpenStreetMap data"),
        ("town.osm", "<html></html>", "cannot be read as OpenStreetMap data"),
        (
            "town.osm",
            '<!DOCTYPE osm [<!ENTITY a "b">]><osm>&a;</osm>',
            "cannot be read as OpenStreetMap data",
        ),
        ("town.osm", '<osm version="0.6"></osm>', "no street that a van may use"),
    ],
)
def test_an_extract_that_is_none_is_refused(tmp_path: Path, name: str, body: str, sentence: str) -> None:
    """Each kind of wrong file gets one clear sentence."""
    source = tmp_path / name
    source.write_text(body)
    with pytest.raises(MapUnreadable, match=sentence) as refused:
        build_map(source, tmp_path / "town.map")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "town.map").exists()
