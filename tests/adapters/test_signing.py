"""Signing: outside vectors, key files, and their permissions."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from doorstep.adapters.chance import SeededChance
from doorstep.adapters.signing import Ed25519Signer, public_pem, read_public_key, verifies
from doorstep.engine.ports.signer import KeyUnreadableError

VECTORS = Path(__file__).parents[2].parent / "shared/vectors/wycheproof/testvectors_v1/ed25519_test.json"


@pytest.mark.skipif(not VECTORS.is_file(), reason="the outside vectors are not on this machine")
def test_outside_vectors() -> None:
    """Every Wycheproof signature is judged as its authors say, malformed and malleable ones among them."""
    groups = json.loads(VECTORS.read_bytes())["testGroups"]
    verdicts = {
        (test["tcId"], test["result"]): verifies(
            bytes.fromhex(group["publicKey"]["pk"]), bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
        )
        for group in groups
        for test in group["tests"]
    }
    assert len(verdicts) >= 150
    assert {case for case, good in verdicts.items() if good != (case[1] == "valid")} == set()


def test_a_seed_gives_one_key_and_one_signature() -> None:
    """A signer from a seed repeats its key and its signatures, and they verify under that key alone."""
    one, same, other = (Ed25519Signer.from_seed(bytes([n]) * 32) for n in (1, 1, 2))
    signature = one.sign(b"checkpoint")
    assert (one.public_key, signature) == (same.public_key, same.sign(b"checkpoint"))
    assert verifies(one.public_key, signature, b"checkpoint")
    assert not verifies(other.public_key, signature, b"checkpoint")
    assert not verifies(one.public_key, signature, b"Checkpoint")
    assert not verifies(b"short", signature, b"checkpoint")


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The first start makes the key with mode 0600 and its public half; the next one loads the same."""
    path = tmp_path / "keys" / "market.pem"
    made = Ed25519Signer.load_or_create(path, SeededChance(1))
    loaded = Ed25519Signer.load_or_create(path, SeededChance(2))
    assert made.public_key == loaded.public_key == read_public_key(tmp_path / "keys" / "market.pem.pub")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(p.name for p in path.parent.iterdir()) == ["market.pem", "market.pem.pub"]


def test_what_is_no_key_is_said_to_be_none(tmp_path: Path) -> None:
    """Missing files, other text and other kinds of key give one sentence each."""
    elliptic = ec.generate_private_key(ec.SECP256R1())
    files = {
        "text": b"hello",
        "empty": b"",
        "elliptic": elliptic.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "cut": public_pem(Ed25519Signer.from_seed(bytes(32)).public_key)[:60],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in (*files, "absent", "."):
        with pytest.raises(KeyUnreadableError, match=r"\S+ \S+ \S+"):
            read_public_key(tmp_path / name)
    private = tmp_path / "private"
    private.write_bytes(elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for name in ("private", "text"):
        with pytest.raises(KeyUnreadableError):
            Ed25519Signer.load_or_create(tmp_path / name, SeededChance(1))
