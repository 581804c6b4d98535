"""What every blob store must do, in memory and in files."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from doorstep.adapters.blobs.files import FileBlobs, MemoryBlobs
from doorstep.adapters.chance import SeededChance
from doorstep.adapters.store.vault import MemoryVault
from doorstep.engine.ports.blobs import (
    BLOB_BYTES_MAX,
    BlobDamagedError,
    BlobMissingError,
    Blobs,
    BlobTooLargeError,
)
from doorstep.engine.ports.vault import ErasedError
from doorstep.vocabulary.ids import PersonId

ADA, BEN = PersonId("per_ada"), PersonId("../per_ben")
CONTENT = b"a picture of a door"


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault(bytes(32), SeededChance(1))


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, vault: MemoryVault) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs(vault, SeededChance(2))
    return FileBlobs(tmp_path / "blobs", vault, SeededChance(2))


def test_content_is_found_by_its_hash(blobs: Blobs) -> None:
    """The hash is that of the content, and leads back to it, however often it is put."""
    name = blobs.put(CONTENT, ADA)
    assert name == sha256(CONTENT).hexdigest() == blobs.put(CONTENT, ADA)
    assert blobs.get(name, ADA) == CONTENT
    assert blobs.get(blobs.put(b"", BEN), BEN) == b""


def test_the_same_file_from_many_threads_is_kept_whole(blobs: Blobs) -> None:
    """A phone that sends a photo again while it is still arriving does no harm."""
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: blobs.put(CONTENT * 1_000, ADA), range(40)))
    (name,) = names
    assert blobs.get(name, ADA) == CONTENT * 1_000


def test_one_person_reads_nothing_of_another(blobs: Blobs) -> None:
    """The same hash under another person, and any other name, is missing."""
    name = blobs.put(CONTENT, ADA)
    for wanted, person in ((name, BEN), ("0" * 64, ADA), ("../x", ADA), ("", ADA), (name.upper(), ADA)):
        with pytest.raises(BlobMissingError):
            blobs.get(wanted, person)


def test_erasing_the_person_makes_files_unreadable(blobs: Blobs, vault: MemoryVault) -> None:
    """The vault's erasure alone is enough; removing the files follows and can be repeated."""
    name, other = blobs.put(CONTENT, ADA), blobs.put(CONTENT, BEN)
    vault.erase(ADA)
    with pytest.raises(BlobMissingError):
        blobs.get(name, ADA)
    with pytest.raises(ErasedError):
        blobs.put(CONTENT, ADA)
    blobs.erase(ADA)
    blobs.erase(ADA)
    assert blobs.get(other, BEN) == CONTENT


def test_a_file_has_a_bound(blobs: Blobs) -> None:
    """One byte too many is refused."""
    with pytest.raises(BlobTooLargeError):
        blobs.put(bytes(BLOB_BYTES_MAX + 1), ADA)


def test_files_are_sealed_private_and_their_damage_is_found(tmp_path: Path, vault: MemoryVault) -> None:
    """No plaintext lies on disk, nothing lies outside the folder, and a changed byte is noticed."""
    blobs = FileBlobs(tmp_path / "blobs", vault, SeededChance(2))
    name = blobs.put(CONTENT, BEN)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.is_relative_to(tmp_path / "blobs")
    assert path.stat().st_mode & 0o777 == 0o600
    sealed = path.read_bytes()
    assert b"door" not in sealed
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(BlobDamagedError):
        blobs.get(name, BEN)
