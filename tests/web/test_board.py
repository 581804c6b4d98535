"""The board, the stream and the log through their doors."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from tests.web.town import Town, at, iso

from doorstep.vocabulary.merkle import Frontier, leaf_hash
from doorstep.web.board_shapes import BoardShape
from doorstep.web.loopback import StreamsError
from doorstep.web.stream import Told, _listening
from doorstep.web.touched import Touched


def test_the_board_shows_the_day(town: Town) -> None:
    """Figures, routes with places, cases and hubs are one answer, as of a position of the log."""
    town.place(1)
    town.place(2, address="Nirgendwoweg 99, 17033 Neubrandenburg")
    town.pass_to(at(7))
    board = town.json("operator", "GET", "/v1/board")
    assert board["position"] == town.app.market.head.size
    assert board["day"] == "2026-06-16"
    assert (board["figures"]["due"], board["figures"]["cases"]) == (1, 1)
    stops = [stop for route in board["routes"] for stop in route["stops"] if stop["kind"] == "delivery"]
    assert [stop["label"] for stop in stops] == ["T-1"]
    assert stops[0]["lat"] == pytest.approx(53.56, abs=0.1)
    assert stops[0]["expected_at"] >= stops[0]["window_start"]
    assert [case["kind"] for case in board["cases"]] == ["bad_address"]
    assert len(board["hubs"]) == len(town.app.network.hubs)
    msgspec.convert(board, BoardShape)


def test_a_board_that_has_not_changed_is_not_sent_again(town: Town) -> None:
    """With the ETag of the last answer, the next one is 304."""
    first = town.call("operator", "GET", "/v1/board")
    again = town.call("operator", "GET", "/v1/board", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    town.place()
    assert town.call("operator", "GET", "/v1/board", if_none_match=first.headers["etag"]).status == 200


def test_the_capacity_gauge_reads_the_live_plan(town: Town) -> None:
    """With orders to measure with, the day tells how many more fit and until when."""
    town.place()
    town.pass_to(at(7))
    capacity = town.json("operator", "GET", "/v1/day")["capacity"]
    assert capacity["left"] > 0
    assert capacity["cutoff"] is not None


def test_the_log_is_given_out_byte_for_byte(town: Town) -> None:
    """The lines hash to the root of the signed checkpoint, and pages join without a gap."""
    town.place(1)
    town.place(2)
    checkpoint = town.json("operator", "GET", "/v1/checkpoint")
    lines: list[bytes] = []
    path: str | None = "/v1/events?limit=7"
    while path is not None:
        answer = town.call("operator", "GET", path)
        lines += answer.body.splitlines()
        link = answer.headers.get("link")
        path = link.partition("<")[2].partition(">")[0] if link else None
    assert [json.loads(line)["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == checkpoint["size"]
    frontier = Frontier().extend(leaf_hash(line) for line in lines)
    assert frontier.root().hex() == checkpoint["root"]


def shape(town: Town) -> BoardShape:
    """The board as it stands."""
    return msgspec.convert(town.json("operator", "GET", "/v1/board"), BoardShape)


def test_a_listener_is_told_only_what_changed(town: Town) -> None:
    """After the whole board, silence; after an order, the routes and figures that it changed, no other."""
    town.place(1)
    town.pass_to(at(7))
    told = Told(Touched())
    told.board(shape(town))
    assert told.news(shape(town)) == []
    town.place(2, window_start=iso(at(14)), window_end=iso(at(18)))
    messages = told.news(shape(town))
    assert [name for name, _, _ in messages] == ["changes", "touched"]
    news = json.loads(messages[0][2])
    assert news["figures"]["due"] == 2
    changed = {stop.get("label") for route in news["routes"] for stop in route["stops"]}
    assert "T-2" in changed
    assert len(news["routes"]) < len(shape(town).routes)
    assert told.news(shape(town)) == []


async def listened(town: Town, last: str, messages: int) -> list[dict[str, Any]]:
    """The first messages of a stream, as a browser reads them."""
    found: list[dict[str, Any]] = []
    text = ""
    scope = {
        "type": "http", "method": "GET", "path": "/v1/stream", "query_string": b"", "root_path": "",
        "headers": [
            (b"authorization", f"Bearer {town.tokens['operator']}".encode()),
            (b"last-event-id", last.encode()),
        ],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal text
        text += message.get("body", b"").decode()
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if "event" in fields:
                found.append(fields)
        if len(found) >= messages:
            enough.set()

    task = asyncio.create_task(town.api(scope, receive, send))  # type: ignore[arg-type]  # plain dictionaries do
    await asyncio.wait_for(enough.wait(), 10)
    # Whoever leaves is let go of, or a page that is opened and closed would cost a little for ever.
    await asyncio.wait_for(task, 10)
    assert not _listening
    return found


def test_a_stream_begins_with_the_whole_board_and_goes_on_from_a_position(town: Town) -> None:
    """A newcomer hears the board; who comes back where the log stands hears only what is new."""
    town.place(1)
    town.pass_to(at(7))

    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        first = await listened(town, "", 1)
        later = asyncio.create_task(listened(town, first[0]["id"], 1))
        await asyncio.sleep(0)
        town.place(2, window_start=iso(at(14)), window_end=iso(at(18)))
        return first, await later

    first, later = asyncio.run(story())
    assert first[0]["event"] == "board"
    assert json.loads(first[0]["data"])["figures"]["due"] == 1
    assert later[0]["event"] in ("changes", "board")
    assert int(later[0]["id"]) > int(first[0]["id"])


def test_a_stream_cannot_be_called_in_one_step(town: Town) -> None:
    """The loopback says that a route streams, and does not hang."""
    with pytest.raises(StreamsError):
        town.call("operator", "GET", "/v1/stream")
