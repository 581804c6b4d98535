"""Label: a parcel label as a picture, its number as text and as a Code 128 barcode (ISO/IEC 15417, set B)."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

# Bars and spaces of each value in modules, as the standard's table has them; the last one is the stop.
WIDTHS: Final = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211
212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131
113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211
241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214
211232 2331112
""".split()  # noqa: SIM905  a table that a person can hold against the standard's
START_B: Final = 104
STOP: Final = 106
MODULUS: Final = 103
FIRST: Final = 32
"""The character that set B has as value 0."""
LAST: Final = 126
MODULE_PX: Final = 2
QUIET_MODULES: Final = 10
"""Light modules that the standard asks for on both sides."""
BAR_PX: Final = 90
MARGIN_PX: Final = 12


def values_of(text: str) -> list[int]:
    """The values of a barcode that says `text`: start, characters, check, stop.

    Raises:
        ValueError: a character that set B does not have.
    """
    if not all(FIRST <= ord(character) <= LAST for character in text):
        raise ValueError(f"no barcode can say {text!r}")
    data = [ord(character) - FIRST for character in text]
    check = (START_B + sum(place * value for place, value in enumerate(data, 1))) % MODULUS
    return [START_B, *data, check, STOP]


def modules_of(text: str) -> list[bool]:
    """The barcode's modules from left to right, quiet zones included; true is dark."""
    widths = [int(width) for value in values_of(text) for width in WIDTHS[value]]
    bars = [place % 2 == 0 for place, width in enumerate(widths) for _ in range(width)]
    quiet = [False] * QUIET_MODULES
    return [*quiet, *bars, *quiet]


def label(number: str, lines: tuple[str, ...]) -> bytes:
    """A PNG with a barcode of `number` under the given lines."""
    modules = modules_of(number)
    top = MARGIN_PX + 16 * (len(lines) + 1)
    size = (len(modules) * MODULE_PX, top + BAR_PX + MARGIN_PX)
    image = Image.new("1", size, 1)
    pen = ImageDraw.Draw(image)
    for index, line in enumerate((*lines, number)):
        # The picture's own letters know Latin 1 only.
        pen.text((MARGIN_PX, MARGIN_PX + 16 * index), line.encode("latin-1", "replace").decode("latin-1"))
    for place, dark in enumerate(modules):
        if dark:
            left = place * MODULE_PX
            pen.rectangle((left, top, left + MODULE_PX - 1, top + BAR_PX - 1), fill=0)
    out = BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()
