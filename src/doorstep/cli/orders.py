"""`doorstep orders`: a file of orders into a running market, what came of it, and taking it back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from doorstep.cli.caller import (
    DEFAULT_URL,
    KEY_VARIABLE,
    Answer,
    printable,
    segment,
    server_of,
    write_file,
)
from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.cli.market_files import read_market, read_policies, read_streets
from doorstep.cli.order_file import OrderFile, read_order_file
from doorstep.cli.order_results import (
    Kind,
    Row,
    counts_of,
    print_counts,
    print_problems,
    problems_of,
)

app = typer.Typer(help="Bring orders in and see where they are.", no_args_is_help=True, rich_markup_mode=None)

HEADER_LINE: Final = 1
SHOWN_AFTER_S: Final = 1.0
"""Seconds of work after which a bar says that it goes on."""

_decoder: Final = msgspec.json.Decoder(Row)

Url = Annotated[str, typer.Option("--url", help="The running server.")]
Key = Annotated[
    str | None, typer.Option("--key", help=f"A merchant's or operator's key; {KEY_VARIABLE} in its place.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Orders: .csv or .ndjson.")]
Import = Annotated[str, typer.Argument(metavar="IMPORT", help="An import's id, imp_….")]


@app.command("import")
def import_orders(file: File, url: Url = DEFAULT_URL, key: Key = None, json: Json = False) -> None:
    """Bring a file of orders in.

    Ends with 1 where rows were rejected, or conflict with an order that stands. A row that was brought in
    before with equal content changes nothing, so the same file may come again.
    """
    orders = read_order_file(file)
    server = server_of(url, key)
    with _progress(f"{file.name} to {server.url}", quiet=json):
        answer = server.post("/v1/orders", orders.content, orders.media)
    batch, rows = _results(answer, server.url)
    _check_whole(orders, rows)
    counts = counts_of(rows)
    if json:
        told = {"import": batch, "counts": counts, "rows": [msgspec.Raw(line) for line in _lines(answer)]}
        print(msgspec.json.encode(told).decode())
    else:
        print_problems(list(problems_of(rows)))
        print_counts(counts)
        print(f"import {batch}; `doorstep orders undo {batch}` takes it back")
        if counts[Kind.rejected]:
            print(f"`doorstep orders rejected {batch}` gives the rejected rows out, to be mended")
    refused = counts[Kind.rejected] + counts[Kind.conflict]
    if refused:
        raise FoundBroken(f"{refused} of {counts['rows']} rows were not taken.")


@app.command()
def undo(batch: Import, url: Url = DEFAULT_URL, key: Key = None, json: Json = False) -> None:
    """Take a whole import back.

    Nothing is taken back where one of its orders was released to the floor.
    """
    answer = server_of(url, key).post(f"/v1/imports/{segment(batch)}/undo")
    if json:
        print(answer.body.decode())
        return
    count = len(_json(answer)["cancelled"])
    print(
        f"{count} {'order was' if count == 1 else 'orders were'} taken back; the file may come again, mended."
    )


@app.command()
def rejected(
    batch: Import,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Into a file, not onto the screen.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Get an import's rejected rows as CSV.

    Each with line, field, code, reason, and the row as it came.
    """
    answer = server_of(url, key).get(f"/v1/imports/{segment(batch)}/rejected.csv")
    if out is None:
        sys.stdout.write(answer.body.decode().replace("\r\n", "\n"))
        return
    write_file(out, answer.body)
    print(f"{out} holds the rejected rows of {batch}.")


