"""Proofs: the evidence of a handoff or of an attempt."""

from enum import StrEnum

import msgspec


class ProofKind(StrEnum):
    """What kind of evidence it is."""

    photo = "photo"
    signature = "signature"
    pin = "pin"
    scan = "scan"
    age_check = "age_check"
    place = "place"
    contact = "contact"


class Proof(msgspec.Struct, frozen=True):
    """One piece of evidence: a file by its content hash, or a check by whether it passed.

    `sha256` is the hex hash of the file's bytes, empty where there is no file.
    """

    kind: ProofKind
    sha256: str = ""
    passed: bool = True
