"""The reference pages that follow from the code: `python tools/reference.py` writes them anew.

`tests/docs` fails where a page is not what this would write, so no page can say what the code does not do.
"""

import pkgutil
import sys
import types
import typing
from collections.abc import Iterable, Iterator
from enum import EnumType, StrEnum
from http import HTTPStatus
from importlib import import_module, resources
from importlib.metadata import version
from inspect import cleandoc
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import msgspec
import typer

from doorstep.cli.main import MOUNTS, application
from doorstep.policy.book import POLICIES
from doorstep.simulation import checkers
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.web.door import Door
from doorstep.web.openapi import document
from doorstep.web.problems import PROBLEM_MEDIA
from doorstep.web.routes import DOORS

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = "docs/reference"
MADE: Final = "<!-- Made by `make docs` from the code; edit the code's own sentences instead. -->"
PRINCIPLES: Final = (
    "Types are named as JSON shows them: an *instant* is a whole number of microseconds since"
    " 1970-01-01T00:00Z; seconds, metres, grams and millilitres are whole numbers; nothing is a float."
)
PLAIN: Final = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "datetime": "date-time (RFC 3339)",
    "Any": "any value",
    "NoneType": "null",
    "bytes": "bytes",
}
NUMBERS: Final = {"Instant": "instant", "Seconds": "seconds", "Metres": "metres", "Grams": "grams"}


def main() -> None:
    """Write every page that differs."""
    for name, text in pages().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")


def pages() -> dict[str, str]:
    """Each page's path from the repository's root, and its text."""
    spec = document(DOORS, "Doorstep", version("doorstep"))
    return {
        f"{FOLDER}/events.md": _joined(_events()),
        f"{FOLDER}/policies.md": _joined(_policies()),
        f"{FOLDER}/commands.md": _joined(_commands()),
        f"{FOLDER}/invariants.md": _joined(_invariants()),
        f"{FOLDER}/api.md": _joined(_api(spec)),
        f"{FOLDER}/openapi.json": msgspec.json.format(msgspec.json.encode(spec), indent=1).decode() + "\n",
    }


# Events ------------------------------------------------------------------------------------------------


def _events() -> Iterator[str]:
    shapes = Shapes()
    events: tuple[Any, ...] = typing.get_args(AnyEvent)
    yield "# Events"
    yield MADE
    yield (
        "Everything that happened in a market stands in its log as one of these events. A stored event is the"
        " canonical JSON ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)) of an envelope, the *record*,"
        " whose `data` is the event itself; `data.type` names it. "
        + PRINCIPLES
        + " How the log works is told in [the decision about it](../decisions/0001-the-log.md)."
    )
    yield "## The record"
    yield _said(Record)
    yield shapes.table(Record)
    by_noun: dict[str, list[Any]] = {}
    for event in events:
        by_noun.setdefault(_tag(event).partition(".")[0], []).append(event)
    for noun, group in by_noun.items():
        yield f"## {noun.capitalize()} events"
        yield _said(sys.modules[group[0].__module__])
        for event in group:
            yield f"### `{_tag(event)}`"
            yield _said(event)
            yield shapes.table(event)
    yield from shapes.rest()


def _tag(shape: Any) -> str:  # noqa: ANN401  msgspec keeps the type of its classes to itself
    tag = shape.__struct_config__.tag
    assert isinstance(tag, str), f"{shape} has no tag"
    return tag


# Policies ----------------------------------------------------------------------------------------------


def _policies() -> Iterator[str]:
    defaults = resources.files("doorstep.policy") / "defaults"
    yield "# Policies"
    yield MADE
    yield (
        "What the firm chose is data: a few TOML files make a *policy book*. Each has an `id` and a"
        " `version`, and an event that follows from a rule names all three in `because`. These are the"
        " defaults; copy and change them as [the guide](../guides/policies.md) says. Money is in minor"
        " units (cents), chances in millionths (`ppm`), and the end of a key names its unit."
    )
    for name in POLICIES:
        module = import_module(f"doorstep.policy.{name}")
        yield f"## {name}"
        yield _said(module)
        yield "\n".join(f"* `{kind.__name__}`: {_in_one_line(_said(kind))}" for kind in _structs(module))
        yield f"```toml\n{(defaults / f'{name}.toml').read_text(encoding='utf-8').rstrip()}\n```"


def _structs(module: types.ModuleType) -> list[Any]:
    return [kind for kind in vars(module).values() if _is_struct(kind) and kind.__module__ == module.__name__]


