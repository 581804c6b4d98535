"""Quoting: windows from the live plan by exact insertion, with their odds, and reasons for refusals."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from doorstep.engine.desk import Desk
from doorstep.engine.planner import Planner
from doorstep.engine.ports.travel import OffMap
from doorstep.engine.wall_clock import wall_instant
from doorstep.planning.odds import Exposure, Uncertainty, kept_odds
from doorstep.planning.problem import Fit, Job, Placement
from doorstep.policy.services import ServiceLevel
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, HubId, MerchantId, PlaceId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.promise import Demand
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.route import Skill
from doorstep.vocabulary.units import (
    MICROSECONDS,
    Grams,
    Instant,
    Millilitres,
    Seconds,
    after,
    seconds_between,
)
from doorstep.vocabulary.windows import Window

PPM: Final = 1_000_000
DAYS_OFFERED: Final = 3
"""Days of a service that are looked through for its first open window."""
NOT_ON_SALE_YET: Final = "not_on_sale_yet"
"""The reason for a window on a day that no roster stands for yet."""
WINDOWS_MAX: Final = 40
"""Windows that one quote lists."""

SKILL_BY_HANDLING: Final = {
    Handling.cold: Skill.cold,
    Handling.age_check: Skill.age_check,
    Handling.high_value: Skill.high_value,
}


class Ask(msgspec.Struct, frozen=True):
    """What a shopper asks for: a place, a service, parcels, and perhaps a window."""

    merchant: MerchantId
    service: str
    hub: HubId
    place: PlaceId
    ready_at: Instant
    parcels: int
    weight_g: Grams
    volume_ml: Millilitres
    handling: tuple[Handling, ...]
    requested: Window | None
    length_mm: int = 0


class Offer(msgspec.Struct, frozen=True):
    """A window that can be had: the probability in millionths that it is kept, and what it costs the plan.

    `placement` is None where room has to be made by moving others, and where a carrier keeps it: then
    `carrier` and its `service` name who.
    """

    window: Window
    odds_ppm: int
    added_s: Seconds
    arrival: Instant
    placement: Placement | None
    carrier: CarrierId = OWN_FLEET
    service: str = ""


class NoOffer(msgspec.Struct, frozen=True):
    """A window that cannot be had, and why; `on_sale_from` says when it can be asked for again."""

    window: Window
    reason: str
    on_sale_from: Instant | None = None


class Quote(msgspec.Struct, frozen=True):
    """The answer to an ask: offers, best match first, and refused windows with their reasons."""

    offers: tuple[Offer, ...]
    refused: tuple[NoOffer, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The distinct reasons of what was refused, in order."""
        return tuple(dict.fromkeys(refused.reason for refused in self.refused))


