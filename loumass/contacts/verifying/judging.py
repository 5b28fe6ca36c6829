"""What an address is worth, decided from its form, its domain's standing and the lists. Pure.

No mail server is asked whether it knows a mailbox: many lie, and asking gets senders barred. So `valid` means that the
domain takes mail, and whether it takes any name (catch-all) stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import email_validator

from loumass.contacts.normalising import NotNormal, normal_email
from loumass.contacts.verifying.lists import Lists

#: Code -> what people read.
REASONS = {
    "syntax": "It is not written as an address can be.",
    "reserved": "Its domain is reserved and never takes mail.",
    "missing": "Its domain has neither a mail server nor an address.",
    "refuses": "Its domain says that it takes no mail.",
    "disposable": "Its domain hands out addresses that are thrown away.",
    "role": "A department, not a person, reads it.",
    "address_only": "Its domain names no mail server; its web server may take mail.",
    "no_answer": "Its domain could not be looked up.",
    "free": "Anybody may have a mailbox there.",
}
_OF_STANDING = {"missing": "missing", "refuses": "refuses"}
#: Mail never gets there, whatever DNS says (RFC 2606, RFC 6761, RFC 7686).
_RESERVED = frozenset({"test", "example", "invalid", "localhost", "local", "onion"})
_RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is one of `VERDICTS`; `reasons` are codes, the one that decided first."""

    status: str
    reasons: tuple[str, ...] = ()


def domain_to_ask(email: str) -> str:
    """The domain that DNS is to be asked for; empty where the address is decided without."""
    return "" if _hopeless(email) else email.rpartition("@")[2]


def judged(email: str, standing: str, lists: Lists) -> Verdict:
    """The verdict on a normalised address whose domain has `standing`."""
    if hopeless := _hopeless(email):
        return Verdict("invalid", (hopeless,))
    local, _, domain = email.rpartition("@")
    free = ("free",) if domain in lists["free"] else ()
    if standing in _OF_STANDING:
        return Verdict("invalid", (_OF_STANDING[standing],))
    risks = [
        reason
        for reason, applies in (
            ("disposable", _is_within(domain, lists["disposable"])),
            ("role", local.partition("+")[0] in lists["role"]),
            ("address_only", standing == "address_only"),
        )
        if applies
    ]
    if standing == "unknown":
        return Verdict("unknown", ("no_answer", *risks, *free))
    return Verdict("risky" if risks else "valid", (*risks, *free))


def _hopeless(email: str) -> str:
    """Why DNS need not be asked; empty where it must be."""
    domain = email.rpartition("@")[2]
    if domain.rpartition(".")[2] in _RESERVED or domain in _RESERVED_DOMAINS:
        return "reserved"
    try:
        if normal_email(email) == email and email.isascii():
            return ""
        email_validator.validate_email(email, check_deliverability=False)
    except (NotNormal, email_validator.EmailNotValidError):
        return "syntax"
    return ""


def _is_within(domain: str, listed: frozenset[str]) -> bool:
    """Whether the domain or one above it is listed."""
    parts = domain.split(".")
    return any(".".join(parts[at:]) in listed for at in range(len(parts) - 1))
