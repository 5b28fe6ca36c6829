"""Names to addresses: asked of the system, or of the DNS servers that the installation names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.rdata import Rdata
    from dns.resolver import Resolver

#: Seconds that one question waits for one server, and for an answer in all.
TRY_SECONDS, MOST_SECONDS = 2.0, 8.0
_resolver: Resolver | None = None


def use(servers: Sequence[tuple[str, int]]) -> None:
    """Ask `servers` (address, port) for every name from now on; none leaves it to the system."""
    global _resolver  # noqa: PLW0603  one installation, one view of names
    _resolver = _asking(servers) if servers else None


def addresses_of(host: str, port: int) -> list[str]:
    """Every IP address of `host`, each once, in the order to try them. Raises OSError when there is none.

    A literal address stands for itself, and `localhost` never leaves the machine (RFC 6761, section 6.3).
    """
    if _resolver is None or _is_address(host):
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as problem:  # an empty or endless part: refused before anybody is asked
            raise socket.gaierror(socket.EAI_NONAME, f"{host} cannot be the name of a server") from problem
        return list(dict.fromkeys(str(info[4][0]) for info in found))
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return ["127.0.0.1", "::1"]
    return _looked_up(_resolver, name)


def _asking(servers: Sequence[tuple[str, int]]) -> Resolver:
    # Only installations that name a server pay for loading it.
    from dns.nameserver import Do53Nameserver
    from dns.resolver import Resolver

    resolver = Resolver(configure=False)
    resolver.nameservers = [Do53Nameserver(address, port) for address, port in servers]
    resolver.timeout, resolver.lifetime = TRY_SECONDS, MOST_SECONDS
    return resolver


def _looked_up(resolver: Resolver, name: str) -> list[str]:
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        return [str(address) for address in resolver.resolve_name(f"{name}.").addresses()]
    except (NXDOMAIN, NoAnswer) as problem:
        raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address") from problem
    except DNSException as problem:
        raise socket.gaierror(socket.EAI_AGAIN, f"{name} could not be looked up: {problem}") from problem


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def records_of(name: str, kind: str) -> list[str]:
    """What DNS holds for `name`: the texts of TXT records, `preference host` of MX, names without their last dot.

    Empty where there is nothing. Raises OSError when nobody could be asked: that proves nothing.
    """
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        answer = (_resolver or _of_the_system()).resolve(f"{name.rstrip('.')}.", kind)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, UnicodeError) as problem:
        raise socket.gaierror(socket.EAI_AGAIN, f"{name} could not be looked up: {problem}") from problem
    return [_said(record) for record in answer]


def _said(record: Rdata) -> str:
    from dns.rdtypes.ANY.TXT import TXT

    if isinstance(record, TXT):
        # Long texts come in pieces of 255 bytes, which belong together without a space (RFC 7208, section 3.3).
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text().rstrip(".")


def _of_the_system() -> Resolver:
    from dns.resolver import Resolver

    resolver = Resolver()
    resolver.timeout, resolver.lifetime = TRY_SECONDS, MOST_SECONDS
    return resolver
