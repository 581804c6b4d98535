"""Addresses: the doors of a city, by label and place, as they lie in a map file."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from doorstep.adapters.maps.extract import RawAddress
from doorstep.adapters.maps.wording import keys, number_key
from doorstep.vocabulary.places import Point, distance_m

SAME_DOOR_M_MAX: Final = 150
"""Equal addresses nearer than this are one house mapped twice; farther apart they are two places, metres."""

_SEVERAL: Final = re.compile(r"[;,]")
_HOUSES_MAX: Final = 40
"""No mapped house number lists more houses than this."""


class Address(msgspec.Struct, frozen=True):
    """A door: its parts as mapped (empty where the map has none), its label and its place."""

    street: str
    number: str
    postcode: str
    city: str
    point: Point

    @property
    def label(self) -> str:
        """The address on one line: street and number, then postcode and city as far as they are known."""
        town = f"{self.postcode} {self.city}".strip()
        return f"{self.street} {self.number}, {town}" if town else f"{self.street} {self.number}"


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "2" before "10" and "10" before "10a"."""
    parts: list[str] = re.findall(r"\d+|\D+", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _point(raw: RawAddress) -> Point:
    return Point(lat=raw.y / 1e7, lon=raw.x / 1e7)


def _single_doors(raw: Iterable[RawAddress]) -> Iterator[RawAddress]:
    """Splits "12;14" into two doors at one place."""
    for one in raw:
        for number in _SEVERAL.split(one.number)[:_HOUSES_MAX]:
            if number_key(number):
                yield msgspec.structs.replace(one, number=number.strip())


def _known(one: RawAddress) -> int:
    return bool(one.postcode) + bool(one.city)


def _agree(one: RawAddress, other: RawAddress) -> bool:
    """Whether two doors of one street and number may be one: near, and nothing known of both differs."""
    codes_agree = not one.postcode or not other.postcode or one.postcode == other.postcode
    cities_agree = not one.city or not other.city or one.city.casefold() == other.city.casefold()
    return codes_agree and cities_agree and distance_m(_point(one), _point(other)) <= SAME_DOOR_M_MAX


def distinct_doors(raw: Iterable[RawAddress]) -> list[RawAddress]:
    """Each door once, in the order of streets and numbers.

    Where a house is mapped twice, the fuller text stays, and a door's place rather than a building's middle.
    """
    kept: dict[tuple[str, str], list[RawAddress]] = {}
    for one in sorted(_single_doors(raw), key=lambda each: (-_known(each), each.outline, each)):
        same = kept.setdefault((keys(one.street)[0], number_key(one.number)), [])
        twin = next((at for at, other in enumerate(same) if _agree(one, other)), None)
        if twin is None:
            same.append(one)
        elif same[twin].outline and not one.outline:
            same[twin] = msgspec.structs.replace(same[twin], outline=False, x=one.x, y=one.y)
    doors = [one for same in kept.values() for one in same]
    return sorted(doors, key=lambda one: (keys(one.street)[0], one.street, _natural(one.number), one))


def _texts(values: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(values).encode(), dtype=np.uint8)


def _split(packed: NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n")


def address_arrays(doors: Sequence[RawAddress], street_names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The arrays of a map file for doors in their order, and for streets that have none."""
    addressed = dict.fromkeys(one.street for one in doors)
    streets = {name: at for at, name in enumerate((*addressed, *sorted(set(street_names) - set(addressed))))}
    postcodes = {text: at for at, text in enumerate(sorted({one.postcode for one in doors} | {""}))}
    cities = {text: at for at, text in enumerate(sorted({one.city for one in doors} | {""}))}
    return {
        "street_names": _texts(streets),
        "postcodes": _texts(postcodes),
        "cities": _texts(cities),
        "door_numbers": _texts(one.number for one in doors),
        "door_street": np.array([streets[one.street] for one in doors], dtype=np.int32),
        "door_postcode": np.array([postcodes[one.postcode] for one in doors], dtype=np.int32),
        "door_city": np.array([cities[one.city] for one in doors], dtype=np.int32),
        "door_x": np.array([one.x for one in doors], dtype=np.int32),
        "door_y": np.array([one.y for one in doors], dtype=np.int32),
    }


class AddressBook(Sequence[Address]):
    """All doors of a map; those of one street stand together."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.streets = _split(arrays["street_names"])
        self.postcodes = _split(arrays["postcodes"])
        self.cities = _split(arrays["cities"])
        self._street: NDArray[np.int32] = arrays["door_street"]
        self._numbers = _split(arrays["door_numbers"])[: len(self._street)]
        self._postcode, self._city = arrays["door_postcode"], arrays["door_city"]
        self._x, self._y = arrays["door_x"], arrays["door_y"]
        first = np.searchsorted(self._street, np.arange(len(self.streets) + 1))
        self._first: list[int] = first.tolist()

    def __len__(self) -> int:
        return len(self._street)

    @overload
    def __getitem__(self, at: int) -> Address: ...
    @overload
    def __getitem__(self, at: slice) -> list[Address]: ...
    def __getitem__(self, at: int | slice) -> Address | list[Address]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        return Address(
            self.streets[self._street[at]],
            self._numbers[at],
            self.postcodes[self._postcode[at]],
            self.cities[self._city[at]],
            Point(lat=int(self._y[at]) / 1e7, lon=int(self._x[at]) / 1e7),
        )

    def in_street(self, street: int) -> range:
        """The places in this book of a street's doors; `street` is a place in `streets`."""
        return range(self._first[street], self._first[street + 1])

    def number(self, at: int) -> str:
        """The house number of a door, as mapped."""
        return self._numbers[at]