# Commands ----------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    whole: Any = typer.main.get_command(application(frozenset(mount.word for mount in MOUNTS)))
    yield "# Commands"
    yield MADE
    yield (
        "Each word of `doorstep`. Every one knows `--help`; how it ends is told under [exit codes]"
        "(exit-codes.md). `doorstep --version` prints the version, `doorstep --debug …` shows the trace of a"
        " defect."
    )
    yield from _words("doorstep", whole)


def _words(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401  Typer keeps their class to itself
    for word, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield f"## {name} {word}"
            yield str(inner.help)
            yield from _words(f"{name} {word}", inner)
            continue
        arguments = [one for one in inner.params if one.param_type_name == "argument"]
        named = "".join(f" {one.metavar or one.name.upper()}" for one in arguments)
        yield f"{'##' if name == 'doorstep' else '###'} {name} {word}"
        yield "\n\n".join(_in_one_line(part) for part in cleandoc(inner.help or "").split("\n\n"))
        yield f"```sh\n{name} {word}{named}\n```"
        rows = [f"| `{_parameter(one)}` | {_meaning(one)} |" for one in inner.params if one.name != "help"]
        if rows:
            yield "\n".join(["| argument or option | what it is |", "|---|---|", *rows])


def _parameter(one: Any) -> str:  # noqa: ANN401  Typer keeps their class to itself
    if one.param_type_name == "argument":
        return str(one.metavar or one.name.upper())
    return f"{one.opts[0]} {one.metavar or ''}".rstrip()


def _meaning(one: Any) -> str:  # noqa: ANN401  Typer keeps their class to itself
    said = _in_one_line(one.help or "")
    if one.required and one.param_type_name == "option":
        return f"{said} Required."
    if "Also by" in said:
        # What the environment says at this very moment belongs on no page.
        return said
    shown = getattr(one.default, "value", one.default)
    return said if shown in {None, False, ""} or callable(shown) else f"{said} `{shown}` if left out."


# Invariants --------------------------------------------------------------------------------------------


def _invariants() -> Iterator[str]:
    yield "# Invariants"
    yield MADE
    yield (
        "What must hold at every moment of a day. `doorstep day` has each of these checked over the whole"
        " exported log, by folds that are not those of the code that wrote it. Its report says under"
        " `invariants` how many checks were made on how many subjects, and what was found broken. A number"
        " keeps its meaning; those that are missing here are about what a simulated day does not have."
    )
    for checker in sorted(_checkers(), key=attrgetter("number")):
        yield f"## {checker.number}. {checker.name[:1].upper()}{checker.name[1:]}"
        yield _said(checker).partition("\n\nArgs:")[0].partition("\n\nMeasures ")[0]


def _checkers() -> Iterator[Any]:
    for found in pkgutil.iter_modules(checkers.__path__, f"{checkers.__name__}."):
        module = import_module(found.name)
        for kind in vars(module).values():
            if getattr(kind, "__module__", "") == module.__name__ and isinstance(
                getattr(kind, "number", None), int
            ):
                yield kind


# API ---------------------------------------------------------------------------------------------------


def _api(spec: dict[str, Any]) -> Iterator[str]:
    shapes = Shapes()
    yield "# API"
    yield MADE
    yield (
        "Every door of a running market. What is common to all of them, such as keys, problems,"
        " idempotency and pages, is told in [the conventions](http.md). The same as an OpenAPI 3.1 document:"
        " [openapi.json](openapi.json)."
    )
    by_tag: dict[str, list[Door]] = {}
    for door in DOORS:
        by_tag.setdefault(door.tag, []).append(door)
    for tag, doors in sorted(by_tag.items()):
        yield f"## {tag.replace('_', ' ').capitalize()}"
        yield _in_one_line(_said(sys.modules[doors[0].handle.__module__]))
        for door in doors:
            operation = spec["paths"][_written(door.path)][door.method.lower()]
            yield from _door(door, operation["responses"], shapes)
    yield from shapes.rest()


def _door(door: Door, responses: dict[str, Any], shapes: "Shapes") -> Iterator[str]:
    yield f"### {door.method} {_written(door.path)}"
    yield _said(door.handle)
    who = " or ".join(sorted(door.roles)) if door.roles else "anyone, without a key"
    lines = [f"* Who: {who}."]
    if door.asks is not None:
        lines.append(f"* Query: {', '.join(f'`{name}`' for name in door.asks.__struct_fields__)}.")
    if door.reads is not None:
        lines.append(f"* Body: {shapes.shown(door.reads)}.")
    if door.is_write and door.media not in (("application/json",), ()):
        lines.append(f"* Media: {', '.join(f'`{media}`' for media in door.media)}.")
    lines += [f"* Header `{name}`: {meaning}" for name, meaning in door.headers.items()]
    answers = [
        f"{status} " + (HTTPStatus(status).phrase if shape is None else _answered(shape, shapes))
        for status, shape in door.answers.items()
    ]
    lines.append(f"* Answers: {'; '.join(answers)}.")
    refusals = ", ".join(
        status for status, said in responses.items() if PROBLEM_MEDIA in said.get("content", ())
    )
    lines.append(f"* Problems: {refusals or 'none of its own'}.")
    yield "\n".join(lines)


def _written(path: str) -> str:
    """A path as OpenAPI writes it: without the router's own marks."""
    return path.replace(":path}", "}")


def _answered(shape: object, shapes: "Shapes") -> str:
    return f"`{shape}`" if isinstance(shape, str) else shapes.shown(shape)


# Shapes ------------------------------------------------------------------------------------------------


class Shapes:
    """Shows types in words, and remembers the structs and word lists that still have to be explained."""

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._known: set[Any] = set()

    def table(self, shape: Any) -> str:  # noqa: ANN401  msgspec keeps their type to itself
        """A struct's fields as a table; a hyphen where it has none."""
        fields = msgspec.structs.fields(shape)
        if not fields:
            return "No fields."
        rows = [f"| `{field.encode_name}` | {self._field(field)} |" for field in fields]
        return "\n".join(["| field | what it is |", "|---|---|", *rows])

    def _field(self, field: msgspec.structs.FieldInfo) -> str:
        shown = self.shown(field.type)
        if field.required:
            return shown
        empty = (msgspec.NODEFAULT, None, "", ())
        return f"{shown}; optional" if field.default in empty else f"{shown}; `{field.default}` if left out"

    def shown(self, kind: Any) -> str:  # noqa: ANN401  any annotation
        """A type in words."""
        origin, inner = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.shown(inner[0])
        if isinstance(kind, types.UnionType) or origin is typing.Union:
            return self._union(inner)
        if origin in {tuple, list}:
            return f"list of {self.shown(inner[0])}"
        if origin is not None:
            return f"map from {self.shown(inner[0])} to {self.shown(inner[1])}"
        return self._plain(kind)

    def _plain(self, kind: Any) -> str:  # noqa: ANN401  any annotation
        """A type without parts: a number or text by what it means, a struct or word list by a link."""
        name = str(getattr(kind, "__name__", kind))
        if isinstance(kind, typing.NewType):
            return NUMBERS.get(name) or _spaced(name)
        if isinstance(kind, EnumType) or _is_struct(kind):
            if kind not in self._known:
                self._known.add(kind)
                self._waiting.append(kind)
            return f"[{name}](#{name.lower()})"
        return PLAIN[name]

    def _union(self, kinds: tuple[Any, ...]) -> str:
        if set(kinds) == set(typing.get_args(AnyEvent)):
            return "one of the events below"
        return " or ".join(self.shown(kind) for kind in kinds)

    def rest(self) -> Iterator[str]:
        """The sections that explain what the tables above have named."""
        structs: list[Any] = []
        words: list[Any] = []
        while self._waiting:
            kind = self._waiting.pop(0)
            (words if isinstance(kind, EnumType) else structs).append(kind)
            if kind in structs:
                self.table(kind)  # for what its fields name in turn
        if structs:
            yield "## Parts"
        for kind in sorted(structs, key=lambda kind: str(kind.__name__)):
            yield f"### {kind.__name__}"
            yield _said(kind)
            yield self.table(kind)
        if words:
            yield "## Words"
        for kind in sorted(words, key=lambda kind: str(kind.__name__)):
            yield f"### {kind.__name__}"
            yield _said(kind)
            yield ", ".join(f"`{word.value}`" for word in typing.cast("type[StrEnum]", kind))


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _spaced(name: str) -> str:
    """`DeliveryId` as `delivery id`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _said(thing: object) -> str:
    """A docstring as a page's paragraphs; its `Raises` are for readers of the code."""
    text = cleandoc(getattr(thing, "__doc__", "") or "").partition("\n\nRaises:")[0]
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(one if one.startswith(("|", "*", " ")) else _in_one_line(one) for one in paragraphs)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    main()
