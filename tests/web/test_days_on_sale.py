"""Wishes for days ahead of the days on sale, at the doors."""

import json

from tests.web.town import Town, at, iso

DAYS = {"window_start": iso(at(9, day=20)), "window_end": iso(at(13, day=20))}
OPENS = "2026-06-18T22:00:00Z"
"""Midnight of the day before, by the wall clock of Berlin."""


def test_an_order_for_a_day_ahead_is_told_when_to_come_again(town: Town) -> None:
    """It is declined with a code of its own and the instant from which its day is on sale."""
    placed = town.place(**DAYS)
    assert (placed["state"], placed["declined"]) == ("declined", ["not_on_sale_yet"])
    assert placed["on_sale_from"] == OPENS
    raw = json.dumps(town.order(2, **DAYS)).encode() + b"\n" + json.dumps(town.order(3)).encode()
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="application/x-ndjson")
    rows = [json.loads(line) for line in answer.body.splitlines()]
    assert [row["on_sale_from"] for row in rows] == [OPENS, None]


def test_a_quote_for_a_day_ahead_is_told_when_to_come_again(town: Town) -> None:
    """Every window is refused with the code and the instant; a window of a day on sale has none."""
    body = {"merchant": town.merchants[0], "address": town.order()["address"], "service": "next_day"}
    body |= {"parcels": 1, "weight_g": 900}
    ahead = town.json("operator", "POST", "/v1/quotes", {**body, **DAYS})
    assert ahead["quote"] == []
    assert {(no["reason"], no["on_sale_from"]) for no in ahead["refused"]} == {("not_on_sale_yet", OPENS)}
    night = {"window_start": iso(at(23)), "window_end": iso(at(23, 59))}
    refused = town.json("operator", "POST", "/v1/quotes", {**body, **night})["refused"]
    assert [no["on_sale_from"] for no in refused if no["window_start"] < iso(at(23, 59))] == [None] * 6
