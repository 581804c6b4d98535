"""Geocoder: addresses as people write them, found among the doors of one map, offline and without a guess.

A text is read as street, number and town in any order. Whatever it says must hold: a postcode or a city that
the map does not have means that the address lies elsewhere, not that it may be ignored.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from doorstep.adapters.maps.addresses import SAME_DOOR_M_MAX, Address
from doorstep.adapters.maps.spelling import Spelling
from doorstep.adapters.maps.streets import StreetMap
from doorstep.adapters.maps.wording import (
    ADDRESS_CHARS_MAX,
    TOKENS_MAX,
    house_numbers,
    is_number,
    joined,
    key,
    keys,
    number_key,
    tokens,
)
from doorstep.engine.ports.geocoder import Resolved, Unresolved
from doorstep.engine.ports.travel import OffMap
from doorstep.vocabulary.places import distance_m

CANDIDATES_MAX: Final = 5
"""How many likely addresses an unresolved one comes with."""

NAME_WORDS_MAX: Final = 12
"""No street or city has a longer name, words."""

HOUSE_NUMBER_CHARS_MAX: Final = 12
"""No house number is longer, ranges included."""

_PARTS: Final = re.compile(r"[,;|\n\r\t]")
_NUMBER_WORDS_MAX: Final = 3
_POSTCODE_DIGITS_MIN: Final = 4
_COUNTRIES: Final = frozenset(
    {"germany", "deutschland", "de", "d", "portugal", "pt", "finland", "suomi", "fi", "europe"}
)
_INSIDE: Final = frozenset(
    {
        "wohnung",
        "whg",
        "apt",
        "apartment",
        "flat",
        "unit",
        "etage",
        "stock",
        "og",
        "eg",
        "floor",
        "tuer",
        "tur",
    }
    | {"links", "rechts", "mitte", "left", "right", "hinterhaus", "vorderhaus", "andar", "esq", "dto"}
)
"""Words that say where in the house the door is."""


class _Reading(msgspec.Struct, frozen=True):
    """One way to read a text: which street, which number, and which words are left over.

    `before` and `after` are the words left and right of the street that no comma parts from it.
    """

    street: int
    number: str
    length: int
    left: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Text(msgspec.Struct, frozen=True):
    """An address as words, with the number of the comma-separated part that each stands in."""

    words: list[str]
    part: list[int]

    def reading(self, street: int, span: range, number: range) -> _Reading:
        """The reading in which these words are the street and those its number."""
        used = {*span, *number}
        left = tuple(word for at, word in enumerate(self.words) if at not in used)
        beside = [at for at, part in enumerate(self.part) if part == self.part[span.start]]
        before = () if span.start - 1 in number else [self.words[at] for at in beside if at < span.start]
        after = () if span.stop in number else [self.words[at] for at in beside if at >= span.stop]
        written = joined([self.words[at] for at in number])
        return _Reading(street, written, len(used), left, tuple(before), tuple(after))


def _text(address: str) -> _Text:
    words: list[str] = []
    part: list[int] = []
    for at, each in enumerate(_PARTS.split(address)):
        found = tokens(each)
        words += found
        part += [at] * len(found)
    return _Text(words, part)


class _Town(msgspec.Struct, frozen=True):
    """What the words beside street and number say: the map's postcodes and cities, and unknown words."""

    postcodes: frozenset[str]
    cities: frozenset[str]
    strange_codes: tuple[str, ...]
    strange_words: tuple[str, ...]


