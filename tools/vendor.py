"""Fetch what the pages and their tests carry of others: nobody who installs needs Node or a content network.

`python tools/vendor.py` packs each package of `tools/vendor.toml` with npm's own client, verifies the tarball
against the lock (or, for a version seen for the first time, against what the registry says) and writes the
files and a `vendor.lock.json` for each target. `--check` reads what is there and fetches nothing.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[1]
WANTED = ROOT / "tools/vendor.toml"
LOCK = "vendor.lock.json"
FILE_BYTES_MAX = 4_000_000


class Target(StrEnum):
    """Who carries a package: the pages, which everyone installs, or their tests, which nobody does."""

    pages = "pages"
    tests = "tests"

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        folders = {Target.pages: "src/doorstep/web/static/vendor", Target.tests: "tests/web/vendor"}
        return ROOT / folders[self]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package to carry: which of its files (name in the package to name here) go into which folder."""

    name: str
    version: str
    folder: str
    license_file: str
    files: dict[str, str]
    target: Target = Target.pages


class WantedList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `vendor.toml`."""

    package: list[Wanted]


class Locked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package as it lies here: the tarball's integrity as npm writes it, and SHA-256 per file."""

    name: str
    version: str
    license: str
    integrity: str
    files: dict[str, str]


class Packed(NamedTuple):
    """A tarball on disk, and what the registry said it hashes to."""

    path: Path
    integrity: str


def wanted(target: Target) -> list[Wanted]:
    """The packages of `vendor.toml` for a target."""
    every = msgspec.convert(tomllib.loads(WANTED.read_text(encoding="utf-8")), WantedList).package
    return [package for package in every if package.target is target]


def locked(vendor: Path) -> list[Locked]:
    """The packages of the lock file below `vendor`; none where there is no lock yet."""
    path = vendor / LOCK
    return msgspec.json.decode(path.read_bytes(), type=list[Locked]) if path.exists() else []


def pack(package: Wanted, folder: Path) -> Packed:
    """Let npm fetch the package's tarball into `folder`, from whatever registry it is configured for."""
    said = subprocess.run(
        ["npm", "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    entry = json.loads(said)[0]
    return Packed(folder / Path(entry["filename"]).name, entry["integrity"])


def integrity_of(path: Path) -> str:
    """The file's SHA-512 as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def lay_out(package: Wanted, packed: Packed, vendor: Path) -> Locked:
    """Write the package's chosen files below `vendor` and return what the lock says of them."""
    hashes = {}
    with tarfile.open(packed.path) as tarball:
        licence = json.loads(_content(tarball, "package.json"))["license"]
        for inside, here in {**package.files, package.license_file: "LICENSE"}.items():
            content = _content(tarball, inside)
            target = vendor / package.folder / here
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            hashes[f"{package.folder}/{here}"] = hashlib.sha256(content).hexdigest()
    return Locked(package.name, package.version, licence, packed.integrity, dict(sorted(hashes.items())))


def _content(tarball: tarfile.TarFile, inside: str) -> bytes:
    member = tarball.extractfile(str(PurePosixPath("package") / inside))
    assert member is not None, f"{inside} is no plain file"
    content = member.read(FILE_BYTES_MAX + 1)
    assert len(content) <= FILE_BYTES_MAX, f"{inside} is larger than {FILE_BYTES_MAX} bytes"
    return content


def fetch(target: Target) -> None:
    """Fetch a target anew and write its lock; what stands is touched only when all of it is verified."""
    known = {(each.name, each.version): each.integrity for each in locked(target.folder)}
    with tempfile.TemporaryDirectory() as name:
        fetched, lock = Path(name) / "vendor", []
        for package in wanted(target):
            packed = pack(package, Path(name))
            expected = known.get((package.name, package.version), packed.integrity)
            if integrity_of(packed.path) != expected:
                sys.exit(
                    f"{package.name}@{package.version} is not the tarball in the lock; nothing was changed."
                )
            lock.append(lay_out(package, packed, fetched))
        encoded = msgspec.json.format(msgspec.json.encode(lock), indent=2)
        (fetched / LOCK).write_bytes(encoded + b"\n")
        shutil.rmtree(target.folder, ignore_errors=True)
        shutil.copytree(fetched, target.folder)


def differences(target: Target, vendor: Path | None = None) -> list[str]:
    """What lies in a target's folder and is not what its lock says, one sentence each."""
    vendor = vendor or target.folder
    lock = locked(vendor)
    listed = {path: digest for package in lock for path, digest in package.files.items()}
    there = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.is_file()}
    there.pop(LOCK, None)
    said = [f"{path} is in the lock and missing" for path in listed.keys() - there.keys()]
    said += [f"{path} is not in the lock" for path in there.keys() - listed.keys()]
    for path in listed.keys() & there.keys():
        if hashlib.sha256(there[path].read_bytes()).hexdigest() != listed[path]:
            said.append(f"{path} is not the file that the lock names")
    asked = {(package.name, package.version) for package in wanted(target)}
    if asked != {(package.name, package.version) for package in lock}:
        said.append("vendor.toml and the lock name different packages")
    return sorted(said)


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        for each in Target:
            fetch(each)
    found = [said for each in Target for said in differences(each)]
    count = sum(len(locked(each.folder)) for each in Target)
    print("\n".join(found) or f"{count} packages, every file as locked")
    sys.exit(bool(found))
