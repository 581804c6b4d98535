import heapq
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.adapters.maps.conftest import Town


def test_no_left_turn_sends_the_van_another_way(crossing: "Town") -> None:
    """A forbidden left turn is not driven: the van goes round, though turning left is shorter."""
    free = crossing.way_of(crossing.build(), "s", "w")
    crossing.restriction("no_left_turn", "s street", "m", "w street")
    bound = crossing.way_of(crossing.build(), "s", "w")
    assert free == "s m w"
    assert bound == "s w"


def test_a_restriction_binds_one_approach_only(crossing: "Town") -> None:
    """Who comes from elsewhere, or starts at the junction, may go where the restricted approach may not."""
    crossing.restriction("no_left_turn", "s street", "m", "w street")
    streets = crossing.build()
    assert crossing.way_of(streets, "n", "w") == "n m w"
    assert crossing.way_of(streets, "m", "w") == "m w"
    assert crossing.way_of(streets, "s", "n") == "s m n"


def test_only_straight_on_forbids_every_other_turn(crossing: "Town") -> None:
    """`only_straight_on` leaves one way out of the junction."""
    crossing.restriction("only_straight_on", "s street", "m", "n street")
    streets = crossing.build()
    assert crossing.way_of(streets, "s", "n") == "s m n"
    assert crossing.way_of(streets, "s", "e") == "s e"
    assert crossing.way_of(streets, "s", "w") == "s w"


def test_a_drive_may_end_at_a_restricted_junction(crossing: "Town") -> None:
    """A restriction says where to go on, not that nobody may stop there."""
    crossing.restriction("only_straight_on", "s street", "m", "n street")
    streets = crossing.build()
    middle = crossing.at(streets, "m")
    assert crossing.way_of(streets, "s", "m") == "s m"
    assert streets.metres(0, crossing.at(streets, "s"), middle) == 100
    assert streets.seconds(0, [middle], [middle])[0, 0] == 0


def test_two_restrictions_on_one_approach_hold_together(crossing: "Town") -> None:
    """No left and no straight on leave the right turn."""
    crossing.restriction("no_left_turn", "s street", "m", "w street")
    crossing.restriction("no_straight_on", "s street", "m", "n street")
    streets = crossing.build()
    assert crossing.way_of(streets, "s", "e") == "s m e"
    assert crossing.way_of(streets, "s", "w") == "s w"


def test_a_van_does_not_dodge_a_restriction_by_turning_mid_street(town: "Town") -> None:
    """Past "no left turn" a van drives to a real junction before it turns round, not to the next cut."""
    for name, east_m, north_m in (("m", 0, 0), ("n", 0, 400), ("e", 50, 0), ("s", 0, -50), ("w", -50, 0)):
        town.node(name, east_m, north_m)
    town.node("x", 30, 400)
    town.node("y", -30, 400)
    for name in "nesw":
        town.street(f"{name} street", f"{name} m")
    town.street("x street", "n x")
    town.street("y street", "n y")
    town.restriction("no_left_turn", "s street", "m", "w street")
    town.restriction("no_right_turn", "s street", "m", "e street")
    streets = town.build()
    assert streets.metres(0, town.at(streets, "s"), town.at(streets, "w")) == 50 + 400 + 400 + 50


def test_no_u_turn_holds_at_its_junction(town: "Town") -> None:
    """Where turning round is forbidden, the van drives on to the end of the street and comes back."""
    for name, east_m, north_m in (("a", 0, 0), ("m", 100, 0), ("b", 150, 0), ("c", 150, 50), ("d", 0, 90)):
        town.node(name, east_m, north_m)
    town.street("in", "a m")
    town.street("on", "m b")
    town.street("stub", "b c")
    town.street("slip", "a d", oneway="yes")
    town.street("back", "d m", "living_street", oneway="yes")
    town.restriction("no_u_turn", "in", "m", "in")
    town.restriction("no_straight_on", "back", "m", "in")
    streets = town.build()
    assert streets.facts.counts["restrictions_kept"] == 2
    assert town.way_of(streets, "d", "a") == "d m b c b m a"


def test_a_street_that_restrictions_trap_is_left_out(town: "Town") -> None:
    """Where the only permitted turn leads back into the same street, nobody is sent."""
    for name, east_m, north_m in (("m", 0, 0), ("n", 0, 100), ("e", 100, 0), ("s", 0, -60)):
        town.node(name, east_m, north_m)
    for name in "nes":
        town.street(f"{name} street", f"{name} m")
    town.restriction("only_u_turn", "s street", "m", "s street")
    streets = town.build()
    assert streets.snap(town.point("s")).node == town.at(streets, "m")
    assert town.way_of(streets, "n", "e") == "n m e"


