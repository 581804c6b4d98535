"""The SQLite vault: what lies in its files, before and after an erasure."""

import sqlite3
from pathlib import Path

import pytest

from doorstep.adapters.chance import SeededChance
from doorstep.adapters.store.sealing import master_key
from doorstep.adapters.store.vault import SqliteVault
from doorstep.engine.ports.signer import KeyUnreadableError
from doorstep.engine.ports.vault import ErasedError, UnknownError, UnreadableError
from doorstep.vocabulary.ids import PersonId

ADA = PersonId("per_ada")
MASTER = bytes(range(32))


def vault_in(folder: Path, master: bytes = MASTER) -> SqliteVault:
    """A vault over the files in `folder`."""
    return SqliteVault(folder / "people.db", folder / "keys.db", master, SeededChance(1))


def stored(folder: Path) -> bytes:
    """Every byte of every file."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_files_hold_no_plaintext_and_after_an_erasure_no_key(tmp_path: Path) -> None:
    """No name is in any file; an erasure overwrites wrapped key and sealed value in files and logs alike."""
    vault = vault_in(tmp_path)
    vault.put(ADA, "name", b"Ada Lovelace", bytes(12))
    with sqlite3.connect(tmp_path / "keys.db") as keys, sqlite3.connect(tmp_path / "people.db") as people:
        wrapped = keys.execute("SELECT wrapped FROM person_key").fetchone()[0]
        sealed = people.execute("SELECT sealed FROM sealed").fetchone()[0]
    keys.close()
    people.close()
    assert b"Lovelace" not in stored(tmp_path)
    assert wrapped in stored(tmp_path)
    assert sealed in stored(tmp_path)
    vault.erase(ADA)
    assert wrapped not in stored(tmp_path)
    assert sealed not in stored(tmp_path)
    vault.close()
    assert wrapped not in stored(tmp_path)


def test_values_survive_a_restart_and_erasures_too(tmp_path: Path) -> None:
    """A new process over the same files reads what was kept and still refuses whom was erased."""
    vault = vault_in(tmp_path)
    vault.put(ADA, "name", b"Ada", bytes(12))
    vault.erase(PersonId("per_ben"))
    vault.close()
    again = vault_in(tmp_path)
    assert again.get(ADA, "name") == b"Ada"
    with pytest.raises(ErasedError):
        again.get(PersonId("per_ben"), "name")
    again.close()


def test_an_erasure_by_another_process_holds_at_once(tmp_path: Path) -> None:
    """No vault keeps a key in memory past the call that needed it."""
    one, other = vault_in(tmp_path), vault_in(tmp_path)
    one.put(ADA, "name", b"Ada", bytes(12))
    assert other.get(ADA, "name") == b"Ada"
    other.erase(ADA)
    with pytest.raises(ErasedError):
        one.get(ADA, "name")
    one.close()
    other.close()


def test_a_backup_of_the_data_alone_opens_nothing(tmp_path: Path) -> None:
    """Without the key file, or under another master key, the data are noise."""
    vault = vault_in(tmp_path)
    vault.put(ADA, "name", b"Ada", bytes(12))
    vault.close()
    stranger = vault_in(tmp_path, bytes(32))
    with pytest.raises(UnreadableError):
        stranger.get(ADA, "name")
    stranger.close()
    (tmp_path / "keys.db").unlink()
    keyless = vault_in(tmp_path)
    with pytest.raises(UnknownError):
        keyless.get(ADA, "name")
    keyless.close()


def test_the_master_key_is_made_once(tmp_path: Path) -> None:
    """The first start makes the master key for its owner alone, the next reads it; other files are none."""
    path = tmp_path / "master.key"
    assert master_key(path, SeededChance(1)) == master_key(path, SeededChance(2))
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(KeyUnreadableError):
        master_key(path, SeededChance(1))
