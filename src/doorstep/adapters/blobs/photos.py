"""Photos from outside: bounded, decoded, and written anew, so that nothing but the picture gets in."""

import zipfile
from hashlib import sha256
from io import BytesIO
from typing import Final

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from doorstep.vocabulary.event import Refusal

PHOTO_BYTES_MAX: Final = 10 * 1024 * 1024
"""Bytes of an upload at most."""
PHOTO_PIXELS_MAX: Final = 40_000_000
"""Pixels of an upload at most, read from its header before anything is decoded."""
PHOTO_EDGE_PX_MAX: Final = 1_600
"""Pixels of the longer edge of what we keep."""
JPEG_QUALITY: Final = 82
"""Quality of what we keep, 1 to 95."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SIGNATURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_FOREIGN: Final = (b"<script", b"<!doctype", b"<html", b"<svg", b"<?php", b"%pdf-")
"""What makes a file two things at once: text that some reader would run or open as a page."""
_FOREIGN_WINDOW_BYTES: Final = 4_096
"""Bytes at either end of a file in which such text is looked for."""


class Photo(msgspec.Struct, frozen=True):
    """A photo as we keep it: a plain JPEG without metadata, and the hex SHA-256 of its bytes."""

    jpeg: bytes
    sha256: str
    width_px: int
    height_px: int


def accept_photo(upload: bytes) -> Photo | Refusal:
    """The photo in an upload, turned upright and at most 1,600 pixels long; or why it is not taken.

    Refusal codes: `photo_empty`, `photo_too_large` (bytes), `photo_kind` (not JPEG, PNG or WebP),
    `photo_polyglot` (also a page or an archive), `photo_too_many_pixels`, `photo_damaged`.
    """
    if not upload:
        return Refusal("photo_empty", "The photo has no bytes.", ("photo",))
    if len(upload) > PHOTO_BYTES_MAX:
        return Refusal("photo_too_large", f"The photo has more than {PHOTO_BYTES_MAX} bytes.", ("photo",))
    if not upload.startswith(_SIGNATURES):
        return Refusal("photo_kind", "The photo is not a JPEG, PNG or WebP.", ("photo",))
    if _is_polyglot(upload):
        return Refusal("photo_polyglot", "The file is more than a photo.", ("photo",))
    try:
        return _rewritten(upload)
    except Exception:  # noqa: BLE001 - a hostile file may make a decoder fail in any way, and is refused in each
        return Refusal("photo_damaged", "The photo cannot be decoded.", ("photo",))


def _rewritten(upload: bytes) -> Photo | Refusal:
    too_many = Refusal(
        "photo_too_many_pixels", f"The photo has more than {PHOTO_PIXELS_MAX} pixels.", ("photo",)
    )
    try:
        image = Image.open(BytesIO(upload), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return too_many
    except UnidentifiedImageError:
        return Refusal("photo_kind", "The photo is not a JPEG, PNG or WebP.", ("photo",))
    if image.width * image.height > PHOTO_PIXELS_MAX:
        return too_many
    image.draft("RGB", (PHOTO_EDGE_PX_MAX, PHOTO_EDGE_PX_MAX))  # a JPEG is decoded at a smaller size at once
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((PHOTO_EDGE_PX_MAX, PHOTO_EDGE_PX_MAX), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", upright.size, "white")
    mask = upright.convert("RGBA").getchannel("A") if upright.has_transparency_data else None
    canvas.paste(upright.convert("RGB"), mask=mask)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=JPEG_QUALITY)
    jpeg = out.getvalue()
    return Photo(jpeg, sha256(jpeg).hexdigest(), canvas.width, canvas.height)


def _is_polyglot(upload: bytes) -> bool:
    ends = (upload[:_FOREIGN_WINDOW_BYTES] + upload[-_FOREIGN_WINDOW_BYTES:]).lower()
    return any(mark in ends for mark in _FOREIGN) or zipfile.is_zipfile(BytesIO(upload))
