"""`doorstep`: the one command, and where each of its words is found."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, NamedTuple

import typer

from doorstep.cli.failure import ExitCode, flags_of, report


class Mount(NamedTuple):
    """One word after `doorstep`: where its Typer app or its function stands, and the line that help shows."""

    word: str
    module: str
    attribute: str
    summary: str


MOUNTS = (
    Mount("demo", "doorstep.cli.demo", "demo", "Run the demo city live and print its address."),
    Mount("serve", "doorstep.cli.serve", "serve", "Serve the API and the pages."),
    Mount("day", "doorstep.cli.day", "day", "Run a delivery day in seconds and say how it went."),
    Mount("map", "doorstep.cli.map", "app", "Build and look into street maps."),
    Mount("orders", "doorstep.cli.orders", "app", "Bring orders in and see where they are."),
    Mount("policy", "doorstep.cli.policy", "app", "Show, check and compare policies."),
    Mount("keys", "doorstep.cli.keys", "app", "Make and revoke API keys."),
    Mount("carrier-sim", "doorstep.cli.carrier_sim", "carrier_sim", "Run a carrier's test server."),
    Mount("verify", "doorstep.cli.verify", "verify", "Verify an evidence packet offline."),
)


def application(words: frozenset[str]) -> typer.Typer:
    """The command line with the given words loaded, and the others named in its help only.

    Solvers and maps take seconds to import; whoever asks for help, or for one word, pays for nothing else.
    """
    app = typer.Typer(
        name="doorstep", help=_root.__doc__, rich_markup_mode=None, add_completion=False, no_args_is_help=True
    )
    app.callback()(_root)
    for mount in MOUNTS:
        if mount.word in words:
            _load(app, mount)
        else:
            app.command(mount.word, help=mount.summary)(_named_only)
    return app


def run() -> None:
    """Run the command that was typed and leave with its exit code; see `doorstep.cli.failure`."""
    sys.exit(exit_code(sys.argv[1:]))


def exit_code(arguments: list[str]) -> int:
    """Run the command in `arguments`, the words after `doorstep`, and return its exit code."""
    flags = flags_of(arguments)
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    try:
        command = typer.main.get_command(application(frozenset({word})))
        # Not `command.main`: that would end a closed pipe with 1, which here means that something is broken.
        with command.make_context("doorstep", arguments) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as leaving:
        return leaving.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the outermost edge gives every failure its code
        return report(error, flags)
    return ExitCode.fine


def _load(app: typer.Typer, mount: Mount) -> None:
    found = getattr(import_module(mount.module), mount.attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=mount.word)
    else:
        app.command(mount.word)(found)


def _named_only() -> None:
    raise AssertionError("a word that is only named in the help was run")


def _say_version(asked: bool) -> None:
    if asked:
        print(f"doorstep {version('doorstep')}")
        raise typer.Exit


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of a defect.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Run the last mile as one network: promise, plan, drive, prove, pay."""
