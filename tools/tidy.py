"""What linters do not see: sizes, names, unfinished places, bare excuses, and how pure the inner rings are.

`python tools/tidy.py` reads every file that git knows or would take, prints one line for each breach, and
exits 1 if there is any. `tests/tidy` shows that each rule can fail.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
POSITIONAL_PARAMETERS_MAX = 6
KERNEL_PARAMETERS_MAX = 8
"""Compiled kernels take numbers and arrays one by one where other code takes a struct."""
KERNEL_DECORATORS = {"kernel", "njit"}
REASON_LETTERS_MIN = 10

SIZED = {".py", ".js", ".mjs", ".css", ".html"}
VENDORED = "/vendor/"
LOCKED = "requirements/"

VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common"}
VAGUE_AT_THE_END = {"service", "services"}
"""A service is something a firm sells, so `services.py` is a noun; `order_service.py` is not."""

# With a letter in brackets, so that this file keeps its own rules. Three X are a currency code as well,
# so they count only where they open a remark.
UNFINISHED = re.compile(r"\b([T]ODO|[F]IXME)\b|(#|//|\*)\s*[X]XX\b")
FOREIGN = re.compile(
    r"[p]ypi\.[o]rg|[p]ythonhosted\.|[r]egistry\.(npm|yarn)|[d]eb\.debian\.|[a]rchive\.ubuntu\."
    r"|(?<![\w.-])/(work|farm|root|home/\w+|opt/(pypi|wheels)|tmp/bash_jobs)/"
)
EXCUSE = re.compile(
    r"#\s*(?:noqa(?P<codes>:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?|type:\s*ignore(?P<kinds>\[[\w, -]+\])?)"
)

PURE_RINGS = ("vocabulary", "policy", "lifecycle", "reactions", "views", "planning")
PURE_MODULES = frozenset(
    """
    __future__ abc array base64 binascii bisect collections contextlib copy dataclasses datetime decimal enum
    fractions functools hashlib heapq hmac html ipaddress itertools json math operator re statistics string
    struct textwrap tomllib types typing unicodedata urllib.parse zlib zoneinfo doorstep msgspec
    """.split()  # noqa: SIM905  one module a line would take forty lines to say the same
)
PURE_MODULES_MORE = {"planning": frozenset({"numpy", "numba"})}
IMPURE_BUILTINS = {"open", "print", "input", "exec", "eval", "__import__"}
CLOCK_READS = {"now", "utcnow", "today"}
SEEDED = {"Generator", "default_rng", "SeedSequence", "PCG64"}
"""What a pure ring may name of `numpy.random`: a generator that it is given, or makes from a given seed."""


class Breach(NamedTuple):
    """One place that breaks one rule."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


def breaches_of(path: str, text: str) -> Iterator[Breach]:
    """Every breach in one file; `path` is relative to the repository's root, with forward slashes."""
    if VENDORED in path:
        return
    yield from _in_text(path, text)
    if path.endswith(".py"):
        yield from _in_name(path)
        yield from _in_comments(path, text)
        tree = ast.parse(text)
        yield from _in_functions(path, tree)
        ring = path.removeprefix("src/doorstep/").partition("/")[0]
        if path.startswith("src/doorstep/") and ring in PURE_RINGS:
            yield from _in_pure_ring(path, ring, tree)


def _in_text(path: str, text: str) -> Iterator[Breach]:
    lines = text.splitlines()
    if Path(path).suffix in SIZED and len(lines) > FILE_LINES_MAX:
        yield Breach(path, len(lines), f"{len(lines)} lines; a file is one room of at most {FILE_LINES_MAX}")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield Breach(path, number, "an unfinished place: finish it or take it out")
        if not path.startswith(LOCKED) and (found := FOREIGN.search(line)):
            yield Breach(path, number, f"a path or address of one machine: {found[0]}")


def _in_name(path: str) -> Iterator[Breach]:
    for part in Path(path).with_suffix("").parts:
        words = part.split("_")
        vague = VAGUE.intersection(words) | VAGUE_AT_THE_END.intersection(words[1:][-1:])
        if vague:
            yield Breach(path, 1, f"the name says {vague.pop()}, not what it is: name it after its noun")


def _in_comments(path: str, text: str) -> Iterator[Breach]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        found = EXCUSE.search(token.string) if token.type == tokenize.COMMENT else None
        if found is None:
            continue
        if not (found["codes"] or found["kinds"]):
            yield Breach(path, token.start[0], "an excuse for everything: name the rule it is for")
        reason = token.string[: found.start()] + token.string[found.end() :]
        if sum(character.isalpha() for character in reason) < REASON_LETTERS_MIN:
            yield Breach(path, token.start[0], "an excuse without a reason: say beside it why")


def _in_functions(path: str, tree: ast.Module) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
        lines = 1 + (node.end_lineno or node.lineno) - first.lineno
        if lines > FUNCTION_LINES_MAX:
            sentence = f"{node.name} has {lines} lines below its docstring, more than {FUNCTION_LINES_MAX}"
            yield Breach(path, node.lineno, sentence)
        most = KERNEL_PARAMETERS_MAX if _decorators(node) & KERNEL_DECORATORS else POSITIONAL_PARAMETERS_MAX
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > most and not path.startswith("tests/"):
            sentence = f"{node.name} takes {count} positional parameters, more than {most}"
            yield Breach(path, node.lineno, sentence)


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    called = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return {ast.unparse(each).rpartition(".")[2] for each in called}


def _in_pure_ring(path: str, ring: str, tree: ast.Module) -> Iterator[Breach]:
    allowed = PURE_MODULES | PURE_MODULES_MORE.get(ring, frozenset())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                if not {name, name.partition(".")[0]} & allowed:
                    yield Breach(path, node.lineno, f"{ring} is pure and does not import {name}")
        elif isinstance(node, ast.expr) and (deed := _impure_deed(node)):
            yield Breach(path, node.lineno, f"{ring} is pure and does not {deed}")


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if node.module else []


def _impure_deed(node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in IMPURE_BUILTINS:
            return f"call {name}"
        case ast.Attribute(
            value=ast.Name(id="datetime" | "date") | ast.Attribute(attr="datetime" | "date"), attr=name
        ):
            return f"read the clock ({name})" if name in CLOCK_READS else None
        case ast.Attribute(value=ast.Attribute(attr="random"), attr=name) if name not in SEEDED:
            return f"draw chance (random.{name})"
        case ast.Call(func=ast.Attribute(attr="default_rng"), args=[], keywords=[]):
            return "draw chance (default_rng without a seed)"
    return None


def files() -> Iterator[tuple[str, str]]:
    """Path and text of every text file that git knows or would take."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for path in sorted(filter(None, listed.split("\0"))):
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, a font, a map; or a file that is gone but still in the index


def all_breaches(found: Iterable[tuple[str, str]]) -> list[Breach]:
    """Every breach in all these files, in order of path and line."""
    return sorted(breach for path, text in found for breach in breaches_of(path, text))


if __name__ == "__main__":
    shown = all_breaches(files())
    print("\n".join(map(str, shown)), end="\n" if shown else "")
    sys.exit(bool(shown))
