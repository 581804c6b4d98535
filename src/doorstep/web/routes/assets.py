"""What pages are made of: scripts, styles, fonts, and the city's drawing."""

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

import msgspec

from doorstep.adapters.maps.streets import StreetMap
from doorstep.views.labels import LABELS
from doorstep.web.door import ANYONE, Call, Door
from doorstep.web.problems import not_found
from doorstep.web.reply import JSON_MEDIA, Reply

_MEDIA: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "png": "image/png",
    "json": JSON_MEDIA,
    "wasm": "application/wasm",
}
_CACHED: Final = {"Cache-Control": "no-cache"}
"""Kept, but asked for again by ETag each time: a module and its imports are then of one release."""
_FONTS: Final = {"Cache-Control": "public, max-age=2592000"}


LABELS_PATH: Final = "app/labels.js"
"""The one file that is no file: the browser's copy of the words."""


class Asset(msgspec.Struct, frozen=True):
    """A file of the package, with its ETag."""

    body: bytes
    tag: str
    media: str


def read_asset(call: Call) -> Reply:
    """Read a script, a style or a font."""
    path = call.path["path"]
    asset = _assets().get(path)
    if asset is None:
        raise not_found("file")
    return _answer(call, asset, _FONTS if asset.media == _MEDIA["woff2"] else _CACHED)


def read_map(call: Call) -> Reply:
    """Read the city's drawing: streets, water, green and buildings as lines, with its attribution."""
    streets = call.app.streets
    body = _drawing(streets)
    return _answer(call, body, _CACHED)


def _answer(call: Call, asset: Asset, caching: dict[str, str]) -> Reply:
    headers = {"ETag": asset.tag, **caching}
    if call.headers.get("if-none-match") == asset.tag:
        return Reply(304, headers=headers)
    return Reply(200, asset.body, asset.media, headers)


@cache
def _drawing(streets: StreetMap) -> Asset:
    body = msgspec.json.encode(streets.lines.drawing(streets.attribution))
    return Asset(body, _tag(body), JSON_MEDIA)


@cache
def _assets() -> dict[str, Asset]:
    """Every file below `static`, read once: what is not in here is not served, whatever the path says."""
    root = resources.files("doorstep.web") / "static"
    found: dict[str, Asset] = {}
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        for entry in folder.iterdir():
            name = f"{prefix}{entry.name}"
            if entry.is_dir():
                folders.append((f"{name}/", entry))
            elif (media := _MEDIA.get(name.rpartition(".")[2])) is not None:
                body = entry.read_bytes()
                found[name] = Asset(body, _tag(body), media)
    labels = b"// Labels: codes in plain words, as the pages say them.\n\nexport const LABELS = %b;\n" % (
        msgspec.json.encode(dict(LABELS))
    )
    return found | {LABELS_PATH: Asset(labels, _tag(labels), _MEDIA["js"])}


def _tag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:20]}"'


DOORS: Final = (
    Door("GET", "/static/{path:path}", read_asset, ANYONE, {200: "application/octet-stream", 304: None}),
    Door("GET", "/map.json", read_map, ANYONE, {200: JSON_MEDIA, 304: None}),
)
