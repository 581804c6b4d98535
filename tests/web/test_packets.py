"""Packets through their doors: issued on record, read without a trace."""

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from tests.web.town import Town, problem

from doorstep.vocabulary.packet import EVENTS


@pytest.fixture
def path(town: Town) -> str:
    """Where the packet of an order is to be had."""
    return f"/v1/orders/{town.place()['id']}/packet"


def events(town: Town, path: str) -> list[bytes]:
    """The events in a packet, a line each."""
    with ZipFile(BytesIO(town.call("operator", "GET", path).body)) as packet:
        return packet.read(EVENTS).splitlines()


def test_a_packet_is_issued_on_record_and_then_read(town: Town, path: str) -> None:
    """The issue is an event that names who asked, and the file is a ZIP to keep."""
    issued = town.call(town.merchants[0], "POST", path)
    assert (issued.status, issued.headers["location"]) == (201, path)
    told = json.loads(town.call("operator", "GET", "/v1/events?after=0").body.splitlines()[-1])
    assert (told["data"]["type"], told["actor"]) == ("evidence.issued", f"merchant:{town.merchants[0]}")
    answer = town.call(town.merchants[0], "GET", path)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.body.startswith(b"PK")


def test_reading_a_packet_records_nothing(town: Town, path: str) -> None:
    """However often the file is fetched, the log stays as it is, and so does what the packet says."""
    town.call("operator", "POST", path)
    before = town.app.market.head
    first = town.call("operator", "GET", path)
    assert town.call("operator", "GET", path).body == first.body
    assert town.app.market.head == before


def test_there_is_no_packet_before_one_is_issued(town: Town, path: str) -> None:
    """Nothing is issued by looking for it."""
    before = town.app.market.head
    answer = town.call("operator", "GET", path)
    assert (answer.status, problem(answer)["code"]) == (404, "not_found")
    assert town.app.market.head == before


def test_a_packet_holds_what_stood_when_it_was_issued(town: Town, path: str) -> None:
    """What happens to the order later is in the next packet."""
    town.call("operator", "POST", path)
    first = events(town, path)
    town.call("operator", "POST", path.replace("packet", "cancel"), {"reason": "changed mind"})
    assert events(town, path) == first
    town.call("operator", "POST", path)
    assert set(events(town, path)) > set(first)


def test_the_pages_button_issues_and_leads_to_the_file(open_town: Town) -> None:
    """Whoever is signed in gets the file; whoever only looks is asked for a key first."""
    order = open_town.place()["id"]
    page = f"/orders/{order}/packet"
    assert f'action="{page}"' in open_town.call(None, "GET", f"/orders/{order}").body.decode()
    before = open_town.app.market.head
    nobody = open_town.call(None, "POST", page)
    assert (nobody.status, nobody.headers["location"]) == (303, f"/login?next=/orders/{order}")
    assert open_town.app.market.head == before
    pressed = open_town.call("operator", "POST", page)
    assert (pressed.status, pressed.headers["location"]) == (303, f"/v1/orders/{order}/packet")
    assert open_town.call(None, "GET", pressed.headers["location"]).body.startswith(b"PK")
