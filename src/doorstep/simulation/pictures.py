"""Pictures: what a simulated phone takes at a door; each shows what it is, and that it is simulated.

A few scenes are drawn once for each kind of proof; only what a person reads in them is drawn anew each time.
"""

from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH_PX: Final = 240
HEIGHT_PX: Final = 180
JPEG_QUALITY: Final = 60
DOORS: Final = ("#3b5b7a", "#7a4a3b", "#41664a", "#5a4a72", "#8a6d2f", "#4c565f")
"""Colours of the doors; which one a stop has depends on its seed alone."""
STRIP_PX: Final = 22
LABEL_CHARS_MAX: Final = 12
"""Characters that fit on a parcel."""
MARK: Final = "SIMULATED"
FONT_PX: Final = 13
_WALL: Final = "#d9d2c5"
_STEP: Final = "#a8a39a"
_PARCEL: Final = "#c49a62"
_TAPE: Final = "#ad8450"
_PAPER: Final = "#f6f4ee"
_INK: Final = "#22262b"


def picture(what: str, label: str = "", taken: str = "") -> bytes:
    """A JPEG of a few kilobytes that depends on its arguments alone.

    Args:
        what: the kind of picture before its first slash (`photo`, `signature`, `door`), then what makes it
            this one.
        label: what is written on the parcel or under the signature.
        taken: the instant that is burned in, RFC 3339.
    """
    kind = what.partition("/")[0]
    seed = sha256(what.encode()).digest()
    image = _scene(kind, seed[0] % len(DOORS)).copy()
    draw = ImageDraw.Draw(image)
    if kind == "signature":
        _sign(draw, seed)
        draw.text((20, 128), label, fill=_INK, font=_font())
    elif kind == "photo":
        draw.text((129, 127), label[:LABEL_CHARS_MAX], fill=_INK, font=_font())
    burned = f"{taken[:10]} {taken[11:16]} UTC" if taken else ""
    draw.text((8, HEIGHT_PX - STRIP_PX + 3), burned, fill="white", font=_font())
    out = BytesIO()
    image.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def label_of(parcel: str) -> str:
    """What a parcel's label says in print: the first letters of its id, as on the order's page."""
    return parcel.rpartition("_")[2][:8]


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(FONT_PX)


@cache
def _scene(kind: str, door: int) -> Image.Image:
    """All that pictures of one kind share: a slip to sign, or a door, with a parcel where one was left."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _WALL)
    draw = ImageDraw.Draw(image)
    if kind == "signature":
        draw.rectangle((0, 0, WIDTH_PX, HEIGHT_PX), fill=_PAPER)
        draw.text((20, 14), "Received, signature:", fill=_INK, font=_font())
        draw.line((20, 122, WIDTH_PX - 20, 122), fill=_INK)
    else:
        _door(draw, DOORS[door], door)
        if kind == "photo":
            _parcel(draw)
    draw.rectangle((0, HEIGHT_PX - STRIP_PX, WIDTH_PX, HEIGHT_PX), fill=_INK)
    mark_px = draw.textlength(MARK, font=_font())
    draw.text((WIDTH_PX - 8 - mark_px, HEIGHT_PX - STRIP_PX + 3), MARK, fill="#ffcf5a", font=_font())
    return image


def _door(draw: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    draw.rectangle((0, 146, WIDTH_PX, HEIGHT_PX), fill=_STEP)
    draw.rectangle((28, 8, 118, 146), fill="#efeae0")
    draw.rectangle((36, 16, 110, 146), fill=colour)
    for top in (26, 84):
        draw.rectangle((46, top, 100, top + 46), outline="#00000055", width=2)
    draw.ellipse((97, 76, 106, 85), fill="#e6c76a")
    draw.rectangle((136, 34, 172, 54), fill=_PAPER, outline=_INK)
    draw.text((146, 36), str(number * 2 + 7), fill=_INK, font=_font())
    draw.ellipse((149, 64, 159, 74), fill="#e6c76a", outline=_INK)


def _parcel(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((118, 92, 232, 154), fill=_PARCEL, outline="#8d6a3c")
    draw.rectangle((166, 92, 184, 154), fill=_TAPE)
    draw.rectangle((124, 122, 226, 148), fill=_PAPER)
    for bar in range(22):
        draw.line((126 + bar * 4, 101, 126 + bar * 4, 116), fill=_INK, width=1 + (bar * 7 % 3 == 0))


def _sign(draw: ImageDraw.ImageDraw, seed: bytes) -> None:
    """A scribble in one stroke, as a finger makes on glass."""
    points = [(28 + i * 6, 88 + (value - 128) // 5) for i, value in enumerate(seed[1:31])]
    draw.line(points, fill="#1d3f8f", width=2, joint="curve")
