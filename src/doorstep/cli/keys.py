"""`doorstep keys`: the keys that callers of the API show, made and revoked in a market's data folder."""

import re
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from doorstep.adapters.chance import SystemChance
from doorstep.adapters.clocks import SystemClock
from doorstep.adapters.lease import FolderUnusable, claim, market_in
from doorstep.adapters.store.registers import RelationalKeys
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.cli.failure import BadInput
from doorstep.cli.market_files import read_market
from doorstep.engine.network import Network
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.keys import ApiKey, Keys
from doorstep.engine.ports.store import SchemaMismatchError, StoreUnavailableError
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import CarrierId, DriverId, MerchantId
from doorstep.vocabulary.units import Instant
from doorstep.web.auth import Role, hash_of

app = typer.Typer(help="Make and revoke API keys.", no_args_is_help=True, rich_markup_mode=None)

TOKEN_BYTES: Final = 24
"""Bytes of chance in a token."""
ID_CHARS: Final = 12
"""Characters of a key's hash that name it where people read."""
ID_CHARS_MIN: Final = 6
LABEL_CHARS_MAX: Final = 100

CARRIER_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
DATABASE: Final = "market.db"

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The market's data folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class KeyState(StrEnum):
    """Whether a key opens anything."""

    valid = "valid"
    revoked = "revoked"


class KeyLine(msgspec.Struct, frozen=True):
    """A key as people see it: `id` begins its hash, `bound` is its one merchant, driver or carrier."""

    id: str
    state: KeyState
    role: str
    bound: str | None
    label: str
    created_at: str
    revoked_at: str | None


class Bearer(msgspec.Struct, frozen=True):
    """Whom a new key is for."""

    role: Role
    label: str
    merchant: str | None = None
    driver: str | None = None
    carrier: str | None = None


def issue(keys: Keys, market: MarketId, bearer: Bearer, now: Instant, chance: Chance) -> tuple[str, ApiKey]:
    """A new key and its token, which is kept nowhere."""
    token = chance.token(TOKEN_BYTES).hex()
    key = ApiKey(
        hash=hash_of(token),
        market=market,
        label=bearer.label,
        scopes=(bearer.role.value,),
        created_at=now,
        merchant=MerchantId(bearer.merchant) if bearer.merchant else None,
        driver=DriverId(bearer.driver) if bearer.driver else None,
        carrier=CarrierId(bearer.carrier) if bearer.carrier else None,
    )
    keys.add(key)
    return token, key