class StreetGeocoder:
    """Resolves addresses among the doors of a map. It may be shared between threads.

    What it resolves lies near a street, so that it can always be snapped.
    """

    def __init__(self, streets: StreetMap) -> None:
        self._map = streets
        book = streets.addresses
        self._book = book
        self._streets: dict[str, list[int]] = {}
        for at, name in enumerate(book.streets):
            for each in keys(name):
                if each and at not in self._streets.setdefault(each, []):
                    self._streets[each].append(at)
        self._postcodes = {key(tokens(text)): text for text in book.postcodes if text}
        self._cities: dict[str, set[str]] = {}
        for text in filter(None, book.cities):
            for each in keys(text):
                self._cities.setdefault(each, set()).add(text)
        self._doors: dict[int, dict[str, list[int]]] = {}
        self._spelling = Spelling(self._streets)

    def resolve(self, address: str) -> Resolved | Unresolved:
        """The place of `address`, or why there is none; a text too long to be an address is not found."""
        if len(address) > ADDRESS_CHARS_MAX:
            return Unresolved("not_found")
        text = _text(address)
        if not text.words or len(text.words) > TOKENS_MAX:
            return Unresolved("not_found")
        numbered = list(self._numbered(text))
        fitting = [reading for reading in numbered if self._doors_of(reading.street, reading.number)]
        if fitting:
            return self._settle(fitting)
        named = list(self._named(text))
        if not named:
            return Unresolved("not_found", self._respelt(text.words))
        return self._no_door(named, numbered)

    def _doors_in(self, street: int) -> dict[str, list[int]]:
        """The doors of a street by house number; mapped numbers win over those inside a range."""
        if street not in self._doors:
            doors: dict[str, list[int]] = {}
            for at in self._book.in_street(street):
                doors.setdefault(number_key(self._book.number(at)), []).append(at)
            for number, places in list(doors.items()):
                for house in house_numbers(number):
                    doors.setdefault(house, places)
            self._doors[street] = doors
        return self._doors[street]

    def _doors_of(self, street: int, number: str) -> list[Address]:
        """The doors that a number names; "12-14" is also the houses 12 and 14 where they stand together."""
        doors = self._doors_in(street)
        places = doors.get(number, [])
        houses = house_numbers(number)
        if not places and houses and houses[0] in doors and houses[-1] in doors:
            first, last = (self._book[doors[house][0]] for house in (houses[0], houses[-1]))
            if distance_m(first.point, last.point) <= SAME_DOOR_M_MAX:
                places = doors[houses[0]]
        return [self._book[at] for at in places]

    def _spans(self, words: list[str]) -> Iterator[tuple[int, int, int]]:
        """Where a street's name stands among the words: from, to (exclusive) and the street."""
        for start in range(len(words)):
            for end in range(start + 1, min(start + NAME_WORDS_MAX, len(words)) + 1):
                for street in self._streets.get(key(words[start:end]), ()):
                    yield start, end, street

    def _numbered(self, text: _Text) -> Iterator[_Reading]:
        """Readings with a house number right after the street's name, or right before it."""
        words = text.words
        for start, end, street in self._spans(words):
            for after in range(end + 1, min(end + _NUMBER_WORDS_MAX, len(words)) + 1):
                written = joined(words[end:after])
                if written[0].isdigit() or written in self._doors_in(street):
                    yield text.reading(street, range(start, end), range(end, after))
            if start and is_number(words[start - 1]):
                yield text.reading(street, range(start, end), range(start - 1, start))

    def _named(self, text: _Text) -> Iterator[_Reading]:
        """Readings as a street alone."""
        for start, end, street in self._spans(text.words):
            yield text.reading(street, range(start, end), range(0))

    def _is_part_of_name(self, reading: _Reading) -> bool:
        """Whether an unknown word touches the street: "Neue Ringstraße" is not Ringstraße."""
        before, after = self._town(reading.before), self._town(reading.after)
        touches_before = reading.before and reading.before[-1] in before.strange_words
        touches_after = reading.after and reading.after[0] in after.strange_words
        return bool(touches_before or touches_after)

    def _town(self, left: tuple[str, ...]) -> _Town:
        """Sorts the words that are neither street nor number."""
        postcodes: set[str] = set()
        cities: set[str] = set()
        codes: list[str] = []
        strange: list[str] = []
        at = 0
        while at < len(left):
            word, step = left[at], 1
            end = next(
                (
                    end
                    for end in range(min(len(left), at + NAME_WORDS_MAX), at, -1)
                    if key([*left[at:end]]) in self._cities
                ),
                at,
            )
            two = key([*left[at : at + 2]])
            if end > at:
                cities |= self._cities[key([*left[at:end]])]
                step = end - at
            elif key([word]) in self._postcodes:
                postcodes.add(self._postcodes[key([word])])
            elif two in self._postcodes:
                postcodes.add(self._postcodes[two])
                step = 2
            elif word.replace("-", "").isdigit() and len(word) >= _POSTCODE_DIGITS_MIN:
                codes.append(word)
            elif word not in _COUNTRIES and word not in _INSIDE and not is_number(word):
                strange.append(word)
            at += step
        return _Town(frozenset(postcodes), frozenset(cities), tuple(codes), tuple(strange))

    def _settle(self, readings: list[_Reading]) -> Resolved | Unresolved:
        """Decides among readings whose door exists, by what the other words say."""
        # The longest reading explains most: where there is an Alte Ringstraße, Ringstraße is not meant.
        longest = max(reading.length for reading in readings)
        places: list[Address] = []
        refused: list[Address] = []
        elsewhere = False
        for reading in readings:
            if reading.length < longest:
                continue
            town = self._town(reading.left)
            doors = self._doors_of(reading.street, reading.number)
            if self._is_part_of_name(reading):
                refused += doors
                continue
            known = bool(town.postcodes or town.cities)
            if town.strange_codes or (town.strange_words and not known):
                elsewhere = True
                refused += doors
                continue
            fitting = [door for door in doors if _fits(door, town)]
            places += _best(fitting, town)
            refused += doors
        if not places:
            return Unresolved("out_of_area" if elsewhere else "not_found", _labels(refused))
        first = places[0]
        if any(distance_m(first.point, other.point) > SAME_DOOR_M_MAX for other in places[1:]):
            return Unresolved("ambiguous", _labels(places))
        try:
            self._map.snap(first.point)
        except OffMap:
            return Unresolved("out_of_area", _labels(places))
        return Resolved(first.point, first.label, first.postcode)

    def _no_door(self, named: list[_Reading], numbered: list[_Reading]) -> Unresolved:
        """Why a text that names a street of the map names no door."""
        longest = max(reading.length for reading in named)
        likely = [reading for reading in named if reading.length == longest]
        streets = dict.fromkeys(reading.street for reading in likely)
        asked = next(
            (each.number for each in numbered if each.street in streets and self._is_house(each)), ""
        )
        near = (label for street in streets for label in self._near_numbers(street, asked))
        candidates = tuple(dict.fromkeys(near))[:CANDIDATES_MAX]
        if all(self._is_part_of_name(reading) for reading in likely):
            return Unresolved("not_found", candidates)
        town = self._town(likely[0].left)
        codes = [code for code in town.strange_codes if code != asked]
        if codes or (town.strange_words and not (town.postcodes or town.cities)):
            return Unresolved("out_of_area", candidates)
        return Unresolved("not_found" if asked else "incomplete", candidates)

    def _is_house(self, reading: _Reading) -> bool:
        """Whether what stands beside a street's name is meant as a house number rather than as a postcode."""
        return reading.number not in self._postcodes and len(reading.number) <= HOUSE_NUMBER_CHARS_MAX

    def _near_numbers(self, street: int, asked: str) -> list[str]:
        """Doors whose numbers are nearest to the one asked for; the bare street where it has none."""
        places = self._book.in_street(street)
        if not len(places):
            return [self._book.streets[street]]
        wanted = _leading(asked)
        near = sorted(places, key=lambda at: (abs(_leading(self._book.number(at)) - wanted), at))
        return [self._book[at].label for at in near[:CANDIDATES_MAX]]

    def _respelt(self, words: list[str]) -> tuple[str, ...]:
        """Addresses that the writer may have meant, by streets spelt much like the words."""
        letters = [word for word in words if not word[0].isdigit() and key([word]) not in self._cities]
        asked = next((word for word in words if is_number(word)), "")
        labels: list[str] = []
        for near in self._spelling.near(key(letters)):
            for street in self._streets[near]:
                doors = self._doors_of(street, asked) if asked else []
                labels += [door.label for door in doors] or [self._book.streets[street]]
        return tuple(dict.fromkeys(labels))[:CANDIDATES_MAX]


def _fits(door: Address, town: _Town) -> bool:
    """Whether nothing that the text says about the town contradicts the door."""
    code_fits = not town.postcodes or not door.postcode or door.postcode in town.postcodes
    return code_fits and (not town.cities or not door.city or door.city in town.cities)


def _best(doors: list[Address], town: _Town) -> list[Address]:
    """Of several doors, those of which the map itself says what the text says."""
    agreeing = [door for door in doors if door.postcode in town.postcodes or door.city in town.cities]
    return agreeing or doors


def _labels(doors: list[Address]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(door.label for door in doors))[:CANDIDATES_MAX]


def _leading(number: str) -> int:
    """The first digits of a house number; 0 without any."""
    digits = "".join(char if char.isdecimal() else " " for char in number).split()
    return int(digits[0][:6]) if digits else 0
