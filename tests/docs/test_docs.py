"""What the documentation shows is there: links, sections, `doorstep` commands and options, `make` words."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import typer

from doorstep.cli.main import MOUNTS, application

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md")
    for path in ROOT.glob(pattern)
)

FENCE = re.compile(r"^(?P<fence>```+|~~~+)[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(
    r"\]\(<?([^)<>\s]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+(\S+)|\b(?:src|href)=\"([^\"]+)\"", re.MULTILINE
)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
SHELL_ENDS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "#", "\\"}


def read(page: str) -> str:
    """The page's Markdown."""
    return (ROOT / page).read_text(encoding="utf-8")


def links(text: str) -> list[str]:
    """Every link target outside code."""
    prose = INLINE.sub("", FENCE.sub("", text))
    return [next(filter(None, found)) for found in LINK.findall(prose)]


def anchors(text: str) -> set[str]:
    """The ids that GitHub gives to the headings."""
    plain = (
        re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(FENCE.sub("", text))
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def broken_link(page: str, target: str) -> str | None:
    """Why this link of this page leads nowhere; None when it leads somewhere."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None if parts.scheme in {"https", "mailto"} else f"{target}: only https leads outside"
    if parts.path.startswith("/"):
        return f"{target}: starts at the root of a machine"
    led = (ROOT / page).parent.joinpath(unquote(parts.path)).resolve() if parts.path else ROOT / page
    if not led.is_relative_to(ROOT):
        return f"{target}: leaves the repository"
    if not led.exists():
        return f"{target}: is not there"
    if (
        parts.fragment
        and led.suffix == ".md"
        and parts.fragment not in anchors(led.read_text(encoding="utf-8"))
    ):
        return f"{target}: has no such section"
    return None


def shown_commands(text: str, program: str) -> Iterator[list[str]]:
    """The words after `program` wherever code in the text runs it, up to a pipe, a comment or the end."""
    blocks = [found["body"].replace("\\\n", " ") for found in FENCE.finditer(text)]
    for line in [line for block in blocks for line in block.splitlines()] + INLINE.findall(
        FENCE.sub("", text)
    ):
        said = re.match(rf"(?:\$\s+)?(?:[A-Z_]+=\S+\s+)*(?:\S*/)?{program}(?:\s+(.*))?$", line.strip())
        if said:
            words = shlex.split(said[1] or "", comments=True)
            end = next((at for at, word in enumerate(words) if word in SHELL_ENDS), len(words))
            yield words[:end]


@cache
def whole_command() -> Any:  # noqa: ANN401  Typer keeps the class of its commands to itself
    """The command line with every word loaded."""
    return typer.main.get_command(application(frozenset(mount.word for mount in MOUNTS)))


def unknown_word(words: list[str], command: Any) -> str | None:  # noqa: ANN401  as of the whole command
    """The first word or option that the command line does not have; None when it has them all."""
    for word in words:
        if word in {"…", "..."}:
            return None
        if word.startswith("-"):
            options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
            if word.partition("=")[0] not in options | {"--help", "--", "-"}:
                return word
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return word
            command = command.commands[word]
    return None


def make_words() -> set[str]:
    """The words that the Makefile knows."""
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def test_there_is_something_to_read() -> None:
    """The README is among the pages, and it shows the two commands that everything starts with."""
    assert "README.md" in PAGES
    shown = [words[0] for words in shown_commands(read("README.md"), "make") if words]
    assert {"demo", "test"} <= set(shown)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each link leads to a file or section of the repository, or to an https address."""
    assert [why for target in links(read(page)) if (why := broken_link(page, target))] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_points_beside_the_repository(page: str) -> None:
    """No page, code included, tells people to look in a folder beside the repository."""
    depth = page.count("/")
    outside = re.compile(r"(?<![\w./])" + r"\.\./" * (depth + 1) + r"\S*")
    assert outside.findall(read(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    """Each `doorstep` command that is shown exists, with each option that is shown."""
    shown = list(shown_commands(read(page), "doorstep"))
    wrong = [(words, word) for words in shown if (word := unknown_word(words, whole_command()))]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_make_words_exist(page: str) -> None:
    """Each `make` word that is shown stands in the Makefile."""
    shown = [words[0] for words in shown_commands(read(page), "make") if words and "=" not in words[0]]
    assert [word for word in shown if not word.startswith(("-", "…")) and word not in make_words()] == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("../shared/x.md", "leaves the repository"),
        ("docs/nowhere.md", "is not there"),
        ("CONTRIBUTING.md#no-such-section", "has no such section"),
        ("/etc/hosts", "starts at the root of a machine"),
        ("http://example.test", "only https"),
    ],
)
def test_a_broken_link_is_noticed(target: str, why: str) -> None:
    """Each way in which a link can be broken is named."""
    assert why in (broken_link("README.md", target) or "")


def test_a_link_that_holds_is_let_through() -> None:
    """A file, a section, this page itself and an https address are fine."""
    for target in ("LICENSE", "CONTRIBUTING.md#set-up", "tests", "https://example.test/x"):
        assert broken_link("CONTRIBUTING.md", target) is None


def test_shown_commands_are_found() -> None:
    """Commands are found in blocks and in inline code, with prompts, paths, settings and continued lines."""
    block = "```\n$ A=1 .venv/bin/doorstep day \\\n  --seed 7 | head\n# doorstep no\n```\n"
    text = f"Run `doorstep map --x`.\n\n{block}"
    assert list(shown_commands(text, "doorstep")) == [["day", "--seed", "7"], ["map", "--x"]]


def test_a_wrong_command_is_noticed() -> None:
    """A word, a subcommand's word or an option that the command line lacks is named."""
    app = typer.Typer()
    inner = typer.Typer()

    @inner.command()
    def build(*, fast: bool = False) -> None: ...

    app.callback()(lambda: None)
    app.add_typer(inner, name="map")
    command = typer.main.get_command(app)
    assert unknown_word(["map", "build", "here.pbf", "--fast"], command) is None
    assert unknown_word(["map", "bulid"], command) == "bulid"
    assert unknown_word(["mop"], command) == "mop"
    assert unknown_word(["map", "build", "--slow=1"], command) == "--slow=1"