@app.command()
def create(
    *,
    role: Annotated[Role, typer.Option("--role", help="What the key is for.")],
    label: Annotated[str, typer.Option("--label", help="Who holds it, in your words.")],
    data: Data,
    network: Annotated[Path, typer.Option("--network", metavar="FILE.toml", help="The market's network.")],
    merchant: Annotated[
        str | None, typer.Option("--merchant", metavar="ID", help="The merchant of a merchant's key.")
    ] = None,
    driver: Annotated[
        str | None, typer.Option("--driver", metavar="ID", help="The driver of a driver's key.")
    ] = None,
    carrier: Annotated[
        str | None, typer.Option("--carrier", metavar="ID", help="The carrier of a carrier's key.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key and print its token, once.

    The server may be running; it takes the key at once.
    """
    described = read_market(network)
    bearer = _bearer(Bearer(role, label.strip(), merchant, driver, carrier), described, network)
    market = MarketId(described.market.id)
    _check_market(data, market, network)
    keys = _opened(data, is_new=True)
    try:
        claim(data, market)
    except FolderUnusable as unusable:
        raise BadInput(f"{unusable}.") from unusable
    try:
        token, key = issue(keys, market, bearer, SystemClock().now(), SystemChance())
    except StoreUnavailableError as fault:
        raise BadInput(f"{data}: {fault}.") from fault
    line = _line(key)
    if json:
        print(msgspec.json.encode({"token": token, **msgspec.to_builtins(line)}).decode())
        return
    bound = f" of {line.bound}" if line.bound else ""
    print(f"Key {line.id} ({line.role}{bound}). Its token is shown this once:", file=sys.stderr)
    print(token)


@app.command("list")
def list_keys(data: Data, json: Json = False) -> None:
    """List the keys of a market, never their tokens."""
    keys, market = _of_folder(data)
    lines = [_line(key) for key in keys.of_market(market)]
    if json:
        print(msgspec.json.encode(lines).decode())
        return
    if not lines:
        print("No key yet; `doorstep keys create` makes one.", file=sys.stderr)
        return
    rows = [("id", "state", "role", "bound to", "created", "label")]
    rows += [
        (one.id, one.state, one.role, one.bound or "", one.created_at[:16].replace("T", " "), one.label)
        for one in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@app.command()
def revoke(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The key's id, as `doorstep keys list` shows it.")
    ],
    data: Data,
    json: Json = False,
) -> None:
    """Revoke a key.

    It opens nothing from the next request on.
    """
    keys, market = _of_folder(data)
    if len(key) < ID_CHARS_MIN:
        raise BadInput(f"{key!r} is too short for a key's id; give {ID_CHARS_MIN} characters at least.")
    found = [one for one in keys.of_market(market) if one.hash.startswith(key.lower())]
    if not found:
        raise BadInput(f"{data} has no key {key}; `doorstep keys list` shows them.")
    if len(found) > 1:
        raise BadInput(f"{len(found)} keys begin with {key}; give more characters.")
    if not keys.revoke(found[0].hash, SystemClock().now()):
        raise BadInput(f"key {_line(found[0]).id} was revoked before.")
    if json:
        (line,) = [_line(one) for one in keys.of_market(market) if one.hash == found[0].hash]
        print(msgspec.json.encode(line).decode())
    else:
        print(f"Key {_line(found[0]).id} ({found[0].label}) is revoked.")


def _bearer(bearer: Bearer, network: Network, path: Path) -> Bearer:
    """The bearer, who must be somebody of the network."""
    if not bearer.label or len(bearer.label) > LABEL_CHARS_MAX or not bearer.label.isprintable():
        raise BadInput(f"--label says who holds the key, in 1 to {LABEL_CHARS_MAX} printable characters.")
    known = {
        Role.merchant: {merchant.id for merchant in network.merchants},
        Role.driver: {shift.driver for shift in network.shifts},
    }
    bound = ((Role.merchant, bearer.merchant), (Role.driver, bearer.driver), (Role.carrier, bearer.carrier))
    for role, named in bound:
        if bearer.role is role and named is None:
            raise BadInput(f"a {role}'s key belongs to one {role}: name it with --{role}.")
        if bearer.role is not role and named is not None:
            raise BadInput(f"--{role} goes with --role {role} alone.")
        if role is Role.carrier:
            # Contracts are policy, which no data folder holds: an id that has none sees nothing.
            if named is not None and not CARRIER_ID.fullmatch(named):
                raise BadInput(f"--carrier {named!r} is no id: lower-case letters, digits, - and _.")
            continue
        if named is not None and named not in known[role]:
            raise BadInput(f"{path} has no {role} {named!r}; known: {', '.join(sorted(known[role])[:20])}.")
    return bearer


def _check_market(data: Path, market: str, network: Path) -> None:
    try:
        held = market_in(data)
    except FolderUnusable as unusable:
        raise BadInput(f"{unusable}.") from unusable
    if held is not None and held != market:
        raise BadInput(f"{data} holds the market {held!r}, yet {network} describes {market!r}.")


def _of_folder(data: Path) -> tuple[Keys, MarketId]:
    try:
        market = market_in(data)
    except FolderUnusable as unusable:
        raise BadInput(f"{unusable}.") from unusable
    if market is None or not (data / DATABASE).is_file():
        raise BadInput(f"{data} holds no market; `doorstep serve` and `doorstep keys create` begin one.")
    return _opened(data, is_new=False), MarketId(market)


def _opened(data: Path, *, is_new: bool) -> Keys:
    try:
        if is_new:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RelationalKeys(open_sqlite(data / DATABASE))
    except OSError as fault:
        raise BadInput(f"{data} cannot be written: {fault.strerror}.") from fault
    except (StoreUnavailableError, SchemaMismatchError) as fault:
        raise BadInput(f"{data}: {fault}.") from fault


def _line(key: ApiKey) -> KeyLine:
    return KeyLine(
        id=key.hash[:ID_CHARS],
        state=KeyState.valid if key.revoked_at is None else KeyState.revoked,
        role=" ".join(key.scopes),
        bound=key.merchant or key.driver or key.carrier,
        label=key.label,
        created_at=_time(key.created_at),
        revoked_at=None if key.revoked_at is None else _time(key.revoked_at),
    )


def _time(instant: Instant) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant):%Y-%m-%dT%H:%M:%SZ}"
