"""The wire under real sockets: what a hostile or sick server can do to whoever calls it."""

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import msgspec
import pytest
from tests.adapters.carriers.houses import connection

from doorstep.adapters.carriers import wire
from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.wire import Wire
from doorstep.engine.ports.carriers import ANSWER_BYTES_MAX, CarrierDown, CarrierGarbled
from doorstep.simulation.carriers.carrier_world import CarrierKind

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def server(answer: Callable[[socket.socket, Event], None]) -> Iterator[Connection]:
    """A server that reads one request and then does what it is told to, until the test is over."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(65_536)
                # The caller may have hung up, as it should.
                with suppress(OSError):
                    answer(caller, over)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            yield msgspec.structs.replace(connection(CarrierKind.regional), base_url=url)
        finally:
            over.set()
            thread.join(10)
            assert not thread.is_alive()


def test_a_long_answer_is_not_read_to_its_end() -> None:
    """Of forty megabytes the server gets rid of a fraction before the caller hangs up."""
    sent = [0]

    def flood(caller: socket.socket, _: Event) -> None:
        caller.sendall(HEAD + b"content-length: 41943040\r\n\r\n")
        for _ in range(640):
            caller.sendall(b" " * 65_536)
            sent[0] += 65_536

    with server(flood) as at, Wire(at) as line, pytest.raises(CarrierGarbled, match=str(ANSWER_BYTES_MAX)):
        line.ask("GET", "/")
    assert sent[0] < 20_000_000


def test_a_small_answer_that_unpacks_into_a_long_one_is_not_unpacked() -> None:
    """A compressed answer was not asked for and is not unpacked: it is garbage, and small."""
    bomb = gzip.compress(b" " * 40_000_000)

    def answer(caller: socket.socket, _: Event) -> None:
        caller.sendall(HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb) + bomb)

    with server(answer) as at, Wire(at) as line:
        assert line.ask("GET", "/").body == bomb


def test_an_answer_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the request and says nothing is down, after the time that is allowed."""
    monkeypatch.setattr(wire, "READ_S_MAX", 0.3)
    began = monotonic()
    with (
        server(lambda _, over: over.wait(20) and None) as at,
        Wire(at) as line,
        pytest.raises(CarrierDown, match="ReadTimeout"),
    ):
        line.ask("GET", "/")
    assert monotonic() - began < 10


def test_an_answer_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends a byte now and then, always in time for the next, is down as a whole."""
    monkeypatch.setattr(wire, "ANSWER_S_MAX", 0.5)

    def drip(caller: socket.socket, over: Event) -> None:
        caller.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        for _ in range(400):
            caller.sendall(b" ")
            if over.wait(0.05):
                return

    with server(drip) as at, Wire(at) as line, pytest.raises(CarrierDown, match="takes more"):
        line.ask("GET", "/")


def test_nobody_listens() -> None:
    """A port on which nobody listens is a carrier that is down."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    at = msgspec.structs.replace(connection(CarrierKind.courier), base_url=f"http://127.0.0.1:{port}")
    with Wire(at) as line, pytest.raises(CarrierDown, match="ConnectError"):
        line.ask("GET", "/")


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        ("302 Found\r\nlocation: http://169.254.169.254/", CarrierGarbled),
        ("400 Bad Request", CarrierGarbled),
        ("405 No", CarrierGarbled),
        ("401 No", CarrierDown),
        ("429 Later", CarrierDown),
        ("503 Later", CarrierDown),
    ],
)
def test_a_status_that_is_no_answer(status: str, fault: type[Exception]) -> None:
    """Redirects are not followed, and what is no answer to the request is told apart from one."""

    def answer(caller: socket.socket, _: Event) -> None:
        caller.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}".encode())

    with server(answer) as at, Wire(at) as line, pytest.raises(fault):
        line.ask("GET", "/")


def test_half_an_answer() -> None:
    """An answer that breaks off is none: nobody knows what it would have said."""

    def answer(caller: socket.socket, _: Event) -> None:
        caller.sendall(HEAD + b'content-length: 500\r\n\r\n{"consignment": "TP')

    with server(answer) as at, Wire(at) as line, pytest.raises(CarrierDown):
        line.ask("GET", "/")


def test_no_http_at_all() -> None:
    """Something else than HTTP is a carrier that is down."""
    with (
        server(lambda caller, _: caller.sendall(b"220 mail.example ESMTP\r\n")) as at,
        Wire(at) as line,
        pytest.raises(CarrierDown),
    ):
        line.ask("GET", "/")
