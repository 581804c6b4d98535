from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK, answer, lived

from doorstep.lifecycle.delivery import DeliveryState, evolve, fold
from doorstep.lifecycle.delivery_rules import EVIDENCE_MAX, decide
from doorstep.vocabulary.delivery import (
    AddProof,
    AnyDeliveryCommand,
    AnyDeliveryEvent,
    AssignDelivery,
    AttemptFailed,
    CancelDelivery,
    CreateDelivery,
    DeclareLost,
    Delivered,
    DeliveryStatus,
    HandoffMethod,
    HoldDelivery,
    ParcelOutcome,
    RecordArrival,
    RecordFailure,
    RecordFound,
    RecordHandoff,
    RecordMissing,
    RecordPickUp,
    RecordReturned,
    ScheduleReattempt,
    StartDelivering,
    StartReturn,
    WriteOffParcel,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import (
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import NO_ATTEMPT, Reason
from doorstep.vocabulary.units import MICROSECONDS, Instant, Metres
from doorstep.vocabulary.windows import Window

DLV, VAN, OTHER = DeliveryId("dlv"), RouteId("van"), RouteId("other")
BOX, BAG = ParcelId("box"), ParcelId("bag")
PHOTO, CONTACT = Proof(ProofKind.photo, "f" * 64), Proof(ProofKind.contact)
WINDOW = Window(Instant(0), Instant(7_200 * MICROSECONDS))


def at(second: int) -> Instant:
    return Instant(second * MICROSECONDS)


def create(*proofs: ProofKind) -> CreateDelivery:
    required = proofs or (ProofKind.scan, ProofKind.place)
    return CreateDelivery(
        DLV, "create", at(0), OrderId("ord"), MerchantId("acme"), PromiseId("prm"), HubId("hub"),
        PlaceId("plc"), (BOX, BAG), WINDOW, (), required,
    )  # fmt: skip


def hand_over(second: int = 500, **told: Any) -> RecordHandoff:  # noqa: ANN401 - fields differ
    plain = RecordHandoff(
        DLV, f"handoff/{second}", at(second), VAN, HandoffMethod.to_recipient, (BOX, BAG), Metres(10), ()
    )
    return msgspec.structs.replace(plain, **told)


def fail(second: int = 500, **told: Any) -> RecordFailure:  # noqa: ANN401 - fields differ
    plain = RecordFailure(
        DLV, f"fail/{second}", at(second), VAN, Reason.not_home, Metres(10), (PHOTO, CONTACT)
    )
    return msgspec.structs.replace(plain, **told)


COMMANDS: dict[str, Callable[[int], AnyDeliveryCommand]] = {
    "create": lambda _: create(),
    "assign": lambda s: AssignDelivery(DLV, f"assign/{s}", at(s), VAN, DriverId("ada")),
    "pick_up": lambda s: RecordPickUp(DLV, f"load/{s}", at(s), VAN, (BOX, BAG)),
    "start": lambda s: StartDelivering(DLV, f"depart/{s}", at(s), VAN),
    "arrive": lambda s: RecordArrival(DLV, f"arrive/{s}", at(s), VAN, Metres(10)),
    "hand_over": hand_over,
    "fail": fail,
    "add_proof": lambda s: AddProof(DLV, f"proof/{s}", at(s), (PHOTO,)),
    "hold": lambda s: HoldDelivery(DLV, f"hold/{s}", at(s), "why", at(9_000)),
    "reattempt": lambda s: ScheduleReattempt(DLV, f"again/{s}", at(s), WINDOW),
    "return": lambda s: StartReturn(DLV, f"return/{s}", at(s), "refused"),
    "returned": lambda s: RecordReturned(DLV, f"returned/{s}", at(s)),
    "cancel": lambda s: CancelDelivery(DLV, f"cancel/{s}", at(s), "sold out"),
    "lost": lambda s: DeclareLost(DLV, f"lost/{s}", at(s), "searched"),
    "pick_up_box": lambda s: RecordPickUp(DLV, f"load/{s}", at(s), VAN, (BOX,), (BAG,)),
    "hand_over_box": lambda s: hand_over(s, parcels=(BOX,)),
    "miss": lambda s: RecordMissing(DLV, f"missing/{s}", at(s), VAN, (BAG,)),
    "find": lambda s: RecordFound(DLV, f"found/{s}", at(s), BAG),
    "write_off": lambda s: WriteOffParcel(DLV, f"gone/{s}", at(s), BAG, "searched"),
}
PARTS = ("pick_up_box", "hand_over_box", "miss", "find", "write_off")
"""Commands about some of the parcels; the table of statuses has the others."""
TO_DOOR = "create assign pick_up start arrive"
WAYS = {
    "created": "create",
    "assigned": "create assign",
    "picked_up": "create assign pick_up",
    "out_for_delivery": "create assign pick_up start",
    "arrived": TO_DOOR,
    "attempt_failed": f"{TO_DOOR} fail",
    "on_hold": f"{TO_DOOR} fail reattempt",
    "delivered": f"{TO_DOOR} hand_over",
    "partially_delivered": f"{TO_DOOR} hand_over_box",
    "returning": f"{TO_DOOR} fail return",
    "returned": f"{TO_DOOR} fail return returned",
    "cancelled": "create cancel",
    "lost": "create lost",
}
OPEN = "created assigned picked_up out_for_delivery arrived attempt_failed on_hold partially_delivered"
TAKEN = {
    "create": "",
    "assign": "created assigned attempt_failed on_hold partially_delivered",
    "pick_up": "assigned",
    "start": "picked_up",
    "arrive": "out_for_delivery arrived",
    "hand_over": "out_for_delivery arrived",
    "fail": "assigned picked_up out_for_delivery arrived",
    "add_proof": "delivered partially_delivered",
    "hold": OPEN,
    "reattempt": "attempt_failed on_hold partially_delivered",
    "return": OPEN,
    "returned": "returning",
    "cancel": "created assigned attempt_failed on_hold partially_delivered",
    "lost": f"{OPEN} returning",
}


def told(names: str) -> DeliveryState:
    """The state after these commands, 100 seconds apart."""
    state = lived("delivery", [COMMANDS[name](100 * n) for n, name in enumerate(names.split())])
    assert isinstance(state, DeliveryState)
    return state


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in PARTS])
@pytest.mark.parametrize("status", WAYS)
def test_each_status_takes_its_commands_and_no_other(status: str, command: str) -> None:
    """A command is accepted where the table says so, and is refused with its code everywhere else."""
    state = told(WAYS[status])
    assert state.status == status
    result = answer("delivery", state, COMMANDS[command](5_000))
    if status in TAKEN[command].split():
        assert isinstance(result, tuple)
        assert len(result) == 1
    else:
        assert result == ("delivery_exists" if command == "create" else "delivery_status")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "create"])
