"""`doorstep policy`: the rules that a market goes by, shown, checked and compared."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.cli.market_files import default_policies, policy_faults, policy_texts, read_policies
from doorstep.policy.book import POLICIES, read_book

app = typer.Typer(help="Show, check and compare policies.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A folder of policies: attempts.toml and so on.")
]


class Change(msgspec.Struct, frozen=True):
    """A key whose value is not the other's; None where one side lacks it."""

    file: str
    key: str
    before: Any
    after: Any


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One policy, such as dispatch.")
    ] = None,
    policies: Annotated[
        Path | None, typer.Option("--policies", metavar="FOLDER", help="Policies other than the defaults.")
    ] = None,
    json: Json = False,
) -> None:
    """Show all policies in a line each, or one of them in full."""
    if name is not None and name not in POLICIES:
        raise BadInput(f"there is no policy {name!r}; known are {', '.join(POLICIES)}.")
    book = read_policies(policies)
    if json:
        print(msgspec.json.encode(book if name is None else getattr(book, name)).decode())
        return
    texts = default_policies() if policies is None else policy_texts(policies)[0]
    if name is not None:
        print(texts[name], end="")
        return
    for each in POLICIES:
        first = texts[each].lstrip("\ufeff").partition("\n")[0]
        what = first.removeprefix("#").strip() if first.startswith("#") else ""
        print(f"{each:<10}  version {getattr(book, each).version:<3}  {what}".rstrip())


@app.command()
def check(folder: Folder, json: Json = False) -> None:
    """Check a folder of policies.

    Ends with 1 where one cannot be used; file and key of each fault are named.
    """
    texts, faults = policy_texts(folder)
    faults += policy_faults(texts)
    if json:
        print(msgspec.json.encode({"folder": str(folder), "faults": faults}).decode())
    else:
        for fault in faults:
            print(fault)
    if faults:
        raise FoundBroken(f"{folder}: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}.")
    if not json:
        book = read_book(texts)
        versions = ", ".join(f"{name} {getattr(book, name).version}" for name in POLICIES)
        print(f"{folder} is sound: {versions}.")


@app.command()
def compare(
    folder: Folder,
    other: Annotated[
        Path | None,
        typer.Argument(metavar="[OTHER]", help="The folder to compare with; the defaults without."),
    ] = None,
    json: Json = False,
) -> None:
    """Compare a folder of policies, key by key.

    With the defaults, or with another folder.
    """
    read_policies(folder)
    read_policies(other)
    after = policy_texts(folder)[0]
    before = default_policies() if other is None else policy_texts(other)[0]
    changes = [change for name in POLICIES for change in _changes(f"{name}.toml", before[name], after[name])]
    if json:
        print(msgspec.json.encode(changes).decode())
        return
    for change in changes:
        print(f"{change.file}: {change.key}: {_shown(change.before)} → {_shown(change.after)}")
    if not changes:
        print("They say the same.")


@app.command()
def defaults(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A folder that is new or empty.")],
) -> None:
    """Write the default policies to start from."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise BadInput(f"{out} is not empty; name a folder that is new or empty.")
        for name, text in default_policies().items():
            (out / f"{name}.toml").write_text(text, encoding="utf-8")
    except FileExistsError as fault:
        raise BadInput(f"{out} is a file, not a folder.") from fault
    except OSError as fault:
        raise BadInput(f"{out} cannot be written: {fault.strerror}.") from fault
    print(
        f"{len(POLICIES)} policies in {out}; `doorstep policy check {out}` checks them once they are changed."
    )


def _changes(file: str, before: str, after: str) -> Iterator[Change]:
    told, tells = dict(_values(tomllib.loads(before))), dict(_values(tomllib.loads(after)))
    for key in dict.fromkeys((*told, *tells)):
        if told.get(key) != tells.get(key):
            yield Change(file, key, told.get(key), tells.get(key))


def _values(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a table with its key; a key that holds a dot stands in quotes, as in the file."""
    for name, value in table.items():
        key = above + (f'"{name}"' if "." in name else name)
        if isinstance(value, dict):
            yield from _values(value, f"{key}.")
        else:
            yield key, value


def _shown(value: object) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
