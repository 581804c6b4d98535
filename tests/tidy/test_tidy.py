"""The repository is tidy, and each rule of `tools/tidy.py` catches the breach it is there for."""

import pytest
from tools.tidy import FILE_LINES_MAX, FUNCTION_LINES_MAX, all_breaches, breaches_of, files

PURE = "src/doorstep/lifecycle/order.py"
PLANNING = "src/doorstep/planning/insertion.py"
OUTER = "src/doorstep/engine/outbox.py"

# In pieces, so that this file keeps the rules itself.
LATER, MEND = "-TO-DO".replace("-", ""), "-FIX-ME".replace("-", "")
WORK, ROOT = "/{}/main".format("work"), "/{}/.cache".format("root")
INDEX = "https://{}.org/simple".format("pypi")
NOQA, IGNORE = "# {}".format("noqa"), "# {}: ignore".format("type")


def long_function(lines: int) -> str:
    """A function whose body below its docstring has that many lines."""
    return 'def f() -> int:\n    """Say."""\n' + "    x = 1\n" * (lines - 1) + "    return x\n"


def sentences(path: str, text: str) -> str:
    """What the rules say about one file, in one text."""
    return "\n".join(map(str, breaches_of(path, text)))


def test_the_repository_is_tidy() -> None:
    """No file that git knows, or would take, breaches a rule."""
    assert [str(breach) for breach in all_breaches(files())] == []


def test_the_rules_see_the_repository() -> None:
    """The rules were shown the files they are about, this one among them."""
    seen = {path for path, _ in files()}
    assert {"tests/tidy/test_tidy.py", "Makefile", "requirements/dev.txt", "src/doorstep/__init__.py"} <= seen


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        (OUTER, "x = 1\n" * (FILE_LINES_MAX + 1), "a file is one room"),
        ("src/doorstep/web/static/board.js", "let x;\n" * (FILE_LINES_MAX + 1), "a file is one room"),
        (OUTER, long_function(FUNCTION_LINES_MAX + 1), "f has 61 lines"),
        (OUTER, "def f(a, b, c, d, e, f, g): ...\n", "f takes 7 positional parameters"),
        (OUTER, "@kernel\ndef f(a, b, c, d, e, f, g, h, i): ...\n", "f takes 9 positional parameters"),
        (OUTER, f"# {LATER}: later\n", "unfinished"),
        (OUTER, "x = 1  # {}: slow\n".format("X" * 3), "unfinished"),
        ("docs/start.md", f"Fix it. {MEND}\n", "unfinished"),
        ("docs/start.md", f"Run {WORK}/x\n", "one machine: /"),
        ("docs/start.md", f"See {ROOT}\n", "one machine"),
        (".ci/run", f"pip --index-url {INDEX}\n", "one machine"),
        (OUTER, f"import os  {NOQA}\n", "an excuse for everything"),
        (OUTER, f"import os  {NOQA}: F401\n", "without a reason"),
        (OUTER, f"x = y  {IGNORE}[attr-defined]\n", "without a reason"),
        ("src/doorstep/web/utils.py", "", "the name says utils"),
        ("src/doorstep/web/route_helper.py", "", "the name says helper"),
        ("src/doorstep/app/order_service.py", "", "the name says service"),
        (PURE, "import time\n", "does not import time"),
        (PURE, "from os import path\n", "does not import os"),
        (PURE, "import numpy\n", "does not import numpy"),
        (PURE, "def f():\n    import uuid\n", "does not import uuid"),
        (PURE, "from datetime import datetime\nx = datetime.now()\n", "read the clock (now)"),
        (PURE, "import datetime\nx = datetime.date.today()\n", "read the clock (today)"),
        (PURE, "x = open('f')\n", "call open"),
        (PLANNING, "import numpy as np\nx = np.random.rand(3)\n", "draw chance (random.rand)"),
        (PLANNING, "import numpy as np\nx = np.random.default_rng()\n", "without a seed"),
        (PLANNING, "import scipy\n", "does not import scipy"),
    ],
)
def test_a_breach_is_caught(path: str, text: str, sentence: str) -> None:
    """Each planted breach is named, with its file."""
    assert sentence in sentences(path, text)
    assert sentences(path, text).startswith(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (OUTER, "x = 1\n" * FILE_LINES_MAX),
        (OUTER, long_function(FUNCTION_LINES_MAX)),
        (OUTER, "class C:\n    def f(self, a, b, c, d, e, f, *, g, h): ...\n"),
        (OUTER, "NO_CURRENCY = '{}'\n".format("X" * 3)),
        (OUTER, "import time\nx = time.time()\n"),
        (OUTER, f"import os  {NOQA}: F401  the plug-in registers itself on import\n"),
        ("src/doorstep/policy/services.py", "service_level = 1\n"),
        ("docs/start.md", "POST /work-orders, `src/work/x`, https://example.test/root\n"),
        (PURE, "from datetime import datetime, timedelta\nimport zoneinfo, msgspec, hashlib\n"),
        (PURE, "from urllib.parse import quote\nfrom doorstep.vocabulary.units import Instant\n"),
        (PLANNING, "import numpy as np\nfrom numba import njit\nx = np.random.default_rng(7)\n"),
        ("src/doorstep/web/static/vendor/map.js", "let x;\n" * 9000),
    ],
)
def test_what_is_fine_is_left_alone(path: str, text: str) -> None:
    """No rule cries wolf over code that keeps it."""
    assert sentences(path, text) == ""
