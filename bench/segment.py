"""How long a segment's number takes over many people, against the statement somebody would write by hand for it.

Each segment is a rule as it is saved, compiled and counted by `contacts.segment_counting` as the application's role; its bare
query is SQL without a rule, by the server's superuser, past every policy. Both are asked in turns. `value` is the worst
segment's median in ms, `limit` its bare query's; `ratio` is bare / rule of that one, and 0.5 is promised (within 2x).
SIZE=full: 1,000,000 people, 1,500,000 messages.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import create_engine, text

from bench import seeding
from bench.installation import House, installed
from bench.measuring import forget_peak, peak_mib, print_line, size, timed
from loumass.accounts.models import Organization
from loumass.contacts import segment_counting
from loumass.contacts.rules.reading import read
from loumass.core import clock

ROUNDS, PROMISED = 7, 2.0
PATIENCE_MILLISECONDS = 120_000

_PEOPLE = text("""
    INSERT INTO contact (organization_id, id, email, email_key, email_hash, first_name, last_name, company, city, state,
        timezone, fields, created_at)
    SELECT :organization_id, uuidv7(), email, email, sha256(convert_to(email, 'UTF8')), 'Ada', 'Reader' || n, 'Company ' || n % 997,
        (ARRAY['Denver', 'Boulder', 'Aspen', 'Golden'])[1 + n % 4], 'CO', (ARRAY['America/Denver', 'America/New_York', NULL])[1 + n % 3],
        jsonb_build_object('plan', (ARRAY['gold', 'silver', 'free'])[1 + n % 3], 'seats', (n % 500)::text,
            'renewal', to_char(CAST(:today AS date) + n % 365, 'YYYY-MM-DD')),
        CAST(:now AS timestamptz) - n % 700 * interval '1 day' - interval '1 hour'
    FROM (SELECT n, 'reader' || n || '@people.example' AS email FROM generate_series(1, :count) AS n) AS one
    RETURNING id
""")
_TAGGED = text("""
    WITH made AS (
        INSERT INTO tag (organization_id, name)
        VALUES (:organization_id, 'VIP'), (:organization_id, 'Guest') RETURNING id, name)
    INSERT INTO contact_tag (organization_id, contact_id, tag_id)
    SELECT :organization_id, contact.id, made.id FROM made JOIN contact ON contact.organization_id = :organization_id
        AND substr(contact.last_name, 7)::int % CASE made.name WHEN 'VIP' THEN 100 ELSE 3 END = 0
    RETURNING contact_id
""")
_BARRED = text("""
    INSERT INTO suppression (organization_id, medium, address_hash, reason)
    SELECT :organization_id, 'email', email_hash, 'unsubscribed' FROM contact
    WHERE organization_id = :organization_id AND substr(last_name, 7)::int % 50 = 0 RETURNING id
""")
_TALKS = text("""
    INSERT INTO conversation (organization_id, contact_id, channel_id, medium, counterpart, thread_key)
    SELECT :organization_id, id, :channel, 'email', email, 'bench:' || id FROM contact
    WHERE organization_id = :organization_id AND substr(last_name, 7)::int % 2 = 0 RETURNING id
""")
_MESSAGES = text("""
    INSERT INTO message (organization_id, conversation_id, contact_id, channel_id, direction, medium, state, occurred_at, sent_at)
    SELECT :organization_id, id, contact_id, channel_id, CASE WHEN k = 3 THEN 'in' ELSE 'out' END, 'email',
        CASE WHEN k = 3 THEN 'received' ELSE 'sent' END, at, at
    FROM (SELECT conversation.*, k, CAST(:now AS timestamptz) - (hashtext(id::text) & 255) * interval '1 day' - interval '1 hour' AS at
          FROM conversation CROSS JOIN generate_series(1, 3) AS k WHERE organization_id = :organization_id) AS said
    RETURNING id
""")
_OPENED = text("""
    INSERT INTO hit_count (organization_id, message_id, link, human, machine, unknown, first_human_at, last_at)
    SELECT :organization_id, id, 0, 1, 0, 0, sent_at, sent_at FROM message
    WHERE organization_id = :organization_id AND direction = 'out' AND hashtext(id::text) & 3 = 0 RETURNING message_id
