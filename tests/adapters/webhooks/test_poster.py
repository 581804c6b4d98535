"""How a message leaves."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.adapters.webhooks.receiver import Receiver, receiving

from doorstep.adapters.clocks import SystemClock, VirtualClock
from doorstep.adapters.webhooks import poster as poster_module
from doorstep.adapters.webhooks.addresses import Addresses
from doorstep.adapters.webhooks.poster import HttpPoster
from doorstep.engine.ports.webhooks import WebhookMessage
from doorstep.vocabulary.units import Instant

SECRET, OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NAME = "hooks.example.com"
MESSAGE = WebhookMessage("evt_1", '{"test": 2432232314}', (SECRET, OLD))


def here(host: str, port: int) -> Sequence[str]:
    """Every name is this machine."""
    del host, port
    return ["127.0.0.1"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as served:
        yield served


@pytest.fixture
def poster() -> HttpPoster:
    return HttpPoster(SystemClock(), Addresses(local=True, resolve=here))


def test_a_message_is_signed_by_each_secret(receiver: Receiver, poster: HttpPoster) -> None:
    """The library of Standard Webhooks takes it with the new secret and with the old one."""
    answer = poster.post(receiver.url, MESSAGE)
    assert (answer.status, answer.error) == (204, "")
    assert receiver.verified(SECRET) == receiver.verified(OLD) == [{"test": 2432232314}]
    ((headers, _),) = receiver.messages
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == "evt_1"


def test_the_signature_is_the_published_one(receiver: Receiver) -> None:
    """The known answer of Standard Webhooks for this secret, id, time and text."""
    clock = VirtualClock(Instant(1_614_265_330_000_000))
    poster = HttpPoster(clock, Addresses(local=True, resolve=here))
    poster.post(receiver.url, WebhookMessage("msg_p5jXN8AQM9LWM0D4loKWxJek", MESSAGE.text, (SECRET,)))
    ((headers, _),) = receiver.messages
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver, poster: HttpPoster) -> None:
    """One message arrives, wherever the answer points."""
    receiver.answer = lambda _: 302
    receiver.headers = [(b"location", receiver.url.encode())]
    assert poster.post(receiver.url, MESSAGE).status == 302
    assert len(receiver.messages) == 1


def test_nobody_there_is_no_answer(poster: HttpPoster) -> None:
    """A port where nothing listens, and an address that is not called, come back without a status."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    refused = poster.post(f"http://127.0.0.1:{port}/", MESSAGE)
    assert (refused.status, "refused" in refused.error) == (None, True)
    inside = poster.post("https://10.0.0.1/", MESSAGE)
    assert (inside.status, "private" in inside.error) == (None, True)


def test_who_drips_is_cut_off(poster: HttpPoster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte every now and then keeps nobody: the time is that of the whole call."""
    monkeypatch.setattr(poster_module, "CALL_S_MAX", 0.4)

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.recv(65_536)
            line.settimeout(0.05)
            try:
                while True:
                    line.sendall(b"H")
                    try:
                        if not line.recv(1):
                            return
                    except TimeoutError:
                        continue
            except OSError:
                return

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        answer = poster.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", MESSAGE)
        thread.join()
    assert (answer.status, answer.error) == (None, "no answer in 0 s")


def certificate(folder: Path) -> dict[str, str]:
    """A key, and a certificate of the name that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return {"ssl_keyfile": str(folder / "key.pem"), "ssl_certfile": str(folder / "cert.pem")}


def test_the_name_stays_while_the_connection_goes_to_the_checked_address(tmp_path: Path) -> None:
    """The certificate is checked against the name, which `Host` says too; another name's is refused."""
    files = certificate(tmp_path)

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=files["ssl_certfile"])

    poster = HttpPoster(SystemClock(), Addresses(local=True, resolve=here), trust)
    with receiving(**files) as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        assert poster.post(f"https://{NAME}:{port}/in", MESSAGE).status == 204
        other = poster.post(f"https://other.example.com:{port}/in", MESSAGE)
        unknown = HttpPoster(SystemClock(), Addresses(local=True, resolve=here))
        distrusted = unknown.post(f"https://{NAME}:{port}/in", MESSAGE)
    ((headers, _),) = receiver.messages
    assert headers["host"] == f"{NAME}:{port}"
    for answer in (other, distrusted):
        assert (answer.status, "CERTIFICATE_VERIFY_FAILED" in answer.error) == (None, True)
