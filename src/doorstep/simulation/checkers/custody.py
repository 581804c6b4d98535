"""Invariant 2: every parcel has exactly one custodian at every instant, in a chain bound by hashes."""

import json
from hashlib import sha256
from typing import Any, ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

GENESIS: Final = "0" * 64
"""What stands before a chain's first link."""
_AT_END: Final = frozenset({"recipient", "neighbour", "place"})
"""Who may hold a parcel after it was delivered."""


def canonical_text(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """RFC 8785 for JSON without floats, by the standard library: keys in the order of UTF-16 code units."""

    def ordered(item: Any) -> Any:  # noqa: ANN401 - as above
        if isinstance(item, dict):
            return {key: ordered(item[key]) for key in sorted(item, key=lambda key: key.encode("utf-16-be"))}
        return [ordered(part) for part in item] if isinstance(item, list) else item

    text = json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


class CustodyChains(Checker):
    """The giver of each handoff held the parcel before, each link hashes the one before and its own data.

    A parcel of a delivery has a chain; once delivered, it is not left with driver or hub.
    """

    number: ClassVar[int] = 2
    name: ClassVar[str] = "one custodian at every instant, chained by hash"

    def inspect(self, log: Log, tally: Tally) -> None:
        """Read the stored bytes themselves, not what anyone makes of them."""
        holders: dict[str, dict[str, str]] = {}
        links: dict[str, str] = {}
        parcels: set[str] = set()
        delivered: set[str] = set()
        for text in log.texts:
            event = json.loads(text)
            data = event["data"]
            kind = data["type"]
            if kind == "delivery.created":
                parcels.update(data["parcels"])
            elif kind == "delivery.delivered":
                delivered.update(data["parcels"])
            elif kind.startswith("custody."):
                self._link(data, event["position"], holders, links, tally)
        for parcel in sorted(parcels):
            tally.that(parcel in holders, parcel, "it belongs to a delivery and nobody holds it")
        for parcel in sorted(delivered):
            kind = holders.get(parcel, {}).get("kind", "nobody")
            tally.that(kind in _AT_END, parcel, f"it was delivered, and {kind} holds it")

    @staticmethod
    def _link(
        data: dict[str, Any],
        position: int,
        holders: dict[str, dict[str, str]],
        links: dict[str, str],
        tally: Tally,
    ) -> None:
        parcel = data["parcel"]
        if data["type"] == "custody.opened":
            tally.that(parcel not in holders, parcel, f"its chain begins a second time at {position}")
        else:
            tally.that(
                parcel in holders and data["giver"] == holders[parcel],
                parcel,
                f"at {position} {data['giver']} gives what {holders.get(parcel, 'nobody')} holds",
            )
        covered = {name: value for name, value in data.items() if name != "link"}
        before = links.get(parcel, GENESIS)
        expected = sha256(before.encode() + canonical_text(covered)).hexdigest()
        tally.that(data["link"] == expected, parcel, f"the link at {position} does not follow from the last")
        holders[parcel], links[parcel] = data["holder"], data["link"]
