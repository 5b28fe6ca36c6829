"""An organization whose inbox is full: people, conversations and what was said in them. Never timed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, text

from bench import seeding
from bench.installation import House
from loumass.accounts.models import Membership, Organization
from loumass.content.models import ContentVersion
from loumass.core import clock
from loumass.core.tenancy import globally

MESSAGES_EACH = 10
_PORT = 2525  # nothing is sent

_PEOPLE = text("""
    WITH made AS (
        INSERT INTO contact (organization_id, id, email, email_key, first_name, last_name, company, city)
        SELECT :organization_id, uuidv7(), 'reader' || n || '@people.example', 'reader' || n || '@people.example',
            (ARRAY['Ada', 'Ben', 'Chloé', 'Dmitri', 'Esi', 'Farah', 'Grace', 'Hiro'])[1 + n % 8], 'Reader' || n,
            'Company ' || n % 997, 'Denver'
        FROM generate_series(0, :people - 1) AS n RETURNING id, last_name
    ) INSERT INTO bench_person SELECT substr(last_name, 7)::int, id FROM made
""")
# One of eight has written; of those some wait, some are new, some are the reader's, half are closed.
_TALKS = text("""
    WITH talk AS (
        SELECT n, CAST(:now AS timestamptz) - n * interval '5 minutes' AS at, n % 8 = 0 AS has_written
        FROM generate_series(0, :talks - 1) AS n
    ), made AS (
        INSERT INTO conversation (organization_id, contact_id, channel_id, medium, counterpart, thread_key, subject, stream_id,
            assignee_id, last_message_at, last_inbound_at, needs_reply_since, unread_since, closed_at, snoozed_until, created_at)
        SELECT :organization_id, CASE WHEN n % 1000 = 40 THEN NULL ELSE person_id END,
            CASE WHEN n % 500 = 8 THEN CAST(:other_channel AS uuid) ELSE CAST(:channel AS uuid) END, 'email',
            CASE WHEN n % 1000 = 40 THEN 'stranger' || n ELSE 'reader' || n % :people END || '@people.example',
            'bench:' || n, 'A table for Company ' || n % 997, CASE WHEN n % 1000 = 40 THEN NULL
                WHEN n % 200 = 16 THEN CAST(:other_campaign AS uuid) ELSE CAST(:campaign AS uuid) END,
            CASE WHEN n % 400 = 8 THEN CAST(:user_id AS uuid) END, at, CASE WHEN has_written THEN at END,
            CASE WHEN n % 80 = 0 THEN at END, CASE WHEN n % 160 = 0 THEN at END, CASE WHEN n % 16 = 8 AND n % 400 <> 8 THEN at END,
            CASE WHEN n % 800 = 32 THEN CAST(:now AS timestamptz) + interval '2 days' END, at - interval '9 days'
        FROM talk JOIN bench_person AS person (person_n, person_id) ON person_n = talk.n % :people
        ORDER BY n DESC RETURNING id, thread_key
    ) INSERT INTO bench_talk SELECT substr(thread_key, 7)::int, id FROM made
""")
_MESSAGES = text("""
    INSERT INTO message (organization_id, conversation_id, contact_id, channel_id, stream_id, author_id, direction, medium, state,
        to_address, from_address, subject, text, reply_text, content_version_id, merge_values, rfc_message_id, occurred_at, sent_at)
    SELECT :organization_id, talk.id, conversation.contact_id, conversation.channel_id,
        CASE WHEN NOT is_in AND NOT is_ours THEN conversation.stream_id END, CASE WHEN is_ours THEN CAST(:user_id AS uuid) END,
        CASE WHEN is_in THEN 'in' ELSE 'out' END, 'email', CASE WHEN is_in THEN 'received' ELSE 'sent' END,
        conversation.counterpart, CASE WHEN is_in THEN conversation.counterpart ELSE 'maya@acme.example' END, '',
        CASE WHEN is_in OR is_ours THEN CAST(:words AS text) ELSE '' END, CASE WHEN is_in THEN CAST(:words AS text) ELSE '' END,
        CASE WHEN NOT is_in AND NOT is_ours THEN CAST(:version AS uuid) END,
        CASE WHEN NOT is_in AND NOT is_ours THEN CAST(:values AS jsonb) END,
        'bench-' || talk.n || '-' || k || '@acme.example',
        conversation.last_message_at - (:each - k) * interval '1 day', conversation.last_message_at - (:each - k) * interval '1 day'
    FROM bench_talk AS talk
    JOIN conversation ON conversation.organization_id = :organization_id AND conversation.id = talk.id
    CROSS JOIN LATERAL (
        SELECT k, talk.n % 8 = 0 AND k % 2 = 0 AS is_in, talk.n % 8 = 0 AND k % 2 = 1 AND k > 1 AS is_ours
        FROM generate_series(1, :each) AS k
    ) AS said
    ORDER BY conversation.last_message_at - (:each - k) * interval '1 day'
