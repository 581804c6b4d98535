"""The promise ledger: what was promised, what was kept, how wide, how honest.

Promise kept: all parcels of an order were handed over not before the start and not after the end of the
window that counts, and proven where proof is required. The denominator is every promise due, with the lost
and the undelivered, without those that the shopper cancelled before the window began.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from doorstep.views.intervals import PPM, Share, Spread, share_of, spread_of
from doorstep.views.period import Period
from doorstep.views.promise_chains import Due, Ending, Left, PromiseChains
from doorstep.vocabulary.promise import PromiseOutcome, PromiseRefused
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant

ODDS_EDGES_PPM: Final = (
    0, 500_000, 700_000, 800_000, 850_000, 900_000, 925_000, 975_001, 990_000, PPM + 1,
)  # fmt: skip
"""Bounds of the buckets of stated odds, millionths: the lower one is inside, the upper one is not.

So odds of exactly 0.975 are still among the 95 % windows.
"""
NAMED_BUCKET_PPM: Final = 925_000
"""The bucket of the "95 % windows": 0.925 to 0.975."""


class PromiseCounts(msgspec.Struct, frozen=True):
    """Promises of one market or service: due, kept, changed after they were confirmed, refused."""

    due: int
    kept: int
    changed: int
    refused: int
    kept_share: Share


class PromiseQuality(msgspec.Struct, frozen=True):
    """How good the promises themselves were.

    `width` is of the due windows. `revised` counts due promises with at least one change, the two after it
    the changes by who chose. `announced` is the share of misses told before the window ended.
    """

    width: Spread
    revised: int
    revisions_ours: int
    revisions_shopper: int
    announced: Share


class OddsBucket(msgspec.Struct, frozen=True):
    """Due promises whose stated odds lie from `low_ppm` to below `high_ppm`.

    `stated_ppm` is their mean; `honest` is whether it lies in the interval of what was kept.
    """

    low_ppm: int
    high_ppm: int
    stated_ppm: int | None
    kept: Share
    honest: bool | None


class Reliability(msgspec.Struct, frozen=True):
    """Stated odds against what was kept: by bucket, the "95 % windows" alone, and all together."""

    buckets: tuple[OddsBucket, ...]
    windows_95: OddsBucket
    overall: OddsBucket


class PromiseFigures(msgspec.Struct, frozen=True):
    """All figures on promises.

    `missed` counts by ending and sums with `kept` to `due`. `not_due` counts those left out, by reason, and
    `later` those whose window had not ended. `settled_otherwise` counts promises whose settlement in the log
    says kept where the evidence says not, or the other way round: it should be 0.
    """

    due: int
    kept: int
    changed: int
    refused: int
    kept_share: Share
    missed: dict[str, int]
    not_due: dict[str, int]
    later: int
    settled_otherwise: int
    by_market: dict[str, PromiseCounts]
    by_service: dict[str, PromiseCounts]
    refused_because: dict[str, int]
    quality: PromiseQuality
    reliability: Reliability


class _Refusal(msgspec.Struct, frozen=True):
    market: str
    service: str
    at: Instant
    reasons: tuple[str, ...]


class PromiseLedger:
    """A fold over the log; `chains` may be shared with other folds, and is then fed by its owner."""

    def __init__(self, chains: PromiseChains | None = None) -> None:
        self._owned = chains is None
        self.chains = PromiseChains() if chains is None else chains
        self._refusals: list[_Refusal] = []

    def apply(self, record: Record) -> None:
        """Take one event in."""
        if self._owned:
            self.chains.apply(record)
        match record.data:
            case PromiseRefused(service=service, requested=requested, reasons=reasons):
                at = requested.end if requested else record.occurred_at
                self._refusals.append(_Refusal(record.market, service, at, reasons))
            case _:
                pass

    def due(self, period: Period) -> tuple[Due, ...]:
        """The promises that count as due in the period, by order id."""
        return tuple(
            due
            for due in self.chains.dues()
            if due.left is None and period.holds(due.window.end) and due.window.end <= period.as_of
        )

    def summary(self, period: Period) -> PromiseFigures:
        """The figures of the period."""
        dues = self.due(period)
        refusals = [refusal for refusal in self._refusals if period.holds(refusal.at)]
        told = [due for due in self.chains.dues() if period.holds(due.window.end)]
        endings = Counter(due.ending for due in dues)
        lefts = Counter(due.left for due in told if due.left is not None)
        counts = _counts(dues, refusals)
        return PromiseFigures(
            due=counts.due,
            kept=counts.kept,
            changed=counts.changed,
            refused=counts.refused,
            kept_share=counts.kept_share,
            missed={ending.value: endings[ending] for ending in Ending if ending is not Ending.kept},
            not_due={left.value: lefts[left] for left in Left},
            later=sum(due.left is None and due.window.end > period.as_of for due in told),
            settled_otherwise=sum(_contradicted(due) for due in dues),
            by_market=_by("market", dues, refusals),
            by_service=_by("service", dues, refusals),
            refused_because=dict(sorted(Counter(why for no in refusals for why in set(no.reasons)).items())),
            quality=_quality(dues),
            reliability=_reliability(dues),
        )


def _contradicted(due: Due) -> bool:
    return due.settled is not None and (due.settled is PromiseOutcome.kept) != due.kept


def _counts(dues: Sequence[Due], refusals: Sequence[_Refusal]) -> PromiseCounts:
    kept = sum(due.kept for due in dues)
    changed = sum(due.revisions_ours + due.revisions_shopper > 0 for due in dues)
    return PromiseCounts(len(dues), kept, changed, len(refusals), share_of(kept, len(dues)))


def _by(attribute: str, dues: Sequence[Due], refusals: Sequence[_Refusal]) -> dict[str, PromiseCounts]:
    names = {getattr(subject, attribute) for subject in (*dues, *refusals)}
    return {
        name: _counts(
            [due for due in dues if getattr(due, attribute) == name],
            [refusal for refusal in refusals if getattr(refusal, attribute) == name],
        )
        for name in sorted(names)
    }


def _quality(dues: Sequence[Due]) -> PromiseQuality:
    misses = [due for due in dues if not due.kept]
    return PromiseQuality(
        width=spread_of([due.window.width_s() for due in dues]),
        revised=sum(due.revisions_ours + due.revisions_shopper > 0 for due in dues),
        revisions_ours=sum(due.revisions_ours for due in dues),
        revisions_shopper=sum(due.revisions_shopper for due in dues),
        announced=share_of(sum(due.announced for due in misses), len(misses)),
    )


def _reliability(dues: Sequence[Due]) -> Reliability:
    buckets = tuple(_bucket(dues, low, high) for low, high in pairwise(ODDS_EDGES_PPM))
    named = next(bucket for bucket in buckets if bucket.low_ppm == NAMED_BUCKET_PPM)
    return Reliability(buckets, named, _bucket(dues, ODDS_EDGES_PPM[0], ODDS_EDGES_PPM[-1]))


def _bucket(dues: Sequence[Due], low_ppm: int, high_ppm: int) -> OddsBucket:
    inside = [due for due in dues if low_ppm <= due.odds_ppm < high_ppm]
    kept = share_of(sum(due.kept for due in inside), len(inside))
    if kept.low_ppm is None or kept.high_ppm is None:
        return OddsBucket(low_ppm, min(high_ppm, PPM), None, kept, None)
    stated = round(sum(due.odds_ppm for due in inside) / len(inside))
    return OddsBucket(low_ppm, min(high_ppm, PPM), stated, kept, kept.low_ppm <= stated <= kept.high_ppm)
