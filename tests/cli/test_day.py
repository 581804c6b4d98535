"""`doorstep day` as a newcomer meets it: files without orders, rows left out, folders that are taken."""

import csv
import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from doorstep.cli.failure import BadInput
from doorstep.cli.main import exit_code
from doorstep.cli.market_files import read_streets
from doorstep.cli.stage import city_folder, read_script

Output = pytest.CaptureFixture[str]
HEADER = b"external_id,merchant,address,service,parcels,weight_g\n"
ORDERS = 4


def run(capsys: Output, file: Path, *words: str | Path) -> tuple[int, str, str]:
    """The exit code of `doorstep day`, and what it said."""
    code = exit_code(["day", "--orders", str(file), *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a CSV file of orders."""

    def put(content: bytes) -> Path:
        path = tmp_path / "orders.csv"
        path.write_bytes(content)
        return path

    return put


def test_a_wrong_header_is_told_as_a_whole(
    write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """One sentence names every missing, unknown and repeated column, with what may have been meant."""
    file = write(b"external_id,merchant,adress,service,parcels,weight,parcels\n1,2,3,4,5,6,7\n")
    code, out, err = run(capsys, file, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err == (
        f"doorstep: {file}, line 1: (1) there is no column 'adress'; did you mean 'address'? "
        "(2) there is no column 'weight'; did you mean 'weight_g'? (3) the column 'parcels' stands twice "
        "(4) the column 'address' is missing (5) the column 'weight_g' is missing.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ", line 1: the file has no header."),
        (HEADER, ", line 1: the file has a header and no rows."),
        (b"external_id;merchant;address\n", ", line 1: cells are separated by semicolons;"),
        (b"PK\x03\x04\x00\x00", ", line 1: the first line holds NUL characters:"),
        ("external_id,größe\n".encode("latin-1"), ", line 1: byte 14 of the file, 0xf6, is not UTF-8;"),
        (
            HEADER + b"1,faltenwurf,H\xf6fe 3,next_day,1,900\n",
            " holds no order that can be taken: line 2: byte 68 of the file, 0xf6, is not UTF-8;",
        ),
        (HEADER + b"1,faltenwurf,Hof\x00,next_day,1,900\n", ": line 2, address: 'address' holds a NUL"),
        (HEADER + b"1,faltenwurf\n", ": line 2: this row has 2 cells, the header 6."),
        (HEADER + b"1,faltenwurf,Hof,next_day,1,-900\n", ": line 2, weight_g: 'weight_g' must be from 1"),
        (
            HEADER + b"1,faltenwurf,Hof,nextday,1,9\n",
            "there is no service 'nextday'; did you mean 'next_day'?",
        ),
        (
            HEADER + b"1,faltenwurf," + b"A" * 200_000 + b",next_day,1,9\n",
            "'address' has 200,000 characters;",
        ),
        (
            HEADER.strip() + b",lat,lon\n1,faltenwurf,Hof,next_day,1,9,nan,1\n",
            "line 2, lat: 'lat' must be a finite",
        ),
        (
            HEADER.strip() + b",lat,lon\n1,faltenwurf,Hof,next_day,1,9,13.26,53.56\n",
            "'lat' and 'lon' are swapped",
        ),
        (
            HEADER.strip() + b",lat,lon\n1,faltenwurf,Hof,next_day,1,9,54.5,13.26\n",
            "outside the market's map",
        ),
        (
            HEADER.strip() + b",window_start,window_end\n"
            b"1,faltenwurf,Hof,next_day,1,9,2026-06-16T14:00,2026-06-16T12:00\n",
            "line 2, window_end: the window's end must be after its start",
        ),
    ],
)
def test_a_file_of_which_nothing_can_be_taken(
    content: bytes, sentence: str, write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """A file that holds no order ends with 2 and one line that names file, line, field and reason."""
    file = write(content)
    code, out, err = run(capsys, file, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.startswith(f"doorstep: {file}")
    assert err.count("\n") == 1
    assert ": :" not in err


def test_files_and_folders_that_cannot_be_used(tmp_path: Path, capsys: Output) -> None:
    """A file that is missing, a folder, another kind of file, and a taken --out end with 2 and a sentence."""
    good = city_folder("neubrandenburg") / "orders.csv"
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "orders.xlsx").write_bytes(b"PK")
    full = tmp_path / "full"
    full.mkdir()
    (full / "kept").write_text("mine")
    for file, out, sentence in (
        (tmp_path / "none.csv", "out", "none.csv cannot be read: No such file or directory."),
        (tmp_path / "folder.csv", "out", "folder.csv cannot be read: Is a directory."),
        (tmp_path / "orders.xlsx", "out", "is neither .csv nor .ndjson"),
        (good, "full", "is no empty folder; name one that is new or empty."),
        (good, "orders.xlsx", "is no empty folder; name one that is new or empty."),
        (good, "orders.xlsx/day", "orders.xlsx/day: Not a directory."),
    ):
        code, out_text, err = run(capsys, file, "--out", tmp_path / out, "--json")
        assert (code, sentence in err) == (2, True), err
        assert json.loads(out_text)["error"]["sentence"] == err.removeprefix("doorstep: ").rstrip()
    assert [path.name for path in full.iterdir()] == ["kept"]


def test_rows_that_cannot_be_taken_are_left_out_and_kept(
    write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """A day with rejected rows ends with 0, names each fault on a line of its own, and keeps the rows."""
    source = (city_folder("neubrandenburg") / "orders.csv").read_bytes().splitlines(keepends=True)
    good = source[1 : ORDERS + 1]
    bad = good[0].replace(b"next_day", b"tomorrow").replace(b"slot", b"tomorrow")
    long_name = b'=2+2"",' + b"N" * 300
    worse = good[1].replace(b"Quirin Eisvogt", b'"' + long_name + b'"')
    assert bad not in good
    assert worse not in good
    file = write(b"".join([source[0], *good[:2], bad, *good[2:], worse.rstrip(b"\n")]))
    out = tmp_path / "out"
    code, text, err = run(capsys, file, "--out", out, "--json")
    assert code == 0
    assert json.loads(text)["orders"] == ORDERS
    lines = err.splitlines()
    assert lines[0].startswith(f"{file}, line 4, service: there is no service 'tomorrow'")
    assert lines[1].startswith(f"{file}, line 7, name: 'name' has 306 characters; it may have 200")
    assert lines[2].startswith("2 rows were left out of the day: ")
    assert len(lines) == 3

    assert (out / "rejected-rows.csv").read_bytes() == source[0] + bad + worse
    reasons = list(
        csv.DictReader(StringIO((out / "rejected.tsv").read_text(encoding="utf-8")), delimiter="\t")
    )
    assert [(row["line"], row["field"], row["code"]) for row in reasons] == [
        ("4", "service", "unknown_service"),
        ("7", "name", "too_long"),
    ]
    assert [row["row"] for row in reasons] == [bad.decode().rstrip(), worse.decode().rstrip()]

    mended = tmp_path / "mended.csv"
    mended.write_bytes((out / "rejected-rows.csv").read_bytes().replace(b"tomorrow", b"next_day"))
    code, _, err = run(capsys, mended, "--out", tmp_path / "again", "--json")
    assert (code, err.count("\n")) == (0, 2), err


def test_every_table_of_the_report_lies_beside_it_as_csv(
    write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """Each link of the page is a file; in it the carriers, and the JSON's, sum to the market's own cost."""
    source = (city_folder("neubrandenburg") / "orders.csv").read_bytes().splitlines(keepends=True)
    out = tmp_path / "out"
    code, text, _ = run(capsys, write(b"".join(source[: ORDERS + 1])), "--out", out, "--json")
    assert code == 0
    links = re.findall(r'href="([a-z_]+\.csv)"', (out / "report.html").read_text(encoding="utf-8"))
    assert {"carriers_promises.csv", "carriers_cost.csv", "feeds.csv", "promises.csv"} <= {*links}
    assert {*links} == {path.name for path in out.glob("*.csv")}
    report = json.loads(text)
    market, *rows = csv.DictReader(StringIO((out / "carriers_cost.csv").read_text(encoding="utf-8")))
    wholes = [int(row["total_minor"]) for row in rows if row["service"] == "all"]
    told = [carrier["total"]["cost"]["total_minor"] for carrier in report["carriers"]]
    assert sum(wholes) == sum(told) == int(market["total_minor"]) == report["cost"]["total_minor"] > 0
    assert {row["carrier_name"] for row in rows} <= {"Own fleet", "Tollense Paketdienst", "Flinke Boten"}


def test_an_order_of_another_city_is_not_delivered_here(
    write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """The shopper says on the phone that they live elsewhere: the order is cancelled and its case closed."""
    source = (city_folder("neubrandenburg") / "orders.csv").read_bytes().splitlines(keepends=True)
    address = "Eichenstraße 24, 17033 Neubrandenburg".encode()
    assert address in source[1]
    elsewhere = source[1].replace(address, "Hafenstraße 3, 20095 Hamburg".encode())
    misspelt = source[2].replace("Dümperstraße".encode(), "Dümpresrtaße".encode())
    out = tmp_path / "out"
    code, _, err = run(capsys, write(source[0] + elsewhere + misspelt + source[3]), "--out", out, "--json")
    assert (code, err) == (0, "")
    events = [json.loads(line)["data"] for line in (out / "log.ndjson").read_bytes().splitlines()]
    orders = {
        event["content"]["external_id"]: event["order"] for event in events if event["type"] == "order.placed"
    }
    ends = {
        event["order"]: event["type"]
        for event in events
        if event["type"] in ("order.cancelled", "order.fulfilled")
    }
    assert [ends[orders[row.partition(b",")[0].decode()]] for row in (elsewhere, misspelt)] == [
        "order.cancelled",
        "order.fulfilled",
    ]
    assert json.loads((out / "report.json").read_bytes())["cases"]["total"]["open"] == 0


def test_a_file_of_another_city_is_refused(
    write: Callable[[bytes], Path], tmp_path: Path, capsys: Output
) -> None:
    """Where the map has no place for any address, one sentence says so, and nothing is played."""
    rows = b"1,faltenwurf,Hafen 3 Hamburg,next_day,1,9\n2,faltenwurf,Rua Augusta 5 Porto,next_day,1,9\n"
    code, _, err = run(capsys, write(HEADER + rows), "--out", tmp_path / "out")
    assert (code, "is it another city's?" in err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--map", "none.map"], "none.map cannot be read: No such file or directory."),
        (["--map", "text"], "text is no Doorstep map;"),
        (["--network", "none.toml"], "none.toml cannot be read: No such file or directory."),
        (["--network", "text"], "text: this is no TOML:"),
        (["--city", "atlantis"], "atlantis is no city of the examples; known: neubrandenburg."),
        (["--day", "2026-13-01"], "--day 2026-13-01 is no day; write one like 2026-06-16."),
        (["--day", "2027-01-01"], "the orders are for 2026-06-16; name a day near it."),
        (["--workers", "0"], "'--workers': Input should be greater than or equal to 1"),
        (["--seed", "-1"], "'--seed': Input should be greater than or equal to 0"),
    ],
)
def test_options_that_cannot_be_used(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong option ends with 2 and one sentence that names it once, before anything is made."""
    (tmp_path / "text").write_text("no map, no network")
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, city_folder("neubrandenburg") / "orders.csv", "--out", "out", *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert ": :" not in err
    assert not (tmp_path / "out").exists()


def test_a_zone_that_is_none(city_map: Path) -> None:
    """A map without a network needs a zone, and one that is none is named."""
    orders = city_folder("neubrandenburg") / "orders.csv"
    with pytest.raises(BadInput, match="--zone Mars/Olympus is no time zone; write one like Europe/Berlin"):
        read_script(read_streets(city_map), None, orders, None, zone="Mars/Olympus")


def test_a_zone_that_is_none_is_named_whatever_the_map_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the city has a zone of its own, a wrong `--zone` is bad input and not ignored."""
    orders = city_folder("neubrandenburg") / "orders.csv"
    words = ["day", "--orders", str(orders), "--zone", "Nope", "--out", str(tmp_path / "out")]
    assert exit_code(words) == 2
    assert "--zone Nope is no time zone" in capsys.readouterr().err


def test_how_to_make_a_map_is_said_once(tmp_path: Path) -> None:
    """The sentence about a file that is no map names the command that makes one, once."""
    text = tmp_path / "nothing.map"
    text.write_text("nothing")
    with pytest.raises(BadInput) as refused:
        read_streets(text)
    assert str(refused.value).count("map build") == 1
