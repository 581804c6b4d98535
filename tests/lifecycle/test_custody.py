import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK, answer, lived

from doorstep.lifecycle.custody import CustodyState, decide, evolve
from doorstep.vocabulary.custody import (
    AnyCustodyCommand,
    AnyCustodyEvent,
    Custodian,
    CustodianKind,
    CustodyOpened,
    HandOver,
    LoseSight,
    OpenCustody,
)
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, ParcelId
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.units import Instant

BOX = ParcelId("box")
HUB, ADA, EVA = (
    Custodian(CustodianKind.hub, "hub"),
    Custodian(CustodianKind.driver, "ada"),
    Custodian(CustodianKind.recipient, "plc"),
)
OPEN = OpenCustody(BOX, DeliveryId("dlv"), HUB, Instant(0))
PHOTO = Proof(ProofKind.photo, "f" * 64)


def hand(key: str, holder: Custodian, at: int = 1) -> HandOver:
    return HandOver(BOX, key, holder, Instant(at), None, "good", (PHOTO,))


def test_a_chain_begins_once() -> None:
    """The second beginning is refused, and nothing comes before the first."""
    assert answer("custody", lived("custody", [OPEN]), OPEN) == "custody_open"
    assert answer("custody", None, hand("a", ADA)) == "parcel_unknown"
    assert answer("custody", None, LoseSight(BOX, "k", Instant(1), "gone")) == "parcel_unknown"


def test_a_key_counts_once_and_the_holder_is_no_new_holder() -> None:
    """The same handoff again adds no link, nor does handing over to oneself."""
    state = lived("custody", [OPEN, hand("a", ADA)])
    assert answer("custody", state, hand("a", EVA)) == ()
    assert answer("custody", state, hand("b", ADA)) == ()
    assert answer("custody", state, hand("b", EVA)) == ("HandedOver",)


def test_a_gap_ends_with_the_next_sight() -> None:
    """Unknown since, then known again: the giver of the next link is nobody."""
    state = lived("custody", [OPEN, LoseSight(BOX, "gone", Instant(5), "missing")])
    assert (state.holder.kind, state.since) == (CustodianKind.unknown, 5)
    found = decide(state, hand("found", HUB, 9), BOOK)
    assert not isinstance(found, Refusal)
    assert msgspec.to_builtins(found[0])["giver"]["kind"] == "unknown"


commands = st.one_of(
    st.builds(hand, st.text("abc", max_size=2), st.sampled_from([HUB, ADA, EVA]), st.integers(0, 99)),
    st.builds(
        LoseSight,
        st.just(BOX),
        st.text("abc", max_size=2),
        st.builds(Instant, st.integers(0, 99)),
        st.just("?"),
    ),
)


def chain(told: list[AnyCustodyCommand]) -> list[AnyCustodyEvent]:
    state: CustodyState | None = None
    events: list[AnyCustodyEvent] = []
    for command in [OPEN, *told]:
        found = decide(state, command, BOOK)
        assert not isinstance(found, Refusal)
        for event in found:
            events.append(event)
            state = evolve(state, event)
    return events


@given(st.lists(commands, max_size=12))
def test_every_link_is_bound_to_the_one_before(told: list[AnyCustodyCommand]) -> None:
    """Each link is the hash over the last one and its own event, and each giver is the holder before it."""
    events = chain(told)
    link, holder = GENESIS_LINK, None
    for event in events:
        assert event.link == custody_link(link, event)
        if not isinstance(event, CustodyOpened):
            assert event.giver == holder
        link, holder = event.link, event.holder


@given(st.lists(commands, min_size=1, max_size=12), st.data())
def test_no_event_of_a_chain_can_be_changed_unseen(
    told: list[AnyCustodyCommand], data: st.DataObject
) -> None:
    """Whichever event is touched, its own link no longer fits."""
    events = chain(told)
    n = data.draw(st.integers(0, len(events) - 1))
    before = events[n - 1].link if n else GENESIS_LINK
    forged = msgspec.structs.replace(events[n], at=Instant(events[n].at + 1))
    assert custody_link(before, forged) != events[n].link
