"""Make a day of invented orders for any map.

`python examples/make_orders.py CITY.map --network N.toml --out O.csv`

The addresses are the map's own. Everybody who lives at them here is invented: first and last names are put
together by chance from words that are no usual family names, e-mail goes to example.org, and every phone
number lies in the range (+49 30 23125 000 to 999) that the German regulator keeps free for films. The same
arguments give the same file.
"""

# ruff: noqa: INP001  a script that stands beside its data, no package

import argparse
import csv
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from random import Random
from typing import Final, NamedTuple, TypeVar

from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.network import Network, NetworkRefused, read_network
from doorstep.engine.ports.travel import MapUnreadable
from doorstep.vocabulary.places import Point, distance_m

T = TypeVar("T")

_FIRST: Final = (
    "Ada Aino Alma Anouk Arvid Bela Bosse Cleo Dario Dorle Edda Elif Emre Enno Fanny Fiete Greta Hauke "
    "Ida Ilja Imke Jasna Jonte Juna Kai Kalle Lale Leevi Liv Malik Marit Milo Mira Nele Nilay Odin Ole "
    "Paula Quirin Rieke Ronja Samir Selma Silke Tarek Tilda Tomma Ulli Vito Wanja Wenke Yara Yunus Zora"
)
_LAST: Final = (
    "Ahornsteg Apfelgrund Bachkiesel Birkenlicht Blauregen Brombeer Brückenhall Dachsholz Deichgold "
    "Distelfink Efeuwand Eisvogt Erlenquell Federgras Feldlerch Flussbett Ginsterhang Glimmerstein "
    "Haselruh Heidekorn Himbeerkamp Honigtau Kieselbach Kleefeldt Lachsfluh Laubengang Lindenrausch "
    "Löwenzahm Mondkalb Moosgrund Nachtkerz Nebelhorn Nordlicht Ottersprung Pappelschnee Quittenbaum "
    "Regenpfeif Reethdach Sandhafer Schilfrohr Seerosen Sommerwind Sternmoor Tannenhäher Uferschwalb "
    "Veilchenau Wacholdt Walnusser Weidenkätz Wiesenschaum Windsbraut Zaunkönig"
)
FIRST_NAMES: Final = tuple(_FIRST.split())
LAST_NAMES: Final = tuple(_LAST.split())
UNITS: Final = ("EG links", "EG rechts", "1. OG links", "1. OG rechts", "2. OG", "3. OG Mitte", "Hinterhaus")
INSTRUCTIONS: Final = (
    "Bitte zweimal klingeln",
    "Klingel defekt, bitte anrufen",
    "Eingang im Hof",
    "Nicht bei den Nachbarn abgeben",
    "Vorsicht, Hund im Garten",
    "Paket bitte nicht kippen",
    "Aufzug ist außer Betrieb",
)

SERVICE_SHARES: Final = {"next_day": 45, "slot": 30, "same_day": 20, "express": 5}
NEXT_DAY_WINDOWS: Final = {
    (8, 12): 20,
    (9, 13): 18,
    (10, 15): 14,
    (12, 16): 16,
    (13, 17): 14,
    (15, 20): 10,
    (16, 20): 8,
}
SLOT_STARTS: Final = {8: 11, 9: 6, 10: 13, 12: 14, 13: 6, 14: 15, 16: 17, 18: 18}
SAME_DAY_WINDOWS: Final = {(13, 17): 24, (14, 18): 26, (15, 19): 20, (16, 20): 18, (17, 20): 12}
"""Hours of the market's day, and how often each window is asked for."""

GIVEN_PLACE_SHARE: Final = 0.20
ABBREVIATED_SHARE: Final = 0.10
MISSPELT_SHARE: Final = 0.01
NUMBERLESS_SHARE: Final = 0.005
NEAR_M: Final = 4_000
"""Within this distance of a hub every address is equally likely; beyond, likelihood falls by e every 2 km."""
FADE_M: Final = 2_000
ADDRESSES_MIN: Final = 500
"""A map with fewer addresses gets made-up labels at random street corners."""