def test_nothing_happens_to_a_delivery_that_is_none(command: str) -> None:
    """Only its creation begins it."""
    assert answer("delivery", None, COMMANDS[command](0)) == "delivery_unknown"


@pytest.mark.parametrize("status", WAYS)
def test_over_is_over(status: str) -> None:
    """In four statuses each parcel has ended; what is delivered in part is over once the rest has ended."""
    over = {"delivered", "returned", "cancelled", "lost"}
    assert told(WAYS[status]).over == (status in over)


@pytest.mark.parametrize("command", ["pick_up", "arrive", "hand_over", "fail"])
def test_another_route_cannot_tell_of_it(command: str) -> None:
    """What a driver tells counts for the route that has the delivery."""
    way = {"pick_up": "assigned", "arrive": "out_for_delivery"}.get(command, "arrived")
    foreign = msgspec.structs.replace(COMMANDS[command](900), route=OTHER)
    assert answer("delivery", told(WAYS[way]), foreign) == "delivery_status"


def test_the_same_key_counts_once() -> None:
    """What is told again under its key changes nothing, whatever else it says."""
    state = told(TO_DOOR)
    again = RecordArrival(DLV, "arrive/400", at(450), VAN, Metres(5_000))
    assert answer("delivery", state, again) == ()


def test_evidence_has_a_bound() -> None:
    """Beyond it a command is refused."""
    state = told(TO_DOOR)
    arrivals = [RecordArrival(DLV, f"a/{n}", at(600 + n), VAN, Metres(1)) for n in range(EVIDENCE_MAX - 5)]
    state = lived("delivery", arrivals, state)
    assert len(state.evidence) == EVIDENCE_MAX
    assert answer("delivery", state, hand_over(9_000)) == "evidence_full"


