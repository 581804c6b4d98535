"""The tracking page and its doors."""

import gzip
import json
import re
from html import unescape
from urllib.parse import urlencode

from tests.web.test_driver import Shift
from tests.web.town import Town, at, iso, problem

from doorstep.engine.log import read_record
from doorstep.vocabulary.contact import ContactRecorded
from doorstep.vocabulary.promise import PromiseChanged
from doorstep.vocabulary.units import after

PAGE_BYTES_MAX = 60_000
FORM = "application/x-www-form-urlencoded"


def link(town: Town, order: str) -> str:
    """The token of an order's page."""
    path: str = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"]
    return path.removeprefix("/t/")


def page(town: Town, token: str, status: int = 200) -> str:
    """The page's text."""
    answer = town.call(None, "GET", f"/t/{token}", accept="text/html")
    assert answer.status == status, answer
    return unescape(answer.body.decode())


def send(town: Town, token: str, form: str, **fields: str) -> tuple[int, str]:
    """What a form of the page is answered, sent as the page made it."""
    shown = page(town, token)
    hidden = dict(re.findall(r'name="(form|once|instead_of)" value="([^"]+)"', shown))
    body = urlencode({**hidden, **fields}).encode()
    answer = town.call(None, "POST", f"/t/{token}/{form}", body, content_type=FORM)
    return answer.status, unescape(answer.body.decode())


def events(town: Town, kind: type) -> list:
    """The log's events of a kind."""
    records = (read_record(event.text) for event in town.app.store.events(town.app.market.id))
    return [record.data for record in records if isinstance(record.data, kind)]


def test_the_page_tells_window_where_and_next(town: Town) -> None:
    """Without a login the link shows the promised window, on time or not, where it is, what next."""
    order = town.place()["id"]
    shown = page(town, link(town, order))
    assert "09:00–13:00" in shown
    assert "On time" in shown
    assert "Announced to the hub" in shown
    assert "It is loaded onto a van" in shown
    assert "Ada Beispiel" not in shown


def test_a_foreign_link_is_unknown(town: Town) -> None:
    """A made-up token, a changed one, a revoked one and a wrong postcode get one and the same 404."""
    order = town.place()["id"]
    token = link(town, order)
    changed = ("A" if token[5] != "A" else "B").join((token[:5], token[6:]))
    answers = [town.call(None, "GET", f"/v1/tracking/{one}") for one in ("nonsense", changed, "x" * 48)]
    town.json("operator", "DELETE", f"/v1/orders/{order}/tracking")
    answers.append(town.call(None, "GET", f"/v1/tracking/{token}"))
    told = {(answer.status, problem(answer)["code"], problem(answer)["detail"]) for answer in answers}
    assert told == {(404, "not_found", "No such link.")}
    assert town.call(None, "GET", f"/v1/tracking/{link(town, order)}").status == 200


def test_an_expired_link_asks_for_the_postcode_a_few_times(town: Town) -> None:
    """An expired link opens nothing; the postcode renews it, but not after five wrong tries."""
    token = link(town, town.place()["id"])
    days = town.app.book.messages.links.days
    town.clock.move_to(after(town.clock.now(), (days + 2) * 86_400))
    assert "09:00–13:00" not in page(town, token, 410)
    assert town.call(None, "GET", f"/v1/tracking/{token}").status == 410
    form = town.app.tracking.links.form_key(token)

    def renewed(postcode: str) -> int:
        body = urlencode({"form": form, "postcode": postcode}).encode()
        return town.call(None, "POST", f"/t/{token}/renew", body, content_type=FORM).status

    assert renewed("17 033") == 303
    assert [renewed("99999") for _ in range(5)] == [404] * 5
    assert renewed("17033") == 404
    town.clock.move_to(after(town.clock.now(), 3_601))
    assert renewed("17033") == 303


def test_the_shopper_takes_another_window_once(town: Town) -> None:
    """A window from the page becomes a new promise by the shopper; a second click changes nothing."""
    order = town.place()["id"]
    token = link(town, order)
    seen = town.json(None, "GET", f"/v1/tracking/{token}")
    wanted = seen["windows"][-1]
    body = {**wanted, "instead_of": seen["promise"]}
    for _ in range(2):
        after_it = town.json(None, "POST", f"/v1/tracking/{token}/window", body)
        assert after_it["window"] == wanted
    changes = events(town, PromiseChanged)
    assert [(change.promise, change.by_shopper) for change in changes] == [(seen["promise"], True)]
    state = town.app.orders.state(order)
    assert state is not None
    assert town.app.planner.plan.route_of(state.delivery) is not None
    plan = town.app.planner.plan
    ahead = [stop for route in plan.route_ids for stop in plan.stops(route) if stop.delivery_id]
    assert len(ahead) == 1, "the old stop has left the plan"
    stale = {**seen["windows"][0], "instead_of": seen["promise"]}
    answer = town.call(None, "POST", f"/v1/tracking/{token}/window", stale)
    assert (answer.status, problem(answer)["code"]) == (412, "version_conflict")


def test_a_form_changes_the_window_without_a_script(town: Town) -> None:
    """The page's own form moves the delivery, and the page then shows the new time."""
    token = link(town, town.place()["id"])
    choice = re.findall(r'name="window" value="([^"]+)"', page(town, token))[-1]
    assert send(town, token, "window", window=choice)[0] == 303
    shown = town.json(None, "GET", f"/v1/tracking/{token}")
    start = int(choice.partition("-")[0])
    assert shown["window"]["window_start"] == iso(start)


