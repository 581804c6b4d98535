"""Axe: what it finds on a page as it stands, at both widths."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

SIZES: Final = ((1440, 900), (390, 844))
"""A desk and a phone."""
_AXE: Final = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8")
_RUN: Final = """axe.run(document, { resultTypes: ["violations"] }).then((said) => said.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`)))"""


def barriers(page: Page) -> list[str]:
    """What axe finds on the page at its present size."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    found: list[str] = page.evaluate(_RUN)
    return found


def barriers_at_each_size(page: Page, where: str) -> dict[str, list[str]]:
    """What axe finds at a desk's and at a phone's size, and whether anything is cut off."""
    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        cut = [f"{wide} px wide"] if wide > width else []
        found[f"{where} at {width}"] = cut + barriers(page)
    return found
