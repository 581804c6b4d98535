"""Every service with each capability has two who could do it, or is a gap."""

from datetime import date
from itertools import product

import msgspec
from tests.engine.desks.test_tenders import BOATS, POST, contract

from doorstep.app import default_book
from doorstep.cli.partners import network_book
from doorstep.planning.coverage import Fleet, Need, gaps, qualified
from doorstep.vocabulary.ids import OWN_FLEET
from doorstep.vocabulary.order import Handling

DAY = date(2026, 3, 3)
SLOT = Need(("slot",), (Handling.photo, Handling.cold), 900_000, DAY)
FLEET = Fleet(frozenset({"slot"}), frozenset({Handling.photo}))


def test_one_who_can_do_it_is_no_backup() -> None:
    """The fleet and the boat take photos; cold goods go with the boat alone."""
    found = gaps(SLOT, FLEET, {BOATS: contract(500)})
    assert [(gap.service, gap.lacking) for gap in found] == [("slot", ((Handling.cold, (BOATS,)),))]
    assert gaps(SLOT, FLEET, {BOATS: contract(500), POST: contract(700)}) == ()


def test_who_could_do_it_is_the_fleet_first_then_by_name() -> None:
    """The order is the one in which they are named in a case."""
    both = {POST: contract(700), BOATS: contract(500)}
    assert qualified(SLOT, FLEET, both, "slot", Handling.photo) == (OWN_FLEET, BOATS, POST)
    assert qualified(SLOT, FLEET, both, "slot", Handling.cold) == (BOATS, POST)
    assert qualified(SLOT, FLEET, both, "express", Handling.photo) == ()


def test_a_contract_counts_from_its_first_to_its_last_day() -> None:
    """On both it does, the days around it does not."""
    told = contract(500, valid_from="2026-03-03", valid_to="2026-03-04")
    for day, counts in ((2, False), (3, True), (4, True), (5, False)):
        need = msgspec.structs.replace(SLOT, day=date(2026, 3, day))
        assert (BOATS in qualified(need, FLEET, {BOATS: told}, "slot", Handling.cold)) is counts


def test_odds_that_may_not_be_chosen_qualify_nobody() -> None:
    """The boat keeps 96 %: where 97 % are asked it is no backup."""
    for odds_min_ppm, counts in ((960_000, True), (960_001, False)):
        need = msgspec.structs.replace(SLOT, odds_min_ppm=odds_min_ppm)
        assert (BOATS in qualified(need, FLEET, {BOATS: contract(1)}, "slot", Handling.cold)) is counts


def test_the_demo_network_names_a_backup_for_all_that_policy_asks() -> None:
    """With both carriers each service of the policy has two for each of its capabilities."""
    book = network_book()
    need = Need(
        book.routing.backup_services,
        book.routing.backup_capabilities,
        max(book.routing.odds_min_ppm, book.promises.odds_min_ppm),
        date(2026, 6, 16),
    )
    fleet = Fleet(frozenset(book.services.service), frozenset(Handling))
    assert need.services
    assert need.capabilities
    lacking = {
        (gap.service, one) for gap in gaps(need, fleet, book.contracts.carrier) for one, _ in gap.lacking
    }
    for service, capability in product(need.services, need.capabilities):
        who = qualified(need, fleet, book.contracts.carrier, service, capability)
        assert (len(who) < 2) is ((service, capability) in lacking)
    assert gaps(need, fleet, {}) != (), "without carriers nothing has a backup"
    assert default_book().contracts.carrier == {}
