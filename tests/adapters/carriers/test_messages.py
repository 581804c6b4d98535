"""What a carrier pushes: whose it is, of when it is, and what it says."""

import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from tests.adapters.carriers.houses import KINDS, SECRET, T0, House, Pushed, adapter, shipment

from doorstep.adapters.carriers.messages import MESSAGE_BYTES_MAX, TOLERANCE_S
from doorstep.adapters.carriers.regional.adapter import ROWS_MAX, UNREADABLE
from doorstep.engine.ports.carriers import MessageUnreadable, Report, SignatureRefused
from doorstep.simulation.carriers.carrier_world import CarrierKind
from doorstep.simulation.carriers.courier import courier_sign
from doorstep.simulation.carriers.doorway import Line
from doorstep.simulation.carriers.regional import regional_sign
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import MICROSECONDS, Instant, after

RECORDED = Path(__file__).parents[2] / "carriers"
OTHER = "whsec_" + base64.b64encode(b"another secret of another house!").decode()
ROW = "3;TPD17;tnd_1;par_a;ZS;EMP;17TOL;2026-06-16T12:14:09+02:00;53.55;13.27;danke"


async def _nobody(*_: object) -> None:
    raise AssertionError("reading a message calls nobody")


def read(kind: CarrierKind, headers: dict[str, str], body: bytes, now: Instant = T0) -> tuple[Report, ...]:
    return adapter(kind, Line(_nobody)).read(headers, body, now)


def signed(kind: CarrierKind, body: bytes, at: Instant = T0, secret: str = SECRET) -> dict[str, str]:
    sign = regional_sign(secret) if kind is CarrierKind.regional else courier_sign(secret)
    return dict(sign("evt_1", at, body))


def batch(*rows: str, **more: object) -> bytes:
    return json.dumps({"batch": "B-1", "rows": rows, **more}).encode()


def update(**changes: object) -> bytes:
    data = {
        "delivery_id": "CO1", "external_id": "tnd_1", "status": "delivered", "sequence": 9,
        "occurred_at": "2026-06-16T10:14:09Z", "reason": "to_recipient",
    }  # fmt: skip
    return json.dumps({"type": "delivery.updated", "data": {**data, **changes}}).encode()


def plain(kind: CarrierKind) -> bytes:
    return batch(ROW) if kind is CarrierKind.regional else update()


