"""The reference says what the code does: made pages are current, and the written ones name everything."""

import re
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import msgspec
import pytest
from tools.reference import pages

from doorstep.cli.failure import ExitCode
from doorstep.engine import network
from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.intake.faults import FieldCode
from doorstep.lifecycle import case, custody, delivery, order, promise, return_, route
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.order import Handling

ROOT = Path(__file__).resolve().parents[2]
MADE = pages()


def read(page: str) -> str:
    """A page of the documentation."""
    return (ROOT / page).read_text(encoding="utf-8")


def diagram(module: ModuleType) -> str:
    """The state diagram in a lifecycle's docstring: what stands between its first line and the next prose."""
    below = cleandoc(module.__doc__ or "").partition("\n\n")[2]
    return dedent(re.split(r"\n\n(?:The state is|Each step has)", below)[0]).strip("\n")


@pytest.mark.parametrize("page", sorted(MADE))
def test_a_made_page_is_current(page: str) -> None:
    """The page is what the code says now; `make docs` writes it anew."""
    assert read(page) == MADE[page]


@pytest.mark.parametrize(
    "module", [order, promise, delivery, route, case, custody, return_], ids=lambda m: m.__name__
)
def test_the_concepts_show_the_lifecycles_own_diagram(module: ModuleType) -> None:
    """A state diagram in the concepts is, line by line, the one over the lifecycle's code."""
    drawn = diagram(module)
    assert "▶" in drawn
    blocks = re.findall(r"```text\n(.*?)\n```", read("docs/concepts.md"), re.DOTALL)
    assert drawn in blocks


@pytest.mark.parametrize(
    "statuses", [order.OrderStatus, promise.PromiseStatus, DeliveryStatus, route.RouteStatus]
)
def test_the_concepts_name_every_status(statuses: type[StrEnum]) -> None:
    """Each status has its words in the concepts."""
    text = read("docs/concepts.md")
    assert [status.value for status in statuses if f"`{status.value}`" not in text] == []


def test_the_order_file_is_described_whole() -> None:
    """Each column, each handling and each code of a fault stands on the page about order files."""
    text = read("docs/reference/orders.md")
    words = [*COLUMNS, *(str(code) for code in FieldCode), *(str(what) for what in Handling)]
    assert [word for word in words if f"`{word}`" not in text] == []


def test_the_network_file_is_described_whole() -> None:
    """Each key of each table stands on the page about network files."""
    text = read("docs/reference/network.md")
    tables = (network.Market, network.Merchant, network.Hub, network.Van, network.DriverShift)
    keys = [field.encode_name for table in tables for field in msgspec.structs.fields(table)]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_each_exit_code_is_described() -> None:
    """Each code with which a command may end stands on the page about exit codes."""
    text = read("docs/reference/exit-codes.md")
    assert [code.value for code in ExitCode if f"| {code.value} |" not in text] == []
