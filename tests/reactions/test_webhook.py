import json
from datetime import datetime
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vocabulary.drawing import EVENTS, structs, tag

from doorstep.app import default_book
from doorstep.lifecycle.delivery import fold
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseState, PromiseStatus
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.webhook import Webhook, WebhooksState
from doorstep.reactions.webhook import POST, react
from doorstep.vocabulary.case import CaseKind, CaseOpened, CaseSubject, OpenCase
from doorstep.vocabulary.delivery import AttemptFailed, DeliveryCreated, DeliveryHeld
from doorstep.vocabulary.event import EventId, MarketId, Source, StreamId
from doorstep.vocabulary.ids import (
    CaseId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    PromiseId,
    ReturnId,
    RouteId,
)
from doorstep.vocabulary.order import OrderCancelled, OrderContent, OrderPlaced, Parcel
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.vocabulary.return_ import ReturnedGoods, ReturnReason, ReturnStatus
from doorstep.vocabulary.timer import Consequence, QueueEffect, Reasoned
from doorstep.vocabulary.units import Grams, Instant, Millilitres
from doorstep.vocabulary.webhook import (
    TOLD_TYPES,
    Posting,
    WebhookDisabled,
    WebhookEnd,
    WebhookId,
    WebhookTested,
    webhooks_of,
)
from doorstep.vocabulary.windows import Window

BOOK = default_book()
MINE, THEIRS = MerchantId("mine"), MerchantId("theirs")
ORD, DLV, PRM = OrderId("ord_1"), DeliveryId("dlv_1"), PromiseId("prm_1")
RET = ReturnId("ret_1")
WINDOW = Window(Instant(10_000_000), Instant(20_000_000))
CONTENT = OrderContent(
    MINE, "T-1", HubId("hub"), "next_day", PersonId("per_secret"), PlaceId("plc_secret"), Instant(0),
    Instant(0), None, (Parcel(ParcelId("pcl_1")),), Grams(1), Millilitres(1), None, (), None,
    None, "committed",
)  # fmt: skip
CREATED = DeliveryCreated(
    DLV, "create", Instant(0), ORD, MINE, PRM, HubId("hub"), PlaceId("plc_secret"),
    (ParcelId("pcl_1"),), WINDOW, (), (),
)  # fmt: skip
HELD = PromiseState(
    PRM, PromiseStatus.confirmed, MINE, "next_day", DLV, PlaceId("plc_secret"), None, WINDOW, 900_000, None,
    Instant(0), ORD,
)  # fmt: skip
BACK = ReturnState(
    RET, ReturnedGoods(ORD, MINE, "next_day", (ParcelId("pcl_1"),), Instant(0), None),
    ReturnReason.changed_mind, Instant(0), ReturnStatus.authorised, Instant(0), None,
)  # fmt: skip
FAILED = AttemptFailed(
    DLV, "f1", Instant(15_000_000), RouteId("rte_secret"), 1, Reason.not_home,
    (Proof(ProofKind.photo, "sha_secret"),), (),
)  # fmt: skip


def hook(name: str, merchant: MerchantId | None, *types: str, disabled: bool = False) -> Webhook:
    end = WebhookDisabled(merchant, WebhookId(name), WebhookEnd.by_hand, "", Instant(0)) if disabled else None
    url = "https://hooks.example.com"
    return Webhook(merchant, WebhookId(name), url, types or ("*",), "", Instant(0), disabled=end)


