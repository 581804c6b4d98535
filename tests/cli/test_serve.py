"""`doorstep serve`: a market in a folder, one server for it, and one sentence for whatever is wrong."""

import json
import signal
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep.cli.main import exit_code


def words(city_map: Path, network: Path, data: Path) -> list[str]:
    """The command with its options."""
    return [
        "serve", "--map", str(city_map), "--network", str(network), "--data", str(data), "--port", "0",
    ]  # fmt: skip


def shift_days(log: bytes) -> set[str]:
    """The days that the log has rosters of."""
    events = [json.loads(line) for line in log.splitlines()]
    return {event["data"]["day"] for event in events if str(event["data"]["type"]).startswith("roster.")}


def test_a_market_outlives_its_server(serve: Callable, tmp_path: Path) -> None:
    """A fresh folder gets an operator's key once; the log, the key and the rosters stand after a restart."""
    first = serve(tmp_path / "data")
    status, health = first.get("/health")
    assert (status, json.loads(health)["status"]) == (200, "ok")
    status, log = first.get("/v1/events", first.key)
    assert status == 200
    assert len(shift_days(log)) == 2
    assert first.stop() == (0, "", "")

    second = serve(tmp_path / "data")
    status, again = second.get("/v1/events", first.key)
    assert status == 200
    assert again.startswith(log)
    assert shift_days(again) == shift_days(log)
    assert second.stop(signal.SIGINT) == (0, "", ""), "a second start prints no key"


def test_a_stop_ends_open_streams(serve: Callable, tmp_path: Path) -> None:
    """A server with a stream open still ends by a signal, and in time."""
    running = serve(tmp_path / "data")
    host, _, port = running.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as stream:
        stream.sendall(
            f"GET /v1/stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {running.key}\r\n\r\n".encode()
        )
        assert stream.recv(12) == b"HTTP/1.1 200"
        assert running.stop()[0] == 0


def test_one_server_owns_a_market(
    market: object, city_map: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second server on the same folder ends with 2 and says who runs it where; the first goes on."""
    assert exit_code(words(city_map, network, market.data)) == 2
    told = capsys.readouterr().err
    assert f"is run by process {market.process.pid} at {market.url}" in told
    assert market.get("/health")[0] == 200


def test_a_killed_server_leaves_no_lock(serve: Callable, tmp_path: Path) -> None:
    """After a server was killed, the next one has the folder at once."""
    running = serve(tmp_path / "data")
    assert running.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    again = serve(tmp_path / "data")
    assert again.get("/health")[0] == 200
    assert again.stop()[0] == 0


def test_a_taken_port(
    city_map: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that another process listens at ends with 2 and its number, before any folder is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--host", "127.0.0.1", "--port", str(port)]
        assert exit_code([*words(city_map, network, tmp_path / "data"), *options]) == 2
    told = capsys.readouterr().err
    assert told == f"doorstep: port {port} of 127.0.0.1 is taken; choose another with --host and --port.\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--map", "{here}/none.map"], "cannot be read"),
        (["--map", "{network}"], "is no Doorstep map"),
        (["--network", "{here}/none.toml"], "none.toml cannot be read: No such file or directory."),
        (["--network", "{city}"], "is not UTF-8"),
        (["--host", "203.0.113.7"], "203.0.113.7 is no address of this machine"),
        (["--host", "no such host"], "is no address of this machine"),
        (["--data", "{network}"], "is a file, not a folder"),
        (["--data", "{network}/data"], "cannot be written"),
        (["--policies", "{here}/none"], "is no folder of policies"),
        (["--policies", "{here}"], "attempts.toml: is missing"),
        (["--port", "70000"], "less than or equal to 65535"),
        (["--mail", "mailto://"], "the URL of --mail is no mailto:// or mailtos:// URL"),
        (["--mail", "mailto://u:pw@example.org?bcc=eve@example.org"], "names recipients"),
        (["--public-url", "shop.example.org"], "'shop.example.org' is no http:// or https:// address"),
    ],
)
def test_wrong_input_gets_a_sentence(
    options: list[str],
    sentence: str,
    city_map: Path,
    network: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Wrong files, folders, hosts and ports end with 2, a sentence, no trace, and no folder."""
    data = tmp_path / "new" / "data"
    filled = [word.format(here=tmp_path, city=city_map, network=network) for word in options]
    assert exit_code([*words(city_map, network, data), *filled]) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert not data.exists()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('hub = "hub"', 'hub = "elsewhere"', "vans[0].hub: there is no hub 'elsewhere'"),
        ('zone = "Europe/Berlin"', 'zone = "Mars/Olympus"', "market.zone"),
        ("[[vans]]", "[[lorries]]", "lorries"),
        ('currency = "EUR"', 'currency = "CHF"', "counts in CHF, the tariffs in EUR"),
        ("lat = 53.5637", "lat = 48.1", "a hub of the network lies off the map"),
        ("lat = 53.5637\nlon = 13.2896", 'address = "Nowhere 1"', "give it lat and lon"),
    ],
)
def test_a_network_that_cannot_be(
    before: str,
    after: str,
    sentence: str,
    city_map: Path,
    network: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A network that contradicts itself, the map or the tariffs ends with 2, says where, makes no folder."""
    text = network.read_text(encoding="utf-8")
    assert before in text
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace(before, after), encoding="utf-8")
    assert exit_code(words(city_map, wrong, tmp_path / "data")) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_folder_of_another_market(
    market: object, city_map: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network of another market is not run in this one's folder."""
    (tmp_path / "market.id").write_bytes((market.data / "market.id").read_bytes())
    other = tmp_path / "other.toml"
    other.write_text(network.read_text(encoding="utf-8").replace('id = "nbg"', 'id = "berlin"'), "utf-8")
    assert exit_code(words(city_map, other, tmp_path)) == 2
    assert "holds the market 'nbg', yet" in capsys.readouterr().err
    assert {found.name for found in tmp_path.iterdir()} == {"market.id", "other.toml"}


def test_a_log_that_was_changed(
    serve: Callable, city_map: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log with a changed byte is not served: it ends with 1 and says so."""
    data = tmp_path / "data"
    assert serve(data).stop()[0] == 0
    with sqlite3.connect(data / "market.db") as database:
        database.execute("UPDATE events SET text = replace(text, '\"ada\"', '\"eve\"') WHERE position = 1")
    database.close()
    assert exit_code(words(city_map, network, data)) == 1
    assert "is not what was written" in capsys.readouterr().err