class Quoting:
    """Answers what can be promised; the live plan is the only stock."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner
        terms = desk.book.promises.uncertainty
        self._uncertainty = Uncertainty(
            travel_sd_ratio=terms.travel_sd_pct / 100,
            service_sd_s=float(terms.service_sd_s),
            floor_sd_s=float(terms.floor_sd_s),
            first_attempt=terms.receive_ppm / PPM,
        )

    def demand(self, ask: Ask) -> Demand:
        """What the ask means for a van."""
        book = self._desk.book
        proofs: tuple[ProofKind, ...] = book.proof.required(ask.handling)
        return Demand(
            hub=ask.hub,
            ready_at=ask.ready_at,
            service_s=book.dispatch.service_s(ask.parcels, ask.handling, proofs),
            weight_g=ask.weight_g,
            volume_ml=ask.volume_ml,
            skills=tuple(
                sorted(SKILL_BY_HANDLING[duty] for duty in set(ask.handling) & SKILL_BY_HANDLING.keys())
            ),
        )

    def quote(self, ask: Ask, now: Instant) -> Quote:
        """Windows with their odds, by exact insertion into every live route; the caller holds the lock."""
        windows = self.windows(ask, now)
        if not windows:
            nothing = ask.requested or Window(now, after(now, 1))
            return Quote((), (NoOffer(nothing, "window_over"),))
        try:
            jobs = [self._planner.job(DeliveryId("ask"), ask.place, self.demand(ask), w) for w in windows]
        except OffMap:
            return Quote((), tuple(NoOffer(window, "out_of_area") for window in windows))
        quote = self.offers(jobs, windows, now)
        return Quote(tuple(sorted(quote.offers, key=lambda offer: self.rank(offer, ask))), quote.refused)

    def offers(self, jobs: Sequence[Job], windows: Sequence[Window], now: Instant) -> Quote:
        """What the live plan says to one job with each of these windows, in their order; the lock is held."""
        self._planner.catch_up(now)
        spans = [(max(job.window_start_s, self._planner.clock.second(now)), job.window_end_s) for job in jobs]
        open_spans = [index for index, (start_s, end_s) in enumerate(spans) if start_s <= end_s]
        fits = self._planner.plan.quote(jobs[0], [spans[index] for index in open_spans])
        offers: list[Offer] = []
        refused = [NoOffer(w, "window_over") for i, w in enumerate(windows) if i not in set(open_spans)]
        for index, fit in zip(open_spans, fits, strict=True):
            window = windows[index]
            if fit.placement is None:
                assert fit.refused is not None, "a fit has a placement or a reason"
                opens = self.on_sale_from(window, now)
                reason = fit.refused.value if opens is None else NOT_ON_SALE_YET
                refused.append(NoOffer(window, reason, opens))
                continue
            offer = self._offer(window, fit, fit.placement)
            if offer.odds_ppm < self._desk.book.promises.odds_min_ppm:
                refused.append(NoOffer(window, "odds_too_low"))
            else:
                offers.append(offer)
        return Quote(tuple(offers), tuple(refused))

    def on_sale_from(self, window: Window, now: Instant) -> Instant | None:
        """When the day on which a window starts goes on sale; None where it is on sale, or should be."""
        zone = self._planner.clock.zone
        day = datetime.fromtimestamp(window.start / MICROSECONDS, UTC).astimezone(zone).date()
        if self._desk.state("roster", day.isoformat()) is not None:
            return None
        opens = wall_instant(day - timedelta(days=self._desk.book.promises.days_on_sale - 1), "00:00", zone)
        return opens if now < opens else None

    def odds_ppm(self, exposure: Exposure, window: Window) -> int:
        """The probability in millionths that the window is kept, by what the firm knows of itself."""
        end_s = self._planner.clock.second(window.end)
        return int(kept_odds(exposure, end_s, self._uncertainty) * PPM)

    def _offer(self, window: Window, fit: Fit, placement: Placement) -> Offer:
        """The odds hold for the whole room that later stops may take, not for today's lucky position."""
        odds_ppm = self.placement_odds_ppm(placement, fit.window_end_s, window)
        arrival = self._planner.clock.instant(placement.start_s)
        return Offer(window, odds_ppm, Seconds(placement.added_s), arrival, placement)

    def placement_odds_ppm(self, placement: Placement, window_end_s: int, window: Window) -> int:
        """The odds of a place in the plan whose planned arrivals may move up to `window_end_s`."""
        middle_s = (placement.arrive_s + window_end_s) // 2
        arrive_s = max(placement.arrive_s, min(middle_s, window_end_s))
        return self.odds_ppm(Exposure(arrive_s, placement.road_s, placement.stops_before), window)

    @staticmethod
    def rank(offer: Offer, ask: Ask) -> tuple[int, bool, int, int]:
        """Best match first: the most of the wish, vans first, the cheapest for the plan, the earliest."""
        match_s = offer.window.overlap_s(ask.requested) if ask.requested else 0
        added_s = offer.added_s if ask.requested is None else 0
        return (-match_s, offer.carrier != OWN_FLEET, added_s, offer.window.start)

    def matches(self, offer: Offer, requested: Window | None) -> bool:
        """Whether a shopper who asked for a window takes this one."""
        if requested is None:
            return True
        share_pct = 100 * offer.window.overlap_s(requested) // max(1, requested.width_s())
        return share_pct >= self._desk.book.promises.match_share_min_pct

    # Windows ----------------------------------------------------------------------------------------

    def windows(self, ask: Ask, now: Instant) -> list[Window]:
        """The wish and its neighbours, or, without a wish, the service's own windows; none that is over."""
        level = self._desk.book.services.service[ask.service]
        step = self._desk.book.promises
        if ask.requested is None:
            found = self._grid(level, ask, now)
        else:
            width_s = max(ask.requested.width_s(), level.window_minutes_min * 60)
            wish = Window(ask.requested.start, after(ask.requested.start, width_s))
            shifts = [0]
            for count in range(1, step.shift_steps_max + 1):
                shifts += [count * step.shift_step_minutes * 60, -count * step.shift_step_minutes * 60]
            found = [Window(after(wish.start, shift), after(wish.end, shift)) for shift in shifts]
        margin_s = self._desk.book.dispatch.margin_s
        ready = [window for window in found if seconds_between(now, window.end) > margin_s]
        return ready[:WINDOWS_MAX]

    def _grid(self, level: ServiceLevel, ask: Ask, now: Instant) -> list[Window]:
        zone = self._planner.clock.zone
        # The service counts its days from the shopper's order, not from when the parcel is ready.
        local_day = datetime.fromtimestamp(now / MICROSECONDS, UTC).astimezone(zone).date()
        earliest = after(max(now, ask.ready_at), level.lead_minutes * 60)
        found: list[Window] = []
        for days in range(level.days_ahead, level.days_ahead + DAYS_OFFERED):
            day = local_day + timedelta(days=days)
            found = self.day_windows(level, day, earliest)
            if found:
                break
        return found

    def day_windows(self, level: ServiceLevel, day: date, earliest: Instant) -> list[Window]:
        """A product's windows of one day that do not begin too early."""
        start, close = self._wall(day, level.opens), self._wall(day, level.closes)
        found: list[Window] = []
        while after(start, level.window_minutes * 60) <= close:
            if start >= earliest:
                found.append(Window(start, after(start, level.window_minutes * 60)))
            start = after(start, level.window_minutes * 60)
        return found

    def _wall(self, day: date, clock: str) -> Instant:
        local = datetime.combine(day, time.fromisoformat(clock), self._planner.clock.zone)
        return Instant(int(local.timestamp()) * MICROSECONDS)