def test_what_is_all_short_stays_at_the_hub() -> None:
    """Without a parcel there is no pick-up, and the delivery waits for one."""
    state = lived(
        "delivery", [RecordPickUp(DLV, "load", at(300), VAN, (), (BOX, BAG))], told(WAYS["assigned"])
    )
    assert (state.status, state.held_reason, state.route) == (DeliveryStatus.on_hold, "shortage", None)
    assert state.sought == {BOX: at(300), BAG: at(300)}


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (hand_over(), ()),
        (hand_over(distance_m=Metres(120)), ()),
        (hand_over(distance_m=Metres(121)), ("place",)),
        (hand_over(parcels=()), ("scan",)),
        (hand_over(method=HandoffMethod.left_at_place), ("photo",)),
        (hand_over(method=HandoffMethod.left_at_place, proofs=(PHOTO,)), ()),
        (
            hand_over(method=HandoffMethod.left_at_place, proofs=(Proof(ProofKind.photo, passed=False),)),
            ("photo",),
        ),
        (hand_over(method=HandoffMethod.to_neighbour, distance_m=Metres(999)), ("place", "signature")),
    ],
)
def test_a_handoff_lacks_what_policy_asks_and_it_does_not_have(
    command: RecordHandoff, missing: tuple[str, ...]
) -> None:
    """By method, by distance, by scan: a check that failed is no proof."""
    state = lived("delivery", [command], told(TO_DOOR))
    assert state.status is DeliveryStatus.delivered
    assert state.missing == missing
    assert state.unproven == bool(missing)


def test_later_proof_completes_a_handoff_bit_by_bit() -> None:
    """Each proof takes its own kind from what is missing, and the status never moves."""
    way = [create(ProofKind.photo, ProofKind.signature), *(COMMANDS[n](100) for n in TO_DOOR.split()[1:])]
    state = lived("delivery", [*way, hand_over()])
    assert state.missing == (ProofKind.photo, ProofKind.signature)
    state = lived("delivery", [AddProof(DLV, "p1", at(600), (PHOTO,))], state)
    assert (state.status, state.missing) == (DeliveryStatus.delivered, (ProofKind.signature,))
    state = lived("delivery", [AddProof(DLV, "p2", at(700), (Proof(ProofKind.signature, "e" * 64),))], state)
    assert not state.unproven


def test_a_parcel_of_someone_else_is_not_handed_over() -> None:
    """A foreign scan refuses the handoff."""
    foreign = hand_over(parcels=(BOX, ParcelId("strange")))
    assert answer("delivery", told(TO_DOOR), foreign) == "parcel_foreign"


@pytest.mark.parametrize(
    ("command", "lacking"),
    [
        (fail(460), ()),
        (fail(459), ("stay",)),
        (fail(500, proofs=(PHOTO,)), ("contact",)),
        (fail(500, proofs=(CONTACT,)), ("evidence",)),
        (fail(401, proofs=()), ("stay", "contact", "evidence")),
        (fail(500, reason=Reason.refused, proofs=()), ()),
        (fail(500, reason=Reason.out_of_time), ("no_attempt",)),
        (fail(500, reason=Reason.weather, proofs=(PHOTO, CONTACT)), ()),
    ],
)
def test_a_physical_attempt_is_what_policy_says(command: RecordFailure, lacking: tuple[str, ...]) -> None:
    """Arrival, stay, contact and evidence by reason: anything less is a claimed attempt, and says why."""
    state = lived("delivery", [command], told(TO_DOOR))
    failure = state.evidence[-1]
    assert isinstance(failure, AttemptFailed)
    assert failure.lacking == lacking
    assert failure.physical == (not lacking)
    assert (state.attempts_physical, state.attempts_claimed) == ((1, 0) if not lacking else (0, 1))


def test_an_attempt_without_arrival_or_far_away_is_claimed() -> None:
    """Who never stood there, or stood elsewhere, made no physical attempt."""
    never = lived("delivery", [fail(500)], told(WAYS["out_for_delivery"]))
    assert never.evidence[-1].lacking == ("arrival",)
    far = RecordArrival(DLV, "far", at(400), VAN, Metres(BOOK.attempts.radius_m + 1))
    state = lived("delivery", [far, fail(500)], told(WAYS["out_for_delivery"]))
    assert state.evidence[-1].lacking == ("radius",)