class Goods(NamedTuple):
    """What a merchant sends: its share of orders, and per parcel the bounds of weight, sides and value."""

    share: int
    weight_g: tuple[int, int]
    sides_mm: tuple[tuple[int, int, int], ...]
    value_minor: tuple[int, int]
    handling: dict[str, float]


GOODS: Final = (
    Goods(
        45,
        (300, 3_500),
        ((350, 250, 100), (400, 300, 150), (300, 220, 60)),
        (1_990, 24_900),
        {"photo": 0.10, "signature": 0.02},
    ),
    Goods(
        25,
        (150, 2_200),
        ((220, 160, 100), (260, 190, 130), (180, 120, 80)),
        (890, 14_900),
        {"cold": 0.30, "age_check": 0.05, "photo": 0.05, "pin": 0.03},
    ),
    Goods(
        30,
        (400, 14_000),
        ((300, 250, 200), (500, 400, 300), (250, 200, 80), (800, 500, 150)),
        (4_900, 129_900),
        {
            "fragile": 0.22,
            "high_value": 0.16,
            "signature": 0.15,
            "pin": 0.10,
            "age_check": 0.05,
            "photo": 0.08,
        },
    ),
)


class Dice:
    """Chance from a seed, by the one method whose stream Python keeps stable across versions."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311  invented orders need no secret

    def chance(self, share: float) -> bool:
        """True in this share of throws."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def one_of(self, things: Sequence[T]) -> T:
        """One of these, each equally likely."""
        return things[int(self._random() * len(things))]

    def weighed(self, weights: dict[T, int]) -> T:
        """One of the keys, by weight."""
        left = self._random() * sum(weights.values())
        for thing, weight in weights.items():
            left -= weight
            if left < 0:
                return thing
        return next(reversed(weights))

    def deck(self, shares: dict[T, int], count: int) -> list[T]:
        """So many things in a shuffled order, their shares kept exactly but for rounding."""
        total, cards = sum(shares.values()), list[T]()
        for thing, share in shares.items():
            cards += [thing] * round(count * share / total)
        cards += [next(iter(shares))] * (count - len(cards))
        for last in range(len(cards) - 1, 0, -1):
            other = self.between(0, last)
            cards[last], cards[other] = cards[other], cards[last]
        return cards[:count]


class Door(NamedTuple):
    """Where an order goes: its parts, and its place."""

    street: str
    number: str
    town: str
    point: Point
    is_made_up: bool

    def label(self) -> str:
        """The address on one line."""
        return ", ".join(part for part in (f"{self.street} {self.number}".strip(), self.town) if part)


class Timing(NamedTuple):
    """When an order was placed, when it is ready, and when it is wanted; wall times."""

    placed: datetime
    ready: datetime
    start: datetime
    end: datetime


def doors(city: StreetMap, network: Network, dice: Dice, count: int) -> list[Door]:
    """That many doors by chance, the nearer to a hub the likelier; a door may come twice."""
    hubs = [point for hub in network.hubs if (point := hub.point()) is not None]
    often = Counter(door.label.casefold() for door in city.addresses)
    # Where two doors share one label, writing it down names neither.
    known = [
        door for door in city.addresses if door.city and door.postcode and often[door.label.casefold()] == 1
    ]
    chosen: list[Door] = []
    while len(chosen) < count:
        if len(known) >= ADDRESSES_MIN:
            one = dice.one_of(known)
            door = Door(one.street, one.number, f"{one.postcode} {one.city}", one.point, is_made_up=False)
        else:
            # Without addresses the place is all there is: it is given, and the label only tells stops apart.
            corner = city.node_point(dice.between(0, city.nodes - 1))
            door = Door("Corner", str(len(chosen) + 1), "", corner, is_made_up=True)
        if dice.chance(_likelihood(door.point, hubs)):
            chosen.append(door)
    return chosen