""")
_ENROLLMENTS = text("""
    INSERT INTO enrollment (organization_id, campaign_id, contact_id, state, status, node_id, enrolled_at)
    SELECT :organization_id, :campaign, id, CASE WHEN n % 3 = 0 THEN 'ended' ELSE 'waiting' END,
        CASE WHEN n % 8 = 0 THEN 'Needs BDR' ELSE 'Messaged' END, :node, :now FROM bench_person
""")
_WORDS = (
    "Thanks for writing. " + "Could you tell me a little more about the evening, and who else is coming? " * 6
)
_VALUES = (
    '{"contact.first_name": "Ada", "contact.company": "Company 7", "contact.city": "Denver", "sender.name": "Maya Chen",'
    ' "organization.name": "Acme", "organization.postal_address": "1 Main Street, Denver"}'
)


def founded(house: House, name: str) -> House:
    """A further organization of the same installation, which the user works for as well."""
    with globally() as session:
        organization = Organization(
            name=name, timezone="America/Denver", postal_address="2 Main Street, Denver"
        )
        session.add(organization)
        session.commit()
    other = replace(house, organization_id=organization.id)
    with other.acting() as session:
        session.add(
            Membership(
                organization_id=organization.id, user_id=house.user.id, role="admin", created_at=clock.now()
            )
        )
        session.commit()
    return other


def furnish(house: House, talks: int, port: int = _PORT) -> tuple[UUID, UUID]:
    """`talks` conversations of ten messages; the sender and the campaign that only few of them belong to."""
    channel, other = (
        seeding.mailbox(house, port, daily_cap=1000, address=f"{name}@acme.example")
        for name in ("maya", "ben")
    )
    campaigns = [
        seeding.campaign(house, channel, [("stage", {}), ("email_send", {}), ("end", {})]) for _ in range(2)
    ]
    with house.acting() as session:
        node_id = session.scalars(
            text(
                "SELECT node.id FROM node JOIN campaign ON campaign.organization_id = :organization_id AND campaign.graph_id = node.graph_id"
                " WHERE node.organization_id = :organization_id AND campaign.id = :campaign AND node.kind = 'email_send'"
            ),
            {"organization_id": house.organization_id, "campaign": campaigns[0]},
        ).one()
        common = {
            "organization_id": house.organization_id, "user_id": house.user.id, "now": clock.now(), "talks": talks,
            "people": max(talks * 4 // 5, 1), "channel": channel.id, "other_channel": other.id, "campaign": campaigns[0],
            "other_campaign": campaigns[1], "each": MESSAGES_EACH, "words": _WORDS, "values": _VALUES, "node": node_id,
            "version": session.scalars(select(ContentVersion.id).limit(1)).one(),
        }  # fmt: skip
        for table in ("bench_person", "bench_talk"):
            session.execute(
                text(f"CREATE TEMP TABLE {table} (n integer PRIMARY KEY, id uuid) ON COMMIT DROP")
            )
        session.execute(
            text("UPDATE campaign SET state = 'running' WHERE organization_id = :organization_id"), common
        )
        for statement in (_PEOPLE, _TALKS, _MESSAGES, _ENROLLMENTS):
            session.execute(statement, {name: common[name] for name in statement._bindparams})
        session.commit()
    return other.id, campaigns[1]
