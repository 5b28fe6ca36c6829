"""What the well-known mail services ask of a domain that sends through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """`hosts` are the endings of its servers' names, `include` is its part of SPF, `selectors` where its keys stand."""

    name: str
    hosts: tuple[str, ...]
    include: str
    selectors: tuple[str, ...]


#: From the services' own set-up pages. Where a service gives each customer keys of their own, none is named.
SERVICES = (
    Service("Google", ("gmail.com", "google.com", "googlemail.com"), "_spf.google.com", ("google",)),
    Service(
        "Microsoft 365",
        ("office365.com", "outlook.com"),
        "spf.protection.outlook.com",
        ("selector1", "selector2"),
    ),
    Service("SendGrid", ("sendgrid.net",), "sendgrid.net", ("s1", "s2")),
    Service("Mailgun", ("mailgun.org",), "mailgun.org", ("mx", "k1", "mailo", "pic")),
    Service("Amazon SES", ("amazonaws.com",), "amazonses.com", ()),
    Service("Postmark", ("postmarkapp.com",), "spf.mtasv.net", ("pm",)),
    Service("Zoho", ("zoho.com", "zoho.eu"), "zohomail.com", ("zoho", "zmail")),
    Service("Fastmail", ("fastmail.com",), "spf.messagingengine.com", ("fm1", "fm2", "fm3")),
)
#: What programs for one's own mail server suggest.
USUAL_SELECTORS = ("default", "dkim", "mail", "k1", "s1", "s2", "selector1", "selector2", "google")


def service_of(host: str) -> Service | None:
    """The service behind a mail server of this name; None for somebody else's."""
    host = host.lower().rstrip(".")
    for service in SERVICES:
        if any(host == ending or host.endswith(f".{ending}") for ending in service.hosts):
            return service
    return None


def selectors_for(asked: Sequence[str], services: Iterable[Service]) -> list[str]:
    """Where to look for keys: what was asked for, else what the services use, else what is usual."""
    if asked:
        return list(asked)
    known = [selector for service in services for selector in service.selectors]
    return list(dict.fromkeys([*known, *USUAL_SELECTORS]))
