"""The tests reach no machine but this one, so they pass without a network and trouble nobody."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

SOMEWHERE_ELSE = "192.0.2.1"  # an address that is kept for documentation


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_no_other_machine_is_reached() -> None:
    """A connection to another machine is refused before it leaves."""
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection((SOMEWHERE_ELSE, 80), timeout=1)


def test_this_machine_is_reached() -> None:
    """A server of the test's own answers on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
