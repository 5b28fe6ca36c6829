"""The domains that the organization's mailboxes write from: known by their channels, looked up, kept with what was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import idna
from sqlalchemy import func, select, text

from loumass.accounts.service import audit
from loumass.channels.connecting import credentials_of
from loumass.channels.models import Channel
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id, get
from loumass.deliverability.known_senders import Service, selectors_for, service_of
from loumass.deliverability.looking import Found, look
from loumass.deliverability.models import SendingDomain
from loumass.deliverability.troubles import PRETENDING
from loumass.deliverability.verdicts import Check, judge, worst
from loumass.providers.errors import Disconnected
from loumass.providers.registry import provider_class

MOST_SELECTORS = 10
# What is addressed to people stands behind the last @; an address that was connected has one.
_REGISTER = text("""
    INSERT INTO sending_domain (organization_id, name)
    SELECT DISTINCT CAST(:organization_id AS uuid), lower(split_part(address, '@', 2)) FROM channel
    WHERE channel.organization_id = :organization_id AND medium = 'email' AND archived_at IS NULL
      AND provider <> ALL(CAST(:pretending AS text[])) AND split_part(address, '@', 2) <> ''
    ON CONFLICT (organization_id, name) DO NOTHING
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be looked up, read before the network is touched."""

    domain: str
    selectors: Sequence[str]
    services: Sequence[Service]
    bounce_domain: str = ""

    def asked(self) -> tuple[Found, list[Check]]:
        """What DNS says, and what that means. Touches the network. Raises OSError."""
        found = look(_ascii(self.domain), self.selectors, _ascii(self.bounce_domain))
        return found, judge(found, self.services, self.selectors)


def register() -> Sequence[UUID]:
    """Every domain that a mailbox writes from is known from now on; the ids of those that were not."""
    values = {"organization_id": current_organization_id(), "pretending": PRETENDING}
    return db().scalars(_REGISTER, values).all()


def domains_named(addresses: Collection[str]) -> list[SendingDomain | None]:
    """The domain of each mailbox of `addresses` once, by name; None for one that is not known."""
    names = sorted({address.rpartition("@")[2].lower() for address in addresses})
    known = {
        one.name: one for one in db().scalars(select(SendingDomain).where(SendingDomain.name.in_(names)))
    }
    return [known.get(name) for name in names]


def is_real(channel: Channel) -> bool:
    """Whether what goes through `channel` reaches anybody: then its domain matters."""
    return channel.medium == "email" and channel.provider not in PRETENDING


def senders_of(domain: SendingDomain) -> Sequence[Channel]:
    """The mailboxes that write from `domain`."""
    ours = func.lower(func.split_part(Channel.address, "@", 2)) == domain.name
    in_use = (Channel.medium == "email", Channel.archived_at.is_(None), Channel.provider.not_in(PRETENDING))
    return db().scalars(select(Channel).where(ours, *in_use).order_by(Channel.address)).all()


def question_about(domain_id: UUID) -> Question | None:
    """What to ask about a domain; None when it is gone."""
    domain = get(SendingDomain, domain_id)
    if domain is None:
        return None
    services: dict[str, Service] = {}
    bounce_domain = ""
    for channel in senders_of(domain):
        host, bounces_to = _servers_of(channel)
        bounce_domain = bounce_domain or bounces_to
        if service := service_of(host):
            services[service.name] = service
    found = tuple(services.values())
    return Question(domain.name, selectors_for(domain.selectors, found), found, bounce_domain)


def keep(domain_id: UUID, checks: Sequence[Check]) -> None:
    """Keep what was found, with the time."""
    domain = get(SendingDomain, domain_id, lock=True)
    if domain is None:
        return
    domain.checks, domain.state = [check.as_json() for check in checks], worst(checks)
    domain.checked_at, domain.problem = clock.now(), ""
    live.announce("channels")


def keep_problem(domain_id: UUID, problem: str) -> None:
    """Nobody answered: what was known before stays, and the page says so."""
    domain = get(SendingDomain, domain_id, lock=True)
    if domain is not None:
        domain.problem = problem[:300]
        live.announce("channels")


def change_selectors(domain: SendingDomain, typed: str) -> None:
    """Where the keys of signatures stand; nothing typed leaves it to what is known. Raises Refused."""
    names = list(dict.fromkeys(typed.replace(",", " ").lower().split()))
    if len(names) > MOST_SELECTORS:
        raise Refused(f"Enter at most {MOST_SELECTORS} selectors. Nothing was changed.")
    for name in names:
        if not all(
            part and len(part) < 64 and part.replace("-", "").replace("_", "").isalnum()
            for part in name.split(".")
        ):
            raise Refused(
                f"{name} is no selector. It stands before ._domainkey in your mail service's instructions."
            )
    domain.selectors = names
    audit("domain.selectors_changed", "sending_domain", domain.id, selectors=len(names))


def _servers_of(channel: Channel) -> tuple[str, str]:
    """The name of the server that takes the channel's mail, and the domain that bounces go to; empty where none is named."""
    try:
        own = provider_class(channel.provider, channel.medium).mail_server
        credentials = credentials_of(channel)
    except (
        Disconnected,
        KeyError,
    ):  # no credentials, or a vendor that this installation does not know any more
        return "", ""
    return getattr(credentials, "smtp_host", own), getattr(credentials, "bounce_domain", "")


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain
