"""Intake: order files and order bodies in, clean orders or clear errors out.

`read_csv` and `read_ndjson` read files row by row, `read_body` reads one order of the API; all three end in
`validate`, so that one order means the same whichever way it comes. Nothing here raises on bad input: each
row becomes an `OrderRow` or a `RejectedRow` that keeps its text.
"""

from doorstep.engine.intake.body import read_body, read_ndjson
from doorstep.engine.intake.csv_file import read_csv
from doorstep.engine.intake.faults import FieldCode, FieldError, RejectedRow
from doorstep.engine.intake.rows import (
    OrderRow,
    Recipient,
    canonical_content,
    content,
    differences,
    impersonal_content,
    volume_ml,
)
from doorstep.engine.intake.rules import Bounds, HubSite, IntakeRules, nearest_hub

__all__ = [
    "Bounds",
    "FieldCode",
    "FieldError",
    "HubSite",
    "IntakeRules",
    "OrderRow",
    "Recipient",
    "RejectedRow",
    "canonical_content",
    "content",
    "differences",
    "impersonal_content",
    "nearest_hub",
    "read_body",
    "read_csv",
    "read_ndjson",
    "volume_ml",
]
