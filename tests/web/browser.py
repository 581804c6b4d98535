"""A real browser on a served town, for tests of what people see."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.web.town import Town

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-gl=angle",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
WAIT_MS = 15_000


@contextmanager
def served(town: Town) -> Iterator["Served"]:
    """The town behind a port of its own."""
    found = Served(town)
    found.start()
    try:
        yield found
    finally:
        found.stop()


class Announced(uvicorn.Server):
    """A server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets=sockets)
        self._ready.set()


class Served:
    """A server that can be dropped and come back on the same port."""

    def __init__(self, town: Town) -> None:
        self.town = town
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and return once requests are taken."""
        ready = threading.Event()
        config = uvicorn.Config(
            self.town.api, port=self.port, log_level="error", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = server = Announced(config, ready)

        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()
        assert ready.wait(20), "the server never came up"

    def stop(self) -> None:
        """Drop every connection."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(20)


@dataclass
class Sight:
    """A page that is looked at, with everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def attribute(self, selector: str, name: str) -> str:
        """An element's attribute, empty where there is none."""
        return self.page.locator(selector).first.get_attribute(name) or ""

    def wait(self, selector: str) -> None:
        """Until an element is there, shown or not."""
        self.page.wait_for_selector(selector, state="attached", timeout=WAIT_MS)


@contextmanager
def looking(url: str, width: int = 1440, height: int = 900) -> Iterator[Sight]:
    """A page in a fresh browser."""
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = browser.new_context(viewport={"width": width, "height": height})
        sight = Sight(context.new_page())

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                sight.complaints.append(f"{message.type}: {message.text}")

        sight.page.on("console", heard)
        sight.page.on("pageerror", lambda error: sight.complaints.append(f"error: {error}"))
        sight.page.goto(url, wait_until="load")
        yield sight
        browser.close()
