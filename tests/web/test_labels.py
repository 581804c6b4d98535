"""A carrier's label through its door: with its tag, for whose it is, and void once it was taken back."""

from tests.web.test_isolation import PNG, tendered
from tests.web.town import Town, problem

from doorstep.engine.log import read_record
from doorstep.vocabulary.ids import CarrierId, TenderId
from doorstep.vocabulary.tender import CancelTender, LabelVoided, RecordCancellation, RecordCancelRefusal


def test_a_label_is_read_with_its_tag(partner_town: Town) -> None:
    """The very bytes, as a picture; who has them already is told so; a merchant reads its own alone."""
    placed, _ = tendered(partner_town)
    path = f"/v1/deliveries/{placed['delivery']}/label"
    answer = partner_town.call("operator", "GET", path)
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    again = partner_town.call("operator", "GET", path, if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    mine, theirs = partner_town.merchants[:2]
    assert partner_town.call(mine, "GET", path).status == 200
    assert partner_town.call(theirs, "GET", path).status == 404
    page = partner_town.call("operator", "GET", f"/orders/{placed['id']}").body.decode()
    assert f'href="{path}"' in page


def test_a_label_of_what_was_taken_back_is_void(partner_town: Town) -> None:
    """From the recall on it is gone; kept, it is good again; let go, the log says that it is void."""
    placed, tender = tendered(partner_town)
    path, app = f"/v1/deliveries/{placed['delivery']}/label", partner_town.app
    name, courier, now = TenderId(tender), CarrierId("courier"), app.clock.now()
    for command, status in (
        (CancelTender(name, "by hand", now), 410),
        (RecordCancelRefusal(name, courier, "too late", now), 200),
        (CancelTender(name, "by hand", now), 410),
        (RecordCancellation(name, courier, 0, now), 410),
    ):
        assert app.desk.together([command], app.desk.origin()) is None
        answer = partner_town.call("operator", "GET", path)
        assert answer.status == status, command
    assert problem(answer)["code"] == "label_void"
    records = [read_record(event.text) for event in app.store.events(app.market.id)]
    void = [record.data for record in records if isinstance(record.data, LabelVoided)]
    assert [(one.tender, one.carrier) for one in void] == [(tender, courier)]
    assert "void" in partner_town.call("operator", "GET", f"/orders/{placed['id']}").body.decode()


def test_a_delivery_without_a_label_has_none(partner_town: Town) -> None:
    """A van's parcels bear no carrier's label, and an unknown delivery looks the same."""
    placed = partner_town.place(1)
    found = [
        partner_town.call("operator", "GET", f"/v1/deliveries/{one}/label")
        for one in (placed["delivery"], "no_x")
    ]
    assert [answer.status for answer in found] == [404, 404]
