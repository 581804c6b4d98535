"""Contracts as data: rates, and what cannot be meant."""

import pytest

from doorstep.app import default_book
from doorstep.cli.market_files import default_policies
from doorstep.policy.book import PolicyBook, read_book
from doorstep.policy.contracts import CarrierService
from doorstep.policy.soundness import unsound
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import Grams, Metres

CONTRACT = """
id = "contracts"
version = 1
[carrier.boats]
name = "Boats"
version = 3
valid_from = "2026-01-01"
valid_to = "2026-12-31"
currency = "EUR"
capabilities = ["photo"]
parcels_max = 5
weight_g_max = 30000
length_mm_max = 1200
answer_s = 600
tolerance_s = 900
credit_minor = 150
cancel_fee_minor = 100
claim_days = 14
liability_minor_max = 50000
silence_s = 3600
contact = "boats@example.org"
[carrier.boats.service.timed]
sells = ["next_day"]
windows = ["08:00-12:00"]
lead_minutes = 60
capacity_per_day = 20
committed_per_day = 5
base_minor = 300
per_kg_minor = 20
per_km_minor = 10
odds_ppm = 950000
radius_m = 20000
"""


AT = "carrier.boats"


def book_with(contracts: str) -> PolicyBook:
    return read_book({**default_policies(), "contracts": contracts})


def test_started_kilos_and_kilometres_count() -> None:
    """A rate is the base, and each started kilogramme and kilometre."""
    service: CarrierService = book_with(CONTRACT).contracts.carrier[CarrierId("boats")].service["timed"]
    assert service.price_minor(Grams(1), Metres(1)) == 330
    assert service.price_minor(Grams(1_000), Metres(1_000)) == 330
    assert service.price_minor(Grams(1_001), Metres(2_001)) == 370


def test_a_whole_contract_is_sound() -> None:
    """A contract that says all that is asked has no fault."""
    assert unsound(book_with(CONTRACT)) == ()
    assert unsound(default_book()) == ()


@pytest.mark.parametrize(
    ("before", "after", "key", "detail"),
    [
        ('"EUR"', '"USD"', AT + ".currency", "is not the market's EUR"),
        ("2026-12-31", "2025-12-31", AT + ".valid_to", "is before valid_from"),
        ("2026-12-31", "soon", AT + ".valid_to", "is no day; write it like 2026-12-31"),
        ("next_day", "teleport", AT + ".service.timed.sells", "there is no service teleport"),
        ("08:00-12:00", "12:00-08:00", AT + ".service.timed.windows", "12:00-08:00 is no window"),
        ("950000", "1950000", AT + ".service.timed.odds_ppm", "1950000 is more than certain (1000000)"),
        ("per_day = 5", "per_day = 50", AT + ".service.timed.committed_per_day", "is"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(before: str, after: str, key: str, detail: str) -> None:
    """Each clause that contradicts itself or the book is named by its key."""
    (fault,) = unsound(book_with(CONTRACT.replace(before, after)))
    assert (fault.policy, fault.key) == ("contracts", key)
    assert fault.detail.startswith(detail)