def test_a_foreign_form_is_refused(town: Town) -> None:
    """A form without the page's own key changes nothing."""
    token = link(town, town.place()["id"])
    body = urlencode({"form": "0" * 32, "once": "a" * 16, "problem": "damaged"}).encode()
    answer = town.call(None, "POST", f"/t/{token}/problem", body, content_type=FORM)
    assert answer.status == 403
    assert town.json("operator", "GET", "/v1/cases?state=open")["cases"] == []


def test_a_wish_reaches_the_driver_and_stays_out_of_the_log(town: Town) -> None:
    """A neighbour and a way in are told to whoever drives; the log holds neither word."""
    order = town.place()["id"]
    token = link(town, order)
    assert send(town, token, "place", place="neighbour", note="Frau Kranich, 2. OG")[0] == 303
    assert send(town, token, "instructions", note="Klingel hinten")[0] == 303
    state = town.app.orders.state(order)
    assert state is not None
    assert town.app.tracking.note_for_driver(state) == "Neighbour: Frau Kranich, 2. OG · Klingel hinten"
    log = b"".join(event.text for event in town.app.store.events(town.app.market.id))
    assert b"Kranich" not in log
    assert b"Klingel" not in log
    assert send(town, token, "place", place="neighbour")[0] == 422


def test_a_problem_is_a_case_with_the_shoppers_words(town: Town) -> None:
    """A report opens one case a problem and day, owned by support, with the words in the vault alone."""
    order = town.place()["id"]
    token = link(town, order)
    body = {"problem": "damaged", "note": "Ecke eingedrückt", "key": "abcdef0123456789"}
    for _ in range(2):
        town.json(None, "POST", f"/v1/tracking/{token}/problem", body)
    (case,) = town.json("operator", "GET", "/v1/cases?state=open")["cases"]
    assert (case["kind"], case["owner"], case["order"]) == ("reported_problem", "support", order)
    note = town.json("operator", "GET", f"/v1/orders/{order}/notes/abcdef0123456789")
    assert note == {"text": "Ecke eingedrückt"}
    shown = page(town, token)
    assert "Support, since" in shown


def test_on_the_van_the_time_is_fixed_and_says_why(town: Town) -> None:
    """Once the van is being loaded no other time is offered, and the page says why."""
    token = link(town, town.place()["id"])
    town.pass_to(at(12, 30))
    seen = town.json(None, "GET", f"/v1/tracking/{token}")
    assert seen["windows"] == []
    assert seen["cannot_change"] == "The van is being loaded"
    assert "Not possible: the van is being loaded." in page(town, token)
    body = {"window_start": iso(at(15)), "window_end": iso(at(17)), "instead_of": seen["promise"]}
    assert town.call(None, "POST", f"/v1/tracking/{token}/window", body).status == 409


def test_a_look_is_a_contact_that_the_page_answered(town: Town) -> None:
    """However often the page is opened on a day, it is one question, answered by the page."""
    token = link(town, town.place()["id"])
    for _ in range(3):
        page(town, token)
    assert [(seen.answered_by, seen.channel) for seen in events(town, ContactRecorded)] == [("page", "web")]


def test_the_page_is_light_and_asks_nobody_else(town: Town) -> None:
    """All that the page loads weighs 60 KB at most, and comes from the house itself."""
    token = link(town, town.place()["id"])
    shown = page(town, token)
    named = set(re.findall(r'(?:src|href)="([^"]+)"', shown))
    styles = [name for name in named if name.endswith(".css")]
    for style in styles:
        text = town.call(None, "GET", style).body.decode()
        named |= set(re.findall(r'url\("([^"]+)"\)', text))
    assert all(name.startswith(("/static/", "/t/")) for name in named), named
    files = [town.call(None, "GET", name) for name in named]
    assert all(answer.status == 200 for answer in files)
    weighed = [answer.body for answer in files] + [shown.encode()]
    total = sum(min(len(body), len(gzip.compress(body, 5))) for body in weighed)
    assert total <= PAGE_BYTES_MAX, total


def test_the_tracking_answer_names_no_person(town: Town) -> None:
    """Neither the driver's nor the owner's name crosses the door, only a role."""
    order = town.place()["id"]
    token = link(town, order)
    body = {"problem": "other", "key": "abcdef0123456789"}
    town.json(None, "POST", f"/v1/tracking/{token}/problem", body)
    (case,) = town.json("operator", "GET", "/v1/cases?state=open")["cases"]
    town.json("operator", "POST", f"/v1/cases/{case['id']}/claim", {"owner": "Ilse"})
    town.pass_to(at(9))
    seen = town.json(None, "GET", f"/v1/tracking/{token}")
    assert seen["fixing"]["role"] == "support"
    assert "Ilse" not in json.dumps(seen)


def test_after_the_end_the_page_offers_nothing_that_cannot_be(town: Town) -> None:
    """Delivered, it asks for no other time or place; a problem can still be reported."""
    shift = Shift(town)
    token = link(town, shift.order["id"])
    assert "Another time" in page(town, token)
    shift.leave()
    shift.arrive()
    assert "Not possible: the driver is at your door." in page(town, token)
    town.pass_s(120)
    handoff = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"]}
    shift.tell(f"/v1/driver/stops/{shift.delivery}/handoff", handoff)
    shown = page(town, token)
    assert "Delivered on time" in shown
    assert not any(form in shown for form in ("Another time", "Leave it elsewhere", "Tell the driver"))
    assert "Report a problem" in shown
