"""Geocoder: from an address as people write it to a place, or an honest no."""

from typing import Literal, Protocol

import msgspec

from doorstep.vocabulary.places import Point

UnresolvedReason = Literal["not_found", "incomplete", "ambiguous", "out_of_area"]
"""Why it has no place: no such street or number here; no house number; several places fit; elsewhere."""


class Resolved(msgspec.Struct, frozen=True, tag=True):
    """The one place that an address names; `postcode` is empty where the map knows none."""

    point: Point
    label: str
    postcode: str


class Unresolved(msgspec.Struct, frozen=True, tag=True):
    """Why an address names no place, and what the writer may have meant, best first."""

    reason: UnresolvedReason
    candidates: tuple[str, ...] = ()


class Geocoder(Protocol):
    """Resolves addresses; it never guesses and never fails on odd text."""

    def resolve(self, address: str) -> Resolved | Unresolved:
        """The place of `address`, or why there is none."""
        ...
