"""Webhooks: opened at a door, told by a real connection, taken or not by a real receiver."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.adapters.webhooks.receiver import Receiver, receiving
from tests.web.town import Town, iso, problem

from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.ports.webhooks import Posted
from doorstep.engine.webhook_sender import GIVE_UP_S, REST_S, SILENT_MAX
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.units import after

AN_HOUR_S = 3_600


@pytest.fixture
def town(streets: StreetMap) -> Iterator[Town]:
    """A fresh market whose webhooks may lead to this machine."""
    founded = Town.founded(streets, local_webhooks=True)
    yield founded
    founded.app.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as served:
        yield served


def opened(town: Town, url: str, who: str | None = None, *types: str) -> Any:  # noqa: ANN401 - any JSON of an answer
    body = {"url": url, "types": list(types or ("*",))}
    return town.json(who or town.merchants[0], "POST", "/v1/webhooks", body, 201)


def read(town: Town, webhook: Any, who: str = "operator") -> Any:  # noqa: ANN401 - any JSON of an answer
    return town.json(who, "GET", f"/v1/webhooks/{webhook['id']}")


def attempts(town: Town, webhook: Any) -> list[Any]:  # noqa: ANN401 - any JSON of an answer
    found: list[Any] = town.json("operator", "GET", f"/v1/webhooks/{webhook['id']}/attempts")["attempts"]
    return found


def secrets(town: Town, webhook: Any) -> list[str]:  # noqa: ANN401 - any JSON of an answer
    found = town.json("operator", "GET", f"/v1/webhooks/{webhook['id']}/secret")
    return [each["secret"] for each in found["secrets"]]


def dead_letters(town: Town) -> list[str]:
    cases = town.json("operator", "GET", f"/v1/cases?kind={CaseKind.dead_letter}")["cases"]
    return [case["happened"] for case in cases]


def test_a_merchant_is_told_of_each_order_in_signed_events(town: Town, receiver: Receiver) -> None:
    """Each message is signed by the webhook's secret, and tells of one event of the merchant's own order."""
    webhook = opened(town, receiver.url)
    placed = town.place()
    town.app.tick()
    (secret,) = secrets(town, webhook)
    told = receiver.verified(secret)
    assert [each["type"] for each in told] == ["order.placed", "order.promised", "delivery.created"]
    assert {each["data"]["order"] for each in told} == {placed["id"]}
    assert {each["data"]["external_id"] for each in told} == {"T-1"}
    assert [headers["webhook-id"] for headers, _ in receiver.messages] == [each["id"] for each in told]
    assert "Beispiel" not in str(told)
    assert [(each["status"], each["number"]) for each in attempts(town, webhook)] == [(204, 1)] * 3


def test_only_wanted_types_are_told(town: Town, receiver: Receiver) -> None:
    """A pattern lets through what it names."""
    opened(town, receiver.url, None, "delivery.*")
    town.place()
    town.app.tick()
    assert [each["type"] for each in receiver.events] == ["delivery.created"]


def test_nobody_is_told_of_anothers_order(town: Town, receiver: Receiver) -> None:
    """Another merchant's webhook hears nothing, the operator's hears of every order."""
    mine, theirs = town.merchants[:2]
    with receiving() as all_ears:
        opened(town, receiver.url, theirs)
        opened(town, all_ears.url, "operator", "order.placed")
        town.place(1, merchant=mine)
        town.place(2, merchant=theirs)
        town.app.tick()
        assert {each["data"]["merchant"] for each in receiver.events} == {theirs}
        assert [each["data"]["merchant"] for each in all_ears.events] == [mine, theirs]


def test_what_is_not_taken_is_tried_again_under_the_same_id(town: Town, receiver: Receiver) -> None:
    """After a 500 the same message comes again, and what follows in the same order waits for it."""
    webhook = opened(town, receiver.url)
    receiver.answer = lambda _: 500
    town.place()
    town.app.tick()
    assert len(receiver.messages) == 1
    receiver.answer = lambda _: 200
    town.pass_s(60)
    (first, body), (again, same) = receiver.messages[:2]
    assert (first["webhook-id"], body) == (again["webhook-id"], same)
    assert [each["type"] for each in receiver.events[1:]] == [
        "order.placed",
        "order.promised",
        "delivery.created",
    ]
    tries = [(each["status"], each["number"]) for each in attempts(town, webhook)]
    assert tries == [(200, 1), (200, 1), (200, 2), (500, 1)]


def test_a_410_ends_a_webhook(town: Town, receiver: Receiver) -> None:
    """It is never called again, a person has a case about it, and it says why."""
    webhook = opened(town, receiver.url)
    receiver.answer = lambda _: 410
    town.place(1)
    town.place(2)
    town.app.tick()
    town.pass_s(AN_HOUR_S)
    assert len(receiver.messages) == 1
    found = read(town, webhook)
    assert (found["enabled"], found["disabled_why"]) == (False, "gone")
    assert [webhook["id"] in each for each in dead_letters(town)] == [True]


def test_poison_holds_up_only_its_own_order(town: Town, receiver: Receiver) -> None:
    """One order whose message is never taken keeps no other from being told; after days it has a case."""
    webhook = opened(town, receiver.url)
    receiver.answer = lambda event: 500 if event["data"]["external_id"] == "T-1" else 200
    town.place(1)
    town.place(2)
    town.app.tick()
    taken = [each["type"] for each in receiver.events if each["data"]["external_id"] == "T-2"]
    assert taken == ["order.placed", "order.promised", "delivery.created"]
    town.pass_s(GIVE_UP_S // 2)
    town.place(3, window_start=None, window_end=None)
    town.pass_s(GIVE_UP_S)
    assert read(town, webhook)["enabled"]
    assert [webhook["id"] in each for each in dead_letters(town)].count(True) >= 1


def test_who_takes_nothing_for_days_is_called_no_more(town: Town, receiver: Receiver) -> None:
    """Three days without one message taken disable it, with one case however many messages waited."""
    webhook = opened(town, receiver.url)
    receiver.answer = lambda _: 503
    town.place(1)
    town.place(2)
    town.pass_s(GIVE_UP_S + 12 * AN_HOUR_S)
    found = read(town, webhook)
    assert (found["enabled"], found["disabled_why"]) == (False, "failing")
    assert [webhook["id"] in each for each in dead_letters(town)] == [True]


class Silence:
    """A poster that reaches nobody."""

    def __init__(self) -> None:
        self.tries = 0

    def wrong_with(self, url: str) -> str | None:
        """Nothing is."""
        del url

    def post(self, url: str, message: object) -> Posted:
        """Nobody answers."""
        del url, message
        self.tries += 1
        return Posted(None, 10_000, "no answer in 10 s")


def test_who_is_silent_is_left_alone_for_a_while(town: Town) -> None:
    """After a few silent messages the rest is not tried, so that one dead address holds up nobody."""
    webhook = opened(town, "http://127.0.0.1:9/in")
    silence = Silence()
    town.app.webhook_sender._poster = silence
    for number in range(SILENT_MAX + 3):
        town.place(number)
    town.app.tick()
    assert silence.tries == SILENT_MAX
    town.clock.move_to(after(town.clock.now(), REST_S))
    town.app.tick()
    assert silence.tries > SILENT_MAX
    assert {each["status"] for each in attempts(town, webhook)} == {None}


def test_a_range_is_sent_again_under_the_same_ids(town: Town, receiver: Receiver) -> None:
    """A replay sends what was recorded in its range, the same texts, and only to its webhook."""
    first = town.clock.now()
    webhook = opened(town, receiver.url)
    opened(town, receiver.url, "operator", "case.opened")
    town.place(1)
    town.app.tick()
    town.pass_s(60)
    middle = town.clock.now()
    town.place(2, merchant=town.merchants[1])
    town.place(3)
    town.app.tick()
    before = [body for _, body in receiver.messages]
    path = f"/v1/webhooks/{webhook['id']}/replay"
    for start, end, texts in ((first, middle, before[:3]), (middle, after(middle, 60), before[3:])):
        receiver.messages.clear()
        answer = town.json(town.merchants[0], "POST", path, {"from": iso(start), "to": iso(end)}, 202)
        town.app.tick()
        assert (answer["events"], answer["next_from"]) == (len(texts), None)
        assert [body for _, body in receiver.messages] == texts
    empty = town.call(town.merchants[0], "POST", path, {"from": iso(middle), "to": iso(first)})
    assert (empty.status, problem(empty)["code"]) == (422, "range_empty")


def test_what_happened_while_it_was_disabled_can_be_replayed(town: Town, receiver: Receiver) -> None:
    """Nothing is sent then, nor by itself afterwards; a replay tells it."""
    start = town.clock.now()
    webhook, mine = opened(town, receiver.url), town.merchants[0]
    path = f"/v1/webhooks/{webhook['id']}"
    off = town.call(mine, "PATCH", path, {"enabled": False}, if_match="*")
    assert (off.status, json.loads(off.body)["disabled_why"]) == (200, "by_hand")
    town.place()
    assert town.call(mine, "POST", f"{path}/test").status == 409
    assert town.call(mine, "PATCH", path, {"enabled": True}, if_match="*").status == 200
    town.pass_s(AN_HOUR_S)
    assert receiver.messages == []
    body = {"from": iso(start), "to": iso(town.clock.now())}
    assert town.json(mine, "POST", f"{path}/replay", body, 202)["events"] == 3
    town.app.tick()
    assert len(receiver.messages) == 3


def test_a_test_is_a_message_about_nothing(town: Town, receiver: Receiver) -> None:
    """It comes whatever the patterns are."""
    webhook = opened(town, receiver.url, None, "order.placed")
    town.json(town.merchants[0], "POST", f"/v1/webhooks/{webhook['id']}/test", status=202)
    town.app.tick()
    assert [each["type"] for each in receiver.events] == ["webhook.tested"]


def test_after_a_rotation_both_secrets_sign_for_a_while(town: Town, receiver: Receiver) -> None:
    """The new one from now on, the old one until the time that was asked for."""
    webhook, mine = opened(town, receiver.url, None, "order.placed"), town.merchants[0]
    path = f"/v1/webhooks/{webhook['id']}"
    (old,) = secrets(town, webhook)
    town.json(mine, "POST", f"{path}/rotate", {"old_valid_s": AN_HOUR_S})
    new, still = secrets(town, webhook)
    assert (still, new != old) == (old, True)
    town.json(mine, "POST", f"{path}/test", status=202)
    town.app.tick()
    assert len(receiver.verified(old)) == len(receiver.verified(new)) == 1
    town.pass_s(AN_HOUR_S)
    assert secrets(town, webhook) == [new]


def test_no_secret_is_in_the_log_or_an_answer_to_a_write(town: Town, receiver: Receiver) -> None:
    """It is said at its own door alone."""
    webhook = opened(town, receiver.url)
    (secret,) = secrets(town, webhook)
    told = town.call("operator", "GET", "/v1/events").body + str(webhook).encode()
    assert secret.encode() not in told
    assert webhook["id"].encode() in told


def test_a_change_is_made_to_the_version_that_was_read(town: Town, receiver: Receiver) -> None:
    """Without an ETag 428, with an old one 412, with the current one it is made."""
    mine = town.merchants[0]
    path = f"/v1/webhooks/{opened(town, receiver.url)['id']}"
    etag = town.call(mine, "GET", path).headers["etag"]
    assert town.call(mine, "PATCH", path, {"description": "ours"}).status == 428
    changed = town.call(mine, "PATCH", path, {"description": "ours", "types": ["order.*"]}, if_match=etag)
    assert (changed.status, json.loads(changed.body)["types"]) == (200, ["order.*"])
    late = town.call(mine, "PATCH", path, {"description": "theirs"}, if_match=etag)
    assert (late.status, problem(late)["code"]) == (412, "version_conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "https://hooks.example.com/", "types": ["order.plcaed"]}, "types"),
        ({"url": "https://hooks.example.com/", "types": []}, "types"),
        ({"url": "https://hooks.example.com/", "merchant": "nobody"}, "merchant"),
    ],
)
def test_what_cannot_be_opened_says_which_field(town: Town, body: dict[str, object], field: str) -> None:
    """At the opening, and nothing stands afterwards."""
    answer = town.call("operator", "POST", "/v1/webhooks", body)
    assert answer.status == 422
    assert [error["field"] for error in problem(answer)["errors"]] == [field]
    assert town.json("operator", "GET", "/v1/webhooks") == {"webhooks": []}


def test_a_merchant_sees_and_opens_only_their_own(town: Town, receiver: Receiver) -> None:
    """Another's is in no list and at no door; an operator may open one for a merchant."""
    mine, theirs = town.merchants[:2]
    body = {"url": receiver.url, "merchant": theirs}
    assert town.call(mine, "POST", "/v1/webhooks", body).status == 422
    webhook = town.json("operator", "POST", "/v1/webhooks", body, 201)
    assert town.json(mine, "GET", "/v1/webhooks")["webhooks"] == []
    assert [each["id"] for each in town.json(theirs, "GET", "/v1/webhooks")["webhooks"]] == [webhook["id"]]
    assert town.call(mine, "GET", f"/v1/webhooks/{webhook['id']}/secret").status == 404


def test_a_closed_webhook_is_gone(town: Town, receiver: Receiver) -> None:
    """Nothing is sent to it, and it is found no more."""
    webhook, mine = opened(town, receiver.url), town.merchants[0]
    town.place()
    assert town.call(mine, "DELETE", f"/v1/webhooks/{webhook['id']}").status == 204
    town.app.tick()
    assert receiver.messages == []
    assert town.call(mine, "GET", f"/v1/webhooks/{webhook['id']}").status == 404


def test_the_same_key_opens_one_webhook(town: Town, receiver: Receiver) -> None:
    """Asked twice under one key, the first answer is said again."""
    mine = town.merchants[0]
    answers = [
        town.call(mine, "POST", "/v1/webhooks", {"url": receiver.url}, idempotency_key="open-1")
        for _ in range(2)
    ]
    assert answers[0].body == answers[1].body
    assert len(town.json(mine, "GET", "/v1/webhooks")["webhooks"]) == 1
