"""Orders and imports through their doors."""

import json

import pytest
from tests.web.town import Town, at, iso, problem


def test_an_order_is_taken_on_once(town: Town) -> None:
    """New is 201; the same again is 200 with the same order; other content is 409 with the fields."""
    first = town.call("operator", "POST", "/v1/orders", town.order())
    assert first.status == 201
    placed = json.loads(first.body)
    assert placed["state"] == "promised"
    assert first.headers["location"] == f"/v1/orders/{placed['id']}"
    assert 0.9 < placed["promise"]["odds"] <= 1
    again = town.call("operator", "POST", "/v1/orders", town.order())
    assert (again.status, json.loads(again.body)["id"]) == (200, placed["id"])
    other = town.call("operator", "POST", "/v1/orders", town.order(weight_g=1300))
    told = problem(other)
    assert (other.status, [error["field"] for error in told["errors"]]) == (409, ["weight_g"])
    assert told["differences"] == {"weight_g": 1200}


def test_every_error_of_an_order_is_told_at_once(town: Town) -> None:
    """A body with several errors names each field with its code."""
    answer = town.call(
        "operator", "POST", "/v1/orders", {**town.order(), "parcels": 0, "service": "teleport"}
    )
    codes = {error["field"]: error["code"] for error in problem(answer)["errors"]}
    assert answer.status == 422
    assert codes == {"parcels": "out_of_range", "service": "unknown_service"}


def test_unknown_fields_are_named_beside_the_others(town: Town) -> None:
    """Each field that does not exist is named, together with every field that is wrong."""
    answer = town.call(
        "operator", "POST", "/v1/orders", {**town.order(), "colour": 1, "wieght_g": 2, "parcels": "x"}
    )
    codes = {error["field"]: error["code"] for error in problem(answer)["errors"]}
    assert codes == {"colour": "unknown_field", "wieght_g": "unknown_field", "parcels": "wrong_type"}


@pytest.mark.parametrize("raw", [b"{", b'{"lat": NaN}', b'{"parcels": 1, "parcels": 2}', b"[1]"])
def test_what_is_no_strict_json_is_a_bad_request(town: Town, raw: bytes) -> None:
    """A body that two readers would read differently is refused."""
    assert town.call("operator", "POST", "/v1/orders", raw).status in (400, 422)
    assert town.app.market.head.size == town.app.market.head.size


def test_an_address_that_is_no_place_waits_with_a_case(town: Town) -> None:
    """The order is taken on, no window is guessed, and somebody has to find the place."""
    placed = town.place(address="Nirgendwoweg 99, 17033 Neubrandenburg")
    assert (placed["state"], placed["promise"]) == ("address_case", None)
    case = town.json("operator", "GET", f"/v1/cases/{placed['case']}")
    assert (case["kind"], case["state"], case["owner"]) == ("bad_address", "open", "support")


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [(13.26, 53.55, "coordinates_swapped"), (0, 0, "out_of_area"), (48.1, 11.5, "out_of_area")],
)
def test_a_place_that_is_none_of_the_market_leaves_the_address_case_open(
    town: Town, lat: float, lon: float, code: str
) -> None:
    """The fault is named as on the way in, the case stays with its owner, and the right place mends it."""
    placed = town.place(address="Nirgendwoweg 99, 17033 Neubrandenburg")
    path = f"/v1/cases/{placed['case']}/address"
    answer = town.call("operator", "POST", path, {"lat": lat, "lon": lon})
    assert (answer.status, [one["code"] for one in problem(answer)["errors"]]) == (422, [code])
    assert town.json("operator", "GET", f"/v1/cases/{placed['case']}")["state"] == "open"
    assert town.json("operator", "GET", f"/v1/orders/{placed['id']}")["state"] == "address_case"
    town.json("operator", "POST", path, {"lat": 53.5571, "lon": 13.2612})
    assert town.json("operator", "GET", f"/v1/orders/{placed['id']}")["state"] == "promised"


def test_an_order_is_amended_at_the_version_that_was_read(town: Town) -> None:
    """Without If-Match 428, with the right one 200 and a new ETag, with an old one 412 and the difference."""
    placed = town.place()
    path = f"/v1/orders/{placed['id']}"
    tag = town.call("operator", "GET", path).headers["etag"]
    assert town.call("operator", "PATCH", path, {"instructions": "ring twice"}).status == 428
    changed = town.call("operator", "PATCH", path, {"instructions": "ring twice"}, if_match=tag)
    assert changed.status == 200
    assert changed.headers["etag"] != tag
    late = town.call("operator", "PATCH", path, {"instructions": "do not ring"}, if_match=tag)
    told = problem(late)
    assert (late.status, told["code"]) == (412, "version_conflict")
    assert told["differences"]["instructions"] == "ring twice"
    assert told["differences"]["changed_by"] == "operator:operator"


