"""Faults: what is wrong with a row, by line, field and a code that never changes its meaning."""

from enum import StrEnum
from typing import Final

import msgspec

RAW_BYTES_MAX: Final = 1 << 20
"""Bytes of a rejected row that are kept."""
SHOWN_CHARS_MAX: Final = 40
"""Characters of an offending value that an error repeats."""
SHOWN_BITS_MAX: Final = 100
"""Bits of an offending whole number that an error repeats."""


class FieldCode(StrEnum):
    """Why a field or a row cannot be taken.

    | code | meaning |
    |---|---|
    | `empty_file` | the file has no line |
    | `encoding` | not UTF-8; the detail says at which byte |
    | `delimiter` | cells are not separated by commas |
    | `line_ends` | lines end in a bare carriage return |
    | `no_header` | the first line names no column that we know |
    | `missing_column` | a required column is not in the header |
    | `unknown_field` | no such column; the detail names the closest |
    | `repeated_field` | the same column or key twice |
    | `too_many_rows` | the file has more rows than one import takes; the rest was not read |
    | `line_too_long` | the row has more bytes than one row may have |
    | `quote_unclosed` | a quoted cell that never ends |
    | `quote_misplaced` | text between a closing quote and the next comma |
    | `too_few_cells`, `too_many_cells` | not as many cells as the header has |
    | `not_json` | not one strict JSON value; the detail says why |
    | `not_an_object` | JSON, but no object |
    | `required` | empty, and must not be |
    | `wrong_type` | JSON of another type than the field's |
    | `too_long` | more characters than the field may have |
    | `nul_character`, `control_character`, `lone_surrogate` | characters that the field cannot hold |
    | `not_a_whole_number`, `not_a_number`, `not_finite` | not the number that the field asks for |
    | `out_of_range` | outside the field's bounds, which the detail names |
    | `not_a_time` | not `YYYY-MM-DDThh:mm`, with or without seconds and offset |
    | `time_in_gap` | a wall time that the clock skips that day |
    | `incomplete` | belongs together with another field that is empty |
    | `coordinates_swapped` | outside the market, but inside it the other way round |
    | `out_of_area` | outside the market, in the water, or more than 300 m from every street for a van |
    | `window_ends_before_start` | the window's end is not after its start |
    | `window_in_past` | the window ended before the order was placed |
    | `window_too_wide` | more time between start and end than one window may have |
    | `ready_after_window` | the parcels are ready only when the window is over |
    | `unknown_merchant`, `unknown_hub`, `unknown_service` | no such one here |
    | `unknown_handling`, `unknown_currency` | no such one anywhere |
    | `bad_email`, `bad_phone` | nothing that could be written to or dialled |
    | `temperature_order` | the lowest temperature is above the highest |
    | `temperature_without_cold` | temperatures for an order that is not `cold` |
    | `conflict` | the same order stands in the file already, with other content |
    """

    empty_file = "empty_file"
    encoding = "encoding"
    delimiter = "delimiter"
    line_ends = "line_ends"
    no_header = "no_header"
    missing_column = "missing_column"
    unknown_field = "unknown_field"
    repeated_field = "repeated_field"
    too_many_rows = "too_many_rows"
    line_too_long = "line_too_long"
    quote_unclosed = "quote_unclosed"
    quote_misplaced = "quote_misplaced"
    too_few_cells = "too_few_cells"
    too_many_cells = "too_many_cells"
    not_json = "not_json"
    not_an_object = "not_an_object"
    required = "required"
    wrong_type = "wrong_type"
    too_long = "too_long"
    nul_character = "nul_character"
    control_character = "control_character"
    lone_surrogate = "lone_surrogate"
    not_a_whole_number = "not_a_whole_number"
    not_a_number = "not_a_number"
    not_finite = "not_finite"
    out_of_range = "out_of_range"
    not_a_time = "not_a_time"
    time_in_gap = "time_in_gap"
    incomplete = "incomplete"
    coordinates_swapped = "coordinates_swapped"
    out_of_area = "out_of_area"
    window_ends_before_start = "window_ends_before_start"
    window_in_past = "window_in_past"
    window_too_wide = "window_too_wide"
    ready_after_window = "ready_after_window"
    unknown_merchant = "unknown_merchant"
    unknown_hub = "unknown_hub"
    unknown_service = "unknown_service"
    unknown_handling = "unknown_handling"
    unknown_currency = "unknown_currency"
    bad_email = "bad_email"
    bad_phone = "bad_phone"
    temperature_order = "temperature_order"
    temperature_without_cold = "temperature_without_cold"
    conflict = "conflict"


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong: physical `line` from 1 (0: an API body), the field, the code, a sentence.

    `field` is empty where the row as a whole is meant. The sentence repeats no value of a personal field, so
    that errors may be logged.
    """

    line: int
    field: str
    code: FieldCode
    detail: str


class RejectedRow(msgspec.Struct, frozen=True):
    """A row that could not be taken, with everything that is wrong with it and its bytes as they came.

    `raw` holds at most `RAW_BYTES_MAX` bytes, and `raw_cut` says whether there were more. It may hold
    personal data: keep it in the vault. `whole_file` means that nothing after this line was read.
    `external_id` is empty where the row did not get so far.
    """

    line: int
    errors: tuple[FieldError, ...]
    raw: bytes
    raw_cut: bool = False
    external_id: str = ""
    whole_file: bool = False


def reject(line: int, field: str, code: FieldCode, detail: str, raw: bytes) -> RejectedRow:
    """The rejected row with one error."""
    return rejected(line, (FieldError(line, field, code, detail),), raw)


def rejected(line: int, errors: tuple[FieldError, ...], raw: bytes, external_id: str = "") -> RejectedRow:
    """The rejected row with these errors, its bytes cut to `RAW_BYTES_MAX`."""
    assert errors, "a row is rejected for a reason"
    return RejectedRow(line, errors, raw[:RAW_BYTES_MAX], len(raw) > RAW_BYTES_MAX, external_id)


def shown(value: object) -> str:
    """A value as an error may repeat it: printable, quoted and short; of a list or an object, its type."""
    if isinstance(value, int) and value.bit_length() > SHOWN_BITS_MAX:
        return f"a number of {value.bit_length():,} bits"
    if not isinstance(value, str | int | float | None):
        return f"a {type(value).__name__}"
    text = "null" if value is None else str(value)
    cut = text[:SHOWN_CHARS_MAX] + ("…" if len(text) > SHOWN_CHARS_MAX else "")
    return "'" + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut) + "'"
