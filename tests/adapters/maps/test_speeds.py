import pytest

from doorstep.adapters.maps.speeds import MPH_KMH, modelled_speeds, posted_kmh
from doorstep.engine.ports.travel import HOURS_A_WEEK

MODEL = modelled_speeds()
LIMIT = MODEL.limit


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 30 * MPH_KMH),
        ("30mph", 30 * MPH_KMH),
        ("DE:urban", 50),
        ("DE:rural", 90),
        ("DE:zone30", 30),
        ("DE:zone:30", 30),
        ("zone:maxspeed=de:30", 30),
        ("walk", LIMIT.walk_kmh / LIMIT.share),
        ("DE:walk", LIMIT.walk_kmh / LIMIT.share),
        ("none", LIMIT.kmh_max / LIMIT.share),
        ("50;30", 50),
        ("signals", None),
        ("DE:unknown", None),
        ("fast", None),
        ("", None),
        ("0", None),
        ("-5", None),
        ("99999", None),
    ],
)
def test_posted_limits_are_read_as_signs_say_them(text: str, kmh: float | None) -> None:
    """Numbers, mph, zones, walking pace and the law's own limits are understood, nonsense is ignored."""
    assert posted_kmh(text, LIMIT) == (pytest.approx(kmh) if kmh is not None else None)


def test_a_limit_counts_for_its_direction() -> None:
    """A limit for one direction leaves the other one alone."""
    along, against = MODEL.kmh({"highway": "primary", "maxspeed:forward": "30", "maxspeed": "60"})
    assert along == pytest.approx(30 * LIMIT.share)
    assert against == pytest.approx(60 * LIMIT.share)


def test_a_bad_surface_slows_a_van_down() -> None:
    """The surface is a ceiling, whatever the sign allows."""
    smooth, _ = MODEL.kmh({"highway": "secondary", "maxspeed": "50", "surface": "asphalt"})
    rough, _ = MODEL.kmh({"highway": "secondary", "maxspeed": "50", "surface": "cobblestone"})
    assert rough == MODEL.surface["cobblestone"] < smooth


def test_no_sign_lets_a_van_fly() -> None:
    """A van keeps to the ceiling of its class of street and to its own."""
    fast, _ = MODEL.kmh({"highway": "motorway", "maxspeed": "none"})
    lane, _ = MODEL.kmh({"highway": "living_street", "maxspeed": "50"})
    assert fast == pytest.approx(LIMIT.kmh_max)
    assert lane == MODEL.class_["living_street"].kmh_max


def test_the_model_is_whole() -> None:
    """Every hour has a profile, every share lies in (0, 1], every ceiling holds its own free flow."""
    assert MODEL.hour_profile().shape == (HOURS_A_WEEK,)
    assert ((MODEL.shares() > 0) & (MODEL.shares() <= 1)).all()
    assert all(street.kmh <= street.kmh_max for street in MODEL.class_.values())