def test_any_version_may_be_amended_on_purpose(town: Town) -> None:
    """`If-Match: *` changes the order as it stands, whatever version that is."""
    path = f"/v1/orders/{town.place()['id']}"
    for words in ("ring twice", "do not ring"):
        assert town.call("operator", "PATCH", path, {"instructions": words}, if_match="*").status == 200


def test_when_an_order_was_placed_does_not_change(town: Town) -> None:
    """Another `placed_at` is refused by its name, and the order stays as it was."""
    path = f"/v1/orders/{town.place()['id']}"
    before = town.call("operator", "GET", path).headers["etag"]
    refused = town.call("operator", "PATCH", path, {"placed_at": "2020-06-15T10:00:00Z"}, if_match="*")
    told = problem(refused)
    assert (refused.status, told["code"]) == (409, "identity_fixed")
    assert "placed" in told["detail"]
    assert town.call("operator", "GET", path).headers["etag"] == before


def test_a_cancelled_order_is_closed_to_changes(town: Town) -> None:
    """PATCH says of a cancelled order what cancelling it again says: it is closed."""
    path = f"/v1/orders/{town.place()['id']}"
    town.json("operator", "POST", f"{path}/cancel", {"reason": "changed mind"})
    refused = town.call("operator", "PATCH", path, {"instructions": "ring twice"}, if_match="*")
    assert (refused.status, problem(refused)["code"]) == (409, "order_closed")


def test_an_order_is_cancelled_before_it_leaves(town: Town) -> None:
    """A cancelled order is cancelled once."""
    placed = town.place()
    path = f"/v1/orders/{placed['id']}/cancel"
    assert town.json("operator", "POST", path, {"reason": "changed mind"})["state"] == "cancelled"
    assert town.call("operator", "POST", path, {"reason": "again"}).status == 409


def test_pages_of_orders_meet_each_order_once(town: Town) -> None:
    """Following the Link headers meets every order of the merchant, in the sequence of the log."""
    placed = [town.place(number)["id"] for number in range(1, 8)]
    other = town.merchants[1]
    town.place(99, merchant=other)
    seen: list[str] = []
    path: str | None = "/v1/orders?limit=3"
    while path is not None:
        answer = town.call(town.merchants[0], "GET", path)
        seen += [order["id"] for order in json.loads(answer.body)["orders"]]
        link = answer.headers.get("link")
        path = link.partition("<")[2].partition(">")[0] if link else None
    assert seen == placed


def test_orders_are_listed_by_state(town: Town) -> None:
    """A filter leaves out what is in another state, and an unknown state is refused."""
    kept, gone = town.place(1)["id"], town.place(2)["id"]
    town.json("operator", "POST", f"/v1/orders/{gone}/cancel", {"reason": "no"})
    listed = town.json("operator", "GET", "/v1/orders?state=promised")["orders"]
    assert [order["id"] for order in listed] == [kept]
    assert town.call("operator", "GET", "/v1/orders?state=lovely").status == 422


def test_a_file_gives_one_result_a_row_in_order(town: Town) -> None:
    """Good rows are taken on, bad ones are told with line and field, and none is lost."""
    rows = [town.order(1), {**town.order(2), "weight_g": -5}, town.order(3), town.order(1)]
    raw = b"\n".join(json.dumps(row).encode() for row in rows)
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="application/x-ndjson")
    results = [json.loads(line) for line in answer.body.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [(row["line"], row["status"]) for row in results] == [(1, 201), (2, 422), (3, 201), (4, 200)]
    assert [error["field"] for error in results[1]["errors"]] == ["weight_g"]
    batch = answer.headers["import-id"]
    found = town.json("operator", "GET", f"/v1/imports/{batch}")
    (rejected,) = found["rejected"]
    errors = rejected.pop("errors")
    assert rejected == {"line": 2, "field": "weight_g", "code": "out_of_range"}
    assert [(one["field"], one["code"]) for one in errors] == [("weight_g", "out_of_range")]
    assert found["orders"] == [results[0]["id"], results[2]["id"]]


@pytest.mark.parametrize("raw", [b"", b"external_id,merchant\n", b"what;is;this\n1;2;3\n"])
def test_a_file_that_nobody_can_read_is_refused_as_a_whole(town: Town, raw: bytes) -> None:
    """Nothing of it was taken, so the answer is no list of rows."""
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="text/csv")
    assert answer.status in (400, 422), answer.body
    assert problem(answer)["code"]


