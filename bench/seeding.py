"""What the figures work on: a mailbox, people with consent, a campaign. Never timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.installation import House
from loumass.campaigns.enrolling import SLICE, enroll
from loumass.campaigns.models import Campaign
from loumass.campaigns.starting import start
from loumass.channels.connecting import sealed
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.content.models import Content, ContentVersion
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.funnels.models import Edge, Graph, Node
from loumass.messages.models import Stream
from loumass.providers.smtp.credentials import SmtpCredentials

STRANGERS = 5_000
TABLES = (
    "contact",
    "consent",
    "suppression",
    "enrollment",
    "step",
    "conversation",
    "message",
    "event",
    "notice",
)
SUBJECT = "{{contact.first_name}}, a table for {{contact.company}}?"
HTML = """
<p>Hello {{contact.first_name|fallback:"there"}},</p>
<p>we keep a table for brokers who work around {{contact.city|fallback:"Denver"}}, and I thought of
{{contact.company|fallback:"your company"}}. It is a quiet evening: eight people, one topic, no slides.</p>
<p><a href="https://acme.example/dinner">See who else is coming</a></p>
<p>Would you like to join us?<br>{{sender.name}}</p>
"""


def mailbox(house: House, port: int, *, daily_cap: int, address: str = "maya@acme.example") -> Channel:
    """A mailbox at the server on loopback, with a cap and a window that are asked for every message."""
    credentials = SmtpCredentials(email=address, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
    channel_id = uuid7()
    with house.acting() as session:
        channel = Channel(
            id=channel_id, provider="smtp", medium="email", name="Maya", address=address,
            sender_name="Maya Chen", daily_cap=daily_cap, owner_id=house.user.id,
            sealed_credentials=sealed(credentials, house.organization_id, channel_id),
        )  # fmt: skip
        session.add(channel)
        session.commit()
    return channel


_PEOPLE = text("""
    INSERT INTO contact (organization_id, id, email, email_key, email_hash, first_name, last_name, company, city, phone, phone_hash)
    SELECT :organization_id, id, email, email, email_hash, first_name, last_name, company, 'Denver', phone, phone_hash
    FROM bench_people ORDER BY id RETURNING id
""")
_CONSENT = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, source)
    SELECT :organization_id, id, 'email', true, 'dinner list' FROM bench_people ORDER BY id RETURNING id
""")
_STRANGERS = text("""
    INSERT INTO suppression (organization_id, medium, address_hash, reason)
    SELECT :organization_id, 'email', sha256(int4send(n)), 'unsubscribed' FROM generate_series(1, :count) AS n RETURNING id
""")
_NAMES = ("Ada", "Ben", "Chloé", "Dmitri", "Esi", "Farah", "Grace", "Hiro", "Ines", "Jonas")


def people(house: House, count: int) -> list[UUID]:
    """`count` contacts who agreed, among strangers who said no; their ids in order."""
    with house.acting() as session:
        of = {"organization_id": house.organization_id}
        connection = session.connection()
        connection.execute(text(
            "CREATE TEMP TABLE bench_people (id uuid, email text, email_hash bytea, first_name text, last_name text,"
            " company text, phone text, phone_hash bytea) ON COMMIT DROP"
        ))  # fmt: skip
        with connection.connection.cursor().copy("COPY bench_people FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
            for row in _rows(count):
                copy.write_row(row)
        ids = list(session.scalars(_PEOPLE, of))
        session.execute(_CONSENT, of)
        session.execute(_STRANGERS, {**of, "count": STRANGERS})
        session.commit()
    house.analyze("contact", "consent", "suppression")
    return ids


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        first, last, email = _NAMES[n % len(_NAMES)], f"Reader{n:07}", f"reader{n:07}@people.example"
        phone = f"+1303{2_000_000 + n:07}"
        company = f"Company {n % 997}"
        yield uuid7(), email, keyed_hash(email), first, last, company, phone, keyed_hash(phone)


def campaign(house: House, channel: Channel, steps: Sequence[tuple[str, dict[str, Any]]]) -> UUID:
    """A campaign of `steps` (kind, settings) that follow each other; e-mail steps say `HTML`."""
    with house.acting() as session:
        graph = Graph(id=uuid7())
        session.add(graph)
        session.flush()
        nodes = [_node(session, graph.id, position, *step) for position, step in enumerate(steps)]
        session.flush()
        for here, there in pairwise(nodes):
            branches = ("yes", "no") if here.kind == "condition" else ("next",)
            session.add_all(
                Edge(graph_id=graph.id, source_id=here.id, branch=branch, target_id=there.id)
                for branch in branches
            )
        graph.start_node_id = nodes[0].id
        made = Stream(id=uuid7())
        session.add(made)
        session.flush()
        session.add(
            Campaign(
                id=made.id,
                graph_id=graph.id,
                name="Broker Night",
                owner_id=house.user.id,
                email_channel_id=channel.id,
            )
        )
        session.commit()
    return made.id


def _node(session: Any, graph_id: UUID, position: int, kind: str, config: dict[str, Any]) -> Node:
    content_id = None
    if kind == "email_send":
        content = Content(id=uuid7(), name="Invitation", medium="email", graph_id=graph_id, version_number=1)
        session.add(content)
        session.flush()
        session.add(ContentVersion(content_id=content.id, number=1, subject=SUBJECT, html=HTML))
        content_id = content.id
    node = Node(
        id=uuid7(), graph_id=graph_id, key=f"step{position}", kind=kind, name=f"Step {position}", config=config,
        position=position, content_id=content_id,
    )  # fmt: skip
    session.add(node)
    return node


def entered(house: House, campaign_id: UUID, contacts: Sequence[UUID]) -> None:
    """Everybody enters, in slices."""
    for at in range(0, len(contacts), SLICE):
        with house.acting() as session:
            enroll(campaign_id, contacts[at : at + SLICE])
            session.commit()


def launched(house: House, campaign_id: UUID, contacts: Sequence[UUID]) -> None:
    """Everybody enters and the campaign starts; nobody has moved yet."""
    entered(house, campaign_id, contacts)
    with house.acting() as session:
        start(campaign_id)
        session.commit()
    house.analyze(*TABLES)


def everybody(house: House) -> list[UUID]:
    """The ids of all contacts."""
    with house.acting() as session:
        return [row.id for row in session.query(Contact.id).order_by(Contact.id)]
