"""Whether a name leads here: asked of DNS, and tried by fetching our own challenge through it."""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from loumass.channels.tracking_using import base_of
from loumass.core import http, links, resolving, secrets
from loumass.core.network import AddressRefused

CHALLENGE = "/.well-known/loumass/"
_NONCE = re.compile(r"[\w-]{16,64}", re.ASCII)
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a name brought. `reason` says what is wrong; empty when all is well."""

    reason: str = ""
    is_secure: bool = True

    @property
    def is_well(self) -> bool:
        """Whether links may go out under the name."""
        return not self.reason


def answer_to(host: str, nonce: str) -> str | None:
    """What this installation, and no other, answers to a challenge that came by `host`."""
    if not _NONCE.fullmatch(nonce):
        return None
    return secrets.mac("tracking domain", f"{host}|{nonce}".encode(), 16).hex()


def own_host() -> str:
    """Where the CNAME of a tracking domain points."""
    return (urlsplit(links.absolute()).hostname or "").lower()


def look_at(name: str, *, is_secure: bool | None = None) -> Found:
    """Ask DNS and fetch the challenge; with `is_secure` only that way. Touches the network: no transaction may be open."""
    return _by_dns(name) or _by_challenge(name, is_secure)


def _by_dns(name: str) -> Found | None:
    """What is wrong with what DNS says; None when it is well."""
    target = own_host()
    try:
        alias = resolving.alias_of(name)
        if alias == target:
            return None
        if alias is not None:
            return Found(f"{name} points to {alias}. It must point to {target}.")
        if set(resolving.addresses_of(name, 443)) & set(resolving.addresses_of(target, 443)):
            return None
    except OSError as problem:
        return Found(
            f"{name} was not found ({problem}). A new record can take an hour to be seen everywhere."
        )
    return Found(f"{name} has no CNAME record and another address than {target}.")


def _by_challenge(name: str, is_secure: bool | None) -> Found:
    """By https, else by http where the installation is content with that or nothing else works."""
    problems: list[str] = []
    for secure in _ways() if is_secure is None else (is_secure,):
        if not (problem := _fetched(name, secure)):
            return Found(is_secure=secure)
        problems.append(problem)
    return Found(problems[0])


def _ways() -> Iterator[bool]:
    yield from (True, False) if urlsplit(links.absolute()).scheme == "https" else (False,)


def _fetched(name: str, is_secure: bool) -> str:
    """What is wrong with the answer; empty when it is ours."""
    nonce, base = random.token_urlsafe(18), base_of(name, is_secure=is_secure)
    try:
        with http.client(base, timeout=_SECONDS) as client:
            answer = client.get(CHALLENGE + nonce)
    except (httpx2.HTTPError, AddressRefused) as problem:
        return f"{base} does not answer ({problem}). The web server in front of Loumass must accept this name and have a certificate for it."
    if answer.status_code == 200 and answer.text.strip() == answer_to(name, nonce):
        return ""
    return f"{base} answers, but it is not this installation (status {answer.status_code})."
