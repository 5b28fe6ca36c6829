"""Whose value it is: campaigns share each value that somebody brought among what touched them before.

A touch is a message that a campaign sent them, or their answer in its conversation, within so many days before. `first` and
`last` give all of it to one campaign, `linear` as much to each touch; to the smallest unit, so that the parts are the whole.
What nothing touched is the campaign's that it happened in, else nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

WINDOWS = (7, 30, 90)
USUAL_WINDOW = 30


@dataclass(frozen=True, slots=True)
class Share:
    """What a campaign (None: nobody) brought of one currency, in its smallest unit, by each way of counting."""

    campaign_id: UUID | None
    name: str
    currency: str
    first: int
    last: int
    linear: int
    #: Values that it had a part in.
    values: int


# A part of a value is what it comes to up to and with this touch, less what it came to before: the parts are the whole
# whatever is rounded.
_SHARES = text("""
    WITH value AS MATERIALIZED (
        SELECT id, contact_id, campaign_id, amount, currency, earned_at FROM earning
        WHERE organization_id = :organization_id AND earned_at >= :since AND earned_at < :until
          AND (CAST(:currency AS text) IS NULL OR currency = :currency)
    ), touch AS (
        SELECT value.id AS value_id, touched.campaign_id, value.amount, value.currency,
            row_number() OVER nth AS place, row_number() OVER back AS place_back, count(*) OVER (PARTITION BY value.id) AS touches
        FROM value CROSS JOIN LATERAL (
            SELECT coalesce(message.stream_id, talk.stream_id) AS campaign_id, message.occurred_at, message.id
            FROM message
            LEFT JOIN conversation talk ON talk.organization_id = :organization_id AND talk.id = message.conversation_id
                AND message.direction = 'in'
            WHERE message.organization_id = :organization_id AND message.contact_id = value.contact_id
              AND message.occurred_at <= value.earned_at
              AND message.occurred_at > value.earned_at - CAST(:window AS interval)
              AND (message.direction = 'out' AND message.state = 'sent' AND message.stream_id IS NOT NULL
                OR message.direction = 'in' AND NOT message.is_automatic AND talk.stream_id IS NOT NULL)
        ) touched
        WINDOW nth AS (PARTITION BY value.id ORDER BY touched.occurred_at, touched.id),
            back AS (PARTITION BY value.id ORDER BY touched.occurred_at DESC, touched.id DESC)
    ), part AS (
        SELECT value_id, campaign_id, currency, CASE WHEN place = 1 THEN amount ELSE 0 END AS first,
            CASE WHEN place_back = 1 THEN amount ELSE 0 END AS last,
            amount * place / touches - amount * (place - 1) / touches AS linear
        FROM touch
        UNION ALL
        SELECT id, campaign_id, currency, amount, amount, amount FROM value
        WHERE NOT EXISTS (SELECT FROM touch WHERE touch.value_id = value.id)
    )
    SELECT part.campaign_id, coalesce(campaign.name, '') AS name, part.currency, sum(first) AS first, sum(last) AS last,
        sum(linear) AS linear, count(DISTINCT value_id) AS many
    FROM part LEFT JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = part.campaign_id
    WHERE CAST(:campaign_id AS uuid) IS NULL OR part.campaign_id = :campaign_id
    GROUP BY part.campaign_id, campaign.name, part.currency
    ORDER BY part.currency, sum(linear) DESC, part.campaign_id
""")
_TOTALS = text("""
    SELECT currency, sum(amount) AS amount, count(*) AS many FROM earning
    WHERE organization_id = :organization_id AND earned_at >= :since AND earned_at < :until
    GROUP BY currency ORDER BY sum(amount) DESC, currency
""")


def window_of(asked: str | None) -> int:
    """How many days before a value a touch counts: one of those that we offer."""
    return int(asked) if asked and asked.isdecimal() and int(asked) in WINDOWS else USUAL_WINDOW


def shares(period: Period, window: int, campaign_id: UUID | None = None) -> Sequence[Share]:
    """Who brought what was earned in the period, by currency, the most first; `campaign_id` leaves the others out."""
    bound = _bound(period, window=f"{window} days", campaign_id=campaign_id, currency=None)
    return [
        Share(
            row.campaign_id,
            row.name,
            row.currency,
            int(row.first),
            int(row.last),
            int(row.linear),
            row.many,
        )
        for row in db().execute(_SHARES, bound)
    ]


def totals(period: Period) -> list[tuple[str, int, int]]:
    """(currency, amount, how many values) of what was earned in the period."""
    return [(row.currency, int(row.amount), row.many) for row in db().execute(_TOTALS, _bound(period))]


def _bound(period: Period, **more: Any) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "since": period.since,
        "until": period.until,
        **more,
    }
