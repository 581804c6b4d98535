"""`doorstep orders`: files of orders into a real server, what came of them, and taking them back."""

import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from doorstep.cli.main import exit_code

Write = Callable[..., Path]
Row = Callable[..., str]
Output = pytest.CaptureFixture[str]


def run(capsys: Output, *words: str | Path) -> tuple[int, str, str]:
    """The exit code of `doorstep orders …`, and what it said."""
    code = exit_code(["orders", *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_file_comes_in_once(asked: list[str], order_file: Write, new_row: Row, capsys: Output) -> None:
    """Good rows are accepted with a promise; the same file again changes nothing."""
    file = order_file(new_row("once-1"), new_row("once-2"))
    code, out, err = run(capsys, "import", file, *asked, "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["counts"]["accepted"] == told["counts"]["rows"] == 2
    assert all(row["promise"]["odds"] > 0 for row in told["rows"])
    assert told["import"].startswith("imp_")

    code, out, _ = run(capsys, "import", file, *asked)
    assert code == 0
    assert "2 existing, unchanged" in out


def test_ndjson_comes_in_too(asked: list[str], order_file: Write, capsys: Output) -> None:
    """A file of one JSON object a line is read as such: its numbers are numbers, its bad lines rejected."""
    order = {
        "external_id": "nd-1",
        "merchant": "shoes",
        "address": "Apfelweg 24, 17033 Neubrandenburg",
        "service": "next_day",
        "parcels": 1,
        "weight_g": 500,
    }
    file = order_file(json.dumps(order), '{"external_id": NaN}', name="orders.ndjson", header="")
    code, out, _ = run(capsys, "import", file, *asked, "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["counts"]["accepted"], told["counts"]["rejected"]) == (1, 1)
    assert told["rows"][1]["errors"][0]["code"] == "not_json"


def test_every_bad_row_is_told(asked: list[str], order_file: Write, new_row: Row, capsys: Output) -> None:
    """Rejected rows end with 1; each has its line, field and reason, and the good ones are taken."""
    file = order_file(
        new_row("bad-1"),
        new_row("bad-2", weight_g="heavy"),
        new_row("bad-3", merchant="nobody", parcels="0"),
        new_row("bad-4", address="Nowhere Street 1, 17033 Neubrandenburg"),
        "too,few",
    )
    code, out, err = run(capsys, "import", file, *asked)
    assert code == 1
    assert "3 of 5 rows were not taken." in err
    table = out.splitlines()
    assert table[0].split() == ["line", "order", "field", "what"]
    assert table[1].split()[:3] == ["3", "bad-2", "weight_g"]
    assert {"merchant", "parcels"} == {line.split()[2] for line in table[2:4]}
    assert "address case" in table[4]
    assert "too_few_cells" in table[5]
    assert "1 accepted" in out
    assert "1 address cases" in out
    assert "3 rejected" in out


def test_a_conflict_is_told(asked: list[str], order_file: Write, new_row: Row, capsys: Output) -> None:
    """A known id with other content is a conflict that names the field; the order stays as it was."""
    assert run(capsys, "import", order_file(new_row("con-1")), *asked)[0] == 0
    code, out, _ = run(capsys, "import", order_file(new_row("con-1", weight_g="901")), *asked, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["counts"]["conflicts"] == 1
    assert [error["field"] for error in told["rows"][0]["errors"]] == ["weight_g"]


def test_a_window_that_is_over_is_declined(
    asked: list[str], order_file: Write, new_row: Row, capsys: Output
) -> None:
    """An order for which there is no window is declined with a code, which is an answer and no failure."""
    past = new_row("old-1", window_start="2026-01-05T10:00", window_end="2026-01-05T12:00")
    header = "external_id,merchant,address,service,parcels,weight_g,window_start,window_end,placed_at"
    file = order_file(f"{past},2026-01-04T10:00", header=header)
    code, out, _ = run(capsys, "import", file, *asked)
    assert code == 0
    assert "declined: no window can be kept (window_over)" in out
    assert "1 declined" in out


def test_a_window_of_a_day_ahead_is_declined_with_its_first_day(
    asked: list[str], order_file: Write, new_row: Row, capsys: Output
) -> None:
    """The reason is that the day is not on sale yet, and from when it is stands beside it."""
    day = (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=20)).date().isoformat()
    ahead = new_row("ahead-1", window_start=f"{day}T10:00", window_end=f"{day}T16:00")
    code, out, _ = run(capsys, "import", order_file(ahead), *asked)
    assert code == 0
    assert "declined: its day is not on sale before 20" in out
    assert "(not_on_sale_yet)" in out


def test_an_import_is_undone(asked: list[str], order_file: Write, new_row: Row, capsys: Output) -> None:
    """`orders undo` cancels an import's orders; the same file can then come again."""
    file = order_file(new_row("undo-1"), new_row("undo-2"))
    _, out, _ = run(capsys, "import", file, *asked, "--json")
    told = json.loads(out)
    code, out, _ = run(capsys, "undo", told["import"], *asked)
    assert (code, out) == (0, "2 orders were taken back; the file may come again, mended.\n")
    _, out, _ = run(capsys, "show", told["rows"][0]["id"], *asked, "--json")
    assert json.loads(out)["order"]["state"] == "cancelled"
    _, out, _ = run(capsys, "import", file, *asked, "--json")
    assert json.loads(out)["counts"]["accepted"] == 2


def test_rejected_rows_come_back(
    asked: list[str], order_file: Write, new_row: Row, tmp_path: Path, capsys: Output
) -> None:
    """`orders rejected` gives the rows out as CSV, onto the screen or into a file."""
    file = order_file(new_row("rej-1", weight_g="-5"))
    _, out, _ = run(capsys, "import", file, *asked, "--json")
    batch = json.loads(out)["import"]
    code, out, _ = run(capsys, "rejected", batch, *asked)
    assert code == 0
    assert out.splitlines()[0] == '"line","field","code","detail","row"'
    assert out.splitlines()[1].startswith('2,"weight_g","out_of_range",')
    assert "rej-1" in out
    code, _, _ = run(capsys, "rejected", batch, "--out", tmp_path / "out.csv", *asked)
    assert code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == out
    code, _, err = run(capsys, "rejected", batch, "--out", tmp_path / "none" / "out.csv", *asked)
    assert (code, "cannot be written" in err) == (2, True)


def test_show_answers_the_three_questions(
    asked: list[str], order_file: Write, new_row: Row, capsys: Output
) -> None:
    """`orders show` says where an order is, what is next, and its promise."""
    _, out, _ = run(capsys, "import", order_file(new_row("show-1")), *asked, "--json")
    order = json.loads(out)["rows"][0]["id"]
    code, out, _ = run(capsys, "show", order, *asked)
    assert code == 0
    facts = {line.split()[0]: line for line in out.splitlines()}
    assert facts.keys() >= {"order", "state", "promise", "where", "next"}
    assert f"{order} (show-1 of books)" in facts["order"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "ord_none"], "No such order."),
        (["undo", "imp_none"], "No such import."),
        (["rejected", "imp_none"], "No such import."),
        (["show", "../imports/x"], "is no id"),
        (["show", ""], "is no id"),
        (["undo", ".."], "is no id"),
        (["show", "ord_\x1b[2J\r\nX: y"], "'ord_\\x1b[2J\\r\\nX: y' is no id"),
    ],
)
def test_unknown_ids(words: list[str], sentence: str, asked: list[str], capsys: Output) -> None:
    """Unknown ids, and what is no id at all, end with 2 and a sentence."""
    code, out, err = run(capsys, *words, *asked)
    assert (code, out) == (2, "")
    assert sentence in err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file has no header"),
        (
            b"external_id,merchant,address,service,parcels,weight_g\n\n",
            "line 1: the file has a header and no rows.",
        ),
        (b"external_id;merchant;address\n1;2;3\n", "separate them by commas"),
        (b"external_id,merchant,address,service,parcels\n", "the column 'weight_g' is missing"),
        (b"\xff\xfe\x00", "save it as UTF-8"),
        (b"PK\x03\x04\x00\x00", "NUL"),
    ],
)
def test_a_file_that_holds_no_orders(
    content: bytes, sentence: str, asked: list[str], tmp_path: Path, capsys: Output
) -> None:
    """A file that cannot be read as orders at all ends with 2 and says what to change."""
    file = tmp_path / "orders.csv"
    file.write_bytes(content)
    code, out, err = run(capsys, "import", file, *asked)
    assert (code, out) == (2, "")
    assert sentence in err


