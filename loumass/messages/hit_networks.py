"""Whose network an address belongs to, by the list of `hit_networks.txt`; and what is kept of the address itself."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from loumass.core.secrets import keyed_hash

LIST = Path(__file__).with_name("hit_networks.txt")
#: Addresses that each process remembers: a filter comes with the same ones again and again.
_REMEMBERED = 16_384


@lru_cache(_REMEMBERED)
def origin(address: str) -> tuple[bytes, str]:
    """What is kept of `address`: its keyed hash, and its network as the list calls it (empty: not on it)."""
    return keyed_hash(f"address of a hit {address}"), network_of(address)


def network_of(address: str) -> str:
    """`class/owner` of the network of `address`; empty where the list knows none, or it is no address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    ip = getattr(ip, "ipv4_mapped", None) or ip
    whole, bits = int(ip), ip.max_prefixlen
    for length, named in _by_length(bits):
        if found := named.get(whole >> (bits - length)):
            return found
    return ""


def read(lines: str) -> list[tuple[IPv4Network | IPv6Network, str]]:
    """The ranges of a list. Raises ValueError for a line that is none."""
    found = []
    for line in lines.splitlines():
        words = line.partition("#")[0].split()
        if words:
            span, name = words
            found.append((ip_network(span), name))
    return found


@lru_cache(2)
def _by_length(bits: int) -> tuple[tuple[int, dict[int, str]], ...]:
    """The most exact ranges first: how many bits they share, and whose they are."""
    lengths: dict[int, dict[int, str]] = defaultdict(dict)
    for network, name in read(LIST.read_text(encoding="utf-8")):
        if network.max_prefixlen == bits:
            shared = int(network.network_address) >> (bits - network.prefixlen)
            lengths[network.prefixlen][shared] = name
    return tuple(sorted(lengths.items(), reverse=True))
