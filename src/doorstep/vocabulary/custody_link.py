"""Custody links: each event of a parcel's custody names the one before by hash."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from doorstep.vocabulary.canonical import canonical

GENESIS_LINK: Final = "0" * 64
"""The link before a parcel's first custody event."""
LINK_FIELD: Final = "link"
"""The field of an event's data that holds its link, and is left out of what the link covers."""


def custody_link(previous: str, data: msgspec.Struct | Mapping[str, Any]) -> str:
    """The hex SHA-256 of the previous link's text and the canonical text of the event's data without `link`.

    `data` is the event as it will be stored, its `type` included; whatever stands in `link` does not count.
    """
    assert len(previous) == len(GENESIS_LINK), "a link has 64 hex digits"
    fields = msgspec.to_builtins(data) if isinstance(data, msgspec.Struct) else data
    covered = {name: value for name, value in fields.items() if name != LINK_FIELD}
    return sha256(previous.encode() + canonical(covered)).hexdigest()