@pytest.mark.parametrize(
    ("kind", "tags", "count"),
    [
        ("no_left_turn", {"except": "bicycle;motorcar"}, "restrictions_other_vehicles"),
        ("", {"restriction:hgv": "no_left_turn"}, "restrictions_other_vehicles"),
        ("", {"restriction:conditional": "no_left_turn @ (07:00-09:00)"}, "restrictions_conditional"),
        ("give_way", {}, "restrictions_unclear"),
    ],
)
def test_a_restriction_that_does_not_bind_a_van_is_counted_and_left_out(
    crossing: "Town", kind: str, tags: dict[str, str], count: str
) -> None:
    """Exceptions, other vehicles, hours and unknown kinds change no drive, and the map counts them."""
    crossing.restriction(kind, "s street", "m", "w street", **tags)
    streets = crossing.build()
    assert crossing.way_of(streets, "s", "w") == "s m w"
    assert streets.facts.counts[count] == 1


def test_a_restriction_over_a_street_is_counted(crossing: "Town") -> None:
    """Restrictions by way are not built in; the map's facts say how many."""
    crossing.restriction("no_u_turn", "s street", "n street", "w street")
    assert crossing.build().facts.counts["restrictions_via_way"] == 1


_SIDE = 3
_EDGES = [
    *((f"{x}{y}", f"{x + 1}{y}") for x, y in product(range(_SIDE - 1), range(_SIDE))),
    *((f"{x}{y}", f"{x}{y + 1}") for x, y in product(range(_SIDE), range(_SIDE - 1))),
    # Without a stub a corner would be no junction, and a drive could not turn round there.
    *((f"{x}{y}", f"stub{x}{y}") for x, y in product((0, _SIDE - 1), repeat=2)),
]
_TURNS = [(a, b, shared) for a, b in product(_EDGES, repeat=2) if a != b for shared in set(a) & set(b)]


def _fastest(arcs: list[tuple[str, str]], banned: set[tuple[str, str, str]], start: str) -> dict[str, int]:
    """Dijkstra over arcs: every street is one step, and a banned (from, via, to) is never taken."""
    best: dict[str, int] = {start: 0}
    queue = [(1, arc) for arc in arcs if arc[0] == start]
    heapq.heapify(queue)
    seen: set[tuple[str, str]] = set()
    while queue:
        steps, (tail, head) = heapq.heappop(queue)
        if (tail, head) in seen:
            continue
        seen.add((tail, head))
        best.setdefault(head, steps)
        for onward in arcs:
            if onward[0] == head and (tail, head, onward[1]) not in banned:
                heapq.heappush(queue, (steps + 1, onward))
    return best


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turns=st.lists(
        st.tuples(st.sampled_from(_TURNS), st.sampled_from(["no_left_turn", "only_straight_on"])), max_size=6
    ),
    oneways=st.sets(st.sampled_from(_EDGES[:-4]), max_size=4),
)
def test_drives_equal_those_of_a_graph_of_turns(
    new_town: Callable[[], "Town"],
    turns: list[tuple[tuple[tuple[str, str], tuple[str, str], str], str]],
    oneways: set[tuple[str, str]],
) -> None:
    """In any small grid with any restrictions, drives are as long as a search over turns finds them."""
    town = new_town()
    for x, y in product(range(_SIDE), repeat=2):
        town.node(f"{x}{y}", 100 * x, 100 * y)
    for x, y in product((0, _SIDE - 1), repeat=2):
        town.node(f"stub{x}{y}", 100 * x + (60 if x else -60), 100 * y + (80 if y else -80))
    arcs: list[tuple[str, str]] = []
    for edge in _EDGES:
        town.street("-".join(edge), " ".join(edge), **({"oneway": "yes"} if edge in oneways else {}))
        arcs += [edge] if edge in oneways else [edge, edge[::-1]]
    banned: set[tuple[str, str, str]] = set()
    for (origin, goal, via), kind in turns:
        town.restriction(kind, "-".join(origin), via, "-".join(goal))
        (tail,), (head,) = set(origin) - {via}, set(goal) - {via}
        if (tail, via) not in arcs or (via, head) not in arcs:
            continue
        if kind == "no_left_turn":
            banned.add((tail, via, head))
        else:
            banned |= {(tail, via, arc[1]) for arc in arcs if arc[0] == via and arc[1] != head}
    streets = town.build()
    places = {
        name: streets.nearest(town.point(name))
        for name in [f"{x}{y}" for x, y in product(range(_SIDE), repeat=2)]
    }
    on_map = {name: snapped.node for name, snapped in places.items() if snapped.offset_m == 0}
    for name, node in on_map.items():
        steps = _fastest(arcs, banned, name)
        for other, goal in on_map.items():
            assert round(streets.metres(0, node, goal) / 100) == steps[other], (name, other)