def follow(event: AnyEvent, stream: str, *hooks: Webhook) -> tuple[Consequence, ...]:
    """What follows from an event, where these webhooks are open."""
    states: dict[str, Any] = {
        f"order/{ORD}": OrderState(ORD, 1, OrderStatus.promised, CONTENT, "hash", None),
        f"delivery/{DLV}": fold((CREATED,)),
        f"promise/{PRM}": HELD,
        f"return/{RET}": BACK,
    }
    for one in hooks:
        name = webhooks_of(one.merchant)
        before = states.get(name, WebhooksState())
        states[name] = WebhooksState((*before.webhooks, one))
    at = Instant(16_000_000)
    record = Record(
        7,
        EventId("evt_7"),
        MarketId("nbg"),
        StreamId(stream),
        3,
        1,
        at,
        at,
        Source.api,
        "ada",
        "c",
        None,
        event,
    )
    return react(record, states.get, BOOK)


def sent(event: AnyEvent, stream: str, *hooks: Webhook) -> dict[str, Any]:
    """What each webhook is told of an event, by the webhook."""
    told = {}
    for each in follow(event, stream, *hooks):
        assert isinstance(each, QueueEffect)
        assert each.kind == POST
        posting = msgspec.json.decode(each.body, type=Posting)
        told[str(posting.webhook)] = json.loads(posting.text)
    return told


def test_an_event_is_a_cloud_event_with_the_facts_of_its_order() -> None:
    """The envelope has an id, a source, a type, a subject, a time; the data says what failed."""
    told = sent(FAILED, f"delivery/{DLV}", hook("a", MINE))["a"]
    assert told == {
        "specversion": "1.0", "id": "evt_7", "source": "urn:doorstep:market:nbg",
        "type": "delivery.attempt_failed", "subject": DLV, "time": "1970-01-01T00:00:16Z",
        "datacontenttype": "application/json", "sequence": "0000000003",
        "data": {
            "order": ORD, "external_id": "T-1", "merchant": MINE, "delivery": DLV,
            "at": "1970-01-01T00:00:15Z", "attempt": 1, "reason": "recipient.not_home", "physical": True,
        },
    }  # fmt: skip


def test_only_the_merchants_own_and_the_operators_webhooks_are_told() -> None:
    """Another merchant's webhook hears nothing, whatever its patterns are."""
    hooks = (hook("a", MINE), hook("b", THEIRS), hook("c", None), hook("d", MINE, "order.*"))
    assert set(sent(FAILED, f"delivery/{DLV}", *hooks)) == {"a", "c"}


def test_a_disabled_webhook_is_told_nothing() -> None:
    """What happens while it is disabled can be replayed later."""
    assert sent(FAILED, f"delivery/{DLV}", hook("a", MINE, disabled=True)) == {}


def test_each_webhook_and_order_has_a_lane_of_its_own() -> None:
    """Events of one order share a subject of the outbox, and the same event twice has one id."""
    (one,), (two,) = (
        follow(FAILED, f"delivery/{DLV}", hook("a", MINE)),
        follow(OrderCancelled(ORD, "Ada", "no"), f"order/{ORD}", hook("a", MINE)),
    )
    assert isinstance(one, QueueEffect)
    assert isinstance(two, QueueEffect)
    assert (one.subject, two.subject) == (f"a/{ORD}", f"a/{ORD}")
    assert one.id == f"{POST}/a/evt_7"


def test_what_people_typed_and_who_they_are_stays_in_the_house() -> None:
    """Free text, people, places, routes, proofs and who did it are in no message; codes of ours are."""
    events: list[tuple[AnyEvent, str]] = [
        (FAILED, f"delivery/{DLV}"),
        (CREATED, f"delivery/{DLV}"),
        (OrderPlaced(ORD, CONTENT, "hash", None), f"order/{ORD}"),
        (OrderCancelled(ORD, "secret Ada", "secret: moved to her mother"), f"order/{ORD}"),
        (DeliveryHeld(DLV, "h", Instant(0), "secret: at Ada's", Instant(0)), f"delivery/{DLV}"),
    ]
    for event, stream in events:
        told = sent(event, stream, hook("a", MINE))["a"]
        assert "secret" not in json.dumps(told), told
    held = DeliveryHeld(DLV, "h", Instant(0), "recipient.not_home", Instant(0))
    assert sent(held, f"delivery/{DLV}", hook("a", MINE))["a"]["data"]["reason"] == "recipient.not_home"