@pytest.mark.parametrize("reason", sorted(NO_ATTEMPT))
def test_what_lies_with_the_carrier_is_no_attempt_at_all(reason: Reason) -> None:
    """It never counts against the shopper."""
    state = lived("delivery", [fail(500, reason=reason)], told(TO_DOOR))
    assert (state.attempts_physical, state.attempts_claimed) == (0, 1)


def test_physical_attempts_never_exceed_policy() -> None:
    """After the last one there is no next."""
    state = told(TO_DOOR)
    for n in range(BOOK.attempts.physical_max):
        start = 1_000 * (n + 1)
        state = lived("delivery", [fail(start)], state)
        if n + 1 < BOOK.attempts.physical_max:
            names = ["reattempt", "assign", "pick_up", "start", "arrive"]
            state = lived("delivery", [COMMANDS[x](start + 10 * (k + 1)) for k, x in enumerate(names)], state)
    assert state.attempts_physical == BOOK.attempts.physical_max
    for name in ("reattempt", "assign"):
        assert answer("delivery", state, COMMANDS[name](9_000)) == "attempts_used_up"


def test_a_new_assignment_forgets_the_last_arrival() -> None:
    """Yesterday's arrival proves nothing about today's attempt."""
    names = f"{TO_DOOR} fail reattempt assign pick_up start"
    state = lived("delivery", [fail(2_000)], told(names))
    assert state.evidence[-1].lacking == ("arrival",)


# Any order, any number of copies ---------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> list[AnyDeliveryEvent]:
    """What was told about one delivery, by commands drawn at random, each at a time of its own or shared."""
    state: DeliveryState | None = None
    events: list[AnyDeliveryEvent] = []
    second = 0
    for n, name in enumerate(draw(st.lists(st.sampled_from(sorted(COMMANDS)), max_size=25))):
        second += draw(st.sampled_from([0, 1, 30, 100]))
        command = msgspec.structs.replace(COMMANDS[name](second), key=f"{name}/{n}", at=at(second))
        first: AnyDeliveryCommand = create() if state is None else command
        found = decide(state, first, BOOK)
        if isinstance(found, Refusal):
            continue
        for event in found:
            events.append(event)
            state = evolve(state, event)
    return events


def learn(events: list[AnyDeliveryEvent]) -> DeliveryState | None:
    state: DeliveryState | None = None
    for event in events:
        state = evolve(state, event)
    return state


@settings(max_examples=300)
@given(lives(), st.data())
def test_the_state_is_a_function_of_the_set_of_evidence(
    events: list[AnyDeliveryEvent], data: st.DataObject
) -> None:
    """In any order and one to five copies each, the same evidence gives the same state."""
    copies = [event for event in events for _ in range(data.draw(st.integers(1, 5)))]
    assert learn(data.draw(st.permutations(copies))) == learn(events)


@given(lives())
def test_the_state_is_the_fold_of_its_own_evidence(events: list[AnyDeliveryEvent]) -> None:
    """Nothing is remembered that the evidence does not say."""
    state = learn(events)
    if state is not None:
        assert fold(state.evidence) == state


@given(lives())
def test_a_handoff_stands_whatever_comes_after_it(events: list[AnyDeliveryEvent]) -> None:
    """What was handed over stays so, by the handoff that was first; and it counts no failed attempt."""
    state: DeliveryState | None = None
    for event in events:
        state = evolve(state, event)
        handed = [each for each in state.evidence if isinstance(each, Delivered)]
        if handed:
            assert state.handoffs[0] == handed[0]
            parcels = {parcel for each in handed for parcel in each.parcels}
            assert {one for one, end in state.outcomes.items() if end is ParcelOutcome.delivered} == parcels
            assert (state.status is DeliveryStatus.delivered) == (parcels == {BOX, BAG})
    if state is not None:
        failed = sum(isinstance(event, AttemptFailed) for event in state.evidence)
        assert state.attempts_physical + state.attempts_claimed <= failed
        assert state.attempts_physical <= BOOK.attempts.physical_max