def _likelihood(point: Point, hubs: Sequence[Point]) -> float:
    away_m = min((distance_m(point, hub) for hub in hubs), default=0)
    return min(1.0, math.exp((NEAR_M - away_m) / FADE_M))


class Slip(Enum):
    """What somebody got wrong when they typed an address."""

    misspelt = auto()
    numberless = auto()


def slips(count: int, dice: Dice) -> dict[int, Slip]:
    """Which of so many orders have an address that no map should accept; the shares are kept exactly."""
    chosen: dict[int, Slip] = {}
    for slip, share in ((Slip.misspelt, MISSPELT_SHARE), (Slip.numberless, NUMBERLESS_SHARE)):
        wanted = len(chosen) + round(count * share)
        while len(chosen) < wanted:
            chosen.setdefault(dice.between(1, count), slip)
    return chosen


def written_address(door: Door, slip: Slip | None, dice: Dice) -> str:
    """The address as somebody types it: mostly right, sometimes short, and now and then no address at all."""
    if door.is_made_up:
        return door.label()
    match slip:
        case Slip.misspelt:
            return door._replace(street=misspelt(door.street, dice)).label()
        case Slip.numberless:
            return door._replace(number="").label()
        case None if dice.chance(ABBREVIATED_SHARE):
            short = door.street.replace("straße", "str.").replace("Straße", "Str.")
            return door._replace(street=short).label()
        case None:
            return door.label()


def misspelt(street: str, dice: Dice) -> str:
    """The street with a letter lost and two pairs swapped: people see what is meant, a map must not guess."""
    letters = list(street)
    del letters[dice.between(1, max(1, len(letters) - 2))]
    for _ in range(2):
        at = dice.between(1, max(1, len(letters) - 2))
        letters[at : at + 2] = reversed(letters[at : at + 2])
    return "".join(letters)


