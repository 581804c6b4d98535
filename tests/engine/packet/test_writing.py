"""What a packet says to people, and what never gets written."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from time import process_time
from typing import Any, TypeAlias

import pytest

from doorstep.adapters.packet import write_packet
from doorstep.engine.archive import unpack
from doorstep.vocabulary.packet import MissingFile, MissingReason

Log: TypeAlias = Any


class Seen(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and where it points."""
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def test_the_summary_shows_promise_custody_files_and_both_clocks(log: Log) -> None:
    """The page says what was promised and what happened, in the market's own time, with every hash."""
    page = Seen(unpack(log.packet())["summary.html"].decode())
    for text in (
        "2025-12-29 11:20:00 +0100",  # the window's start
        "95.3 %",
        "within it, 88 min before it ended",
        "driver drv_1",
        "Not here: erased",
        "It cannot be had any more.",
        "attempts 3",
        log.tree().root().hex(),
    ):
        assert text in page.text, text
    for event in log.evidence().events:
        assert event.type in page.text


def test_the_summary_holds_nothing_but_itself(log: Log) -> None:
    """Whatever events say is text: no script, no form, and no address but the packet's own files."""
    page = Seen(unpack(log.packet())["summary.html"].decode())
    assert "<script>alert(1)</script>" in page.text
    assert "good <b>&" in page.text
    assert {"script", "b", "iframe", "form", "link"} & set(page.tags) == set()
    assert page.targets
    assert all(target.startswith("files/") for target in page.targets)


def test_a_clock_gone_wild_is_shown_as_it_was_told(log: Log) -> None:
    """A teller's time in another century does not keep a packet from being written."""
    place = next(n for n, text in enumerate(log.texts) if b"contact.recorded" in text)
    told = json.loads(log.texts[place])["occurred_at"]
    for instant, shown in ((9_007_199_254_740_991, "2255-06-06"), (-9_007_199_254_740_991, "1684-07-28")):
        text = log.texts[place].replace(b'"occurred_at":%d' % told, b'"occurred_at":%d' % instant)
        log.texts[place], told = text, instant
        assert shown in Seen(unpack(log.packet())["summary.html"].decode()).text


def test_a_packet_that_would_not_verify_is_never_written(log: Log, grow: Callable[[], Log]) -> None:
    """A missing excuse, another tree and a checkpoint from before the issue are defects, said at once."""
    with pytest.raises(AssertionError, match="must not leave"):
        log.packet(missing=[])
    stray = MissingFile("0" * 64, MissingReason.lost, obtainable=True)
    with pytest.raises(AssertionError, match="must not leave"):
        log.packet(missing=[stray])
    early = grow()
    with pytest.raises(AssertionError, match="does not reach"):
        write_packet(log.evidence(), early.tree(), early.note(), {}, [], log.signer)
    with pytest.raises(AssertionError, match="not the checkpoint's"):
        write_packet(log.evidence(), early.tree(), log.note(), {}, [], log.signer)


def test_a_packet_from_a_busy_market_is_written_in_a_blink(log: Log) -> None:
    """With 20,000 events of others in the log, one order's packet stays small and takes well under 5 s."""
    quiet = len(log.packet())
    for n in range(20_000):
        log.add("route/rte_1", type="route.moved", route="rte_1", n=n)
    start = process_time()
    tree, note, evidence = log.tree(), log.note(), log.evidence()
    packed = write_packet(
        evidence,
        tree,
        note,
        {},
        [MissingFile(name, MissingReason.redacted, obtainable=True) for name in evidence.named_files()],
        log.signer,
    )
    assert process_time() - start < 5
    assert len(packed) < quiet + 20_000
