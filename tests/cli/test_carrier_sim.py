"""`doorstep carrier-sim`: an integrator sees a whole delivery, through real sockets, and in a moment."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Final

import pytest
from tests.adapters.carriers.houses import KINDS, SECRET, shipment

from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.courier.adapter import CourierCarrier
from doorstep.adapters.carriers.regional.adapter import RegionalCarrier
from doorstep.adapters.clocks import SystemClock
from doorstep.cli.main import exit_code
from doorstep.engine.ports.carriers import Booked, Kept, Report
from doorstep.simulation.carriers.carrier_world import CarrierKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.ids import CarrierId

WAIT_S: Final = 60
"""Seconds in which a hurried carrier delivers on a machine that has other work."""

Message = tuple[dict[str, str], bytes]


@contextmanager
def listener() -> Iterator[tuple[str, "Queue[Message]"]]:
    """An address that takes messages, and the messages."""
    came: Queue[Message] = Queue()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one."""
            body = self.rfile.read(int(self.headers["content-length"]))
            came.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/carriers/x/events", came
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def carrier(kind: CarrierKind, *options: str) -> Iterator[str]:
    """A carrier's server as a process, and its address."""
    command = [sys.executable, "-m", "doorstep", "carrier-sim", kind.value, "--secret", SECRET, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.send_signal(signal.SIGINT)


def connect(kind: CarrierKind, url: str) -> RegionalCarrier | CourierCarrier:
    made = RegionalCarrier if kind is CarrierKind.regional else CourierCarrier
    return made(Connection(CarrierId(kind.value), url, "test", (SECRET,), "Europe/Berlin"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_delivery_in_a_moment(kind: CarrierKind) -> None:
    """A booking at a hurried carrier is delivered: every message is signed now, and tells of now."""
    reports: list[Report] = []
    with listener() as (url, came), carrier(kind, "--webhook", url, "--speed", "600") as address:
        adapter = connect(kind, address)
        booked = adapter.book(shipment())
        assert isinstance(booked, Booked)
        assert adapter.find("tnd_1") == booked
        while not any(one.status is DeliveryStatus.delivered for one in reports):
            headers, body = came.get(timeout=WAIT_S)
            reports += adapter.read(headers, body, SystemClock().now())
        assert isinstance(adapter.cancel("tnd_1"), Kept)
        adapter.close()
    assert {one.ours for one in reports} == {"tnd_1"}
    assert {one.reference for one in reports} == {booked.reference}
    now = SystemClock().now()
    assert all(abs(now - one.at) < 10 * WAIT_S * 1_000_000 for one in reports)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["courier", "--webhook", "nowhere"], "no address for messages"),
        (["courier", "--secret", "plain words"], "whsec_"),
        (["regional", "--zone", "Europe/Neubrandenburg"], "no zone"),
        (["regional", "--host", "no.such.host.invalid"], "no address of this machine"),
    ],
)
def test_bad_input_is_told(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An address, a secret and a zone that are none are refused in one sentence."""
    assert exit_code(["carrier-sim", *words]) == 2
    assert why in capsys.readouterr().err
