"""What every vault must do, in memory and in SQLite."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pytest

from doorstep.adapters.chance import SeededChance
from doorstep.adapters.store.vault import MemoryVault, SqliteVault
from doorstep.engine.ports.vault import (
    NONCE_BYTES,
    ErasedError,
    Secret,
    UnknownError,
    UnreadableError,
    Vault,
)
from doorstep.vocabulary.ids import PersonId

ADA, BEN = PersonId("per_ada"), PersonId("per_ben")
MASTER = bytes(range(32))
CHANCE = SeededChance(b"nonces")


def nonce() -> bytes:
    """A nonce never used before in this run."""
    return CHANCE.token(NONCE_BYTES)


@pytest.fixture(params=["memory", "sqlite"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    if request.param == "memory":
        yield MemoryVault(MASTER, SeededChance(1))
    else:
        durable = SqliteVault(tmp_path / "people.db", tmp_path / "keys.db", MASTER, SeededChance(1))
        yield durable
        durable.close()


def test_what_is_put_is_got_and_the_last_one_counts(vault: Vault) -> None:
    """A value comes back byte for byte, and a later one replaces it."""
    vault.put(ADA, "name", "Ada Übermut".encode(), nonce())
    vault.put(ADA, "phone", b"+49395", nonce())
    vault.put(BEN, "name", b"", nonce())
    vault.put(ADA, "phone", b"+49396", nonce())
    assert vault.get(ADA, "name").decode() == "Ada Übermut"
    assert vault.get(ADA, "phone") == b"+49396"
    assert vault.get(BEN, "name") == b""


def test_what_was_never_put_is_unknown(vault: Vault) -> None:
    """An unknown person and an unknown field are said to be unknown."""
    vault.put(ADA, "name", b"Ada", nonce())
    with pytest.raises(UnknownError):
        vault.get(ADA, "phone")
    with pytest.raises(UnknownError):
        vault.get(BEN, "name")
    with pytest.raises(UnknownError):
        vault.unseal(BEN, "photo", b"x" * 40)


def test_a_batch_is_kept_whole_or_not_at_all(vault: Vault) -> None:
    """Where one person of a batch is erased, nothing of the batch is kept."""
    vault.put_many([Secret(ADA, "name", b"Ada", nonce()), Secret(BEN, "name", b"Ben", nonce())])
    vault.put_many([])
    vault.erase(BEN)
    with pytest.raises(ErasedError):
        vault.put_many([Secret(ADA, "name", b"Eve", nonce()), Secret(BEN, "name", b"Eve", nonce())])
    assert vault.get(ADA, "name") == b"Ada"


def test_erasure_is_final_and_touches_one_person(vault: Vault) -> None:
    """After an erasure nothing of the person is read or taken, sealed bytes outside included; others stay."""
    vault.put_many([Secret(ADA, "name", b"Ada", nonce()), Secret(BEN, "name", b"Ben", nonce())])
    sealed = vault.seal(ADA, "photo", b"jpeg", nonce())
    vault.erase(ADA)
    vault.erase(ADA)
    with pytest.raises(ErasedError):
        vault.get(ADA, "name")
    with pytest.raises(ErasedError):
        vault.unseal(ADA, "photo", sealed)
    with pytest.raises(ErasedError):
        vault.seal(ADA, "photo", b"jpeg", nonce())
    with pytest.raises(ErasedError):
        vault.put(ADA, "name", b"Ada", nonce())
    assert vault.get(BEN, "name") == b"Ben"


def test_someone_never_known_can_be_erased(vault: Vault) -> None:
    """An erasure that arrives first holds for what comes later."""
    vault.erase(ADA)
    with pytest.raises(ErasedError):
        vault.put(ADA, "name", b"Ada", nonce())


def test_sealed_bytes_open_for_their_person_and_name_alone(vault: Vault) -> None:
    """Damaged, moved or renamed bytes are refused, and none shows the plaintext."""
    vault.put_many([Secret(ADA, "name", b"Ada", nonce()), Secret(BEN, "name", b"Ben", nonce())])
    sealed = vault.seal(ADA, "photo", b"a picture of a door", nonce())
    assert vault.unseal(ADA, "photo", sealed) == b"a picture of a door"
    assert b"door" not in sealed
    bent = bytes([sealed[-1] ^ 1])
    for person, name, value in (
        (BEN, "photo", sealed),
        (ADA, "signature", sealed),
        (ADA, "photo", sealed[:-1] + bent),
        (ADA, "photo", sealed[:10]),
        (ADA, "photo", b""),
    ):
        with pytest.raises(UnreadableError):
            vault.unseal(person, name, value)


def test_threads_that_meet_a_person_first_share_one_key(vault: Vault) -> None:
    """Eight writers of the same new people lose nothing and wait for each other."""

    def write(writer: int) -> None:
        for person in range(10):
            vault.put(PersonId(f"per_{person}"), f"field {writer}", b"%d" % writer, nonce())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    for person in range(10):
        for writer in range(8):
            assert vault.get(PersonId(f"per_{person}"), f"field {writer}") == b"%d" % writer


def test_a_short_nonce_is_a_defect_of_the_caller(vault: Vault) -> None:
    """A nonce of another length is never used."""
    with pytest.raises(AssertionError, match="nonce"):
        vault.put(ADA, "name", b"Ada", b"short")


def test_a_thousand_values_in_memory_take_a_blink() -> None:
    """Simulated days can afford real encryption: 1,000 values of 200 people stay far below half a second."""
    vault = MemoryVault(MASTER, SeededChance(1))
    secrets = [
        Secret(PersonId(f"per_{n % 200}"), f"field {n}", b"x" * 60, n.to_bytes(NONCE_BYTES, "big"))
        for n in range(1_000)
    ]
    start = perf_counter()
    vault.put_many(secrets)
    assert perf_counter() - start < 0.5
    assert vault.get(PersonId("per_199"), "field 999") == b"x" * 60
