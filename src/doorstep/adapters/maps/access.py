"""Access: which streets a delivery van may use, and in which direction."""

from collections.abc import Mapping
from typing import Final

_VEHICLE_KEYS: Final = ("motorcar", "motor_vehicle", "vehicle", "access")
"""From the most specific key to the least; the first that is tagged decides."""

_CLOSED: Final = frozenset(
    {
        "no",
        "private",
        "agricultural",
        "forestry",
        "agricultural;forestry",
        "emergency",
        "military",
        "bus",
        "psv",
    }
    | {"restricted", "use_sidepath", "residents", "employees"}
)
_OPEN: Final = frozenset({"yes", "designated", "permissive", "destination", "delivery", "official"})
_ONLY_WHEN_OPENED: Final = frozenset({"track", "pedestrian"})
"""Classes that are closed to vans unless a tag opens them."""

_BLOCKING_BARRIERS: Final = frozenset(
    {"bollard", "block", "cycle_barrier", "motorcycle_barrier", "jersey_barrier", "turnstile", "stile"}
    | {
        "kissing_gate",
        "full-height_turnstile",
        "chain",
        "log",
        "debris",
        "planter",
        "bus_trap",
        "sump_buster",
    }
    | {"horse_stile", "wall", "fence", "hedge", "ditch", "rope"}
)
_FORWARD: Final = frozenset({"yes", "true", "1"})
_BACKWARD: Final = frozenset({"-1", "reverse"})
_BOTH: Final = frozenset({"no", "false", "0", "alternating"})


def _granted(tags: Mapping[str, str]) -> str | None:
    return next((tags[key] for key in _VEHICLE_KEYS if key in tags), None)


def may_drive(tags: Mapping[str, str]) -> bool:
    """Whether a delivery van may use a way at all; "destination" and "delivery" count as yes."""
    if tags.get("area") == "yes" or tags.get("impassable") == "yes" or tags.get("smoothness") == "impassable":
        return False
    if tags.get("service") == "emergency_access":
        return False
    granted = _granted(tags)
    if tags["highway"] in _ONLY_WHEN_OPENED:
        hard_track = tags["highway"] == "track" and tags.get("tracktype") == "grade1" and granted is None
        return hard_track or granted in _OPEN
    return granted not in _CLOSED


def blocks(tags: Mapping[str, str]) -> bool:
    """Whether a node's barrier stops a van; an unlocked gate or a lift gate does not."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    granted = _granted(tags)
    if granted is not None:
        return granted in _CLOSED
    return barrier in _BLOCKING_BARRIERS


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a van may drive along the way, and against it."""
    oneway = tags.get("oneway:motorcar") or tags.get("oneway:motor_vehicle") or tags.get("oneway")
    if oneway is not None:
        if oneway in _FORWARD:
            return True, False
        if oneway in _BACKWARD:
            return False, True
        if oneway in _BOTH:
            return True, True
        if oneway == "reversible":
            # Nobody can know from the map which way it runs now.
            return False, False
    implied = tags.get("junction") in {"roundabout", "circular"} or tags["highway"] == "motorway"
    return True, not implied
