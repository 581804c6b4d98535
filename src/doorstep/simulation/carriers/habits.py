"""Habits: what a carrier is like. Every share and duration by which its luck is drawn, with a name."""

from enum import StrEnum
from typing import Final

import msgspec


class Habit(StrEnum):
    """What a carrier did that a good one would not, or that we have to bear; counted as it happens."""

    late = "late"
    repeated = "repeated"
    shuffled = "shuffled"
    unknown_code = "unknown_code"
    delivered_then_failed = "delivered_then_failed"
    delivered_twice = "delivered_twice"
    foreign = "foreign"
    stale_replay = "stale_replay"
    told_again = "told_again"
    wild_clock = "wild_clock"
    lost = "lost"
    silent = "silent"
    damaged = "damaged"
    missorted = "missorted"
    not_ready = "not_ready"
    gave_back = "gave_back"
    reassigned = "reassigned"
    declined = "declined"
    full = "full"
    outage = "outage"
    lost_answer = "lost_answer"
    garbage = "garbage"
    flood = "flood"
    server_error = "server_error"


class CarrierHabits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One carrier's ways, in shares (0 to 1), seconds and counts.

    What it takes on:
    Attributes:
        capacity_per_day: shipments of one delivery day.
        weight_g_max: grammes of one shipment.
        radius_m: metres as the crow flies, from the hub where it collects.
        decline_share: shipments that it does not take although it could.
        cancel_fee_minor: what it asks for a shipment that is taken back.
        prompt: it starts at once, whatever the window says: for tests of an integration.
        couriers: people on the road, for a courier.

    How it works:
        collect_before_s: it collects this long before the window starts.
        late_tour_share: doors that its tours reach later than planned.
        late_tour_s: by how much, mean.
        attempts_max: attempts; then it brings the parcels back.
        not_ready_share: collections for which it had to come twice.
        missorted_share: parcels that go a wrong way for a day.
        lost_share: shipments that it loses.
        silent_share: of those, the ones of which it never says so.
        damaged_share: shipments that it damages on its way.
        gave_back_share: shipments that it gives back before it has collected them.
        reassigned_share: shipments that change the courier before the collection.
        underage_share: of those with an age check, where it fails.

    How it tells of it:
        batch_s: seconds between two uploads; 0 where each thing is told as it happens.
        lag_s: seconds from a fact to its telling, mean, where it is told at once.
        late_share: tellings that come late.
        late_s: by how much, mean.
        repeated_share: tellings that come twice.
        shuffled_share: uploads whose order is none.
        unknown_share: tellings after which comes one in a word that its handbook does not have.
        failed_share: handovers after which it says that it failed.
        twice_share: handovers that it tells twice, at two times.
        foreign_share: tellings that are of somebody else's shipment.
        stale_share: messages that somebody sends once more, as they were, an hour later.
        no_arrival_share: doors at which nobody scans the arrival.
        clock_off_s: spread of its devices' clocks.
        wild_share: tellings of a device whose clock is a day off, or began in 1970.
        server_off_s: spread of its server's clock, which signs.
        retries_s: pauses before a message is sent again that was not taken.

    How its doors are:
        outages_per_day: times at which nothing of it answers.
        outage_s: how long that takes, mean.
        lost_answer_share: calls that it does and never answers.
        garbage_share: calls that it does and answers with something else.
        flood_share: calls that it does and answers with forty megabytes.
        error_share: calls that it does not do, and answers with 500.
    """

    capacity_per_day: int = 120
    weight_g_max: int = 31_500
    radius_m: int = 25_000
    decline_share: float = 0.01
    cancel_fee_minor: int = 0
    prompt: bool = False
    couriers: int = 0

    collect_before_s: int = 5_400
    late_tour_share: float = 0.1
    late_tour_s: float = 2_400.0
    attempts_max: int = 2
    not_ready_share: float = 0.003
    missorted_share: float = 0.004
    lost_share: float = 0.002
    silent_share: float = 0.5
    damaged_share: float = 0.002
    gave_back_share: float = 0.0
    reassigned_share: float = 0.0
    underage_share: float = 0.01

    batch_s: int = 900
    lag_s: float = 3.0
    late_share: float = 0.04
    late_s: float = 2_700.0
    repeated_share: float = 0.03
    shuffled_share: float = 0.25
    unknown_share: float = 0.004
    failed_share: float = 0.004
    twice_share: float = 0.006
    foreign_share: float = 0.002
    stale_share: float = 0.002
    no_arrival_share: float = 0.1
    clock_off_s: float = 40.0
    wild_share: float = 0.002
    server_off_s: float = 15.0
    retries_s: tuple[int, ...] = (30, 120, 600, 1_800, 7_200)

    outages_per_day: int = 1
    outage_s: float = 1_200.0
    lost_answer_share: float = 0.006
    garbage_share: float = 0.003
    flood_share: float = 0.001
    error_share: float = 0.006


REGIONAL: Final = CarrierHabits()
"""A parcel carrier as one meets them: cheap, coded, in batches, and hardly ever in a hurry."""

COURIER: Final = CarrierHabits(
    capacity_per_day=60,
    weight_g_max=20_000,
    radius_m=15_000,
    decline_share=0.03,
    cancel_fee_minor=250,
    couriers=8,
    collect_before_s=2_700,
    late_tour_share=0.0,
    attempts_max=1,
    not_ready_share=0.0,
    missorted_share=0.0,
    lost_share=0.001,
    damaged_share=0.001,
    gave_back_share=0.01,
    reassigned_share=0.04,
    batch_s=0,
    late_share=0.02,
    late_s=300.0,
    repeated_share=0.04,
    shuffled_share=0.0,
    no_arrival_share=0.02,
    clock_off_s=8.0,
    outage_s=600.0,
)
"""An on-demand courier: prompt, dear, talkative, and now and then without anybody on a bicycle."""

CALM: Final = {
    name: type(getattr(REGIONAL, name))(0)
    for name in CarrierHabits.__struct_fields__
    if name.endswith("_share") or name in ("outages_per_day", "clock_off_s", "server_off_s")
}
"""What to replace in habits for a carrier to which nothing ever happens."""


def calm(habits: CarrierHabits) -> CarrierHabits:
    """The same carrier on a day on which nothing goes wrong on its side."""
    return msgspec.structs.replace(habits, **CALM)
