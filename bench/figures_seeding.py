"""An organization with half a year of facts: campaigns with a split, senders, colleagues who answer. Never timed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from bench import seeding
from bench.inbox_seeding import founded
from bench.installation import House
from loumass.core import clock

#: The same in every organization, however much happens there.
DAYS, CAMPAIGNS, SENDERS, PEOPLE, ANSWERS = 180, 12, 8, 5_000, 2_000
#: Facts that go in by one statement, so that nothing grows with how many there are.
TOGETHER = 1_000_000
_STEPS = [("email_send", {}), ("email_send", {}), ("end", {})]
_SPLIT = ("split", {"a": 50, "b": 50})

_MONTHS = text("""
    SELECT prepare_event_month(CAST(date_trunc('month', CAST(:since AS date)) + n * interval '1 month' AS date))
    FROM generate_series(0, 7) AS n
""")
_PEOPLE = text("""
    WITH made AS (
        INSERT INTO contact (organization_id, id, email, email_key, first_name, last_name, created_at)
        SELECT :organization_id, uuidv7(), 'reader' || n || '@people.example', 'reader' || n || '@people.example', 'Ada',
            'Reader' || n, CAST(:now AS timestamptz) - (n % :days) * interval '1 day'
        FROM generate_series(0, :people - 1) AS n RETURNING id, last_name
    ) INSERT INTO bench_person SELECT CAST(substr(last_name, 7) AS integer), id FROM made
""")
_WALKS = text("""
    WITH walk AS (
        INSERT INTO enrollment (organization_id, id, campaign_id, contact_id, state, status, node_id, enrolled_at, last_sent_at)
        SELECT :organization_id, uuidv7(), (CAST(:campaigns AS uuid[]))[1 + n % :many], person.id, 'waiting', 'Messaged',
            (CAST(:sends AS uuid[]))[1 + n % :many], CAST(:now AS timestamptz) - :days * interval '1 day', CAST(:now AS timestamptz)
        FROM bench_person AS person (n, id)
        ORDER BY person.n RETURNING id, contact_id, campaign_id, node_id
    ), went AS (
        INSERT INTO step (organization_id, enrollment_id, campaign_id, node_id, visit, entered_at, left_at, outcome)
        SELECT :organization_id, walk.id, walk.campaign_id, split.id, 1, CAST(:now AS timestamptz) - :days * interval '1 day',
            CAST(:now AS timestamptz) - :days * interval '1 day', CASE WHEN person.n % 2 = 0 THEN 'a' ELSE 'b' END
        FROM walk JOIN bench_person AS person (n, id) ON person.id = walk.contact_id
        JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = walk.campaign_id
        JOIN node split ON split.organization_id = :organization_id AND split.graph_id = campaign.graph_id AND split.kind = 'split'
        RETURNING enrollment_id
    ) INSERT INTO bench_walk SELECT person.n, walk.id, walk.contact_id, walk.campaign_id, walk.node_id
      FROM walk JOIN bench_person AS person (n, id) ON person.id = walk.contact_id
""")
# Of ten facts of a campaign four are messages, and then what people and machines make of them. Nights are quiet.
_FACTS = text("""
    INSERT INTO event (organization_id, happened_at, kind, contact_id, campaign_id, enrollment_id, message_id, channel_id, node_id, facts)
    SELECT :organization_id,
        date_trunc('day', CAST(:now AS timestamptz), 'America/Denver') - :days * interval '1 day'
            + floor(at.day) * interval '1 day' + interval '8 hours' + (at.day - floor(at.day)) * interval '9 hours',
        (ARRAY['message.sent', 'message.sent', 'message.sent', 'message.sent', 'message.opened', 'message.opened', 'message.fetched',
            'message.clicked', 'message.replied', 'enrollment.started'])[1 + told.n % 10],
        walk.contact_id, walk.campaign_id, walk.id, uuidv7(), (CAST(:senders AS uuid[]))[1 + (walk.n * 2 + told.n / 10 % 2) % :sending],
        walk.node_id,
        CASE WHEN told.n % 10 = 6 THEN '{"what": "opened by a machine"}' ELSE '{}' END::jsonb
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS told(n)
    CROSS JOIN LATERAL (SELECT :days * (told.n / CAST(:count AS double precision)) AS day) at
    JOIN bench_walk AS walk (n, id, contact_id, campaign_id, node_id) ON walk.n = told.n * 7919 % :people
