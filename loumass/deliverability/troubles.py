"""What came back, counted by channel, recipients' domain and hour. Written only when something came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.providers.base import Capability
from loumass.providers.registry import kinds_that_can

KINDS = ("bounced", "complained", "rejected")
JUDGE = "deliverability.judge"
#: What goes through it reaches nobody: its troubles are invented, shown, and brake nothing.
PRETENDING = kinds_that_can(Capability.PRETENDS)

_ADD = {
    kind: text(f"""
        INSERT INTO trouble_hour (organization_id, channel_id, hour, domain, {kind})
        SELECT :organization_id, :channel_id, :hour, told.domain, told.number
        FROM unnest(CAST(:domains AS text[]), CAST(:numbers AS integer[])) AS told(domain, number)
        ON CONFLICT (organization_id, channel_id, hour, domain)
        DO UPDATE SET {kind} = trouble_hour.{kind} + excluded.{kind}
    """)
    for kind in KINDS
}
_OF_CHANNEL = text("""
    SELECT coalesce(sum(bounced), 0) AS bounced, coalesce(sum(complained), 0) AS complained,
        coalesce(sum(rejected), 0) AS rejected,
        (SELECT coalesce(sum(sent + failed), 0) FROM channel_day
         WHERE organization_id = :organization_id AND channel_id = :channel_id AND day >= :first_day) AS total
    FROM trouble_hour
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND hour >= :since
""")
# People written to stand in their conversations: nothing is counted per message for this. Only domains of which enough
# came back are looked at.
_OF_DOMAINS = text("""
    WITH trouble AS MATERIALIZED (
        SELECT h.domain, sum(h.bounced) AS bounced, sum(h.complained) AS complained, sum(h.rejected) AS rejected
        FROM trouble_hour h
        JOIN channel c ON c.organization_id = :organization_id AND c.id = h.channel_id AND c.provider <> ALL(CAST(:pretending AS text[]))
        LEFT JOIN domain_brake b ON b.organization_id = :organization_id AND b.domain = h.domain
        WHERE h.organization_id = :organization_id AND h.hour >= :since AND h.domain <> ''
          AND (b.counted_from IS NULL OR h.hour >= b.counted_from)
        GROUP BY h.domain
        HAVING sum(h.bounced) >= :least OR sum(h.complained) >= :least OR sum(h.rejected) >= :least
    ), written AS MATERIALIZED (
        SELECT lower(split_part(counterpart, '@', 2)) AS domain, count(*) AS people FROM conversation
        WHERE organization_id = :organization_id AND last_message_at >= :since AND medium = 'email'
          AND lower(split_part(counterpart, '@', 2)) IN (SELECT domain FROM trouble)
        GROUP BY 1
    )
    SELECT trouble.*, coalesce(written.people, 0) + trouble.rejected AS total
    FROM trouble LEFT JOIN written ON written.domain = trouble.domain
    ORDER BY trouble.domain
""")


@dataclass(frozen=True, slots=True)
class Figures:
    """What was sent since yesterday, and what of it came back."""

    total: int
    bounced: int
    complained: int
    rejected: int

    @property
    def troubles(self) -> dict[str, int]:
        """What came back, by kind."""
        return {kind: getattr(self, kind) for kind in KINDS}


def note(kind: str, channel_id: UUID, addresses: Iterable[str]) -> None:
    """Count what came back of messages to `addresses`, one each; the channel is judged after the commit."""
    domains = Counter(domain_of(address) for address in addresses)
    if not domains:
        return
    # Sorted, so that two transactions lock in one order.
    names = sorted(domains)
    db().execute(
        _ADD[kind],
        {
            "organization_id": current_organization_id(),
            "channel_id": channel_id,
            "hour": clock.now().replace(minute=0, second=0, microsecond=0),
            "domains": names,
            "numbers": [domains[name] for name in names],
        },
    )
    wake_all([Wake(JUDGE, (str(channel_id),), clock.now())])


def domain_of(address: str) -> str:
    """What stands behind the @; empty for a number."""
    local, at, domain = address.strip().lower().rpartition("@")
    return domain if at and local else ""


def figures_of(channel_id: UUID, counted_from: datetime | None) -> Figures:
    """What the channel sent since yesterday (or since a person looked), and what came back, in one statement."""
    first_day, since = window()
    if counted_from is not None and counted_from > since:
        since = counted_from
    values = {"organization_id": current_organization_id(), "channel_id": channel_id}
    row = db().execute(_OF_CHANNEL, {**values, "since": since, "first_day": first_day}).one()
    return Figures(row.total, row.bounced, row.complained, row.rejected)


def figures_of_domains(least: int) -> dict[str, Figures]:
    """Recipients' domains of which at least so many of a kind came back."""
    values = {
        "organization_id": current_organization_id(),
        "since": window()[1],
        "least": least,
        "pretending": PRETENDING,
    }
    rows = db().execute(_OF_DOMAINS, values)
    return {row.domain: Figures(row.total, row.bounced, row.complained, row.rejected) for row in rows}


def window() -> tuple[date, datetime]:
    """Yesterday, the organization's, and when it began: budgets are counted from there."""
    zone = _zone()
    yesterday = clock.now().astimezone(zone).date() - timedelta(days=1)
    return yesterday, datetime.combine(yesterday, time(), zone)


def _zone() -> ZoneInfo:
    organization = db().get(Organization, current_organization_id())
    try:
        return ZoneInfo(organization.timezone if organization else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
