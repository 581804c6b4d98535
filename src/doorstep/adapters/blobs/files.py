"""Blobs as sealed files in a folder, and in memory for simulations."""

import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Final

from doorstep.adapters.keyfiles import SECRET_MODE, write_whole
from doorstep.engine.ports.blobs import BLOB_BYTES_MAX, BlobDamagedError, BlobMissingError, BlobTooLargeError
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.vault import NONCE_BYTES, ErasedError, UnknownError, UnreadableError, Vault
from doorstep.vocabulary.ids import PersonId

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class MemoryBlobs:
    """Blobs for one process and one run, sealed as the durable ones are."""

    def __init__(self, vault: Vault, chance: Chance) -> None:
        self._sealer = _Sealer(vault, chance)
        self._sealed: dict[PersonId, dict[str, bytes]] = {}

    def put(self, content: bytes, person: PersonId) -> str:
        """Keep a file; returns the hex SHA-256 of its content."""
        name, sealed = self._sealer.seal(content, person)
        self._sealed.setdefault(person, {})[name] = sealed
        return name

    def get(self, sha256: str, person: PersonId) -> bytes:
        """The file whose content has this hash."""
        sealed = self._sealed.get(person, {}).get(sha256)
        if sealed is None:
            raise BlobMissingError(f"no file {sha256} is kept of {person}")
        return self._sealer.unseal(sha256, sealed, person)

    def erase(self, person: PersonId) -> None:
        """Remove all files of a person."""
        self._sealed.pop(person, None)


class FileBlobs:
    """One sealed file per blob, in one folder per person.

    A person's folder is named by the hash of the person's id, so that no id, however odd, leads elsewhere.
    """

    def __init__(self, folder: Path, vault: Vault, chance: Chance) -> None:
        self._folder = folder
        self._sealer = _Sealer(vault, chance)

    def put(self, content: bytes, person: PersonId) -> str:
        """Keep a file durably; returns the hex SHA-256 of its content."""
        name, sealed = self._sealer.seal(content, person)
        write_whole(self._of(person) / name, sealed, SECRET_MODE)
        return name

    def get(self, sha256: str, person: PersonId) -> bytes:
        """The file whose content has this hash."""
        path = self._of(person) / sha256
        if not _HASH.fullmatch(sha256) or not path.is_file():
            raise BlobMissingError(f"no file {sha256[:64]} is kept of {person}")
        return self._sealer.unseal(sha256, path.read_bytes(), person)

    def erase(self, person: PersonId) -> None:
        """Remove all files of a person."""
        folder = self._of(person)
        if folder.exists():
            shutil.rmtree(folder)

    def _of(self, person: PersonId) -> Path:
        return self._folder / sha256(person.encode()).hexdigest()


class _Sealer:
    """Names content by its hash and seals it under that name."""

    def __init__(self, vault: Vault, chance: Chance) -> None:
        self._vault = vault
        self._chance = chance

    def seal(self, content: bytes, person: PersonId) -> tuple[str, bytes]:
        if len(content) > BLOB_BYTES_MAX:
            raise BlobTooLargeError(f"{len(content)} bytes; a file has at most {BLOB_BYTES_MAX}")
        name = sha256(content).hexdigest()
        return name, self._vault.seal(person, f"blob/{name}", content, self._chance.token(NONCE_BYTES))

    def unseal(self, name: str, sealed: bytes, person: PersonId) -> bytes:
        try:
            content = self._vault.unseal(person, f"blob/{name}", sealed)
        except (ErasedError, UnknownError) as fault:
            raise BlobMissingError(f"{person} was erased, and the file {name} with them") from fault
        except UnreadableError as fault:
            raise BlobDamagedError(f"the stored file {name} was changed") from fault
        if sha256(content).hexdigest() != name:
            raise BlobDamagedError(f"the stored file {name} has other content")
        return content
