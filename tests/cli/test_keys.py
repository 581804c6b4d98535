"""`doorstep keys`: keys made, listed and revoked, and what each opens at a running server."""

import json
import sqlite3
from pathlib import Path

import pytest

from doorstep.cli.main import exit_code


def create(data: Path, network: Path, *options: str) -> int:
    """Makes a key."""
    return exit_code(["keys", "create", "--data", str(data), "--network", str(network), *options])


def test_a_key_opens_what_its_role_says(
    market: object, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new key opens its role's doors at once, a foreign role's never, and none once it is revoked."""
    assert create(market.data, network, "--role", "driver", "--driver", "ada", "--label", "Ada's phone") == 0
    told = capsys.readouterr()
    token = told.out.strip()
    name = told.err.split()[1]
    assert market.get("/v1/driver/routes", token)[0] == 200
    assert market.get("/v1/orders", token)[0] == 403

    assert exit_code(["keys", "revoke", name, "--data", str(market.data)]) == 0
    assert market.get("/v1/driver/routes", token)[0] == 401
    assert exit_code(["keys", "revoke", name, "--data", str(market.data)]) == 2
    assert "was revoked before" in capsys.readouterr().err


def test_a_merchants_key_is_bound(market: object, network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A merchant's key is listed with its merchant, by its id, without its token."""
    options = ["--role", "merchant", "--merchant", "shoes", "--label", "shop system", "--json"]
    assert create(market.data, network, *options) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["role"], made["bound"], made["state"]) == ("merchant", "shoes", "valid")
    assert exit_code(["keys", "list", "--data", str(market.data), "--json"]) == 0
    listed = capsys.readouterr().out
    assert made["token"] not in listed
    assert made["id"] in [line["id"] for line in json.loads(listed)]
    assert exit_code(["keys", "list", "--data", str(market.data)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [made["id"], "valid", "merchant", "shoes"] in [line[:4] for line in lines]


def test_a_token_lies_nowhere(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that no server has seen gets a key too; none of its files holds the token."""
    data = tmp_path / "new" / "data"
    assert create(data, network, "--role", "operator", "--label", "me") == 0
    token = capsys.readouterr().out.strip()
    assert len(token) == 48
    with sqlite3.connect(data / "market.db") as database:
        ((body,),) = database.execute("SELECT body FROM api_keys").fetchall()
    database.close()
    assert '"nbg"' in body
    assert not any(token.encode() in file.read_bytes() for file in data.iterdir())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--role", "merchant", "--label", "x"], "name it with --merchant"),
        (["--role", "driver", "--label", "x"], "name it with --driver"),
        (["--role", "driver", "--driver", "eve", "--label", "x"], "has no driver 'eve'; known: ada."),
        (["--role", "merchant", "--merchant", "ada", "--label", "x"], "known: books, shoes."),
        (["--role", "operator", "--merchant", "books", "--label", "x"], "goes with --role merchant alone"),
        (["--role", "operator", "--label", " "], "--label says who holds the key"),
        (["--role", "operator", "--label", "a\x1b[2J"], "--label says who holds the key"),
        (["--role", "king", "--label", "x"], "king"),
        (["--role", "operator"], "--label"),
    ],
)
def test_a_key_for_nobody(
    options: list[str], sentence: str, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key for somebody whom the network does not know ends with 2 and makes no folder."""
    assert create(tmp_path / "data", network, *options) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_folder_without_a_market(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listing and revoking make no market where there is none."""
    assert exit_code(["keys", "list", "--data", str(tmp_path)]) == 2
    assert exit_code(["keys", "revoke", "abcdef", "--data", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("holds no market") == 2
    assert not list(tmp_path.iterdir())


def test_revoking_needs_a_known_key(market: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Too short and unknown ids end with 2, and every key stays as it is."""
    assert exit_code(["keys", "revoke", "a", "--data", str(market.data)]) == 2
    assert "too short" in capsys.readouterr().err
    assert exit_code(["keys", "revoke", "zzzzzz", "--data", str(market.data)]) == 2
    assert "has no key zzzzzz" in capsys.readouterr().err
    assert market.get("/v1/orders", market.key)[0] == 200


def test_another_markets_network(
    market: object, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key of another market is not put into this one's folder."""
    other = tmp_path / "other.toml"
    other.write_text(network.read_text(encoding="utf-8").replace('id = "nbg"', 'id = "berlin"'), "utf-8")
    assert create(market.data, other, "--role", "operator", "--label", "x") == 2
    assert "holds the market 'nbg'" in capsys.readouterr().err
