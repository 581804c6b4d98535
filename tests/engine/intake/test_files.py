"""CSV and NDJSON files: one result a row, and nothing is lost."""

import io
import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.engine.intake import (
    FieldCode,
    IntakeRules,
    OrderRow,
    RejectedRow,
    content,
    differences,
    read_body,
    read_csv,
    read_ndjson,
)
from doorstep.engine.intake import lines as lines_module
from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.intake.lines import LINE_BYTES_MAX
from doorstep.engine.intake.split import Open, split

Writer = Callable[..., io.BytesIO]
HEADER = ",".join(COLUMNS)


def codes(results: list[OrderRow | RejectedRow]) -> list[str]:
    """`ok`, or line, field and code of each row's first error."""
    return [
        "ok"
        if isinstance(row, OrderRow)
        else f"{row.errors[0].line}:{row.errors[0].field}:{row.errors[0].code}"
        for row in results
    ]


def read(text: str | bytes, rules: IntakeRules) -> list[OrderRow | RejectedRow]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_csv(io.BytesIO(raw), rules))


def row_of(good: dict[str, str], **changed: str) -> str:
    cells = good | changed
    return ",".join('"' + cells[column].replace('"', '""') + '"' for column in COLUMNS)


def refused_file(results: list[OrderRow | RejectedRow]) -> RejectedRow:
    assert len(results) == 1
    assert isinstance(results[0], RejectedRow)
    assert results[0].whole_file
    return results[0]


