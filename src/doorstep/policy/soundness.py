"""Soundness: what a policy book says that cannot be meant, though each file is well formed by itself.

Shapes and types are checked when a book is read. This finds what they cannot see: a day that closes before it
opens, a reason that nobody ever gives, a case without a playbook.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec

from doorstep.policy.book import POLICIES, PolicyBook
from doorstep.policy.contracts import CarrierService
from doorstep.policy.services import ServiceLevel
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.incident import Cause
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.return_ import Condition

PPM: Final = 1_000_000
PERCENT: Final = 100
DAYS_AHEAD_MAX: Final = 60
"""Days that a service may look ahead."""
PIN_DIGITS_MAX: Final = 12
INCIDENT_CASES_MIN: Final = 2
"""One case alone has nothing in common with another."""

_WALL_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Unsound(msgspec.Struct, frozen=True):
    """One thing that cannot be meant: the policy's name, the dotted key, a sentence."""

    policy: str
    key: str
    detail: str


def unsound(book: PolicyBook) -> tuple[Unsound, ...]:
    """Everything in a book that cannot be meant, by file; empty for a sound book."""
    checks = (
        _numbers,
        _attempts,
        _contracts,
        _dispatch,
        _incidents,
        _messages,
        _playbooks,
        _promises,
        _proof,
        _returns,
        _routing,
        _services,
        _tariffs,
    )
    found = [Unsound(*fault) for check in checks for fault in check(book)]
    return tuple(sorted(found, key=lambda fault: POLICIES.index(fault.policy)))


_Faults = Iterator[tuple[str, str, str]]
"""Policy, key, what is wrong."""


def _numbers(book: PolicyBook) -> _Faults:
    """No policy has a number below zero."""
    for name in POLICIES:
        for key, value in _leaves(msgspec.to_builtins(getattr(book, name))):
            if isinstance(value, int) and value < 0:
                yield name, key, f"{value} is below zero"


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401 - TOML is a tree of anything
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{key}[{index}]")
    else:
        yield key, value


def _attempts(book: PolicyBook) -> _Faults:
    policy, known = book.attempts, {reason.value for reason in Reason}
    if policy.physical_max == 0:
        yield "attempts", "physical_max", "0 attempts deliver nothing"
    if policy.search_days == 0:
        yield "attempts", "search_days", "0 days find nothing"
    for reason in policy.reason:
        if reason not in known:
            yield "attempts", f'reason."{reason}"', "nobody ever gives this reason"


def _contracts(book: PolicyBook) -> _Faults:
    for carrier, contract in book.contracts.carrier.items():
        at = f"carrier.{carrier}"
        if contract.currency != book.tariffs.currency:
            yield "contracts", f"{at}.currency", f"is not the market's {book.tariffs.currency}"
        days = [key for key in ("valid_from", "valid_to") if not _is_day(getattr(contract, key))]
        for key in days:
            yield "contracts", f"{at}.{key}", "is no day; write it like 2026-12-31"
        if not days and contract.valid_to < contract.valid_from:
            yield "contracts", f"{at}.valid_to", "is before valid_from"
        if not contract.service:
            yield "contracts", f"{at}.service", "there is none to buy"
        for name, service in contract.service.items():
            yield from _carrier_service(book, f"{at}.service.{name}", service)


def _carrier_service(book: PolicyBook, at: str, service: CarrierService) -> _Faults:
    for level in service.sells:
        if level not in book.services.service:
            yield "contracts", f"{at}.sells", f"there is no service {level}"
    for window in service.windows:
        start, dash, end = window.partition("-")
        if not (dash and _WALL_TIME.fullmatch(start) and _WALL_TIME.fullmatch(end) and start < end):
            yield "contracts", f"{at}.windows", f"{window} is no window; write it like 08:00-12:00"
    if service.odds_ppm > PPM:
        yield "contracts", f"{at}.odds_ppm", f"{service.odds_ppm} is more than certain ({PPM})"
    if service.committed_per_day > service.capacity_per_day:
        yield "contracts", f"{at}.committed_per_day", "is more than capacity_per_day"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _routing(book: PolicyBook) -> _Faults:
    policy = book.routing
    if policy.odds_min_ppm > PPM:
        yield "routing", "odds_min_ppm", f"{policy.odds_min_ppm} is more than certain ({PPM})"
    if policy.breaker.failures == 0:
        yield "routing", "breaker.failures", "a breaker that opens at 0 failures never closes"
    for key in ("miss_minor", "broadcast"):
        for service in getattr(policy, key):
            if service not in book.services.service:
                yield "routing", f"{key}.{service}", "there is no such service"
    for service in policy.backup_services:
        if service not in book.services.service:
            yield "routing", "backup_services", f"there is no service {service}"


def _dispatch(book: PolicyBook) -> _Faults:
    if book.dispatch.solver_iterations == 0:
        yield "dispatch", "solver_iterations", "a search of 0 iterations finds nothing"


def _messages(book: PolicyBook) -> _Faults:
    policy = book.messages
    for key in ("starts", "ends"):
        if not _WALL_TIME.fullmatch(getattr(policy.quiet, key)):
            yield "messages", f"quiet.{key}", "is no time of day; write it like 21:00"
    for key, detail in policy.wrong_texts():
        yield "messages", key, detail


