"""Certificates: who cannot prove to be the server is given no token, and is told apart from nobody being there."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server, socket

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from data.backends.native import NativeBackend
from data.backends.port import NeverSent, Submission
from data.errors import Offline

TOKEN = "tok_canary"
ADDRESS = ipaddress.ip_address("127.0.0.1")


@dataclass
class Impostor:
    """Speaks TLS with a certificate that it made for itself; keeps what came out of the encryption."""

    certificate: Path
    url: str = ""
    heard: list[bytes] = field(default_factory=list)

    def serve(self, listener: socket, context: ssl.SSLContext) -> None:
        """One connection after the other."""
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(10)
            with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as wire:
                self.heard.append(wire.recv(65536))
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


def certify(path: Path, address: bool, until: datetime) -> Path:
    """A certificate that vouches for itself, with its key, for 127.0.0.1 or for another host."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Impostor")])
    other = x509.IPAddress(ADDRESS) if address else x509.DNSName("other.example")
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=9))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture(params=["of its own making", "another host's", "expired"])
def impostor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Impostor]:
    """A server on loopback with a certificate that proves nothing."""
    until = datetime.now(UTC) + timedelta(days=-1 if request.param == "expired" else 1)
    made = Impostor(certify(tmp_path / "own.pem", request.param != "another host's", until))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate)
    listener = create_server(("127.0.0.1", 0))
    made.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=made.serve, args=(listener, context), daemon=True).start()
    yield made
    listener.close()


def test_a_certificate_that_proves_nothing_gets_no_token(impostor: Impostor) -> None:
    backend = NativeBackend(impostor.url, TOKEN, timeout=5)
    with pytest.raises(Offline) as told:
        backend.identity()
    sent = backend.submit(Submission("c-1", b'{"change_id": "c-1"}', None))
    backend.close()
    assert impostor.heard == [], "something was said to it"
    assert isinstance(sent, NeverSent)
    for said in (str(told.value), sent.why):
        assert TOKEN not in said and "its certificate is refused (" in said and "nobody listens" not in said, said


def test_who_speaks_no_tls_is_not_taken_for_nobody() -> None:
    with create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as wire:
                wire.recv(65536)
                wire.sendall(b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")

        one = threading.Thread(target=answer, daemon=True)
        one.start()
        backend = NativeBackend(f"https://127.0.0.1:{listener.getsockname()[1]}", TOKEN, timeout=5)
        with pytest.raises(Offline, match="does not speak TLS"):
            backend.identity()
        backend.close()
        one.join(10)


@pytest.mark.parametrize("impostor", ["of its own making"], indirect=True)
def test_the_same_server_is_heard_by_who_trusts_it(impostor: Impostor) -> None:
    """So that the refusal above is one of the certificate and of nothing else."""
    trusting = ssl.create_default_context(cafile=str(impostor.certificate))
    assert httpx.get(impostor.url, verify=trusting, timeout=5).status_code == 200
    assert len(impostor.heard) == 1
