"""A merchant's engineer: a file of orders in, retried without a second order, signed events back."""

import csv
import io
import json

from tests.adapters.webhooks.receiver import receiving
from tests.web.test_driver import Shift
from tests.web.town import Town

from doorstep.engine.intake.columns import COLUMNS


def rows(town: Town, *orders: dict[str, object]) -> bytes:
    """Orders as a file."""
    told = io.StringIO()
    writer = csv.DictWriter(told, COLUMNS)
    writer.writeheader()
    for order in orders:
        writer.writerow({"origin": next(iter(town.app.hubs)), "ready_at": "2026-06-15T18:00:00", **order})
    return told.getvalue().encode()


def test_orders_go_in_once_and_their_events_come_back(town: Town) -> None:
    """A bad row holds up no good one; a lost answer is asked again; each event is signed, to the last."""
    merchant = town.merchants[0]
    with receiving() as store:
        body = {"url": store.url, "types": ["order.*", "delivery.*"]}
        webhook = town.json(merchant, "POST", "/v1/webhooks", body, 201)
        said = town.json(merchant, "GET", f"/v1/webhooks/{webhook['id']}/secret")["secrets"]
        bad = {**town.order(2), "weight_g": "heavy"}
        file = rows(town, town.order(1), bad)

        def send() -> list[dict[str, object]]:
            answer = town.call(
                merchant, "POST", "/v1/orders", file, content_type="text/csv", idempotency_key="night-run-1"
            )
            assert answer.status == 200, answer
            return [json.loads(line) for line in answer.body.splitlines()]

        first, again = send(), send()
        assert first == again, "the answer was lost on the way: asked again, it is the same"
        taken, refused = first
        assert taken["status"] == 201
        assert refused["line"] == 3
        assert [error["field"] for error in refused["errors"]] == ["weight_g"]
        assert len(town.json(merchant, "GET", "/v1/orders")["orders"]) == 1

        mended = town.call(merchant, "POST", "/v1/orders", rows(town, town.order(2)), content_type="text/csv")
        assert json.loads(mended.body.splitlines()[0])["status"] == 201

        shift = Shift(town, number=3)
        shift.leave()
        shift.arrive()
        town.pass_s(120)
        handoff = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"]}
        shift.tell(f"/v1/driver/stops/{shift.delivery}/handoff", handoff)
        town.app.tick()
        events = [one for one in store.verified(said[0]["secret"]) if one["data"]["external_id"] == "T-3"]
        assert [one["type"] for one in events][:3] == ["order.placed", "order.promised", "delivery.created"]
        assert events[-1]["type"] in {"delivery.delivered", "order.fulfilled"}
        assert len({one["id"] for one in events}) == len(events)