""")

#: Name -> (rule, the WHERE that somebody would write by hand, who knows that fields hold whatever people wrote).
_MINE = "organization_id = :organization_id"
_IS_VIP = (
    f"EXISTS (SELECT 1 FROM contact_tag t WHERE t.{_MINE} AND t.contact_id = c.id AND t.tag_id = (SELECT id FROM tag"
    f" WHERE {_MINE} AND name = 'VIP'))"
)
_WROTE = f"EXISTS (SELECT 1 FROM message m WHERE m.{_MINE} AND m.contact_id = c.id AND m.direction = 'in' AND NOT m.is_automatic AND m.occurred_at >= :month_ago)"
_WAS_WRITTEN = f"EXISTS (SELECT 1 FROM message m WHERE m.{_MINE} AND m.contact_id = c.id AND m.direction = 'out' AND m.state = 'sent' AND m.sent_at >= :month_ago)"
_OFTEN = f"c.id IN (SELECT contact_id FROM message m WHERE m.{_MINE} AND m.direction = 'out' AND m.state = 'sent' AND m.sent_at >= :month_ago GROUP BY 1 HAVING count(*) >= 2)"
_DID_OPEN = f"EXISTS (SELECT 1 FROM message m JOIN hit_count h ON h.{_MINE} AND h.message_id = m.id WHERE m.{_MINE} AND m.contact_id = c.id AND m.direction = 'out' AND h.first_human_at IS NOT NULL)"
_BARS = f"EXISTS (SELECT 1 FROM suppression s WHERE s.{_MINE} AND s.medium = 'email' AND s.address_hash = c.email_hash AND s.until_at IS NULL)"
_GOLD = {"ask": "field", "field": "plan", "operator": "is", "value": "gold"}
_VIP = {"ask": "tag", "tag": "VIP"}
SEGMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "city": ({"ask": "field", "field": "city", "operator": "is", "value": "Denver"}, "lower(c.city) = 'denver'"),
    "company": ({"ask": "field", "field": "company", "operator": "starts_with", "value": "Company 99"},
                "c.company_key >= 'company 99' AND c.company_key < 'company 9:'"),
    "custom": (_GOLD, "lower(c.fields ->> 'plan') = 'gold'"),
    "number": ({"ask": "field", "field": "seats", "operator": "more_than", "value": "400"}, "CASE WHEN c.fields ->> 'seats' ~ '^[0-9]+$' THEN (c.fields ->> 'seats')::numeric END > 400"),
    "date": ({"ask": "field", "field": "renewal", "operator": "in_next", "days": 30},
             "(c.fields ->> 'renewal')::date BETWEEN :today AND :today + 30"),
    "added": ({"ask": "added", "days": 30}, "c.created_at >= :month_ago"),
    "tag": (_VIP, _IS_VIP),
    "suppressed": ({"ask": "suppressed", "medium": "email", "not": True}, f"NOT {_BARS}"),
    "silent vips": ({"rules": [_VIP, {"ask": "replied", "days": 30, "not": True}]}, f"{_IS_VIP} AND NOT {_WROTE}"),
    "either": ({"match": "any", "rules": [_VIP, _GOLD]}, f"({_IS_VIP} OR lower(c.fields ->> 'plan') = 'gold')"),
    "opened": ({"ask": "opened"}, _DID_OPEN),
    "written often": ({"ask": "sent_count", "number": 2, "days": 30}, _OFTEN),
    "not lately": ({"ask": "last_written", "when": "within", "days": 30, "not": True}, f"NOT {_WAS_WRITTEN}"),
    "all at once": (
        {"rules": [_GOLD, {"match": "any", "rules": [_VIP, {"ask": "opened"}]}, {"ask": "suppressed", "medium": "email", "not": True}]},
        f"lower(c.fields ->> 'plan') = 'gold' AND ({_IS_VIP} OR {_DID_OPEN}) AND NOT {_BARS}",
    ),
}  # fmt: skip


def main() -> None:
    """Prints one line. Raises AssertionError where a rule finds others than its bare query."""
    count = size(20_000, 1_000_000)
    with installed() as house:
        bound = _furnish(house, count)
        forget_peak()
        medians = {name: _compared(house, bound, *asked) for name, asked in SEGMENTS.items()}
    worst = max(medians, key=lambda name: medians[name][0] / medians[name][1])
    value, limit = medians[worst]
    print_line(
        "segment", value, "ms", limit, limit / value, peak=peak_mib(), count=count, worst=worst,
        promised=1 / PROMISED, within={name: round(rule / bare, 2) for name, (rule, bare) in medians.items()},
        median_of_all=round(statistics.median(rule / bare for rule, bare in medians.values()), 2),
        milliseconds={name: round(rule, 1) for name, (rule, _) in medians.items()},
    )  # fmt: skip


def _furnish(house: House, count: int) -> dict[str, Any]:
    channel = seeding.mailbox(house, 2525, daily_cap=1000)
    now = clock.now()
    bound = {
        "organization_id": house.organization_id, "count": count, "now": now, "today": now.date(), "channel": channel.id,
        "month_ago": now - timedelta(days=30),
    }  # fmt: skip
    with house.acting() as session:
        for statement in (_PEOPLE, _TAGGED, _BARRED, _TALKS, _MESSAGES, _OPENED):
            session.execute(statement, {name: bound[name] for name in statement._bindparams})
        session.commit()
    house.analyze("contact", "contact_tag", "tag", "suppression", "conversation", "message", "hit_count")
    return bound


def _compared(house: House, bound: dict[str, Any], raw: dict[str, Any], where: str) -> tuple[float, float]:
    """Median milliseconds of the rule and of its bare query, asked in turns; both find the same number of people."""
    bare = text(f"SELECT count(*) FROM contact c WHERE c.{_MINE} AND c.archived_at IS NULL AND {where}")
    named = {name: bound[name] for name in bare._bindparams}
    owner = create_engine(house.settings.database_url)
    taken: tuple[list[float], list[float]] = ([], [])
    with owner.connect() as connection, house.acting() as session:
        # A page holds its organization as well, so that nobody reads it again.
        organization = session.get_one(Organization, house.organization_id)
        connection.execute(text("SET random_page_cost = 1.1"))
        found: list[int | None] = []
        for work, milliseconds in zip(
            (_rule(raw, found), lambda: found.append(connection.scalar(bare, named))), taken, strict=True
        ):
            work()  # once for the caches
            del milliseconds[:]
        assert found[0] == found[1], f"{raw} finds {found[0]} people, its bare query {found[1]}"
        for _ in range(ROUNDS):
            for work, milliseconds in (
                (_rule(raw, found), taken[0]),
                (lambda: connection.scalar(bare, named), taken[1]),
            ):
                with timed() as watch:
                    work()
                milliseconds.append(watch.seconds * 1000)
    owner.dispose()
    assert organization.id == house.organization_id
    return statistics.median(taken[0]), statistics.median(taken[1])


def _rule(raw: dict[str, Any], found: list[int | None]) -> Callable[[], None]:
    """Reads, compiles (or has kept, as every process does) and counts, as a page does."""
    return lambda: found.append(segment_counting.count(read(raw), PATIENCE_MILLISECONDS))


if __name__ == "__main__":
    main()
