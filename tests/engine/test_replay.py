"""An exported log, read again."""

from hashlib import sha256

import pytest
from tests.engine.shop import Diary, Shop

from doorstep.engine.log import LogBrokenError, export, log_hash
from doorstep.engine.replay import replay
from doorstep.vocabulary.canonical import is_canonical


def test_a_replay_means_what_the_market_meant(shop: Shop, diary: Diary) -> None:
    """States, versions, tree and views of an exported log equal those of the market that wrote it."""
    market = shop.open(views=[diary])
    market.handle([shop.ask(f"ord_{n % 3}", f"k{n}") for n in range(20)])
    again = Diary()
    replayed = replay(export(shop.store, shop.id), shop.id, {"contact": shop.machine}, [again])
    assert replayed.states == market.all_of("contact")
    assert replayed.versions == {stream: market.version(stream) for stream in replayed.states}
    assert replayed.frontier == market.head
    assert replayed.log_hash == log_hash(export(shop.store, shop.id))
    assert again.records == diary.records


def test_the_hash_is_that_of_the_exported_file(shop: Shop) -> None:
    """One canonical event a line, and `sha256sum` of the file is the log's hash; replay reads the file."""
    shop.open().handle([shop.ask("ord_1", "line\nbreak"), shop.ask("ord_1", "ä€😀")])
    file = b"".join(text + b"\n" for text in export(shop.store, shop.id))
    assert file.count(b"\n") == 2
    assert all(is_canonical(line) for line in file.splitlines())
    assert log_hash(export(shop.store, shop.id)) == sha256(file).hexdigest()
    replayed = replay(file.splitlines(keepends=True), shop.id, {"contact": shop.machine})
    assert replayed.log_hash == sha256(file).hexdigest()


def test_a_log_with_a_line_missing_doubled_or_swapped_is_refused(shop: Shop) -> None:
    """Positions and versions leave no room for a change of order or number."""
    shop.open().handle([shop.ask(f"ord_{n}", "a") for n in range(4)])
    lines = list(export(shop.store, shop.id))
    for broken in (lines[1:], [*lines[:2], *lines[3:]], [lines[0], *lines], [lines[1], lines[0]]):
        with pytest.raises(LogBrokenError, match=r"position \d stands where \d belongs"):
            replay(broken, shop.id, {"contact": shop.machine})
    with pytest.raises(LogBrokenError, match="no machine runs the stream contact/ord_0"):
        replay(lines, shop.id, {})


def test_an_empty_log_is_a_log(shop: Shop) -> None:
    """Nothing happened yet: no states, the hash of nothing."""
    replayed = replay(export(shop.store, shop.id), shop.id, {"contact": shop.machine})
    assert (replayed.states, replayed.log_hash) == ({}, sha256().hexdigest())