@app.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order's id, ord_….")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show where an order is and what is next.

    And who is fixing it, where that does not happen.
    """
    server = server_of(url, key)
    found = _json(server.get(f"/v1/orders/{segment(order)}"))
    delivery = found.get("delivery")
    answers = _json(server.get(f"/v1/deliveries/{segment(delivery)}")) if delivery else None
    if json:
        print(msgspec.json.encode({"order": found, "answers": answers}).decode())
        return
    for name, value in _facts(found, answers):
        if value:
            print(f"{name:<9} {printable(value)}")


@app.command()
def check(
    *,
    file: File,
    map_file: Annotated[Path, typer.Option("--map", metavar="CITY.map", help="The city's map.")],
    network: Annotated[Path, typer.Option("--network", metavar="FILE.toml", help="The market's network.")],
    policies: Annotated[
        Path | None, typer.Option("--policies", metavar="FOLDER", help="Policies other than the defaults.")
    ] = None,
    merchant: Annotated[
        str | None, typer.Option("--merchant", metavar="ID", help="Check as this merchant's key would.")
    ] = None,
    json: Json = False,
) -> None:
    """Check a file of orders without a server.

    The rules are those that a server would take it by. Ends with 1 where rows would be rejected. An address
    that the map does not know is no error: it would become a case of the support.
    """
    orders = read_order_file(file)
    book, described = read_policies(policies), read_market(network)
    if merchant is not None and merchant not in {one.id for one in described.merchants}:
        raise BadInput(f"{network} has no merchant {merchant!r}.")
    streets = read_streets(map_file)
    with _progress(f"checking {file.name}", quiet=json):
        # The rules bring the planner along, whose import takes a second that the other words need not wait.
        from doorstep.cli.order_check import check_rows

        rows = check_rows(orders, described, streets, book, merchant)
    _check_whole(orders, rows)
    found = counts_of(rows)
    counts = {name: found[name] for name in ("rows", Kind.rejected.value, Kind.address_case.value)}
    counts["clean"] = found[Kind.accepted]
    problems = list(problems_of(rows))
    if json:
        print(msgspec.json.encode({"counts": counts, "problems": problems}).decode())
    else:
        print_problems(problems)
        print_counts(counts)
    if found[Kind.rejected]:
        raise FoundBroken(f"{found[Kind.rejected]} of {found['rows']} rows would be rejected.")


@contextmanager
def _progress(what: str, *, quiet: bool) -> Iterator[None]:
    """A bar that moves on standard error, where somebody watches and it takes more than a moment."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(printable(what), total=None, visible=False)
        shows = Timer(SHOWN_AFTER_S, lambda: bar.update(task, visible=True))
        shows.daemon = True
        shows.start()
        try:
            yield
        finally:
            shows.cancel()


def _lines(answer: Answer) -> list[bytes]:
    return answer.body.splitlines()


def _results(answer: Answer, url: str) -> tuple[str, list[Row]]:
    """The import's id, and the result of each row."""
    batch = answer.headers.get("import-id")
    if batch is None:
        raise BadInput(f"what answers at {url} is no Doorstep server.")
    try:
        return printable(batch), [_decoder.decode(line) for line in _lines(answer)]
    except msgspec.DecodeError as fault:
        raise BadInput(f"the answer from {url} cannot be read: {fault}.") from fault


def _json(answer: Answer) -> dict[str, Any]:
    """An answer's object, or the sentence that it is none."""
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError as fault:
        raise BadInput(f"what answers is no Doorstep server: {fault}.") from fault


def _check_whole(orders: OrderFile, rows: list[Row]) -> None:
    """A CSV file whose header cannot be used, or a file without rows, is no file of orders at all."""
    first = rows[0] if rows else None
    if first is None or first.kind is not Kind.rejected or first.line != HEADER_LINE:
        return
    if orders.is_csv or any(error.code == "empty_file" for error in first.errors):
        raise orders.refused([error.detail for error in first.errors])


def _facts(order: dict[str, Any], answers: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """An order in words; times are UTC, as the server tells them."""
    yield "order", f"{order['id']} ({order['external_id']} of {order['merchant']})"
    yield "state", str(order["state"])
    yield "service", f"{order['service']}, {len(order['parcels'])} parcels, {order['weight_g']} g"
    promise = order.get("promise")
    if promise:
        odds = f"{promise['odds']:.1%}" if promise.get("odds") else "unknown"
        yield "promise", f"{promise['window_start']} to {promise['window_end']}, odds {odds}"
    if order.get("declined"):
        yield "declined", ", ".join(order["declined"])
    if answers is None:
        yield "case", order.get("case") or ""
        return
    where, then, fixing = answers["where"], answers["next"], answers["fixing"]
    yield "where", where["text"]
    yield "next", then["text"] + (f", by {then['by']}" if then["by"] else "")
    if fixing:
        yield "fixing", f"{fixing['owner']}: {fixing['next_step']}, by {fixing['due_at']} ({fixing['case']})"
    yield "flags", ", ".join(answers["flags"])
