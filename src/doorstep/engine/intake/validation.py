"""Validation: from raw cells to an order, or everything that is wrong with them at once."""

from dataclasses import dataclass
from typing import Final

from doorstep.engine.currencies import CURRENCIES
from doorstep.engine.intake import columns as limits
from doorstep.engine.intake.cells import Cells
from doorstep.engine.intake.columns import COLUMNS, REQUIRED, closest
from doorstep.engine.intake.faults import FieldCode, FieldError, shown
from doorstep.engine.intake.place import read_place
from doorstep.engine.intake.rows import OrderRow, Recipient
from doorstep.engine.intake.rules import IntakeRules, nearest_hub
from doorstep.engine.intake.times import YEAR_MAX, YEAR_MIN, instant_of
from doorstep.vocabulary.ids import HubId, MerchantId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

HANDLING: Final = tuple(str(what) for what in Handling)
_HOUR_S: Final = 3_600
_ORDER: Final = {column: index for index, column in enumerate(COLUMNS)}


def validate(cells: Cells, rules: IntakeRules) -> OrderRow | tuple[FieldError, ...]:
    """The order that the cells tell, or every field error in column order."""
    for column in COLUMNS:
        if column in REQUIRED and not (column == "merchant" and rules.merchant):
            cells.require(column)
    recipient = _recipient(cells, rules)
    times = _times(cells, rules)
    handling = _handling(cells)
    coldest, warmest = _temperatures(cells, handling)
    length, width, height = _dimensions(cells)
    row = OrderRow(
        line=cells.line,
        external_id=cells.word("external_id"),
        merchant=_merchant(cells, rules),
        hub=_hub(cells, rules, recipient.point),
        service=_service(cells, rules),
        placed_at=times.placed_at,
        ready_at=times.ready_at,
        requested=times.requested,
        parcels=cells.whole("parcels", 1, limits.PARCELS_MAX) or 0,
        weight_g=Grams(cells.whole("weight_g", 1, limits.WEIGHT_G_MAX) or 0),
        length_mm=length,
        width_mm=width,
        height_mm=height,
        value=_value(cells),
        temp_min_c=coldest,
        temp_max_c=warmest,
        handling=handling,
        recipient=recipient,
        stated=cells.stated() if cells.states("merchant") else _with_merchant(cells),
    )
    return tuple(sorted(cells.errors, key=lambda error: _ORDER[error.field])) if cells.errors else row


def _with_merchant(cells: Cells) -> tuple[str, ...]:
    # Whoever may leave the merchant out says it by who they are: either way, the order is the same.
    stated = {*cells.stated(), "merchant"}
    return tuple(column for column in COLUMNS if column in stated)


def _recipient(cells: Cells, rules: IntakeRules) -> Recipient:
    return Recipient(
        name=cells.text("name", limits.NAME_CHARS_MAX),
        phone=_phone(cells, rules),
        email=_email(cells),
        address=cells.text("address", limits.ADDRESS_CHARS_MAX),
        unit=cells.text("unit", limits.UNIT_CHARS_MAX),
        point=read_place(cells, rules),
        instructions=cells.text("instructions", limits.INSTRUCTIONS_CHARS_MAX),
    )


def _phone(cells: Cells, rules: IntakeRules) -> str:
    text = cells.text("phone", limits.PHONE_CHARS_MAX)
    if not text:
        return ""
    number = rules.phones.e164(text, rules.country)
    if number is None:
        detail = f"'phone' is no number that can be dialled in {rules.country} or with a country code"
        cells.refuse("phone", FieldCode.bad_phone, detail)
    return number or ""


def _email(cells: Cells) -> str:
    text = cells.text("email", limits.EMAIL_CHARS_MAX)
    if text and not _looks_like_email(text):
        cells.refuse("email", FieldCode.bad_email, "'email' is not of the form name@domain.tld")
        return ""
    return text


def _looks_like_email(text: str) -> bool:
    # Sanity, not RFC 5322: whether a mailbox exists only a message can say.
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        0 < len(local) <= 64
        and "@" not in local
        and len(labels) > 1
        and all(label and not label.startswith("-") and not label.endswith("-") for label in labels)
        and all(character.isprintable() and character not in ' ,;<>"()[]\\' for character in text)
        and not any(part == "" for part in local.split("."))
    )


def _merchant(cells: Cells, rules: IntakeRules) -> MerchantId:
    name = cells.word("merchant") or rules.merchant or ""
    is_known = (
        name == rules.merchant if rules.merchant else rules.merchants is None or name in rules.merchants
    )
    if name and not is_known:
        # A foreign merchant and one that does not exist look alike, and nothing close is named.
        cells.refuse("merchant", FieldCode.unknown_merchant, f"there is no merchant {shown(name)} here")
    return MerchantId(name)


def _hub(cells: Cells, rules: IntakeRules, point: Point | None) -> HubId | None:
    name = cells.word("origin")
    if not name:
        return nearest_hub(rules.hubs, point)
    known = frozenset(str(hub.id) for hub in rules.hubs)
    if name not in known:
        cells.refuse("origin", FieldCode.unknown_hub, f"there is no hub {shown(name)}{closest(name, known)}")
    return HubId(name)