ABOUT = [kind for kind in EVENTS if tag(kind) in TOLD_TYPES and not tag(kind).startswith("case.")]


@pytest.mark.parametrize("kind", ABOUT, ids=tag)
@settings(max_examples=20)
@given(data=st.data())
def test_every_type_can_be_told(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    """Whatever an event holds, its message is whole, says whose order it is, and when it happened."""
    fields = get_type_hints(kind)
    fixed: dict[str, Any] = {name: Instant(1) for name, of in fields.items() if "Instant" in str(of)}
    if "window" in fields:
        fixed["window"] = WINDOW
    event: Any = data.draw(structs(kind, **fixed))
    noun = tag(kind).partition(".")[0]
    stream = {"order": ORD, "delivery": DLV, "promise": PRM, "return": RET}[noun]
    told = sent(event, f"{noun}/{stream}", hook("a", MINE))["a"]
    assert told["data"]["order"] == ORD
    assert told["type"] == tag(kind)
    assert datetime.fromisoformat(told["time"]).year == 1970


def test_every_type_that_is_told_is_an_events() -> None:
    """No type stands in the catalogue that nothing has."""
    assert set(TOLD_TYPES) <= {tag(kind) for kind in EVENTS}


def test_a_case_about_an_order_is_told_and_one_about_none_is_not() -> None:
    """Its kind and due time, never its owner or its story."""
    opened = CaseOpened(
        CaseId("cas"), CaseKind.failed_attempt, CaseSubject(ORD, DLV), "secret", Instant(0), None, "secret",
        "secret", "secret", Instant(0),
    )  # fmt: skip
    states = {
        "case/cas": msgspec.defstruct("State", [("subject", CaseSubject)])(CaseSubject(ORD, DLV)),
        f"order/{ORD}": OrderState(ORD, 1, OrderStatus.promised, CONTENT, "hash", None),
        webhooks_of(MINE): WebhooksState((hook("a", MINE),)),
    }
    at = Instant(0)
    record = Record(
        1, EventId("e"), MarketId("m"), StreamId("case/cas"), 1, 1, at, at, Source.api, "a", "c", None, opened
    )
    (effect,) = react(record, states.get, BOOK)
    assert isinstance(effect, QueueEffect)
    data = json.loads(msgspec.json.decode(effect.body, type=Posting).text)["data"]
    assert (data["kind"], data["delivery"], "secret" in str(data)) == ("failed_attempt", DLV, False)
    states["case/cas"] = msgspec.defstruct("State", [("subject", CaseSubject)])(CaseSubject())
    assert react(record, states.get, BOOK) == ()


def test_a_test_goes_to_its_webhook_alone() -> None:
    """Whatever its patterns are, and to no other one."""
    tested = WebhookTested(MINE, WebhookId("a"), Instant(0))
    told = sent(tested, webhooks_of(MINE), hook("a", MINE, "order.placed"), hook("b", MINE))
    assert [(name, each["type"]) for name, each in told.items()] == [("a", "webhook.tested")]


@pytest.mark.parametrize(
    ("why", "cases"), [(WebhookEnd.by_hand, 0), (WebhookEnd.gone, 1), (WebhookEnd.failing, 1)]
)
def test_who_is_given_up_by_us_has_a_case(why: WebhookEnd, cases: int) -> None:
    """One that we stopped calling has an owner; one that a person disabled has that person."""
    ended = WebhookDisabled(MINE, WebhookId("a"), why, "it answered 410", Instant(0))
    found = follow(ended, webhooks_of(MINE), hook("a", MINE))
    assert len(found) == cases
    for each in found:
        assert isinstance(each, Reasoned)
        assert isinstance(each.command, OpenCase)
        assert each.command.kind is CaseKind.dead_letter
