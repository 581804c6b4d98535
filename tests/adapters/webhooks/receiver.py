"""A program that takes webhooks, on a real socket of this machine, which answers as the test says."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from threading import Condition, Event, Thread
from typing import Any

import uvicorn
from standardwebhooks import Webhook
from starlette.types import Receive, Scope, Send

from doorstep.web.serving import bind

WAIT_S_MAX = 20.0


class Receiver:
    """Notes each message, and answers with the status that `answer` gives for it."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, Any]], int] = lambda _: 204
        self.headers: list[tuple[bytes, bytes]] = []
        self._came = Condition()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What came, as JSON, in the order in which it came."""
        return [json.loads(body) for _, body in self.messages]

    def verified(self, secret: str) -> list[Any]:
        """What came and was signed by this secret, as the library of Standard Webhooks sees it."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.messages]

    def wait_for(self, messages: int) -> None:
        """Return when so many have come; that they do not come in time is a failure."""
        with self._came:
            came = self._came.wait_for(lambda: len(self.messages) >= messages, WAIT_S_MAX)
        assert came, f"{len(self.messages)} messages came, not {messages}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one message."""
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        with self._came:
            self.messages.append((headers, body))
            self._came.notify_all()
        status = self.answer(json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b""})


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets=sockets)
        self._ready.set()


@contextmanager
def receiving(**tls: str) -> Iterator[Receiver]:
    """A receiver that is served while this lasts; with `ssl_keyfile` and `ssl_certfile` over TLS."""
    receiver = Receiver()
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/in"
    config = uvicorn.Config(receiver, lifespan="off", log_level="error", **tls)  # type: ignore[arg-type]  # both are paths, as texts
    ready = Event()
    server = _Server(config, ready)
    thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    assert ready.wait(WAIT_S_MAX), "the receiver did not start"
    try:
        yield receiver
    finally:
        server.should_exit = True
        thread.join()