def _service(cells: Cells, rules: IntakeRules) -> str:
    name = cells.word("service")
    if name and name not in rules.services:
        on_sale = ", ".join(sorted(rules.services))
        detail = f"there is no service {shown(name)}{closest(name, rules.services)} (known: {on_sale})"
        cells.refuse("service", FieldCode.unknown_service, detail)
    return name


@dataclass(frozen=True)
class _Times:
    placed_at: Instant
    ready_at: Instant
    requested: Window | None


def _times(cells: Cells, rules: IntakeRules) -> _Times:
    placed_at = _instant(cells, rules, "placed_at")
    ready_at = _instant(cells, rules, "ready_at")
    start, end = _instant(cells, rules, "window_start"), _instant(cells, rules, "window_end")
    for column, other in (("window_start", "window_end"), ("window_end", "window_start")):
        if cells.states(other) and not cells.states(column):
            cells.refuse(column, FieldCode.incomplete, f"'{column}' is empty, but '{other}' is not")
    placed = rules.now if placed_at is None else placed_at
    ready = placed if ready_at is None else ready_at
    window = None
    if start is not None and end is not None:
        window = _window(cells, start, end)
        if cells.states("placed_at") and placed_at is None:
            pass  # It was refused already: what follows from another time would be a second, false fault.
        elif window and window.end <= placed:
            detail = "the window ends before the order was placed"
            cells.refuse("window_end", FieldCode.window_in_past, detail)
        elif window and ready >= window.end:
            detail = "the parcels are ready only when the window is over"
            cells.refuse("ready_at", FieldCode.ready_after_window, detail)
    return _Times(placed, ready, window)


def _window(cells: Cells, start: Instant, end: Instant) -> Window | None:
    if end <= start:
        detail = "the window's end must be after its start"
        cells.refuse("window_end", FieldCode.window_ends_before_start, detail)
        return None
    window = Window(start, end)
    if window.width_s() > limits.WINDOW_H_MAX * _HOUR_S:
        detail = f"the window spans more than {limits.WINDOW_H_MAX} hours"
        cells.refuse("window_end", FieldCode.window_too_wide, detail)
        return None
    return window


def _instant(cells: Cells, rules: IntakeRules, column: str) -> Instant | None:
    text = cells.text(column, limits.TIME_CHARS_MAX)
    if not text:
        return None
    found = instant_of(text, rules.zone)
    if not isinstance(found, FieldCode):
        return found
    match found:
        case FieldCode.time_in_gap:
            detail = f"the clock of {rules.zone.key} skips {shown(text)}; write another time, or an offset"
        case FieldCode.out_of_range:
            detail = f"'{column}' must lie in the years {YEAR_MIN} to {YEAR_MAX}, not {shown(text)}"
        case _:
            detail = (
                f"'{column}' must look like 2026-06-16T14:00 or 2026-06-16T14:00+02:00, not {shown(text)}"
            )
    cells.refuse(column, found, detail)
    return None


def _dimensions(cells: Cells) -> tuple[int, int, int]:
    columns = ("length_mm", "width_mm", "height_mm")
    sides = [cells.whole(column, 1, limits.SIDE_MM_MAX) or 0 for column in columns]
    stated = [column for column in columns if cells.states(column)]
    for column in columns:
        if stated and column not in stated:
            detail = f"'{column}' is empty, but '{stated[0]}' is not: name all three sides or none"
            cells.refuse(column, FieldCode.incomplete, detail)
    return sides[0], sides[1], sides[2]


def _value(cells: Cells) -> Money | None:
    minor = cells.whole("value_minor", 0, limits.VALUE_MINOR_MAX)
    currency = cells.word("currency").upper()
    if currency and currency not in CURRENCIES:
        detail = f"{shown(currency)} is no currency of ISO 4217{closest(currency, CURRENCIES)}"
        cells.refuse("currency", FieldCode.unknown_currency, detail)
    for column, other in (("value_minor", "currency"), ("currency", "value_minor")):
        if cells.states(other) and not cells.states(column):
            cells.refuse(column, FieldCode.incomplete, f"'{column}' is empty, but '{other}' is not")
    return Money(minor, currency) if minor is not None and currency else None


def _temperatures(cells: Cells, handling: tuple[Handling, ...]) -> tuple[int | None, int | None]:
    coldest = cells.whole("temp_min_c", limits.TEMP_C_MIN, limits.TEMP_C_MAX)
    warmest = cells.whole("temp_max_c", limits.TEMP_C_MIN, limits.TEMP_C_MAX)
    if coldest is not None and warmest is not None and coldest > warmest:
        detail = f"'temp_min_c' is {coldest} and above 'temp_max_c', {warmest}"
        cells.refuse("temp_min_c", FieldCode.temperature_order, detail)
    if Handling.cold not in handling:
        for column in ("temp_min_c", "temp_max_c"):
            if cells.states(column):
                detail = f"'{column}' is set, but 'handling' does not say 'cold'"
                cells.refuse(column, FieldCode.temperature_without_cold, detail)
                break
    return coldest, warmest


def _handling(cells: Cells) -> tuple[Handling, ...]:
    words = set(cells.listed("handling"))
    for word in sorted(words - set(HANDLING)):
        detail = f"there is no handling {shown(word)}{closest(word, HANDLING)} (known: {', '.join(HANDLING)})"
        cells.refuse("handling", FieldCode.unknown_handling, detail)
    return tuple(what for what in Handling if str(what) in words)
