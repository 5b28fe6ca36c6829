"""Where outgoing connections of every kind may go (HTTP, SMTP, IMAP): the guard against SSRF."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from loumass.core.resolving import addresses_of

#: All that IANA gave out as global unicast: NAT64, site-local and IPv4-compatible addresses lie outside.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
#: Special blocks that older Pythons call global: IETF assignments, documentation.
_SPECIAL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("3fff::/20"))
_allowed: frozenset[str] = frozenset()


class AddressRefused(Exception):
    """The host resolves to an address that this installation does not dial."""


@cache
def trusted() -> ssl.SSLContext:
    """For TLS with whomever this system's authorities vouch for. Shared: reading a few hundred certificates takes longer
    than most conversations, so who changes them on disk starts the processes anew."""
    return ssl.create_default_context()


def allow(hosts: Iterable[str]) -> None:
    """Private addresses that may be dialled all the same, as `host:port`."""
    global _allowed  # noqa: PLW0603  one installation, one list
    _allowed = frozenset(hosts)


def checked_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of `host`, in the order to dial them. Resolves once and checks **all** of them.

    Raises AddressRefused for private, loopback, link-local and otherwise special addresses that are
    not on the installation's list, and OSError when the name does not resolve.
    """
    addresses = addresses_of(host, port)
    if f"{host}:{port}" not in _allowed:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(
                    f"{_named(host, address)} is not a public address. "
                    f"An administrator can allow it by adding {host}:{port} to ALLOWED_PRIVATE_HOSTS."
                )
    return addresses


def _named(host: str, address: str) -> str:
    return address if host.strip("[]") == address else f"{host} points to {address}, which"


def is_public(address: str) -> bool:
    """Whether `address` is a global unicast address, also when wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.sixtofour is not None or ip.teredo is not None:
            return False
        ip = ip.ipv4_mapped or ip
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in special for special in _SPECIAL)


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """A socket connected to the first checked address of `host` that answers. Raises AddressRefused, OSError."""
    *first, last = checked_addresses(host, port)
    for address in first:
        with suppress(OSError):  # the next one may answer: a machine without IPv6, one server of several
            return socket.create_connection((address, port), timeout)
    return socket.create_connection((last, port), timeout)