def _incidents(book: PolicyBook) -> _Faults:
    for cause, rule in book.incidents.cause.items():
        for key in ("kinds", "steps", "escalate"):
            if not getattr(rule, key):
                yield "incidents", f"cause.{cause}.{key}", "is empty"
        for key in ("due_minutes", "escalate_minutes"):
            if getattr(rule, key) == 0:
                yield "incidents", f"cause.{cause}.{key}", "0 minutes leave nobody any time"
        if rule.cases_min < INCIDENT_CASES_MIN:
            yield "incidents", f"cause.{cause}.cases_min", f"{rule.cases_min} cases have no cause in common"
    for cause in Cause:
        if cause not in book.incidents.cause:
            yield "incidents", f"cause.{cause}", "is missing"


def _playbooks(book: PolicyBook) -> _Faults:
    playbooks = book.playbooks.kind
    for kind in CaseKind:
        if kind not in playbooks:
            yield "playbooks", f"kind.{kind}", "is missing; every kind of case needs an owner and a clock"
    for kind, playbook in playbooks.items():
        for key in ("steps", "escalate"):
            if not getattr(playbook, key):
                yield "playbooks", f"kind.{kind}.{key}", "is empty"
        for key in ("due_minutes", "escalate_minutes"):
            if getattr(playbook, key) == 0:
                yield "playbooks", f"kind.{kind}.{key}", "0 minutes leave nobody any time"


def _promises(book: PolicyBook) -> _Faults:
    policy = book.promises
    for key, value in (
        ("odds_min_ppm", policy.odds_min_ppm),
        ("uncertainty.receive_ppm", policy.uncertainty.receive_ppm),
    ):
        if value > PPM:
            yield "promises", key, f"{value} is more than certain ({PPM})"
    if policy.match_share_min_pct > PERCENT:
        yield "promises", "match_share_min_pct", f"{policy.match_share_min_pct} is more than {PERCENT}"
    if policy.hold_s == 0:
        yield "promises", "hold_s", "a hold of 0 seconds holds nothing"


def _proof(book: PolicyBook) -> _Faults:
    digits = book.proof.bounds.pin_digits
    if not 1 <= digits <= PIN_DIGITS_MAX:
        yield "proof", "bounds.pin_digits", f"{digits} is not from 1 to {PIN_DIGITS_MAX}"
    if book.proof.bounds.pin_tries_max == 0:
        yield "proof", "bounds.pin_tries_max", "with 0 tries no PIN is ever right"


def _returns(book: PolicyBook) -> _Faults:
    policy = book.returns
    for step, hours in msgspec.structs.asdict(policy.hours).items():
        if hours == 0:
            yield "returns", f"hours.{step}", "0 hours leave nobody any time"
    for service in policy.window_days:
        if service not in book.services.service:
            yield "returns", f"window_days.{service}", "there is no such service"
    if not 1 <= policy.collection.days_offered <= DAYS_AHEAD_MAX:
        days = policy.collection.days_offered
        yield "returns", "collection.days_offered", f"{days} is not from 1 to {DAYS_AHEAD_MAX}"
    for key, wrong in _level(policy.collection.windows):
        yield "returns", f"collection.windows.{key}", wrong
    for condition in Condition:
        rule = policy.condition.get(condition)
        if rule is None:
            yield "returns", f"condition.{condition}", "is missing; goods may come back in every condition"
        elif rule.refund_ppm > PPM:
            share = rule.refund_ppm
            yield "returns", f"condition.{condition}.refund_ppm", f"{share} is more than all ({PPM})"


def _services(book: PolicyBook) -> _Faults:
    if not book.services.service:
        yield "services", "service", "there is none on sale"
    for name, level in book.services.service.items():
        for key, wrong in _level(level):
            yield "services", f"service.{name}.{key}", wrong


def _level(level: ServiceLevel) -> Iterator[tuple[str, str]]:
    """What is wrong with the windows of a product: the key, a sentence."""
    wrong = [key for key in ("opens", "closes") if not _WALL_TIME.fullmatch(getattr(level, key))]
    for key in wrong:
        yield key, "is no time of day; write it like 08:00"
    if level.days_ahead > DAYS_AHEAD_MAX:
        yield "days_ahead", f"{level.days_ahead} is more than {DAYS_AHEAD_MAX}"
    if level.window_minutes_min == 0:
        yield "window_minutes_min", "a window needs a minute at least"
    if level.window_minutes < level.window_minutes_min:
        yield "window_minutes", "is narrower than window_minutes_min"
    if not wrong and level.window_minutes_min > _minutes(level.closes) - _minutes(level.opens):
        yield "closes", "its day is shorter than its narrowest window"


def _tariffs(book: PolicyBook) -> _Faults:
    policy = book.tariffs
    if not _CURRENCY.fullmatch(policy.currency):
        yield "tariffs", "currency", "is no currency; write it like EUR"
    for service in policy.refund_minor:
        if service not in book.services.service:
            yield "tariffs", f"refund_minor.{service}", "there is no such service"


def _minutes(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])
