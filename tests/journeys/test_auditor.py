"""An auditor: a packet and the market's public key, and nothing else."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.web.test_driver import Shift, jpeg
from tests.web.town import Town

from doorstep.adapters.signing import Ed25519Signer, public_pem
from doorstep.cli.main import exit_code
from doorstep.engine.archive import pack, unpack
from doorstep.vocabulary.packet import EVENTS


@pytest.fixture
def delivered(town: Town) -> Shift:
    """An order that was handed over with a photo and a signature."""
    shift = Shift(town, handling=["photo", "signature"])
    shift.leave()
    shift.arrive()
    proofs = {}
    for kind, size in (("photo", (40, 30)), ("signature", (30, 20))):
        sent = town.call(
            shift.driver, "POST", "/v1/driver/proofs", jpeg(size), content_type="image/jpeg",
            x_delivery=shift.delivery,
        )  # fmt: skip
        proofs[kind] = json.loads(sent.body)["sha256"]
    town.pass_s(120)
    handoff = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"], **proofs}
    assert shift.tell(f"/v1/driver/stops/{shift.delivery}/handoff", handoff)["missing"] == []
    return shift


def key_of(town: Town) -> bytes:
    """The market's public key, as its checkpoint says it."""
    return bytes.fromhex(town.json("operator", "GET", "/v1/checkpoint")["public_key"])


def test_custody_from_hub_to_hand_verifies_offline(
    town: Town, delivered: Shift, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The packet verifies by the market's key; one changed word, or another market's key, is found."""
    order = delivered.order["id"]
    path = f"/v1/orders/{order}/packet"
    assert town.call(town.merchants[0], "POST", path).status == 201
    packet, key = tmp_path / "packet.zip", tmp_path / "market.pub.pem"
    packet.write_bytes(town.call(town.merchants[0], "GET", path).body)
    key.write_bytes(public_pem(key_of(town)))

    assert exit_code(["verify", str(packet), "--key", str(key), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verified"], found["order"], found["files"]) == (True, order, 2)
    assert found["custody_links"] >= 3, "the hub, the van, the recipient"
    with ZipFile(packet) as opened:
        assert b"Beispiel" not in opened.read(EVENTS), "no name is in the events"

    files = unpack(packet.read_bytes())
    files[EVENTS] = files[EVENTS].replace(b"to_recipient", b"to_neighbour")
    forged = tmp_path / "forged.zip"
    forged.write_bytes(pack(files))
    assert exit_code(["verify", str(forged), "--key", str(key)]) == 1
    assert "does not verify" in capsys.readouterr().err

    key.write_bytes(public_pem(Ed25519Signer.from_seed(bytes(32)).public_key))
    assert exit_code(["verify", str(packet), "--key", str(key)]) == 1
