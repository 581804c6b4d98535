"""Callers: what the command line asks a running server, and the one sentence when that does not work."""

import os
import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from doorstep.cli.failure import BadInput

CONNECT_S_MAX: Final = 10
"""Seconds until a server must have taken a connection."""
ANSWER_S_MAX: Final = 900
"""Seconds until a server must have answered; a large import is quoted and promised row by row."""
ANSWER_BYTES_MAX: Final = 512 << 20
"""Bytes of one answer."""
DEFAULT_URL: Final = "http://127.0.0.1:8000"
KEY_VARIABLE: Final = "DOORSTEP_KEY"
ID_CHARS_MAX: Final = 100
"""Characters of an id."""
ERRORS_SHOWN_MAX: Final = 5
"""Field errors that one sentence repeats."""

_ID: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{ID_CHARS_MAX}}}")


class Answer(NamedTuple):
    """What a server said; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - each door has its own shape
        """The body as JSON."""
        return msgspec.json.decode(self.body)


class Server:
    """A running server at a URL, called with a key."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError as fault:
            raise BadInput(f"{url} is no address: {fault}.") from fault
        if parts.scheme not in {"http", "https"} or not self._host:
            raise BadInput(f"{url} is no address of a server; write one like {DEFAULT_URL}.")
        if key is not None and not (key.isascii() and key.isprintable() and key.strip()):
            raise BadInput("the key is none that Doorstep gave out: it has other characters than theirs.")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._is_secure = parts.scheme == "https"
        self._above = parts.path.rstrip("/")
        self._key = None if key is None else key.strip()

    def get(self, path: str) -> Answer:
        """Read; raises `BadInput` for every answer but a 2xx."""
        return self._call("GET", path, b"", None)

    def post(self, path: str, body: bytes = b"", media: str | None = None) -> Answer:
        """Write; raises `BadInput` for every answer but a 2xx."""
        return self._call("POST", path, body, media)

    def _call(self, method: str, path: str, body: bytes, media: str | None) -> Answer:
        headers = {"Accept": "application/json, */*", "User-Agent": "doorstep"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        if media is not None:
            headers["Content-Type"] = media
        assert self._host is not None, "checked when it was made"
        kind = HTTPSConnection if self._is_secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=CONNECT_S_MAX)
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_S_MAX)
            connection.request(method, self._above + path, body or None, headers)
            response = connection.getresponse()
            said = response.read(ANSWER_BYTES_MAX)
        except TimeoutError as fault:
            raise BadInput(f"the server at {self.url} does not answer in time.") from fault
        except HTTPException as fault:
            raise BadInput(f"what answers at {self.url} is no Doorstep server.") from fault
        except OSError as fault:
            raise BadInput(self._unreachable(fault)) from fault
        finally:
            connection.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, told, said)
        if not 200 <= answer.status < 300:
            raise BadInput(self._refusal(answer))
        return answer

    def _unreachable(self, fault: OSError) -> str:
        why = fault.strerror or str(fault) or type(fault).__name__
        return f"no server answers at {self.url} ({why}); `doorstep serve` starts one, --url names another."

    def _refusal(self, answer: Answer) -> str:
        """The problem that the server told, as a sentence."""
        if answer.status == 401:
            if self._key is None:
                return f"{self.url} asks for a key: give --key, or set {KEY_VARIABLE}."
            return f"{self.url} does not take this key; it may be revoked, or another market's."
        try:
            problem = msgspec.json.decode(answer.body)
            detail = str(problem["detail"])
            errors = [f"{one['field']}: {one['detail']}" for one in problem.get("errors", ())]
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            return f"what answers at {self.url} is no Doorstep server, or a broken one ({answer.status})."
        return printable(" ".join([detail, *errors[:ERRORS_SHOWN_MAX]]))


def server_of(url: str, key: str | None) -> Server:
    """The server that the options name; the key may stand in the environment instead."""
    return Server(url, key or os.environ.get(KEY_VARIABLE) or None)


def segment(name: str) -> str:
    """An id as one segment of a path.

    Raises:
        BadInput: it is none that a server could have given out.
    """
    if not _ID.fullmatch(name):
        raise BadInput(f"{name[:ID_CHARS_MAX]!r} is no id; ids look like ord_… and imp_….")
    return name


def printable(text: str) -> str:
    """Text of another's making as a terminal may show it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def write_file(path: Path, content: bytes) -> None:
    """Put an answer into a file, or say why not."""
    try:
        path.write_bytes(content)
    except OSError as fault:
        raise BadInput(f"{path} cannot be written: {fault.strerror}.") from fault
