"""Each carrier's words: one meaning for one key, and none for what nobody has explained."""

import pytest
from tests.adapters.carriers.houses import KINDS

from doorstep.adapters.carriers.codes import ANY, Codes, CodesUnsound, read_codes
from doorstep.adapters.carriers.courier import adapter as courier
from doorstep.adapters.carriers.regional import adapter as regional
from doorstep.simulation.carriers.carrier_world import CarrierKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.reasons import Reason

REFUSAL = '[[refusal]]\ncode = "*"\nreason = "carrier.no_capacity"\n'


def codes(kind: CarrierKind) -> Codes:
    return regional.codes() if kind is CarrierKind.regional else courier.codes()


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_has_two_meanings(kind: CarrierKind) -> None:
    """In the tables that we ship, carrier, code and context together lead to one status."""
    table = codes(kind)
    assert len(table.meanings) > 15
    for (code, context), meaning in table.meanings.items():
        assert (meaning.code, meaning.context) == (code, context)
        assert table.of(code, context) == meaning


def test_a_table_that_says_two_things_of_one_key_is_refused() -> None:
    """The same code and context twice is an error that names them, even where both say the same."""
    line = '[[meaning]]\ncode = "DL"\ncontext = "X"\nstatus = "{}"\n'
    for second in ("delivered", "returned"):
        with pytest.raises(CodesUnsound, match="DL"):
            read_codes(line.format("delivered") + line.format(second) + REFUSAL)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('[[meaning]]\ncode = "A"\nstatus = "deliverd"\n' + REFUSAL, "status"),
        ('[[meaning]]\ncode = "A"\nstatus = "attempt_failed"\n' + REFUSAL, "without a reason"),
        ('[[meaning]]\ncode = "A"\nstatus = "arrived"\nnearby = true\n' + REFUSAL, "nearness"),
        ('[[meaning]]\ncode = "A"\nstatus = "arrived"\nstatsu = "x"\n' + REFUSAL, "statsu"),
        ('meaning = []\n[[refusal]]\ncode = "x"\nreason = "carrier.no_capacity"\n', "no refusal stands"),
        ("meaning = [", "Invalid"),
    ],
)
def test_an_unsound_table_is_refused(table: str, why: str) -> None:
    """A status that is none, a failure without a reason and a nearness that arrives are refused."""
    with pytest.raises(CodesUnsound, match=why):
        read_codes(table)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_word_means_nothing(kind: CarrierKind) -> None:
    """A code, or a context of a code, that the table does not have is never guessed at."""
    table = codes(kind)
    assert table.of("Q7") is None
    for code, context in table.meanings:
        if context != ANY and (code, ANY) not in table.meanings:
            assert table.of(code, "never heard of") is None


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_refusal_is_still_a_refusal(kind: CarrierKind) -> None:
    """A refusal in words that we do not know lies with the carrier, and keeps its words."""
    declined = codes(kind).declined("full_moon", "we do not drive at full moon")
    assert declined.reason.party == "carrier"
    assert declined.text == "we do not drive at full moon"


def test_nearness_is_no_arrival() -> None:
    """No word for a courier who is close by means that one has arrived."""
    near = [one for one in courier.codes().meanings.values() if one.nearby]
    assert [one.code for one in near] == ["courier_imminent"]
    assert near[0].status is not DeliveryStatus.arrived


def test_a_tour_that_ended_is_no_attempt() -> None:
    """Where the regional carrier never came to the door its reason counts no attempt."""
    table = regional.codes()
    assert [meaning.reason for context in ("ZEI", "PAN") if (meaning := table.of("NZ", context))] == [
        Reason.out_of_time,
        Reason.vehicle_breakdown,
    ]