def test_rejected_rows_come_back_as_a_file_that_no_spreadsheet_runs(town: Town) -> None:
    """A rejected row stays retrievable, and a formula in it is made harmless."""
    header = "external_id,merchant,address,service,parcels,weight_g"
    raw = f"{header}\n=HYPERLINK(1),{town.merchants[0]},Turmstraße 5,next_day,0,100\n".encode()
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="text/csv")
    batch = answer.headers["import-id"]
    sheet = town.call("operator", "GET", f"/v1/imports/{batch}/rejected.csv")
    text = sheet.body.decode()
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.headers["content-disposition"].startswith("attachment")
    assert "'=HYPERLINK(1)" in text
    assert '"parcels"' in text


def test_an_import_is_taken_back_as_a_whole(town: Town) -> None:
    """Undo cancels every order of the file."""
    raw = b"\n".join(json.dumps(town.order(number)).encode() for number in (1, 2))
    batch = town.call("operator", "POST", "/v1/orders", raw, content_type="application/x-ndjson").headers[
        "import-id"
    ]
    undone = town.json("operator", "POST", f"/v1/imports/{batch}/undo")
    assert len(undone["cancelled"]) == 2
    states = [town.json("operator", "GET", f"/v1/orders/{one}")["state"] for one in undone["cancelled"]]
    assert states == ["cancelled", "cancelled"]


def test_a_merchants_key_takes_only_that_merchants_orders(town: Town) -> None:
    """A row of another merchant is refused, and one without a merchant is the caller's."""
    mine, theirs = town.merchants[:2]
    assert town.call(mine, "POST", "/v1/orders", town.order(1, merchant=theirs)).status == 422
    body = {name: value for name, value in town.order(2).items() if name != "merchant"}
    assert town.json(mine, "POST", "/v1/orders", body, 201)["merchant"] == mine


def test_windows_are_quoted_held_and_given_back(town: Town) -> None:
    """A quote lists windows with odds, a hold keeps one, a release gives it back, and only once."""
    ask = {
        key: value
        for key, value in town.order().items()
        if key not in ("external_id", "name", "window_start", "window_end")
    }
    quote = town.json("operator", "POST", "/v1/quotes", ask)
    assert quote["quote"]
    assert all(0.9 < offer["odds"] <= 1 for offer in quote["quote"])
    first = quote["quote"][0]
    window = {"window_start": first["window_start"], "window_end": first["window_end"]}
    held = town.json("operator", "POST", "/v1/promises", ask | window, 201)
    assert (held["state"], held["promise"]["window_start"]) == ("held", first["window_start"])
    path = f"/v1/promises/{held['id']}/release"
    assert town.json("operator", "POST", path, {"why": "shopper left"})["state"] == "released"
    assert town.call("operator", "POST", path, {"why": "again"}).status == 409


def test_a_confirmed_order_says_where_and_at_which_version_it_stands(town: Town) -> None:
    """The answer of a confirmation names the order's path, and the ETag with which it may be amended."""
    held = town.json("operator", "POST", "/v1/promises", {**town.order(), "external_id": "held"}, 201)
    body = {name: value for name, value in town.order().items() if not name.startswith("window")}
    answer = town.call("operator", "POST", f"/v1/promises/{held['id']}/confirm", body)
    path = answer.headers["location"]
    assert (answer.status, path) == (201, f"/v1/orders/{json.loads(answer.body)['id']}")
    assert answer.headers["etag"] == town.call("operator", "GET", path).headers["etag"]


def test_a_quote_for_no_place_says_so(town: Town) -> None:
    """An address that is no place is named as the field that is wrong."""
    ask = {
        "service": "next_day",
        "parcels": 1,
        "weight_g": 500,
        "merchant": town.merchants[0],
        "address": "Nirgendwo 1",
    }
    answer = town.call("operator", "POST", "/v1/quotes", ask)
    assert answer.status == 422
    assert problem(answer)["errors"][0]["field"] == "address"


def test_a_window_in_the_past_is_refused_by_name(town: Town) -> None:
    """A hold for a window that is over is a conflict with the rule's own code."""
    body = {**town.order(), "window_start": iso(at(7, day=14)), "window_end": iso(at(9, day=14))}
    body.pop("external_id")
    answer = town.call("operator", "POST", "/v1/promises", body)
    assert answer.status in (409, 422)
