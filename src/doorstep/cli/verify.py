"""`doorstep verify`: whether an evidence packet holds together and was issued by whom it says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from doorstep.adapters.signing import read_public_key, verifies
from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.engine.archive import ZIP_MARK
from doorstep.engine.packet import Broken, Verified, verify_packet
from doorstep.engine.ports.signer import KeyUnreadableError
from doorstep.vocabulary.packet import PACKET_BYTES_MAX
from doorstep.vocabulary.units import Instant


def verify(
    packet: Annotated[Path, typer.Argument(metavar="PACKET.zip", help="The packet to verify.")],
    key: Annotated[
        Path, typer.Option("--key", metavar="PUBLIC", help="The market's public key (PEM), from the market.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Verify an evidence packet offline.

    Exit code 0: every event, custody link and file holds, also where another tool packed the zip again, which
    is said. 1: it does not; the first broken link is named.
    """
    try:
        public_key = read_public_key(key)
    except KeyUnreadableError as fault:
        raise BadInput(f"{fault}.") from fault
    outcome = verify_packet(_read_packet(packet), public_key, verifies)
    if as_json:
        findings = {"verified": isinstance(outcome, Verified), **msgspec.to_builtins(outcome)}
        print(msgspec.json.encode(findings).decode())
    if isinstance(outcome, Broken):
        raise FoundBroken(f"{packet} does not verify ({outcome.code}): {outcome.sentence}")
    if not as_json:
        _say(packet, outcome)


def _read_packet(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(PACKET_BYTES_MAX + 1)
    except OSError as fault:
        raise BadInput(f"cannot read {path}: {fault.strerror}.") from fault
    if not packed.startswith(ZIP_MARK):
        raise BadInput(f"{path} is not a zip file, so it is no packet.")
    return packed


def _say(path: Path, found: Verified) -> None:
    print(f"{path} verifies.")
    print(f"  order          {found.order} of market {found.market}, issued {_time(found.issued_at)}")
    print(f"  checkpoint     {found.size} events at {_time(found.checkpoint_at)}, signed by the given key")
    print(f"  events         {found.events} in {found.streams} streams, each in the log, none left out")
    print(f"  custody links  {found.custody_links}")
    print(f"  files          {found.files}, and {len(found.missing)} missing with a reason")
    if not found.as_written:
        print("  archive        packed again by another tool; what is in it is what was signed")
    for file in found.missing:
        had = "can still be had" if file.obtainable else "cannot be had any more"
        print(f"    {file.sha256}  {file.reason.replace('_', ' ')}, {had}")


def _time(instant: Instant) -> str:
    """The instant in RFC 3339, UTC."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant):%Y-%m-%dT%H:%M:%SZ}"
