"""Names: a sentence for people names those who work with us, and shows no id of theirs."""

import pytest
from tests.web.town import CITY

from doorstep.engine.network import read_network
from doorstep.web.names import Names, names_of

NETWORK = read_network((CITY / "network.toml").read_bytes())
SHIFT = NETWORK.shifts[0]
HUB = NETWORK.hubs[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"On the van of {SHIFT.driver}, on its way", f"On the van of {SHIFT.name}, on its way"),
        (f"hub {HUB.id.removeprefix('hub_')} → driver {SHIFT.driver}", f"{HUB.name} → {SHIFT.name}"),
        (f"{SHIFT.driver}x is somebody else", f"{SHIFT.driver}x is somebody else"),
        ("Attempt 1 failed: recipient.not_home", "Attempt 1 failed: nobody home"),
    ],
)
def test_ids_are_said_as_names(text: str, said: str) -> None:
    """Drivers and hubs go by their names, whole ids alone are replaced, and codes are words."""
    assert names_of(NETWORK).said(text) == said


def test_who_has_no_name_keeps_the_id() -> None:
    """An id that the network does not know stays as it is."""
    assert names_of(NETWORK).of("driver-99") == "driver-99"
    assert Names({}).said("driver-99 left") == "driver-99 left"
