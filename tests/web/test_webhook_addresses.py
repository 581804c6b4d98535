"""Webhooks that point inward: refused at the opening, not called later, and nobody is blocked by them."""

from contextlib import closing

import pytest
from tests.adapters.webhooks.receiver import receiving
from tests.web.test_webhooks import attempts, opened, read
from tests.web.town import Town, problem

from doorstep.adapters.maps.streets import StreetMap
from doorstep.adapters.webhooks.addresses import Addresses
from doorstep.adapters.webhooks.poster import HttpPoster


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://localhost/",
        "https://hooks.example.com.localhost/",
        "https://metadata.google.internal/",
        "https://hooks@10.0.0.1/",
        "https://hooks.example.com:22/",
        "ftp://hooks.example.com/",
        "https://hooks.example.com\\@10.0.0.1/",
    ],
)
def test_no_webhook_is_opened_or_led_inward(town: Town, url: str) -> None:
    """However the address is written, at the opening and at a change; nothing stands afterwards."""
    mine = town.merchants[0]
    answer = town.call(mine, "POST", "/v1/webhooks", {"url": url})
    assert answer.status == 422, answer
    assert [error["field"] for error in problem(answer)["errors"]] == ["url"]
    webhook = opened(town, "https://hooks.example.com/in")
    path = f"/v1/webhooks/{webhook['id']}"
    assert town.call(mine, "PATCH", path, {"url": url}, if_match="*").status == 422
    assert read(town, webhook)["url"] == "https://hooks.example.com/in"


def test_a_name_that_comes_to_lead_inward_is_called_no_more(town: Town) -> None:
    """What a name resolves to is looked at on each call: not sent, and said in the log of tries."""
    webhook = opened(town, "https://hooks.example.com/in")
    town.app.webhook_sender._poster = HttpPoster(
        town.app.wall_clock, Addresses(resolve=lambda *_: ["93.184.216.34", "::ffff:10.0.0.1"])
    )
    town.place(1)
    town.app.tick()
    (tried, *_) = attempts(town, webhook)
    assert tried["status"] is None
    assert "not to be called" in tried["error"]
    assert town.place(2)["state"] == "promised"


def test_a_redirect_is_not_followed(streets: StreetMap) -> None:
    """The answer's status is on record, the place that it names is never called, and it is tried again."""
    town = Town.founded(streets, local_webhooks=True)
    with receiving() as receiver, receiving() as inside, closing(town.app):
        receiver.answer = lambda _: 307
        receiver.headers = [(b"location", inside.url.encode())]
        webhook = opened(town, receiver.url)
        town.place()
        town.app.tick()
        assert inside.messages == []
        assert {each["status"] for each in attempts(town, webhook)} == {307}
        receiver.answer = lambda _: 200
        town.pass_s(60)
        assert len(receiver.events) > 1
