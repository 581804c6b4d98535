"""A network for whoever brings only a map and orders: one hub in their midst, and vans enough.

The rule, so that anybody can check it:

* the hub stands at the median latitude and the median longitude of the orders that have a place, else in
  the middle of the map; it still has to be moved to the nearest street;
* one van for each 45 orders begun, at least 2 and at most 200, each of 1,000 kg and 9 m³, with every skill;
* the first, third, … van drives early, 07:30 to 16:00 with a break of 30 minutes at 11:30, the others late,
  11:30 to 20:30 with theirs at 16:00, every day of the week;
* the merchants are those of the orders.
"""

from collections.abc import Sequence
from statistics import median
from typing import Final

from doorstep.engine.intake import Bounds, OrderRow
from doorstep.engine.network import DriverShift, Hub, Market, Merchant, Network, Van
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.route import Skill

ORDERS_A_VAN: Final = 45
VANS_MIN: Final = 2
VANS_MAX: Final = 200
VAN_G: Final = 1_000_000
VAN_ML: Final = 9_000_000
HUB_ID: Final = "hub"


def default_network(
    orders: Sequence[OrderRow], bounds: Bounds, *, zone: str, currency: str, country: str
) -> Network:
    """The network that the rule above gives; `zone` is an IANA name, `country` two letters."""
    centre = _midst([order.recipient.point for order in orders]) or bounds.centre()
    count = min(VANS_MAX, max(VANS_MIN, -(-len(orders) // ORDERS_A_VAN)))
    merchants = sorted({str(order.merchant) for order in orders}) or ["merchant"]
    return Network(
        market=Market("market", "Market", zone, currency, country),
        merchants=tuple(Merchant(merchant, merchant) for merchant in merchants),
        hubs=(Hub(HUB_ID, "Hub", centre.lat, centre.lon),),
        vans=tuple(
            Van(f"van-{number:03}", HUB_ID, VAN_G, VAN_ML, tuple(Skill)) for number in range(1, count + 1)
        ),
        shifts=tuple(_shift(number) for number in range(1, count + 1)),
    )


def _midst(points: Sequence[Point | None]) -> Point | None:
    placed = [point for point in points if point is not None]
    if not placed:
        return None
    return Point(median(point.lat for point in placed), median(point.lon for point in placed))


def _shift(number: int) -> DriverShift:
    is_early = number % 2 == 1
    return DriverShift(
        driver=f"driver-{number:03}",
        name=f"Driver {number}",
        van=f"van-{number:03}",
        start="07:30" if is_early else "11:30",
        end="16:00" if is_early else "20:30",
        break_start="11:30" if is_early else "16:00",
        break_minutes=30,
    )
