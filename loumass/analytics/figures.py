"""The seven numbers: each counts people, and exactly those that its link lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Figures:
    """People by what happened to them. All but `contacts` are people who are not deleted, each counted once."""

    contacts: int
    contacts_new: int
    enrolled: int
    enrolled_before: int
    messaged: int
    replied: int
    bounced: int
    needs_bdr: int
    needs_bdr_today: int
    needs_bdr_since: datetime | None
    rsvp: int
    rsvp_new: int
    #: People who were ever in a campaign; none means that this organization is only starting.
    ever_enrolled: int


_FIGURES = text("""
    WITH person AS (
        SELECT enrollment.contact_id,
            bool_or(enrolled_at >= :since) AS is_enrolled,
            bool_or(enrolled_at >= :before AND enrolled_at < :since) AS was_enrolled,
            bool_or(last_sent_at >= :since) AS is_messaged,
            bool_or(replied_at >= :since) AS has_replied,
            bool_or(bounced_at >= :since) AS has_bounced,
            bool_or(status = 'Needs BDR') AS needs_bdr,
            bool_or(status = 'Needs BDR' AND status_changed_at >= :today) AS needs_bdr_today,
            min(status_changed_at) FILTER (WHERE status = 'Needs BDR') AS needs_bdr_since,
            bool_or(status = 'Received RSVP') AS is_coming,
            bool_or(status = 'Received RSVP' AND status_changed_at >= :since) AS is_newly_coming
        FROM enrollment
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = enrollment.contact_id
        WHERE enrollment.organization_id = :organization_id AND contact.archived_at IS NULL
        GROUP BY enrollment.contact_id
    ), everybody AS (
        SELECT count(*) AS contacts, count(*) FILTER (WHERE created_at >= :since) AS contacts_new
        FROM contact WHERE organization_id = :organization_id AND archived_at IS NULL
    )
    SELECT min(everybody.contacts) AS contacts, min(everybody.contacts_new) AS contacts_new,
        count(*) FILTER (WHERE is_enrolled) AS enrolled, count(*) FILTER (WHERE was_enrolled) AS enrolled_before,
        count(*) FILTER (WHERE is_messaged) AS messaged, count(*) FILTER (WHERE has_replied) AS replied,
        count(*) FILTER (WHERE has_bounced) AS bounced, count(*) FILTER (WHERE needs_bdr) AS needs_bdr,
        count(*) FILTER (WHERE needs_bdr_today) AS needs_bdr_today, min(needs_bdr_since) AS needs_bdr_since,
        count(*) FILTER (WHERE is_coming) AS rsvp, count(*) FILTER (WHERE is_newly_coming) AS rsvp_new,
        count(person.contact_id) AS ever_enrolled
    FROM everybody LEFT JOIN person ON true
""")


def figures(period: Period) -> Figures:
    """The numbers of the current organization, in one statement."""
    row = db().execute(
        _FIGURES,
        {
            "organization_id": current_organization_id(),
            "since": period.since,
            "before": period.before,
            "today": period.midnight(period.today),
        },
    )
    return Figures(**row.one()._mapping)
