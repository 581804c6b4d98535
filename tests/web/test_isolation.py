"""Isolation: what belongs to somebody else looks exactly like what does not exist."""

import json
import re
from typing import Any

from tests.web.town import Town

from doorstep.vocabulary.ids import CarrierId, DeliveryId, TenderId
from doorstep.vocabulary.tender import Consignment, OfferTender, RecordAcceptance, TenderOffer
from doorstep.vocabulary.units import after
from doorstep.web.auth import Role
from doorstep.web.routes import DOORS

PNG = b"\x89PNG\r\n\x1a\n a label"


def told(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer of the loopback
    body: dict[str, Any] = json.loads(answer.body)
    body.pop("request_id")
    return body


def test_every_door_of_merchants_answers_foreign_ids_as_unknown_ones(town: Town) -> None:
    """Over all doors that a merchant may try, another merchant's id and a made-up one give the same 404."""
    mine, theirs = town.merchants[:2]
    placed = town.place(1, merchant=mine)
    raw = json.dumps(town.order(2, merchant=mine)).encode()
    batch = town.call(mine, "POST", "/v1/orders", raw, content_type="application/x-ndjson").headers[
        "import-id"
    ]
    ask = {key: value for key, value in town.order(3).items() if key not in ("external_id", "name")}
    held = town.json(mine, "POST", "/v1/promises", ask, 201)
    ids = {"order": placed["id"], "import": batch, "promise": held["id"], "delivery": placed["delivery"]}
    ids["webhook"] = town.json(mine, "POST", "/v1/webhooks", {"url": "https://hooks.example.com/"}, 201)["id"]
    seen = 0
    for door in DOORS:
        names = re.findall(r"{(\w+)}", door.path)
        if Role.merchant not in door.roles or not names:
            continue
        paths = []
        for known in (True, False):
            path = door.path
            for name in names:
                path = path.replace(f"{{{name}}}", ids.get(name, "0" * 64) if known else "unknown_x")
            paths.append(path)
        body = {"reason": "x", "why": "x"} if door.is_write and door.media else None
        headers = {"if_match": '"1"'} if door.method == "PATCH" else {}
        foreign, unknown = (town.call(theirs, door.method, path, body, **headers) for path in paths)
        assert foreign.status == 404, (door.method, paths[0], foreign.body)
        assert told(foreign) == told(unknown), door.path
        seen += 1
    assert seen >= 10


def test_a_list_shows_only_ones_own(town: Town) -> None:
    """Another merchant's orders are in no page of the list."""
    mine, theirs = town.merchants[:2]
    town.place(1, merchant=mine)
    assert town.json(theirs, "GET", "/v1/orders")["orders"] == []


def test_a_contact_about_a_foreign_order_is_unknown(town: Town) -> None:
    """The id in a body is no way around."""
    mine, theirs = town.merchants[:2]
    placed = town.place(1, merchant=mine)
    body = {"order": placed["id"], "topic": "where_is_my_order", "channel": "phone"}
    assert town.call(theirs, "POST", "/v1/contacts", body).status == 404
    assert town.call(mine, "POST", "/v1/contacts", body).status == 200


def test_a_driver_sees_and_tells_only_of_own_routes(town: Town) -> None:
    """Another driver's route, stop and photo give the same 404 as unknown ones."""
    placed = town.place()
    route = town.app.planner.plan.route_of(placed["delivery"])
    state = town.app.drivers.route(route, None)
    assert state is not None
    own = state.shift.driver
    other = next(shift.driver for shift in town.app.network.shifts if shift.driver != own)
    assert town.call(own, "GET", f"/v1/driver/routes/{route}").status == 200
    foreign = town.call(other, "GET", f"/v1/driver/routes/{route}")
    unknown = town.call(other, "GET", "/v1/driver/routes/unknown_x")
    assert (foreign.status, told(foreign)) == (404, told(unknown))
    arrive = {"route": route, "at": "2026-06-16T08:00:00Z", "lat": 53.5, "lon": 13.2}
    assert town.call(other, "POST", f"/v1/driver/stops/{placed['delivery']}/arrive", arrive).status == 404
    photo = town.call(
        other,
        "POST",
        "/v1/driver/proofs",
        b"\xff\xd8\xff",
        content_type="image/jpeg",
        x_delivery=placed["delivery"],
    )
    assert photo.status == 404


def test_every_door_of_carriers_answers_foreign_ids_as_unknown_ones(partner_town: Town) -> None:
    """A carrier reads its own tender, delivery and label; another's and a made-up one are the same 404."""
    placed, tender = tendered(partner_town)
    ids = {"tender": tender, "delivery": placed["delivery"]}
    for path in (
        f"/v1/carrier/tenders/{tender}",
        f"/v1/carrier/deliveries/{placed['delivery']}",
        f"/v1/deliveries/{placed['delivery']}/label",
    ):
        assert partner_town.call("courier", "GET", path).status == 200, path
    seen = 0
    for door in DOORS:
        names = re.findall(r"{(\w+)}", door.path)
        if Role.carrier not in door.roles or not names:
            continue
        known, made_up = door.path, door.path
        for name in names:
            known, made_up = known.replace(f"{{{name}}}", ids[name]), made_up.replace(f"{{{name}}}", "no_x")
        foreign = partner_town.call("regional", door.method, known)
        unknown = partner_town.call("regional", door.method, made_up)
        assert (foreign.status, told(foreign)) == (404, told(unknown)), door.path
        seen += 1
    assert seen == 3
    assert partner_town.json("regional", "GET", "/v1/carrier/tenders") == {"tenders": []}
    assert partner_town.json("regional", "GET", "/v1/carrier/feed")["shipments"] == 0


def test_a_carriers_key_opens_no_door_but_its_own(partner_town: Town) -> None:
    """Every door of another role answers 403; and no recipient stands in what a carrier reads."""
    placed, tender = tendered(partner_town)
    refused = 0
    for door in DOORS:
        if not door.roles or Role.carrier in door.roles:
            continue
        path = re.sub(r"{\w+}", "some_x", door.path)
        assert partner_town.call("courier", door.method, path).status == 403, (door.method, door.path)
        refused += 1
    assert refused > 50
    read = [
        partner_town.call("courier", "GET", path).body.decode()
        for path in (
            "/v1/carrier/tenders",
            f"/v1/carrier/tenders/{tender}",
            f"/v1/carrier/deliveries/{placed['delivery']}",
            "/v1/carrier/feed",
        )
    ]
    for secret in ("Ada", "Beispiel", "Straße", "straße", placed["id"], placed["merchant"]):
        assert all(secret not in body for body in read), secret
    (own,) = json.loads(read[0])["tenders"]
    assert (own["id"], own["answer"], own["stands"], own["label"]) == (tender, "accepted", True, True)
    assert json.loads(read[3])["silent"] == 1


def test_a_carriers_key_that_names_no_carrier_opens_nothing(town: Town) -> None:
    """Bound to nobody it would see everybody's: it is no key."""
    town._give_key("stray", "carrier")
    assert town.call("stray", "GET", "/v1/carrier/tenders").status == 401


def tendered(town: Town) -> tuple[Any, str]:
    """An order that the courier took, with a label; and keys of two carriers."""
    placed = town.place(1)
    app = town.app
    for carrier in ("courier", "regional"):
        town._give_key(carrier, "carrier", carrier=CarrierId(carrier))
    state = app.drivers.delivery(DeliveryId(placed["delivery"]))
    assert state is not None
    created = state.created
    assert created is not None
    order = app.orders.state(created.order)
    assert order is not None
    tender, now = TenderId("tnd_test"), app.clock.now()
    job = Consignment(
        created.delivery, created.order, created.merchant, created.hub, order.content.person, created.place,
        created.parcels, order.content.weight_g, (), created.window,
    )  # fmt: skip
    offer = TenderOffer(CarrierId("courier"), "direct", 1, 600, "EUR")
    label = app.blobs.put(PNG, order.content.person)
    offered = OfferTender(tender, job, (offer,), after(now, 600), now)
    taken = RecordAcceptance(tender, offer.carrier, "C-1", 600, "EUR", label, now)
    assert app.desk.together([offered, taken], app.desk.origin()) is None
    return placed, tender