def test_files_that_are_none(asked: list[str], tmp_path: Path, capsys: Output) -> None:
    """A file of another kind, none at all, and a folder end with 2."""
    (tmp_path / "orders.xlsx").write_bytes(b"PK")
    (tmp_path / "empty.ndjson").write_bytes(b"\n\n")
    (tmp_path / "folder.csv").mkdir()
    for name, sentence in (
        ("orders.xlsx", "is neither .csv nor .ndjson"),
        ("none.csv", "cannot be read: No such file"),
        ("folder.csv", "cannot be read: Is a directory"),
        ("empty.ndjson", "the file has no rows"),
    ):
        code, _, err = run(capsys, "import", tmp_path / name, *asked)
        assert (code, sentence in err) == (2, True), err


def test_a_key_is_needed(
    asked: list[str], order_file: Write, new_row: Row, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key, and with one that opens nothing, the sentence says how to give one."""
    file = order_file(new_row("key-1"))
    monkeypatch.delenv("DOORSTEP_KEY")
    code, _, err = run(capsys, "import", file, *asked)
    assert (code, "give --key, or set DOORSTEP_KEY" in err) == (2, True)
    code, _, err = run(capsys, "import", file, *asked, "--key", "0" * 48)
    assert (code, "does not take this key" in err) == (2, True)
    code, _, err = run(capsys, "import", file, *asked, "--key", "a\nHost: evil")
    assert (code, "other characters" in err) == (2, True)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:port", "http://127.0.0.1:99999", ""]
)
def test_addresses_that_are_none(url: str, order_file: Write, new_row: Row, capsys: Output) -> None:
    """What is no address of a server ends with 2."""
    code, _, err = run(capsys, "import", order_file(new_row("url-1")), "--url", url)
    assert code == 2
    assert "is no address" in err


def test_nobody_answers(order_file: Write, new_row: Row, capsys: Output) -> None:
    """Where no server listens, the sentence names the address and how to start one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    code, out, err = run(
        capsys, "import", order_file(new_row("nobody-1")), "--url", f"127.0.0.1:{port}", "--json"
    )
    assert code == 2
    assert f"no server answers at http://127.0.0.1:{port} (Connection refused)" in err
    assert json.loads(out)["error"]["kind"] == "bad_input"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\n<h1>",
        b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\ncut off",
        b"",
    ],
)
def test_somebody_else_answers(answer: bytes, order_file: Write, new_row: Row, capsys: Output) -> None:
    """Whatever else listens there, the command ends with 2 and no trace."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(65_536)
                caller.sendall(answer)

        talker = Thread(target=talk)
        talker.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        code, _, err = run(capsys, "import", order_file(new_row("else-1")), "--url", url)
        talker.join()
    assert code == 2
    assert url in err


def test_check_agrees_with_the_server(
    city_map: Path, network: Path, order_file: Write, new_row: Row, capsys: Output
) -> None:
    """`orders check` finds the same rejected rows and address cases without a server."""
    where = ["--map", city_map, "--network", network]
    file = order_file(
        new_row("chk-1"),
        new_row("chk-2", weight_g="heavy"),
        new_row("chk-3", address="Nowhere Street 1, 17033 Neubrandenburg"),
    )
    code, out, err = run(capsys, "check", file, *where, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["counts"] == {"rows": 3, "clean": 1, "rejected": 1, "address_cases": 1}
    assert [(one["line"], one["field"]) for one in told["problems"]] == [(3, "weight_g"), (4, "address")]
    assert "1 of 3 rows would be rejected." in err

    code, out, _ = run(capsys, "check", order_file(new_row("chk-1")), *where)
    assert (code, out) == (0, "1 row\n  1 clean\n")
    code, out, _ = run(capsys, "check", order_file(new_row("chk-1")), *where, "--merchant", "shoes")
    assert code == 1
    assert "merchant" in out


def test_check_says_what_it_cannot_use(
    city_map: Path, network: Path, order_file: Write, new_row: Row, capsys: Output
) -> None:
    """Wrong files, merchants and headers end with 2."""
    file = order_file(new_row("use-1"))
    for words, sentence in (
        ([file, "--map", network, "--network", network], "is no Doorstep map"),
        ([file, "--map", city_map, "--network", city_map], "is not UTF-8"),
        ([file, "--map", city_map, "--network", network, "--merchant", "x"], "has no merchant 'x'"),
        ([order_file(header="a,b"), "--map", city_map, "--network", network], "names no column"),
    ):
        code, _, err = run(capsys, "check", *words)
        assert (code, sentence in err) == (2, True), err
