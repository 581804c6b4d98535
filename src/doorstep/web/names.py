"""Names: drivers, hubs and merchants as the network names them, where a view knows only ids."""

import re
from collections.abc import Mapping

from doorstep.engine.network import Network
from doorstep.policy.contracts import ContractPolicy
from doorstep.views.labels import spoken
from doorstep.views.words import short
from doorstep.vocabulary.ids import OWN_FLEET


class Names:
    """Says who is who in one market. Shoppers have no name here: theirs lies in the vault."""

    def __init__(self, names: Mapping[str, str]) -> None:
        longest_first = sorted(names, key=len, reverse=True)
        self._names = dict(names)
        self._ids = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")

    def of(self, one: str) -> str:
        """The name behind an id, or the id where it has none."""
        return self._names.get(one, one)

    def leading(self, text: str) -> str:
        """A sentence that begins with an id, as ours about carriers do, with the name there instead."""
        first, space, rest = text.partition(" ")
        return self.of(first) + space + rest

    def said(self, text: str) -> str:
        """A sentence with its ids as names and its codes in plain words."""
        named = self._ids.sub(lambda found: self._names[found[1]], text) if self._names else text
        return spoken(named)


def names_of(network: Network) -> Names:
    """The names of a network; a `driver` or `hub` that a sentence says before an id goes with it."""
    found: dict[str, str] = {}
    for merchant in network.merchants:
        found[merchant.id] = merchant.name
        found[f"merchant {merchant.id}"] = merchant.name
    for hub in network.hubs:
        found |= {hub.id: hub.name, f"hub {hub.id}": hub.name, f"hub {short(hub.id)}": hub.name}
    for shift in network.shifts:
        found |= {shift.driver: shift.name, f"driver {shift.driver}": shift.name}
        found[f"driver {short(shift.driver)}"] = shift.name
    return Names(found)


def carrier_names(contracts: ContractPolicy) -> Names:
    """The carriers as their contracts name them: apart, for an id such as `courier` is also a plain word."""
    return Names({OWN_FLEET: "Own fleet", **{one: told.name for one, told in contracts.carrier.items()}})
