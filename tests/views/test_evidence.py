"""Evidence: whose events are gathered, and what they say side by side."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.views.evidence import (
    EvidenceNotIssuedError,
    as_issued,
    custody_rows,
    promise_rows,
    stream_ends,
)
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.custody import CustodyOpened, HandedOver, SightLost
from doorstep.vocabulary.delivery import Delivered
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.packet import file_hashes, file_name, named_hash
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld, PromiseSettled

ORDER = OrderId("ord_1")
HASHES = [letter * 64 for letter in "abc"]


def logged(*facts: tuple[str, dict[str, Any]]) -> list[bytes]:
    """The stored texts of facts, each a stream and its data."""
    versions: dict[str, int] = {}
    texts = []
    for position, (stream, data) in enumerate(facts, 1):
        versions[stream] = versions.get(stream, 0) + 1
        event = {
            "position": position,
            "id": f"evt_{position}",
            "market": "nbg",
            "stream": stream,
            "version": versions[stream],
            "schema": 1,
            "occurred_at": position,
            "recorded_at": position,
            "source": "api",
            "actor": "system",
            "cause": "cmd",
            "because": None,
            "data": data,
        }
        texts.append(canonical(event))
    return texts


def fact(stream: str, kind: str, **data: object) -> tuple[str, dict[str, Any]]:
    """A stream and an event's data."""
    return stream, {"type": kind, **data}


def story(n: int) -> list[tuple[str, dict[str, Any]]]:
    """One order's facts, tied together in every way that the vocabulary ties them."""
    order, promise, later, delivery, parcel = f"ord_{n}", f"prm_{n}", f"prm_late_{n}", f"dlv_{n}", f"pcl_{n}"
    placed = {"parcels": [{"id": parcel}]}
    about_delivery, about_order = {"order": None, "delivery": delivery}, {"order": order}
    return [
        fact(f"order/{order}", "order.placed", order=order, content=placed),
        fact(f"promise/{promise}", "promise.held", promise=promise, delivery=delivery, route="rte_1"),
        fact(f"promise/{promise}", "promise.changed", promise=promise, successor=later),
        fact(f"promise/{later}", "promise.held", promise=later, route="rte_1"),
        fact(f"delivery/{delivery}", "delivery.created", order=order, promise=promise, parcels=[parcel]),
        fact(f"custody/{parcel}", "custody.opened", parcel=parcel),
        fact(f"case/cas_{n}", "case.opened", case=f"cas_{n}", subject=about_delivery),
        fact(f"case/cas_order_{n}", "case.opened", case=f"cas_order_{n}", subject=about_order),
        fact(f"contact/{order}", "contact.recorded", order=order),
        fact("route/rte_1", "route.planned", route="rte_1", deliveries=["dlv_1", "dlv_2"]),
        fact("case/cas_route", "case.opened", case="cas_route", subject={"route": "rte_1"}),
    ]


def issue(texts: list[bytes]) -> dict[str, Any]:
    """The data of an issue over what is logged so far."""
    ends = msgspec.to_builtins(stream_ends(ORDER, texts))
    return {"type": "evidence.issued", "order": ORDER, "streams": ends}


@given(st.permutations(range(22)))
def test_an_order_gets_its_own_streams_however_they_interleave(mixed: list[int]) -> None:
    """Everything about the order is found, nothing of another's or of a shared route, in any interleaving."""
    by_fact = [*story(1), *story(2)]
    facts = [by_fact[n] for n in mixed]
    ends = stream_ends(ORDER, logged(*facts))
    own = {"order/ord_1", "promise/prm_1", "promise/prm_late_1", "delivery/dlv_1", "custody/pcl_1"}
    own |= {"case/cas_1", "case/cas_order_1", "contact/ord_1"}
    assert {end.stream for end in ends} == own
    assert [end.stream for end in ends] == sorted(own)
    assert {end.stream: end.version for end in ends}["promise/prm_1"] == 2


def test_a_stream_that_names_another_order_stays_out() -> None:
    """A thing that two orders share is evidence about neither."""
    shared = {"type": "delivery.created", "order": "ord_2", "parcels": ["pcl_1"]}
    texts = logged(*story(1)[:1], ("delivery/dlv_9", shared))
    assert [end.stream for end in stream_ends(ORDER, texts)] == ["order/ord_1"]


def test_what_was_recorded_after_the_issue_is_left_out() -> None:
    """A packet can be gathered again at any time, from texts in any order, and is the same."""
    facts = [*story(1), *story(2)]
    facts.append(("evidence/ord_1", issue(logged(*facts))))
    at_issue = as_issued(ORDER, logged(*facts))
    later = logged(*facts, ("contact/ord_1", {"type": "contact.recorded", "order": "ord_1"}))
    assert as_issued(ORDER, reversed(later)) == at_issue
    assert [event.position for event in at_issue.events] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 23]
    assert at_issue.issued_at == 23
    facts.append(("contact/ord_1", {"type": "contact.recorded", "order": "ord_1"}))
    facts.append(("evidence/ord_1", issue(logged(*facts))))
    again = as_issued(ORDER, logged(*facts))
    assert [event.position for event in again.events] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 23, 24, 25]


