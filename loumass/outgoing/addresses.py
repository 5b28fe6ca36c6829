"""Where a call goes: an address taken apart, and what is wrong with one."""

from __future__ import annotations

from urllib.parse import urlsplit

from loumass.core.errors import Refused

LONGEST = 2000
_PORTS = {"http": 80, "https": 443}


def host_of(url: str) -> str:
    """`name:port`, in lower case. Raises Refused for what cannot be called."""
    lack = lacks(url)
    if lack:
        raise Refused(f"The address {lack}.")
    parts = urlsplit(url)
    return f"{(parts.hostname or '').rstrip('.')}:{parts.port or _PORTS[parts.scheme]}"


def lacks(url: str) -> str:
    """What is wrong with `url`, to follow "The address"; empty when it can be called."""
    if not url:
        return "is missing"
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return "is too long, or holds letters that an address cannot have"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "cannot be read"
    if parts.scheme not in _PORTS or not host or port == 0:
        return "must begin with https:// and name a host"
    if "@" in parts.netloc:
        return "must not hold a name or a password. Use a key with a header"
    return "must not have a part behind #" if parts.fragment else ""