""")
_TALK = text("""
    WITH asked AS (
        SELECT n, CAST(:now AS timestamptz) - (n % :days) * interval '1 day' - interval '3 hours' AS at,
            person.id AS contact_id, uuidv7() AS talk_id
        FROM generate_series(0, :answers - 1) AS told(n) JOIN bench_person AS person (number, id) ON person.number = told.n
    ), talk AS (
        INSERT INTO conversation (organization_id, id, contact_id, channel_id, medium, counterpart, thread_key, last_message_at)
        SELECT :organization_id, talk_id, contact_id, (CAST(:senders AS uuid[]))[1], 'email', 'reader' || n, 'bench:' || n, at FROM asked
        RETURNING id
    ), question AS (
        INSERT INTO message (organization_id, conversation_id, contact_id, channel_id, direction, medium, state, occurred_at)
        SELECT :organization_id, talk_id, contact_id, (CAST(:senders AS uuid[]))[1], 'in', 'email', 'received', at FROM asked
        RETURNING id
    ), answer AS (
        INSERT INTO message (organization_id, conversation_id, contact_id, channel_id, direction, medium, state, author_id,
            occurred_at, sent_at)
        SELECT :organization_id, talk_id, contact_id, (CAST(:senders AS uuid[]))[1], 'out', 'email', 'sent', CAST(:user_id AS uuid),
            at + interval '40 minutes', at + interval '40 minutes' FROM asked
        RETURNING id, conversation_id, contact_id, channel_id, sent_at
    ) INSERT INTO event (organization_id, happened_at, kind, contact_id, message_id, conversation_id, channel_id, facts)
      SELECT :organization_id, sent_at, 'message.sent', contact_id, id, conversation_id, channel_id, '{}' FROM answer RETURNING 1
""")
_NODES = text("""
    SELECT campaign.id AS campaign_id, (SELECT node.id FROM node WHERE node.organization_id = :organization_id
        AND node.graph_id = campaign.graph_id AND node.kind = 'email_send' ORDER BY node.position LIMIT 1) AS node_id
    FROM campaign WHERE campaign.organization_id = :organization_id ORDER BY campaign.id
""")


def happened(house: House, name: str, facts: int) -> tuple[House, UUID]:
    """A new organization in which so much happened in half a year, and one of its campaigns."""
    house = founded(house, name)
    senders = [
        seeding.mailbox(house, 2525, daily_cap=1_000, address=f"sender{n}@{name.lower()}.example").id
        for n in range(SENDERS)
    ]
    channel = seeding.mailbox(house, 2525, daily_cap=1_000)
    for n in range(CAMPAIGNS):
        seeding.campaign(house, channel, [_SPLIT, *_STEPS] if n % 2 == 0 else _STEPS)
    with house.acting() as session:
        now = clock.now()
        rows = session.execute(_NODES, {"organization_id": house.organization_id}).all()
        common = {
            "organization_id": house.organization_id, "user_id": house.user.id, "now": now, "days": DAYS, "people": PEOPLE,
            "answers": ANSWERS, "senders": senders, "sending": SENDERS, "campaigns": [row.campaign_id for row in rows],
            "sends": [row.node_id for row in rows], "many": CAMPAIGNS, "count": facts, "since": now.date() - timedelta(days=DAYS),
        }  # fmt: skip
        session.execute(text("CREATE TEMP TABLE bench_person (n integer PRIMARY KEY, id uuid)"))
        session.execute(text(
            "CREATE TEMP TABLE bench_walk (n integer PRIMARY KEY, id uuid, contact_id uuid, campaign_id uuid, node_id uuid)"
        ))  # fmt: skip
        for statement in (_MONTHS, _PEOPLE, _WALKS, _TALK):
            session.execute(statement, {one: common[one] for one in statement._bindparams})
        session.execute(text("ANALYZE bench_walk"))
        for first in range(0, facts, TOGETHER):
            bounds = {"first": first, "last": min(first + TOGETHER, facts) - 1}
            session.execute(_FACTS, {one: {**common, **bounds}[one] for one in _FACTS._bindparams})
        for table in ("bench_person", "bench_walk"):
            session.execute(text(f"DROP TABLE {table}"))
        session.commit()
    return house, rows[0].campaign_id
