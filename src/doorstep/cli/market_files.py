"""Market files: the map, network and policies that a person names, read or refused in one sentence."""

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from doorstep.cli.failure import BadInput
from doorstep.engine.network import Network, NetworkRefused, read_network
from doorstep.policy.book import POLICIES, PolicyBook, PolicyUnreadable, read_book
from doorstep.policy.soundness import unsound

if TYPE_CHECKING:
    from doorstep.adapters.maps.streets import StreetMap

FAULTS_SHOWN_MAX: Final = 5
"""Faults that one sentence lists; the rest is a count."""
POLICY_BYTES_MAX: Final = 1 << 20
"""Bytes of one policy file."""

_AT: Final = re.compile(r"^(?P<detail>.*?) - at `(?P<where>.*)`$", re.DOTALL)


class PolicyFault(msgspec.Struct, frozen=True):
    """What is wrong with a policy file, and where; `key` is empty for the file as a whole."""

    file: str
    key: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.detail}" if self.key else f"{self.file}: {self.detail}"


def read_streets(path: Path) -> "StreetMap":
    """A map.

    Raises:
        BadInput: it cannot be read, or is none.
    """
    from doorstep.adapters.maps.streets import StreetMap
    from doorstep.engine.ports.travel import MapUnreadable

    try:
        return StreetMap.load(path)
    except MapUnreadable as unreadable:
        told = _ended(str(unreadable))
        hint = "" if "map build" in told else " `doorstep map build` makes one."
        raise BadInput(f"{told}{hint}") from unreadable


def read_market(path: Path) -> Network:
    """A network file.

    Raises:
        BadInput: it cannot be read, or contradicts itself; names table and key.
    """
    try:
        return read_network(path.read_bytes())
    except OSError as fault:
        raise BadInput(f"{path} cannot be read: {fault.strerror}.") from fault
    except NetworkRefused as refused:
        faults = [
            f"{fault.where}: {fault.detail}" if fault.where else fault.detail for fault in refused.faults
        ]
        raise BadInput(f"{path}: {listed(faults)}") from refused


def default_policies() -> dict[str, str]:
    """The text of each policy that ships with Doorstep, by name."""
    folder = resources.files("doorstep.policy") / "defaults"
    return {name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in POLICIES}


def read_policies(folder: Path | None) -> PolicyBook:
    """The policies in a folder, or the defaults where there is none.

    Raises:
        BadInput: it is no folder, or its policies cannot be used; names file and key.
    """
    if folder is None:
        return read_book(default_policies())
    texts, faults = policy_texts(folder)
    found = faults or policy_faults(texts)
    if found:
        raise BadInput(f"{folder}: {listed([str(fault) for fault in found])}")
    return read_book(texts)


def policy_texts(folder: Path) -> tuple[dict[str, str], list[PolicyFault]]:
    """The text of each policy in a folder, and what keeps the folder from being a book.

    Raises:
        BadInput: it is no folder, or cannot be read.
    """
    try:
        files = sorted(path.name for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as fault:
        raise BadInput(f"{folder} is no folder of policies: {fault.strerror}.") from fault
    known = {f"{name}.toml": name for name in POLICIES}
    faults = [
        PolicyFault(file, "", f"there is no such policy; known are {', '.join(POLICIES)}")
        for file in files
        if file not in known
    ]
    faults += [
        PolicyFault(file, "", "is missing; `doorstep policy defaults` writes one to start from")
        for file in known
        if file not in files
    ]
    texts: dict[str, str] = {}
    for file in filter(known.__contains__, files):
        text = _text(folder / file)
        if isinstance(text, PolicyFault):
            faults.append(text)
        else:
            texts[known[file]] = text
    return texts, faults


def policy_faults(texts: dict[str, str]) -> list[PolicyFault]:
    """Everything that is wrong with these policies, file by file; those that are not there count as sound."""
    defaults = default_policies()
    faults, sound = [], dict(defaults)
    for name, text in texts.items():
        try:
            # Beside the others' defaults each file is read by itself, so that one bad file hides no other.
            read_book({**defaults, name: text})
        except PolicyUnreadable as unreadable:
            faults.append(_policy_fault(name, unreadable))
        else:
            sound[name] = text
    faults += [
        PolicyFault(f"{fault.policy}.toml", fault.key, fault.detail)
        for fault in unsound(read_book(sound))
        if fault.policy in texts
    ]
    return faults


def listed(sentences: list[str]) -> str:
    """Several faults as one sentence, the first few of them."""
    more = len(sentences) - FAULTS_SHOWN_MAX
    told = "; ".join(sentences[:FAULTS_SHOWN_MAX]) + (f"; and {more} more" if more > 0 else "")
    return _ended(told)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."


def _text(path: Path) -> str | PolicyFault:
    try:
        with path.open("rb") as file:
            raw = file.read(POLICY_BYTES_MAX + 1)
    except OSError as fault:
        return PolicyFault(path.name, "", f"cannot be read: {fault.strerror}")
    if len(raw) > POLICY_BYTES_MAX:
        return PolicyFault(path.name, "", f"has more than {POLICY_BYTES_MAX:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return PolicyFault(path.name, "", f"byte {fault.start:,} is not UTF-8")


def _policy_fault(name: str, unreadable: PolicyUnreadable) -> PolicyFault:
    """Key and sentence of what msgspec or the TOML reader said."""
    cause = unreadable.__cause__
    if isinstance(cause, tomllib.TOMLDecodeError):
        return PolicyFault(f"{name}.toml", "", f"this is no TOML: {cause}")
    found = _AT.match(str(cause))
    if found is None:
        return PolicyFault(f"{name}.toml", "", str(cause))
    where = found["where"].replace("key` in `", "").removeprefix("$").removeprefix(".")
    return PolicyFault(f"{name}.toml", where, found["detail"])
