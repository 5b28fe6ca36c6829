"""Where outgoing connections of every kind may go (HTTP, SMTP, IMAP): the guard against SSRF."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_allowed: frozenset[str] = frozenset()


class AddressRefused(Exception):
    """The host resolves to an address that this installation does not dial."""


def allow(hosts: Iterable[str]) -> None:
    """Private addresses that may be dialled all the same, as `host:port`."""
    global _allowed  # noqa: PLW0603  one installation, one list
    _allowed = frozenset(hosts)


def checked_address(host: str, port: int) -> str:
    """One IP address of `host` that may be dialled. Resolves once and checks **all** addresses.

    Raises AddressRefused for private, loopback, link-local and otherwise special addresses that are
    not on the installation's list, and OSError when the name does not resolve.
    """
    addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if f"{host}:{port}" not in _allowed:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(
                    f"{host} points to {address}, which is not a public address. "
                    f"An administrator can allow it by adding {host}:{port} to ALLOWED_PRIVATE_HOSTS."
                )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether `address` is a global unicast address, also when wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            ip = inner
        elif ip in _NAT64 or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """A connected socket to a checked address of `host`. Raises AddressRefused, OSError."""
    return socket.create_connection((checked_address(host, port), port), timeout)
