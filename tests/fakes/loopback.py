"""What the fake servers share: a threaded TCP server on loopback and a certificate for it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


class Line:
    """One connection, read line by line. Every wait is bounded."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def read_line(self) -> bytes:
        """The next line with its end; empty when the peer is gone."""
        try:
            return self._file.readline(1_000_000)
        except (OSError, ValueError):
            return b""

    def read_exactly(self, count: int) -> bytes:
        """`count` bytes; fewer when the peer is gone."""
        try:
            return self._file.read(count)
        except (OSError, ValueError):
            return b""

    def write(self, content: bytes | str) -> None:
        """Send `content`; a gone peer is no news here."""
        try:
            self.socket.sendall(content.encode() if isinstance(content, str) else content)
        except OSError:
            self.cut()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on with TLS."""
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self._file = self.socket.makefile("rb")

    def cut(self) -> None:
        """Close at once."""
        with suppress(OSError):  # the peer may have been faster
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class LoopbackServer:
    """Listens on a loopback port (0: a free one) while used as a context manager; one thread per connection."""

    implicit_tls = False

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, port))
        self.port: int = self._listener.getsockname()[1]
        self.host = HOST
        self.connections = 0
        self.stopping = threading.Event()
        self._lines: list[Line] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with suppress(OSError):  # some systems refuse when nobody is connected
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            line.cut()
        self._thread.join(5)

    def converse(self, line: Line) -> None:
        """Speak the protocol on one connection until it ends."""
        raise NotImplementedError

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            line = Line(connection)
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: Line) -> None:
        try:
            if self.implicit_tls:
                line.encrypt(certificate().server_context)
            self.converse(line)
        except OSError:
            pass  # the client hung up, which is its right
        finally:
            line.cut()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for loopback."""

    pem: bytes
    key_pem: bytes

    @cached_property
    def server_context(self) -> ssl.SSLContext:
        """A TLS context that presents it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "both.pem"
            path.write_bytes(self.pem + self.key_pem)
            context.load_cert_chain(path)
        return context

    @cached_property
    def trusting_context(self) -> ssl.SSLContext:
        """A client's context that trusts nobody else."""
        return ssl.create_default_context(cadata=self.pem.decode())


@cache
def certificate() -> Certificate:
    """One certificate for all tests of this process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        signed.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
