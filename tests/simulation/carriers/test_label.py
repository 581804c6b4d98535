"""Labels: a barcode that a scanner reads, and that says the shipment's number."""

from io import BytesIO
from itertools import groupby

import pytest
from PIL import Image
from tests.adapters.carriers.houses import House, shipment

from doorstep.engine.ports.carriers import Booked
from doorstep.simulation.carriers.carrier_world import CarrierKind
from doorstep.simulation.carriers.label import MODULE_PX, STOP, WIDTHS, label, values_of


def scan(png: bytes) -> str:
    """The text that a scanner finds in a row through the barcode's middle."""
    image = Image.open(BytesIO(png)).convert("1")
    row = image.height - 40
    dark = [image.getpixel((x, row)) == 0 for x in range(0, image.width, MODULE_PX)]
    runs = [len(list(run)) for _, run in groupby(dark)][1:-1]
    symbols = ["".join(map(str, runs[at : at + 6])) for at in range(0, len(runs) - 7, 6)]
    assert "".join(map(str, runs[-7:])) == WIDTHS[STOP]
    values = [WIDTHS.index(symbol) for symbol in symbols]
    start, *data, check = values
    assert check == (start + sum(place * value for place, value in enumerate(data, 1))) % 103
    return "".join(chr(value + 32) for value in data)


def test_the_table_is_the_standards() -> None:
    """107 different symbols; each has 11 modules, an even number of them dark, and the stop has 13."""
    assert len(WIDTHS) == len(set(WIDTHS)) == 107
    for symbol in WIDTHS[:STOP]:
        widths = [int(width) for width in symbol]
        assert sum(widths) == 11
        assert sum(widths[::2]) % 2 == 0
    assert sum(int(width) for width in WIDTHS[STOP]) == 13


def test_a_known_check_value() -> None:
    """The textbook's example has check value 54 in set A, so 55 in set B, which starts one higher."""
    assert values_of("PJJ123C")[-2] == 55


@pytest.mark.parametrize("number", ["RE00000000017", "~ !", "x"])
def test_a_label_can_be_scanned(number: str) -> None:
    """What stands in the bars is the number, whatever stands above them."""
    assert scan(label(number, ("Tollense Paketdienst", "Зоя Łącka"))) == number


def test_what_the_set_does_not_have_is_refused() -> None:
    """A number with a letter that no bar stands for gets no label."""
    with pytest.raises(ValueError, match="ä"):
        values_of("Pä1")


def test_a_booking_brings_its_label() -> None:
    """The regional carrier's label says its consignment number."""
    booked = House(CarrierKind.regional).adapter.book(shipment())
    assert isinstance(booked, Booked)
    assert booked.label_media == "image/png"
    assert booked.label is not None
    assert scan(booked.label) == booked.reference
