"""Fetch what the pages carry of others, so that `pip install` needs neither Node nor a content network.

`python tools/vendor.py` packs each package of `tools/vendor.toml` with npm's own client, verifies the tarball
against the lock (or, for a version seen for the first time, against what the registry says) and writes the
files and `vendor.lock.json`. `--check` reads what is there and fetches nothing.
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
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[1]
WANTED = ROOT / "tools/vendor.toml"
VENDOR = ROOT / "src/doorstep/web/static/vendor"
LOCK = VENDOR / "vendor.lock.json"
FILE_BYTES_MAX = 4_000_000


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package to carry: which of its files (name in the package to name here) go into which folder."""

    name: str
    version: str
    folder: str
    license_file: str
    files: dict[str, str]


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


def wanted() -> list[Wanted]:
    """The packages of `vendor.toml`."""
    return msgspec.convert(tomllib.loads(WANTED.read_text(encoding="utf-8")), WantedList).package


def locked(path: Path = LOCK) -> list[Locked]:
    """The packages of the lock file; none where there is no lock yet."""
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


def fetch() -> None:
    """Fetch everything anew and write the lock; what stands is touched only when all of it is verified."""
    known = {(each.name, each.version): each.integrity for each in locked()}
    with tempfile.TemporaryDirectory() as name:
        fetched, lock = Path(name) / "vendor", []
        for package in wanted():
            packed = pack(package, Path(name))
            expected = known.get((package.name, package.version), packed.integrity)
            if integrity_of(packed.path) != expected:
                sys.exit(
                    f"{package.name}@{package.version} is not the tarball in the lock; nothing was changed."
                )
            lock.append(lay_out(package, packed, fetched))
        encoded = msgspec.json.format(msgspec.json.encode(lock), indent=2)
        (fetched / LOCK.name).write_bytes(encoded + b"\n")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fetched, VENDOR)


def differences(vendor: Path = VENDOR) -> list[str]:
    """What lies below `vendor` and is not what its lock says, one sentence each; empty when all is well."""
    lock = locked(vendor / LOCK.name)
    listed = {path: digest for package in lock for path, digest in package.files.items()}
    there = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.is_file()}
    there.pop(LOCK.name, None)
    said = [f"{path} is in the lock and missing" for path in listed.keys() - there.keys()]
    said += [f"{path} is not in the lock" for path in there.keys() - listed.keys()]
    for path in listed.keys() & there.keys():
        if hashlib.sha256(there[path].read_bytes()).hexdigest() != listed[path]:
            said.append(f"{path} is not the file that the lock names")
    asked = {(package.name, package.version) for package in wanted()}
    if asked != {(package.name, package.version) for package in lock}:
        said.append("vendor.toml and the lock name different packages")
    return sorted(said)


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        fetch()
    found = differences()
    print("\n".join(found) or f"{len(locked())} packages, every file as locked")
    sys.exit(bool(found))
