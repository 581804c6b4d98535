"""Homes: at which door of the map a shopper lives, whatever the shopper wrote.

Nobody but the shopper knows. What was written is taken for a slip of the hand: the home is a door in the town
that was named, in the street that is spelt most like the one that was written. A shopper who named no town of
the map, or no street that is like any there, lives elsewhere.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, Protocol

from doorstep.simulation.draws import Draws
from doorstep.vocabulary.places import Point

LIKENESS_MIN: Final = 0.7
"""Share of letters that two spellings of one street have in common, at least."""


class Doorplate(Protocol):
    """A door of the map."""

    @property
    def street(self) -> str:
        """The street's name."""
        ...

    @property
    def number(self) -> str:
        """The house number."""
        ...

    @property
    def postcode(self) -> str:
        """The postcode; empty where the map has none."""
        ...

    @property
    def city(self) -> str:
        """The town; empty where the map has none."""
        ...

    @property
    def point(self) -> Point:
        """Where it is."""
        ...


class Homes:
    """Where shoppers live."""

    def __init__(self, doors: Sequence[Doorplate], draws: Draws) -> None:
        self._doors = doors
        self._draws = draws
        self._streets: dict[tuple[str, str, str], list[Doorplate]] = {}

    def of(self, written: str, shopper: str) -> Point | None:
        """The home of the shopper who wrote this address; None where it is no door of this map.

        Where no number was written that the street has, the shopper's own luck names one.
        """
        words = _words(written)
        best, likely = (LIKENESS_MIN, False), list[Doorplate]()
        for (street, postcode, city), doors in self._by_street().items():
            town = set(_words(city))
            is_coded = postcode in words
            if not is_coded and not (town and town <= set(words)):
                continue
            left = (word for word in words if word not in town and not any(map(str.isdigit, word)))
            likeness = SequenceMatcher(None, "".join(_words(street)), "".join(left), autojunk=False).ratio()
            if (likeness, is_coded) > best:
                best, likely = (likeness, is_coded), doors
        found = [door for door in likely if door.number.casefold() in words] or likely
        return self._draws.of("home", shopper).choice(found).point if found else None

    def _by_street(self) -> dict[tuple[str, str, str], list[Doorplate]]:
        """The doors by street, postcode and city; the map is read when somebody asks for the first time."""
        if not self._streets:
            for door in self._doors:
                self._streets.setdefault((door.street, door.postcode, door.city), []).append(door)
        return self._streets


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