# Whose and when -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_message_is_read(kind: CarrierKind) -> None:
    """What the carrier signed says what happened, of which shipment, and when by its clock."""
    (report,) = read(kind, signed(kind, plain(kind)), plain(kind))
    assert report.status is DeliveryStatus.delivered
    assert report.ours == "tnd_1"
    assert report.at == (1_781_604_849) * MICROSECONDS


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_not_signed_by_the_carrier_is_refused(kind: CarrierKind) -> None:
    """Another secret, another body, no signature, or another header's value: none of them is read."""
    body = plain(kind)
    good = signed(kind, body)
    wrong = [{}, signed(kind, body, secret=OTHER), {**good, "x": "y"}]
    for name in good:
        wrong += [{**good, name: ""}, {**good, name: good[name] + "0"}, {**good, name: "ä ö"}]
        wrong.append({other: value for other, value in good.items() if other != name})
    assert read(kind, wrong.pop(2), body), "a header more does no harm"
    for headers in wrong:
        with pytest.raises(SignatureRefused):
            read(kind, headers, body)
    for other in (body + b" ", body[:-1], b"", body.replace(b"tnd_1", b"tnd_2"), b"\xff" + body):
        with pytest.raises(SignatureRefused):
            read(kind, good, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_holds_for_five_minutes_to_both_sides(kind: CarrierKind) -> None:
    """Signed 300 s ago or 300 s ahead is taken, one second more is refused: an old message is a replay."""
    body = plain(kind)
    for off_s in (0, TOLERANCE_S, -TOLERANCE_S):
        assert read(kind, signed(kind, body, after(T0, off_s)), body)
    for off_s in (TOLERANCE_S + 1, -TOLERANCE_S - 1, 26 * 3_600, -26 * 3_600, -T0 // MICROSECONDS):
        with pytest.raises(SignatureRefused):
            read(kind, signed(kind, body, after(T0, off_s)), body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_replay_within_the_tolerance_is_the_same_event(kind: CarrierKind) -> None:
    """The very bytes twice give the same reports under the same event ids."""
    body = plain(kind)
    headers = signed(kind, body)
    assert read(kind, headers, body) == read(kind, headers, body, after(T0, 200))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", ["", "now", "-1", "1e9", "٣", "9" * 40, "1781589600.5"])
def test_a_time_of_signing_that_is_none_is_refused(kind: CarrierKind, time: str) -> None:
    """Only plain digits are a time of signing."""
    body = plain(kind)
    name = "x-tpd-timestamp" if kind is CarrierKind.regional else "webhook-timestamp"
    with pytest.raises(SignatureRefused):
        read(kind, {**signed(kind, body), name: time}, body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_can_be_replaced(kind: CarrierKind) -> None:
    """While two secrets hold, what either has signed is read; a third one's is not."""
    body = plain(kind)
    both = adapter(kind, Line(_nobody), OTHER, SECRET)
    assert both.read(signed(kind, body), body, T0) == both.read(signed(kind, body, secret=OTHER), body, T0)
    third = "whsec_" + base64.b64encode(b"a third").decode()
    with pytest.raises(SignatureRefused):
        both.read(signed(kind, body, secret=third), body, T0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_printed(kind: CarrierKind) -> None:
    """Neither the key nor a secret stands in what the settings print."""
    printed = repr(adapter(kind, Line(_nobody), SECRET)._connection)
    assert "test-key" not in printed
    assert SECRET not in printed


def test_the_regional_signature_is_the_published_scheme() -> None:
    """The signature is the hex HMAC-SHA256 over time, a dot, and the bytes."""
    body = batch(ROW)
    time = str(T0 // MICROSECONDS)
    mac = hmac.new(SECRET.encode(), time.encode() + b"." + body, "sha256").hexdigest()
    assert read(CarrierKind.regional, {"x-tpd-timestamp": time, "x-tpd-signature": f"v1={mac}"}, body)


def test_the_couriers_signature_is_the_standards_own_example() -> None:
    """The standard's known answer passes the signature, and only then is found to be no delivery."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    now = Instant(1_614_265_330 * MICROSECONDS)
    with pytest.raises(MessageUnreadable):
        read(CarrierKind.courier, headers, b'{"test": 2432232314}', now)
    with pytest.raises(SignatureRefused):
        read(CarrierKind.courier, headers, b'{"test": 2432232315}', now)


def test_one_of_several_signatures_is_enough() -> None:
    """A courier that replaces its secret signs with both; another version's signature is passed over."""
    body = update()
    at = datetime.fromtimestamp(T0 // MICROSECONDS, UTC)
    mine = Webhook(SECRET).sign("evt_1", at, body.decode())
    theirs = Webhook(OTHER).sign("evt_1", at, body.decode())
    headers = signed(CarrierKind.courier, body)
    assert read(CarrierKind.courier, {**headers, "webhook-signature": f"v1a,xyz {theirs} {mine}"}, body)
    with pytest.raises(SignatureRefused):
        read(CarrierKind.courier, {**headers, "webhook-signature": f"v1a,xyz {theirs}"}, body)


# What it says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"{", b"0", b'{"rows": 1}', b'{"batch": "B", "rows": [NaN]}',
        b"[" * 50_000, b'{"type": "x", "data": {"sequence": NaN}}',
    ],
)  # fmt: skip
def test_signed_rubbish_is_unreadable(kind: CarrierKind, body: bytes) -> None:
    """What the carrier did sign and nobody can read is told apart from what it did not sign."""
    with pytest.raises(MessageUnreadable):
        read(kind, signed(kind, body), body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_is_too_long_is_not_looked_into(kind: CarrierKind) -> None:
    """More than the cap is refused, however well it is signed."""
    body = plain(kind) + b" " * MESSAGE_BYTES_MAX
    with pytest.raises(SignatureRefused):
        read(kind, signed(kind, body), body)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2026-06-16T12:14:09", 1_781_604_849),
        ("2026-06-16T12:14:09+02:00", 1_781_604_849),
        ("2026-06-16T15:14:09+05:00", 1_781_604_849),
        ("2026-10-25T02:30:00", 1_792_888_200),
        ("1970-01-01T01:00:00", 0),
        ("2099-12-31T23:59:59", 4_102_441_199),
    ],
)
def test_a_wall_time_is_the_depots(time: str, seconds: int) -> None:
    """Without an offset a time is the depot's, the first of two in autumn; what odd clocks show is kept."""
    body = batch(ROW.replace("2026-06-16T12:14:09+02:00", time))
    (report,) = read(CarrierKind.regional, signed(CarrierKind.regional, body), body)
    assert report.at == seconds * MICROSECONDS


@pytest.mark.parametrize(
    "row",
    [
        "", "no row", ROW + ";", ROW.replace("3;", "x;", 1), ROW.replace("3;", "-3;", 1),
        ROW.replace("2026-06-16T12:14:09+02:00", "yesterday"),
        ROW.replace("2026-06-16T12:14:09+02:00", "0001-01-01T00:00:00+23:00"),
        ROW.replace("53.55", "north"), ROW.replace("ZS;EMP", ";"), ROW.replace("tnd_1", "t" * 101),
        ROW + "\n" + ROW, '"' + ROW, "9" * 5_000 + ROW,
    ],
)  # fmt: skip
def test_a_row_that_is_no_scan_takes_no_other_with_it(row: str) -> None:
    """One bad row is kept as unmapped, in its own words, and the rows around it are read."""
    body = batch(ROW, row, ROW.replace("3;", "4;", 1))
    first, bad, last = read(CarrierKind.regional, signed(CarrierKind.regional, body), body)
    assert (first.seq, last.seq) == (3, 4)
    assert (bad.code, bad.status, bad.ours, bad.text) == (UNREADABLE, None, None, row[:500])
    assert len({first.event, bad.event, last.event}) == 3


def test_a_place_that_is_nowhere_is_no_place() -> None:
    """Coordinates beyond the earth, and those that are no numbers, are left out; the scan stays."""
    for lat in ("91", "nan", "inf", ""):
        body = batch(ROW.replace("53.55", lat))
        (report,) = read(CarrierKind.regional, signed(CarrierKind.regional, body), body)
        assert (report.point, report.status) == (None, DeliveryStatus.delivered)


def test_too_many_rows_are_unreadable() -> None:
    """A batch of more rows than the cap is not read at all."""
    body = batch(*["x"] * (ROWS_MAX + 1))
    with pytest.raises(MessageUnreadable):
        read(CarrierKind.regional, signed(CarrierKind.regional, body), body)


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": "soon"}, {"sequence": -1}, {"status": ""}, {"status": "x" * 65},
        {"external_id": "x" * 101}, {"proof": {"photo": "%%"}}, {"proof": {"photo": "A" * 900_000}},
        {"location": {"lat": "north", "lng": 1}}, {"status": None},
    ],
)  # fmt: skip
def test_an_update_that_is_none_is_unreadable(changes: dict[str, object]) -> None:
    """Each field of an update is held to its kind and its bound."""
    body = update(**({"status": "delivered"} | changes))
    if changes.get("status") == "":
        body = update(status="", reason="")
    with pytest.raises(MessageUnreadable):
        read(CarrierKind.courier, signed(CarrierKind.courier, body), body)


def test_proof_comes_as_it_is() -> None:
    """Photo, signature, signer and PIN are what the courier sent; a charge keeps its currency."""
    proof = {"photo": "/9j/", "signature": "iVBO", "signed_by": "Nachbar", "pin": "0815"}
    body = update(proof=proof, charge={"amount": 150, "currency": "CHF"}, location={"lat": 53.5, "lng": 13.2})
    (report,) = read(CarrierKind.courier, signed(CarrierKind.courier, body), body)
    assert (report.photo, report.signature) == (b"\xff\xd8\xff", b"\x89PN" + b"")
    assert (report.signed_by, report.pin) == ("Nachbar", "0815")
    assert (report.charge_minor, report.currency) == (150, "CHF")
    assert report.point == Point(53.5, 13.2)


# As recorded ----------------------------------------------------------------------------------------


def recorded(name: str) -> Pushed:
    """A message as it came once: its headers, its bytes, and when it came."""
    kept = json.loads((RECORDED / f"{name}.headers.json").read_text())
    body = (RECORDED / f"{name}.body").read_bytes()
    return Pushed(Instant(kept.pop("received_at")), kept, body)


def test_a_recorded_batch() -> None:
    """A batch reads as it was: scans of each parcel, an unknown code, a failure, photos."""
    came = recorded("regional/batch")
    reports = read(CarrierKind.regional, came.headers, came.body, came.at)
    said = {(one.seq, one.code, one.status, one.reason, one.parcels) for one in reports}
    assert (5, "ZU", DeliveryStatus.out_for_delivery, None, ("par_0a",)) in said
    assert (5, "ZU", DeliveryStatus.out_for_delivery, None, ("par_0b",)) in said
    assert (7, "NZ/ABW", DeliveryStatus.attempt_failed, Reason.not_home, ("par_2a",)) in said
    assert (8, "SO/X9", None, None, ()) in said
    photos = [one.photo for one in reports if one.photo]
    assert {one.code for one in reports if one.photo} == {"ZS/EMP", "NZ/ABW"}
    assert all(photo.startswith(b"\xff\xd8") for photo in photos)


def test_recorded_webhooks() -> None:
    """Webhooks of the courier read as they were, from the quote's acceptance to the PIN at the door."""
    words = []
    for name in ("pending", "imminent", "delivered", "undeliverable"):
        came = recorded(f"courier/{name}")
        (report,) = read(CarrierKind.courier, came.headers, came.body, came.at)
        words.append((report.code, report.status, report.reason, report.nearby, report.pin))
    assert words == [
        ("pending", DeliveryStatus.accepted, None, False, ""),
        ("courier_imminent", DeliveryStatus.out_for_delivery, None, True, ""),
        ("delivered/to_recipient", DeliveryStatus.delivered, None, False, "pin-tnd_1"),
        ("undeliverable/recipient_refused", DeliveryStatus.attempt_failed, Reason.refused, False, ""),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_server_pushes_can_be_read_the_other_way(kind: CarrierKind) -> None:
    """Everything that a simulated carrier pushes on a calm day is read without one unmapped word."""
    house = House(kind)
    house.adapter.book(shipment())
    house.live(86_400)
    assert house.reports
    assert all(one.status is not None for one in house.reports)
