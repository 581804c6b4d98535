"""Pictures of the simulation: a person sees what they stand for, and that they are simulated."""

from io import BytesIO

import pytest
from PIL import Image

from doorstep.adapters.blobs.photos import Photo, accept_photo
from doorstep.simulation.pictures import (
    DOORS,
    HEIGHT_PX,
    LABEL_CHARS_MAX,
    STRIP_PX,
    WIDTH_PX,
    label_of,
    picture,
)

KINDS = ("photo", "door", "signature")
BYTES_MAX = 20_000
TAKEN = "2026-06-16T08:40:04Z"


def drawn(jpeg: bytes) -> Image.Image:
    """The picture, decoded."""
    return Image.open(BytesIO(jpeg)).convert("RGB")


def differing(first: bytes, second: bytes, box: tuple[int, int, int, int]) -> int:
    """Pixels of a part that are clearly another colour."""
    pairs = zip(drawn(first).crop(box).tobytes(), drawn(second).crop(box).tobytes(), strict=True)
    return sum(abs(a - b) > 60 for a, b in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_small_and_follows_from_its_seed(kind: str) -> None:
    """The same seed gives the same bytes, another seed another picture; kept, it has less than 20 kB."""
    first = picture(f"{kind}/1", "7ier6tm2", TAKEN)
    assert first == picture(f"{kind}/1", "7ier6tm2", TAKEN)
    assert len({picture(f"{kind}/{number}", "7ier6tm2", TAKEN) for number in range(40)}) > len(DOORS) / 2
    kept = accept_photo(first)
    assert isinstance(kept, Photo)
    assert (kept.width_px, kept.height_px) == (WIDTH_PX, HEIGHT_PX)
    assert len(kept.jpeg) < BYTES_MAX


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_is_marked_and_stamped(kind: str) -> None:
    """The strip below says that it is simulated, in a colour of its own, and when it was taken."""
    left = (0, HEIGHT_PX - STRIP_PX, WIDTH_PX // 2, HEIGHT_PX)
    right = (WIDTH_PX // 2, HEIGHT_PX - STRIP_PX, WIDTH_PX, HEIGHT_PX)
    marked = picture(f"{kind}/1", "", TAKEN)
    colours = drawn(marked).crop(right).getcolors(WIDTH_PX * STRIP_PX) or []
    assert sum(number for number, (red, _, blue) in colours if red - blue > 50) > 50
    assert differing(marked, picture(f"{kind}/1", "", "2026-07-28T19:59:00Z"), left) > 20
    assert differing(marked, picture(f"{kind}/1", ""), left) > 100


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_a_parcel_and_a_slip_say_whose_they_are(kind: str) -> None:
    """The label is readable in the picture, and is the one that the order's page shows."""
    box = (0, 100, WIDTH_PX, HEIGHT_PX - STRIP_PX)
    label = label_of("par_7ier6tm2abcdefghijklmnopqr")
    assert label == "7ier6tm2"
    assert len(label) <= LABEL_CHARS_MAX
    assert differing(picture(f"{kind}/1", label, TAKEN), picture(f"{kind}/1", "", TAKEN), box) > 100


def test_a_door_that_nobody_opened_has_no_parcel_before_it() -> None:
    """A failed attempt's picture shows the door, and nothing left at it."""
    box = (118, 92, WIDTH_PX, HEIGHT_PX - STRIP_PX)
    assert differing(picture("door/1", "7ier6tm2"), picture("photo/1", "7ier6tm2"), box) > 1_000
