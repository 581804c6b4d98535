"""Photos: hostile files are refused or come out as nothing but a picture."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from doorstep.adapters.blobs.photos import (
    PHOTO_BYTES_MAX,
    PHOTO_EDGE_PX_MAX,
    PHOTO_PIXELS_MAX,
    Photo,
    accept_photo,
)
from doorstep.vocabulary.event import Refusal

HOSTILE = Path(__file__).parents[3].parent / "shared/vectors/hostile-images"
WANTED = {
    "bomb_30000x30000_1bit.png": "photo_too_many_pixels",
    "crash-0da013a13571cc8eb457a39fee8db18f8a3c7127.tif": "photo_kind",
    "decompression_bomb.gif": "photo_kind",
    "decompression_bomb.ico": "photo_kind",
    "decompression_bomb_extents.gif": "photo_kind",
    "empty.jpg": "photo_empty",
    "exif_gps_and_xss.jpg": "taken",
    "oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": "photo_kind",
    "polyglot_jpeg_html.jpg": "photo_polyglot",
    "polyglot_jpeg_zip_tail.jpg": "photo_polyglot",
    "svg_billion_laughs.svg": "photo_kind",
    "svg_named.jpg": "photo_kind",
    "svg_script.svg": "photo_kind",
    "svg_xxe.svg": "photo_kind",
    "truncated.jpg": "photo_damaged",
}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file of a kind."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def is_plain_jpeg(photo: Photo) -> bool:
    """Whether a photo is a JPEG of pixels alone: JFIF header, no comment, no other application data."""
    image = Image.open(BytesIO(photo.jpeg))
    markers = {photo.jpeg[i + 1] for i in range(len(photo.jpeg) - 1) if photo.jpeg[i] == 0xFF}
    application_data = (markers - {0xE0}) & set(range(0xE1, 0xF0))
    return (
        image.format == "JPEG"
        and image.mode == "RGB"
        and not image.getexif()
        and not application_data
        and 0xFE not in markers
        and photo.jpeg.endswith(b"\xff\xd9")
        and photo.sha256 == sha256(photo.jpeg).hexdigest()
        and image.size == (photo.width_px, photo.height_px)
    )


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile images are not on this machine")
def test_every_hostile_file_is_refused_or_rewritten() -> None:
    """Bombs, polyglots, drawings and broken files are refused by name; metadata does not survive."""
    seen = {}
    for path in sorted(path for path in HOSTILE.rglob("*") if path.is_file() and path.name != "LICENSE"):
        outcome = accept_photo(path.read_bytes())
        seen[path.name] = outcome.code if isinstance(outcome, Refusal) else "taken"
        if isinstance(outcome, Photo):
            assert is_plain_jpeg(outcome)
            assert b"onerror" not in outcome.jpeg
    assert seen == WANTED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_each_kind_and_mode_is_taken(kind: str, mode: str) -> None:
    """A camera's or a screen's picture of any kind becomes a plain JPEG of the same picture."""
    if kind == "JPEG" and mode in {"RGBA", "P"}:
        mode = "CMYK"
    image = Image.new("RGB", (64, 48), (200, 30, 30)).convert(mode)
    photo = accept_photo(encoded(image, kind))
    assert isinstance(photo, Photo)
    assert is_plain_jpeg(photo)
    red, green, blue = Image.open(BytesIO(photo.jpeg)).getpixel((30, 20))
    if mode != "L":
        assert red > 150
        assert max(green, blue) < 90


def test_see_through_parts_turn_white() -> None:
    """A signature drawn on nothing is readable on white."""
    photo = accept_photo(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert isinstance(photo, Photo)
    assert min(Image.open(BytesIO(photo.jpeg)).getpixel((10, 10))) > 250


def test_a_large_photo_is_shrunk_and_turned_upright() -> None:
    """The longer edge is at most 1,600 pixels, the shape stays, and the camera's turn is applied."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = accept_photo(encoded(Image.new("RGB", (4000, 3000)), "JPEG", exif=exif))
    assert isinstance(photo, Photo)
    assert (photo.width_px, photo.height_px) == (1200, PHOTO_EDGE_PX_MAX)
    assert is_plain_jpeg(photo)


def test_bounds_are_exact() -> None:
    """The largest allowed number of pixels is taken and one row more is not; so for bytes."""
    width = 8_000
    at_most = Image.new("1", (width, PHOTO_PIXELS_MAX // width))
    assert isinstance(accept_photo(encoded(at_most, "PNG")), Photo)
    above = accept_photo(encoded(Image.new("1", (width, PHOTO_PIXELS_MAX // width + 1)), "PNG"))
    assert isinstance(above, Refusal)
    assert above.code == "photo_too_many_pixels"
    large = accept_photo(b"\xff\xd8\xff" + bytes(PHOTO_BYTES_MAX))
    assert isinstance(large, Refusal)
    assert large.code == "photo_too_large"


SMALL = {
    kind: encoded(Image.effect_noise((24, 24), 60).convert("RGB"), kind) for kind in ("JPEG", "PNG", "WEBP")
}


@given(st.sampled_from(sorted(SMALL)), st.data())
def test_a_bent_file_never_escapes(kind: str, data: st.DataObject) -> None:
    """Whatever bytes of a photo are changed, it is refused or rewritten: no exception, no foreign byte."""
    content = bytearray(SMALL[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    outcome = accept_photo(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert isinstance(outcome, Refusal) or is_plain_jpeg(outcome)