def test_evidence_must_have_been_issued_and_be_whole() -> None:
    """Without an issue, or without an event that it names, there is no evidence."""
    facts = story(1)
    with pytest.raises(EvidenceNotIssuedError, match="was issued"):
        as_issued(ORDER, logged(*facts))
    texts = logged(*facts, ("evidence/ord_1", issue(logged(*facts))))
    with pytest.raises(EvidenceNotIssuedError, match="not every event"):
        as_issued(ORDER, texts[1:])


def test_promises_stand_against_what_became_of_them() -> None:
    """Window and odds come from the hold, the handover from the last settlement or the delivery itself."""
    held = {"type": "promise.held", "window": {"start": 100, "end": 200}, "odds_ppm": 950_000}
    order = {"order": "ord_1"}
    facts: list[tuple[str, dict[str, Any]]] = []
    for name in ("a", "b", "c", "d"):
        facts.append((f"promise/{name}", {**held, "promise": name, "delivery": f"dlv_{name}"}))
        if name != "d":
            confirmed = {"type": "promise.confirmed", "promise": name, "at": 50, **order}
            facts.append((f"promise/{name}", confirmed))
    for outcome, at in (("missed", None), ("kept", 150)):
        settled = {"type": "promise.settled", "promise": "a", "outcome": outcome, "handed_over_at": at}
        facts.append(("promise/a", settled))
    facts.append(("delivery/dlv_b", {"type": "delivery.delivered", "delivery": "dlv_b", "at": 220, **order}))
    facts.append(("order/ord_1", {"type": "order.promised", "promise": "d", **order}))
    facts.append(("evidence/ord_1", issue(logged(*facts))))
    rows = {row.promise: row for row in promise_rows(as_issued(ORDER, logged(*facts)))}
    assert list(rows) == ["a", "b", "c"]
    assert (rows["a"].outcome, rows["a"].handed_over_at) == ("kept", 150)
    assert (rows["b"].outcome, rows["b"].handed_over_at) == (None, 220)
    assert (rows["c"].outcome, rows["c"].handed_over_at) == (None, None)
    assert {(row.window_start, row.window_end, row.odds_ppm) for row in rows.values()} == {
        (100, 200, 950_000)
    }


def test_custody_is_shown_parcel_by_parcel_in_the_order_of_the_chain() -> None:
    """Holder follows giver for each parcel, whichever event was recorded first."""
    hub, van = {"kind": "hub", "id": "hub_1"}, {"kind": "driver", "id": "drv_1"}
    gap = {"kind": "unknown", "id": ""}
    one, two = {"parcel": "pcl_1", "order": "ord_1"}, {"parcel": "pcl_2", "order": "ord_1"}
    taken = {**two, "giver": hub, "holder": van, "at": 3, "method": None, "condition": "good", "link": "l3"}
    lost = {**two, "giver": van, "holder": gap, "at": 4, "why": "no scan", "link": "l4"}
    facts = [
        fact("custody/pcl_2", "custody.opened", holder=hub, at=1, link="l1", **two),
        fact("custody/pcl_1", "custody.opened", holder=hub, at=2, link="l2", **one),
        fact("custody/pcl_2", "custody.handed_over", **taken),
        fact("custody/pcl_2", "custody.sight_lost", **lost),
    ]
    facts.append(("evidence/ord_1", issue(logged(*facts))))
    rows = custody_rows(as_issued(ORDER, logged(*facts)))
    assert [(row.parcel, row.giver, row.holder, row.how) for row in rows] == [
        ("pcl_1", None, "hub hub_1", ""),
        ("pcl_2", None, "hub hub_1", ""),
        ("pcl_2", "hub hub_1", "driver drv_1", "good"),
        ("pcl_2", "driver drv_1", "unknown", "no scan"),
    ]


def test_the_fields_read_here_are_those_of_the_vocabulary() -> None:
    """A field that the vocabulary renames is noticed here, not in a summary with a hole in it."""
    read: dict[type[msgspec.Struct], set[str]] = {
        PromiseHeld: {"promise", "delivery", "window", "odds_ppm"},
        PromiseConfirmed: {"promise", "order", "at"},
        PromiseSettled: {"promise", "outcome", "handed_over_at"},
        Delivered: {"delivery", "at", "proofs"},
        CustodyOpened: {"parcel", "holder", "at", "link"},
        HandedOver: {"parcel", "giver", "holder", "at", "method", "condition", "link"},
        SightLost: {"parcel", "giver", "holder", "at", "why", "link"},
    }
    tags = [str(kind.__struct_config__.tag) for kind in read]
    assert tags == [
        "promise.held",
        "promise.confirmed",
        "promise.settled",
        "delivery.delivered",
        "custody.opened",
        "custody.handed_over",
        "custody.sight_lost",
    ]
    for kind, fields in read.items():
        assert fields <= set(kind.__struct_fields__), kind


def test_files_are_found_wherever_events_name_them() -> None:
    """Hashes stand in `sha256` fields at any depth, or as text in `proofs`; other text is no file."""
    data = {
        "proofs": [HASHES[0], {"kind": "photo", "sha256": HASHES[1]}, {"sha256": ""}, "scan"],
        "deep": [{"er": {"sha256": HASHES[2]}}, {"sha256": HASHES[1]}],
        "plan_hash": "d" * 64,
    }
    assert file_hashes(data) == tuple(HASHES)
    assert named_hash(file_name(b"\xff\xd8\xff", HASHES[0])) == HASHES[0]
    assert file_name(b"?", HASHES[0]) == f"files/{HASHES[0]}.bin"
