"""Invariant 2: every parcel has exactly one custodian at every instant, in a chain bound by hashes."""

import json
from hashlib import sha256
from itertools import groupby
from typing import Any, ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

GENESIS: Final = "0" * 64
"""What stands before a chain's first link."""
_AT_END: Final = frozenset({"recipient", "neighbour", "place"})
"""Who may hold a parcel after it was delivered."""


def canonical_text(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """RFC 8785 for JSON without floats, by the standard library: keys in the order of UTF-16 code units."""

    def ordered(item: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        if isinstance(item, dict):
            return {key: ordered(item[key]) for key in sorted(item, key=lambda key: key.encode("utf-16-be"))}
        return [ordered(part) for part in item] if isinstance(item, list) else item

    text = json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


class CustodyChains(Checker):
    """The giver of each handoff held the parcel before, each link hashes the one before and its own data.

    A parcel of a delivery has a chain. Who holds it is what its delivery says: a driver from being picked up
    or collected on (or another carrier), the recipient, a neighbour or a place from being delivered on, a hub
    from being handed in again on; none comes without the other.
    """

    number: ClassVar[int] = 2
    name: ClassVar[str] = "one custodian at every instant, chained by hash"

    def inspect(self, log: Log, tally: Tally) -> None:
        """Read the stored bytes themselves, not what anyone makes of them."""
        chains = _Chains(tally)
        parcels: set[str] = set()
        delivered: set[str] = set()
        events = (json.loads(text) for text in log.texts)
        for _, commit in groupby(events, key=lambda event: event["recorded_at"]):
            told: dict[str, str] = {}
            for event in commit:
                data = event["data"]
                match data["type"]:
                    case "delivery.created":
                        parcels.update(data["parcels"])
                    case "delivery.picked_up" if data["said"]:
                        told |= dict.fromkeys(data["parcels"], "picked up by a carrier")
                    case "delivery.picked_up":
                        told |= dict.fromkeys(data["parcels"], "picked up")
                    case "delivery.delivered":
                        told |= dict.fromkeys(data["parcels"], "delivered")
                        delivered.update(data["parcels"])
                    case "return.collected":
                        told |= dict.fromkeys(data["parcels"], "picked up")
                        delivered.difference_update(data["parcels"])
                    case "return.dropped_off":
                        told |= dict.fromkeys(data["parcels"], "handed in")
                        delivered.difference_update(data["parcels"])
                    case kind if kind.startswith("custody."):
                        chains.link(data, event["position"])
            chains.agree(told)
        for parcel in sorted(parcels):
            tally.that(parcel in chains.holders, parcel, "it belongs to a delivery and nobody holds it")
        for parcel in sorted(delivered):
            kind = chains.kind(parcel)
            tally.that(kind in _AT_END, parcel, f"it was delivered, and {kind} holds it")


class _Chains:
    """Every parcel's holder and last link, and what the running commit moved."""

    def __init__(self, tally: Tally) -> None:
        self.holders: dict[str, dict[str, str]] = {}
        self._links: dict[str, str] = {}
        self._moved: set[str] = set()
        self._tally = tally

    def kind(self, parcel: str) -> str:
        """What sort of party holds a parcel."""
        return self.holders.get(parcel, {}).get("kind", "nobody")

    def link(self, data: dict[str, Any], position: int) -> None:
        """Take the next link in."""
        parcel, that = data["parcel"], self._tally.that
        if data["type"] == "custody.opened":
            that(parcel not in self.holders, parcel, f"its chain begins a second time at {position}")
        else:
            that(
                parcel in self.holders and data["giver"] == self.holders[parcel],
                parcel,
                f"at {position} {data['giver']} gives what {self.holders.get(parcel, 'nobody')} holds",
            )
            self._moved.add(parcel)
        covered = {name: value for name, value in data.items() if name != "link"}
        before = self._links.get(parcel, GENESIS)
        expected = sha256(before.encode() + canonical_text(covered)).hexdigest()
        that(data["link"] == expected, parcel, f"the link at {position} does not follow from the last")
        self.holders[parcel], self._links[parcel] = data["holder"], data["link"]

    def agree(self, told: dict[str, str]) -> None:
        """At a commit's end: what deliveries told of parcels is what the chains say, and the reverse."""
        for parcel in sorted(self._moved | told.keys()):
            kind, word = self.kind(parcel), told.get(parcel, "neither picked up nor delivered")
            if word == "picked up by a carrier":
                # Told late, it moves nothing that was handed over since.
                agrees = kind not in ("driver", "unknown")
            elif kind == "driver" or word == "picked up":
                agrees = (kind, word) == ("driver", "picked up")
            elif word == "handed in":
                agrees = kind == "hub"
            else:
                # A second handoff of what is delivered already moves nothing.
                agrees = (kind in _AT_END) == (word == "delivered")
            self._tally.that(agrees, parcel, f"{kind} holds what was {word}")
        self._moved.clear()
