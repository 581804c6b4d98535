"""Files of orders on a loop that others use too: they take turns, and nothing about a file changes by it."""

import asyncio
import json

import httpx
import pytest
from tests.web.town import Town

ROWS = 120
"""More than fits into one short body: with the padding, a file of some hundred kilobytes."""
PADDING = "x" * 700
FIRST_EVENTS = 10
"""Events after which some rows were taken, and not yet the most."""


def content(town: Town) -> bytes:
    """A file in which every fifth row is bad."""
    rows = [town.order(number, instructions=PADDING) for number in range(ROWS)]
    for row in rows[::5]:
        row["parcels"] = 0
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def client(town: Town) -> httpx.AsyncClient:
    """Someone on the same event loop, with the operator's key."""
    keys = {"authorization": f"Bearer {town.tokens['operator']}"}
    transport = httpx.ASGITransport(town.api)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=keys)


async def under_way(town: Town) -> None:
    """Wait until the first rows of a file stand in the log."""
    before = town.app.market.head.size
    while town.app.market.head.size < before + FIRST_EVENTS:  # noqa: ASYNC110  the log wakes nobody who waits for it
        await asyncio.sleep(0)


def test_others_are_served_while_a_file_comes_in(town: Town) -> None:
    """A health check sent over and over is answered between the rows; the results keep the file's order."""

    async def both() -> tuple[httpx.Response, int]:
        async with client(town) as merchant, client(town) as watcher:
            sent = asyncio.create_task(
                merchant.post(
                    "/v1/orders", content=content(town), headers={"content-type": "application/x-ndjson"}
                )
            )
            answered = 0
            while not sent.done():
                assert (await watcher.get("/health")).status_code == 200
                answered += 1
                # A call within the process never waits by itself; a real one would.
                await asyncio.sleep(0)
            return await sent, answered

    answer, answered = asyncio.run(both())
    rows = [json.loads(line) for line in answer.content.splitlines()]
    assert [row["line"] for row in rows] == list(range(1, ROWS + 1))
    assert [row["status"] for row in rows[:6]] == [422, 201, 201, 201, 201, 422]
    assert len(town.json("operator", "GET", "/v1/orders?limit=200")["orders"]) == ROWS * 4 // 5
    assert answered >= ROWS // 2


def test_a_file_under_way_is_not_taken_twice(town: Town) -> None:
    """The same file under the same key meanwhile gets 409, afterwards the first answer again."""
    headers = {"content-type": "application/x-ndjson", "idempotency-key": "once"}

    async def twice() -> list[httpx.Response]:
        async with client(town) as merchant:
            raw = content(town)
            first = asyncio.create_task(merchant.post("/v1/orders", content=raw, headers=headers))
            await under_way(town)
            second = await merchant.post("/v1/orders", content=raw, headers=headers)
            return [await first, second, await merchant.post("/v1/orders", content=raw, headers=headers)]

    first, second, third = asyncio.run(twice())
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "in_flight")
    assert third.content == first.content
    assert third.headers["idempotency-replayed"] == "true"


def test_a_file_that_is_given_up_frees_its_key(town: Town) -> None:
    """A file whose turn never comes again leaves its rows so far, and may come again under its key."""
    headers = {"content-type": "application/x-ndjson", "idempotency-key": "again"}

    async def given_up() -> httpx.Response:
        async with client(town) as merchant:
            raw = content(town)
            first = asyncio.create_task(merchant.post("/v1/orders", content=raw, headers=headers))
            await under_way(town)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await merchant.post("/v1/orders", content=raw, headers=headers)

    again = asyncio.run(given_up())
    statuses = {json.loads(line)["status"] for line in again.content.splitlines()}
    assert again.status_code == 200
    assert statuses == {200, 201, 422}