def test_good_file(rules: IntakeRules, good: dict[str, str], file_of: Writer) -> None:
    """Each good row comes out in order, with its physical line."""
    found = list(read_csv(file_of(good, good | {"external_id": "LW-1002"}), rules))
    assert [(row.external_id, row.line) for row in found if isinstance(row, OrderRow)] == [
        ("LW-1001", 2),
        ("LW-1002", 3),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_marks_and_line_ends(rules: IntakeRules, good: dict[str, str], mark: bytes, newline: str) -> None:
    """Byte-order mark or none, LF or CRLF, a last line end or none, blank lines: the same order."""
    text = newline.join([HEADER, "", row_of(good), "", row_of(good, external_id="B")])
    found = read(mark + text.encode(), rules)
    assert codes(found) == ["ok", "ok"]
    assert [row.line for row in found] == [3, 5]


def test_columns_in_any_order(rules: IntakeRules) -> None:
    """Columns may stand in any order and optional ones may be left out."""
    names = ["weight_g", " Service ", "parcels", "address", "merchant", "external_id"]
    text = ",".join(names) + "\n" + "500,slot,1,Ring 1,lindwurm,X-1\n"
    assert codes(read(text, rules)) == ["ok"]


@pytest.mark.parametrize(
    ("header", "code", "said"),
    [
        ("", "empty_file", "no header"),
        (HEADER.replace(",", ";"), "delimiter", "semicolons"),
        (HEADER.replace(",", "\t"), "delimiter", "tabs"),
        (HEADER.replace("weight_g", "weigth_g"), "unknown_field", "did you mean 'weight_g'?"),
        (HEADER.replace("weight_g,", ""), "missing_column", "weight_g"),
        (HEADER + ",name", "repeated_field", "name"),
        (HEADER + ",", "unknown_field", "column 27 has no name"),
        ("LW-1,lindwurm,Ada Probe,Ring 1", "no_header", "names no column"),
        (HEADER + "\r" + HEADER, "line_ends", "carriage return"),
        ("x" * (LINE_BYTES_MAX + 5), "no_header", "too long"),
        (HEADER + "\0", "encoding", "NUL"),
        ('"external_id', "no_header", "names no column"),
    ],
)
def test_wrong_header(rules: IntakeRules, header: str, code: str, said: str) -> None:
    """A header that cannot be used refuses the file in line 1 and says what to change."""
    refused = refused_file(read(header + "\n", rules))
    assert refused.errors[0].line == 1
    assert code in [error.code for error in refused.errors]
    assert said in " ".join(error.detail for error in refused.errors)


def test_header_repeats_no_order(rules: IntakeRules) -> None:
    """A file without a header is refused without repeating the person in its first line."""
    assert "Probe" not in str(refused_file(read("LW-1,Ada Probe,Ring 1\n", rules)).errors)


def test_every_header_error_at_once(rules: IntakeRules) -> None:
    """All that is wrong with a header is said at once."""
    errors = refused_file(read("external_id,merchnt,adress,parcels\n", rules)).errors
    assert [(error.field, str(error.code)) for error in errors] == [
        ("merchnt", "unknown_field"),
        ("adress", "unknown_field"),
        ("merchant", "missing_column"),
        ("address", "missing_column"),
        ("service", "missing_column"),
        ("weight_g", "missing_column"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16(rules: IntakeRules, good: dict[str, str], encoding: str) -> None:
    """A file in a wide encoding is refused as a whole, and the error names the encoding as the fault."""
    refused = refused_file(read(f"{HEADER}\n{row_of(good)}\n".encode(encoding), rules))
    assert refused.errors[0].code == FieldCode.encoding


def test_latin_1_row(rules: IntakeRules, good: dict[str, str]) -> None:
    """A row in another encoding is rejected with its line and byte, kept as it came, and the rest goes on."""
    bad = row_of(good, name="Jörg").encode("latin-1")
    raw = HEADER.encode() + b"\n" + bad + b"\n" + row_of(good, external_id="B").encode()
    found = read(raw, rules)
    assert codes(found) == ["2::encoding", "ok"]
    assert isinstance(found[0], RejectedRow)
    assert f"byte {raw.index(0xF6):,}" in found[0].errors[0].detail
    assert found[0].raw == bad + b"\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("LW-1,lindwurm,hub", "too_few_cells"),
        ("," * 30, "too_many_cells"),
        ('LW-1,"lindwurm', "quote_unclosed"),
        ('LW-1,"lind"wurm"' + "," * 24, "quote_misplaced"),
        ("x" * (LINE_BYTES_MAX + 1), "line_too_long"),
    ],
)
def test_broken_row(rules: IntakeRules, good: dict[str, str], row: str, code: str) -> None:
    """Half a row, a row too much, a stray quote: that line is rejected and kept, and the rest goes on."""
    found = read("\n".join([HEADER, row_of(good), row, row_of(good, external_id="B"), ""]), rules)
    assert codes(found) == ["ok", f"3::{code}", "ok"]
    assert isinstance(found[1], RejectedRow)
    assert found[1].raw.decode() in row + "\n"
    assert found[1].raw_cut == (code == "line_too_long")
    assert found[2].line == 4


def test_two_halves(rules: IntakeRules, good: dict[str, str]) -> None:
    """Two rows cut inside a quoted cell cost two lines, not everything between them."""
    half = 'LW-7,lindwurm,"Musterstr'
    found = read("\n".join([HEADER, half, row_of(good), half, row_of(good, external_id="B")]), rules)
    assert codes(found) == ["2::quote_unclosed", "ok", "4::quote_unclosed", "ok"]


def test_quoted_line_ends(rules: IntakeRules, good: dict[str, str]) -> None:
    """A quoted cell may span lines; the rows after it keep their physical lines."""
    found = read(
        "\n".join([HEADER, row_of(good, instructions="a\n\nb"), row_of(good, parcels="x", external_id="B")]),
        rules,
    )
    assert codes(found) == ["ok", "5:parcels:not_a_whole_number"]
    assert isinstance(found[0], OrderRow)
    assert found[0].recipient.instructions == "a\n\nb"


def test_two_orders_one_id(rules: IntakeRules, good: dict[str, str], file_of: Writer) -> None:
    """A repeated order is fine when equal, and a conflict that names fields and the first line when not."""
    other = good | {"address": "Ring 2", "weight_g": "9"}
    foreign = other | {"merchant": "apolonia"}
    found = list(read_csv(file_of(good, good, other, foreign), rules))
    assert codes(found) == ["ok", "ok", "4:address:conflict", "ok"]
    assert isinstance(found[2], RejectedRow)
    assert [error.field for error in found[2].errors] == ["address", "weight_g"]
    assert "line 2" in found[2].errors[0].detail
    assert found[2].external_id == "LW-1001"


def test_too_many_rows(
    rules: IntakeRules, good: dict[str, str], file_of: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with too many rows ends in one rejection that says from which line on nothing was read."""
    monkeypatch.setattr("doorstep.engine.intake.csv_file.ROWS_MAX", 2)
    monkeypatch.setattr(lines_module, "ROWS_MAX", 2)
    rows = [good | {"external_id": str(number)} for number in range(4)]
    found = list(read_csv(file_of(*rows), rules))
    assert codes(found) == ["ok", "ok", "4::too_many_rows"]
    assert isinstance(found[2], RejectedRow)
    assert found[2].whole_file


def test_huge_name_costs_one_row(rules: IntakeRules, good: dict[str, str], file_of: Writer) -> None:
    """A name of 200,000 characters is rejected with its whole text kept, and the next row is taken."""
    found = list(read_csv(file_of(good | {"name": "N" * 200_000}, good | {"external_id": "B"}), rules))
    assert codes(found) == ["2:name:too_long", "ok"]
    assert isinstance(found[0], RejectedRow)
    assert b"N" * 200_000 in found[0].raw
    assert not found[0].raw_cut


def body_of(good: dict[str, str]) -> dict[str, object]:
    """The same order as a JSON object."""
    body: dict[str, object] = dict(good)
    for column in ("parcels", "weight_g", "length_mm", "width_mm", "height_mm", "value_minor"):
        body[column] = int(good[column])
    body |= {"temp_min_c": 2, "temp_max_c": 8, "lat": 53.5571, "lon": 13.2602, "handling": ["photo", "cold"]}
    return body


def test_csv_json_and_ndjson_agree(rules: IntakeRules, good: dict[str, str], file_of: Writer) -> None:
    """One order means the same, whichever way it comes in."""
    body = body_of(good)
    raw = json.dumps(body).encode()
    rows = [
        *read_csv(file_of(good), rules),
        read_body(body, rules),
        read_body(raw, rules),
        read_body(raw.replace(b'["photo", "cold"]', b'"cold;photo"'), rules),
        *read_ndjson(io.BytesIO(b"\xef\xbb\xbf" + raw + b"\n\n" + raw), rules),
    ]
    assert len(rows) == 6
    for row in rows:
        assert isinstance(row, OrderRow), row
        assert isinstance(rows[0], OrderRow)
        assert differences(rows[0], row) == ()
    assert [row.line for row in rows] == [2, 0, 0, 0, 1, 3]


def test_null_is_empty(rules: IntakeRules, good: dict[str, str]) -> None:
    """Null, an empty list and empty text all mean that nobody said."""
    body = body_of(good) | {
        "origin": None,
        "handling": [],
        "temp_min_c": None,
        "temp_max_c": None,
        "unit": "",
    }
    row = read_body(body, rules)
    assert isinstance(row, OrderRow)
    assert content(row)["unit"] is content(row)["handling"] is content(row)["origin"] is None


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("parcels", "2", "wrong_type"),
        ("parcels", 2.0, "wrong_type"),
        ("parcels", True, "wrong_type"),
        ("weight_g", -1, "out_of_range"),
        ("lat", "53.5571", "wrong_type"),
        ("lat", True, "wrong_type"),
        ("lat", [53.5], "wrong_type"),
        ("name", 5, "wrong_type"),
        ("name", {"first": "Ada"}, "wrong_type"),
        ("handling", [1], "wrong_type"),
        ("handling", {"cold": True}, "wrong_type"),
        ("wieght_g", 5, "unknown_field"),
    ],
)
def test_wrong_json_types(
    rules: IntakeRules, good: dict[str, str], field: str, value: object, code: str
) -> None:
    """Nothing is coerced, and an unknown field is named with the closest known one."""
    found = read_body(json.dumps(body_of(good) | {field: value}).encode(), rules)
    assert isinstance(found, RejectedRow)
    assert code in [error.code for error in found.errors]
    assert field != "wieght_g" or "'weight_g'" in found.errors[0].detail


def test_ndjson_bad_lines(rules: IntakeRules, good: dict[str, str]) -> None:
    """A bad line is rejected with its line and kept, and the rest goes on."""
    body = json.dumps(body_of(good)).encode()
    twice = body[:-1] + b', "name": "Eve"}'
    found = list(read_ndjson(io.BytesIO(b"\n".join([b"{", b"[1]", b"\xff", twice, body, b"NaN"])), rules))
    assert codes(found) == [
        "1::not_json",
        "2::not_an_object",
        "3::encoding",
        "4:name:repeated_field",
        "ok",
        "6::not_json",
    ]


def test_empty_ndjson(rules: IntakeRules) -> None:
    """A file without rows says so."""
    refused = refused_file(list(read_ndjson(io.BytesIO(b"\n\n"), rules)))
    assert refused.errors[0].code == FieldCode.empty_file


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.lists(st.sampled_from([b'"', b",", b"\n", b"\r\n", b"a", b"\0", b"\xff", b"\xc3\xa4", b"x,y\n"]))
)
def test_any_bytes_as_csv(rules: IntakeRules, data: list[bytes]) -> None:
    """Whatever follows a header, nothing raises, every line that is not blank is accounted for, once."""
    raw = b"".join(data)
    found = list(read_csv(io.BytesIO(HEADER.encode() + b"\n" + raw), rules))
    kept = b"".join(row.raw for row in found if isinstance(row, RejectedRow))
    blank = b"".join(line for line in raw.splitlines(keepends=True) if line.strip())
    assert kept.replace(b"\n", b"").replace(b"\r", b"") == blank.replace(b"\n", b"").replace(b"\r", b"")
    list(read_csv(io.BytesIO(raw), rules))
    list(read_ndjson(io.BytesIO(raw), rules))
    msgspec.json.encode(found)


@given(cells=st.lists(st.text(alphabet='a", \n'), min_size=1))
def test_split_reads_what_is_quoted(cells: list[str]) -> None:
    """Cells that are written quoted are read back as they were."""
    assert split(",".join('"' + cell.replace('"', '""') + '"' for cell in cells)) == cells


def test_split_of_open_text() -> None:
    """An open quote and text behind a closed one are told apart; a quote inside a bare cell is data."""
    assert split('a,"b') is Open.unclosed
    assert split('a,"b"c') is Open.misplaced
    assert split('a,5" pipe,') == ["a", '5" pipe', ""]


def test_formula_is_kept_on_the_way_in(rules: IntakeRules, good: dict[str, str], file_of: Writer) -> None:
    """A formula that comes in as a name is a name."""
    (row,) = read_csv(file_of(good | {"name": "=1+1"}), rules)
    assert isinstance(row, OrderRow)
    assert row.recipient.name == "=1+1"