def timing(service: str, day: date, dice: Dice) -> Timing:
    """When an order of this service is placed, ready and wanted on a service day."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  a wall time of the market, whatever its zone

    def at(hours: float) -> datetime:
        return midnight + timedelta(hours=hours)

    eve = dice.between(-11 * 60, -2 * 60) / 60
    match service:
        case "next_day":
            start, end = dice.weighed(NEXT_DAY_WINDOWS)
            return Timing(at(eve), at(6), at(start), at(end))
        case "slot":
            start = dice.weighed(SLOT_STARTS)
            # A morning's slot is bought the evening before, an evening's one as late as noon.
            is_placed_today = start >= 12 and dice.chance(0.5)
            placed = dice.between(7 * 60, min(14, start - 4) * 60) / 60 if is_placed_today else eve
            ready = max(6.0, placed + dice.between(20, 60) / 60)
            return Timing(at(placed), at(ready), at(start), at(start + 2))
        case "same_day":
            start, end = dice.weighed(SAME_DAY_WINDOWS)
            placed = dice.between(7 * 60, min(13, start - 3) * 60) / 60
            return Timing(at(placed), at(placed + dice.between(30, 75) / 60), at(start), at(end))
        case _:
            placed = dice.between(9 * 60, 14 * 60 + 30) / 60
            ready = placed + dice.between(10, 20) / 60
            first = math.ceil((ready + 0.4) * 4) / 4
            return Timing(at(placed), at(ready), at(first), at(first + dice.one_of((1.5, 2.0, 2.0))))


class Wish(NamedTuple):
    """What is settled about an order before chance fills in the rest."""

    number: int
    door: Door
    service: str
    slip: Slip | None


def order(wish: Wish, network: Network, day: date, dice: Dice) -> dict[str, str]:
    """One order's cells by column."""
    shares = {index: goods.share for index, goods in enumerate(GOODS[: len(network.merchants)])}
    index = dice.weighed(shares)
    merchant, goods = network.merchants[index].id, GOODS[index]
    first, last = dice.one_of(FIRST_NAMES), dice.one_of(LAST_NAMES)
    when = timing(wish.service, day, dice)
    address = written_address(wish.door, wish.slip, dice)
    parcels = dice.weighed({1: 82, 2: 14, 3: 4})
    length, width, height = dice.one_of(goods.sides_mm)
    handling = [what for what, share in goods.handling.items() if dice.chance(share)]
    is_place_given = wish.door.is_made_up or (wish.slip is None and dice.chance(GIVEN_PLACE_SHARE))
    cells = {
        "external_id": f"{merchant[:2].upper()}-{day:%y%m%d}-{wish.number:04}",
        "merchant": merchant,
        "ready_at": when.ready.isoformat(timespec="minutes"),
        "placed_at": when.placed.isoformat(timespec="minutes"),
        "name": f"{first} {last}",
        "phone": f"+493023125{dice.between(0, 999):03}",
        "email": f"{_plain(first)}.{_plain(last)}.{wish.number}@example.org",
        "address": address,
        "unit": dice.one_of(UNITS) if dice.chance(0.4) else "",
        "instructions": dice.one_of(INSTRUCTIONS) if dice.chance(0.12) else "",
        "service": wish.service,
        "window_start": when.start.isoformat(timespec="minutes"),
        "window_end": when.end.isoformat(timespec="minutes"),
        "parcels": str(parcels),
        "weight_g": str(parcels * (dice.between(*goods.weight_g) // 10 * 10)),
        "length_mm": str(length),
        "width_mm": str(width),
        "height_mm": str(height),
        "value_minor": str(dice.between(*goods.value_minor) // 10 * 10 + 9),
        "currency": network.market.currency,
        "handling": ";".join(handling),
    }
    if is_place_given:
        cells |= {"lat": f"{wish.door.point.lat:.6f}", "lon": f"{wish.door.point.lon:.6f}"}
    if "cold" in handling:
        cells |= {"temp_min_c": "2", "temp_max_c": "8"}
    return cells


def _plain(name: str) -> str:
    """A name in ASCII, as an e-mail address spells it."""
    spelt = name.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()


def make_orders(
    city: StreetMap, network: Network, *, count: int, seed: int, day: date
) -> list[dict[str, str]]:
    """The day's orders in the order in which they are placed."""
    dice = Dice(seed)
    places, slip = doors(city, network, dice, count), slips(count, dice)
    services = dice.deck(SERVICE_SHARES, count)
    wishes = (
        Wish(number, door, service, slip.get(number))
        for number, (door, service) in enumerate(zip(places, services, strict=True), 1)
    )
    made = [order(wish, network, day, dice) for wish in wishes]
    return sorted(made, key=lambda cells: (cells["placed_at"], cells["external_id"][-4:]))


def write_orders(path: Path, orders: Sequence[dict[str, str]]) -> None:
    """The orders as CSV with every column, in UTF-8 with LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(orders)


def main() -> None:
    """Read the arguments, make the orders, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("map", type=Path, help="a map that `doorstep map build` made")
    parser.add_argument("--network", type=Path, required=True, help="the network file")
    parser.add_argument("--orders", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2026, 6, 16), metavar="YYYY-MM-DD")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if asked.orders < 1 or asked.seed < 0:
        parser.error("--orders must be 1 or more, --seed 0 or more")
    try:
        network, city = read_network(asked.network.read_bytes()), StreetMap.load(asked.map)
    except MapUnreadable as unreadable:
        parser.error(str(unreadable))
    except NetworkRefused as refused:
        parser.error(f"{asked.network}: {refused}")
    except OSError as fault:
        parser.error(f"{asked.network} cannot be read: {fault.strerror}")
    south, west, north, east = city.bounds
    for hub in network.hubs:
        if (point := hub.point()) and not (south <= point.lat <= north and west <= point.lon <= east):
            parser.error(f"hub {hub.id} of {asked.network} lies off {asked.map}")
    orders = make_orders(city, network, count=asked.orders, seed=asked.seed, day=asked.day)
    try:
        write_orders(asked.out, orders)
    except OSError as fault:
        parser.error(f"{asked.out} cannot be written: {fault.strerror}")


if __name__ == "__main__":
    main()
