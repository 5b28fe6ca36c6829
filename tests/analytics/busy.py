"""A world in which a lot happened: a campaign with a split and a goal that really ran, answers of colleagues, and facts by the
hundred at odd hours. What figures should say is counted here once more, in plain Python, from the facts themselves."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from loumass.analytics.kinds import COUNTED, NOTHING
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.events.models import Event
from loumass.events.service import publish_all
from loumass.messages.models import Conversation, Message
from tests.campaigns.cast import Run, running, send, step, wait
from tests.world import Person, Tenant, World

FUNNEL = [
    step("share", "split", {"a": "warm", "b": "cool"}, a=50, b=50),
    send("warm", ways={"next": "pause"}),
    send("cool", ways={"next": "pause"}),
    wait("pause", amount=9, unit="days", after="entered"),
    step("done", "end"),
    step("signed", "goal", {}, test="tag", tag="signed", worth="1,250.50", currency="EUR"),
]
KINDS = (
    "message.sent", "message.opened", "message.clicked", "message.replied", "message.bounced", "message.fetched",
    "enrollment.started", "message.classified", "task.done",
)  # fmt: skip
CLASSES = ("positive", "question", "not_now", "out_of_office")


@dataclass
class Busy:
    """What stands in it."""

    tenant: Tenant
    run: Run
    people: list[Contact]

    def facts(self) -> list[Event]:
        """Everything that happened."""
        with self.tenant.acting() as session:
            return list(session.scalars(select(Event).order_by(Event.happened_at, Event.id)))

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Everything in a table, but whose it is and when it was computed."""
        with self.tenant.acting() as session:
            found = session.execute(
                text(f"SELECT to_jsonb(t) - 'organization_id' FROM {table} t WHERE organization_id = :id"),
                {"id": self.tenant.id},
            )
            return sorted(tuple(sorted(row[0].items())) for row in found)

    def figures(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every figure that is kept."""
        return {
            name: self.rows(name)
            for name in ("quarter_count", "daily_count", "daily_part", "contact_engagement", "earning")
        }

    def counted_by_hand(self, zone: str) -> Counter[tuple[str, str, str]]:
        """(day, kind, campaign) -> how often, as one would count facts on one's fingers."""
        found = Counter[tuple[str, str, str]]()
        last = {fact.message_id: fact.id for fact in self.facts() if fact.kind == "message.classified"}
        for fact in self.facts():
            if fact.kind in COUNTED and (
                fact.kind != "message.classified" or last[fact.message_id] == fact.id
            ):
                day = fact.happened_at.astimezone(ZoneInfo(zone)).date().isoformat()
                found[day, fact.kind, str(fact.campaign_id or NOTHING)] += 1
        return found

    def counted(self) -> Counter[tuple[str, str, str]]:
        """The same as the figures have it."""
        rows = (dict(row) for row in self.rows("daily_count"))
        return Counter(
            {
                (row["day"], row["kind"], row["campaign_id"]): row["count"]
                for row in rows
                if row["kind"] in COUNTED
            }
        )

    def parts(self, slice_name: str, kind: str, campaign_id: UUID = NOTHING) -> dict[str, tuple[int, int]]:
        """part -> (count, seconds) over all days."""
        found: dict[str, tuple[int, int]] = {}
        for row in map(dict, self.rows("daily_part")):
            if (row["slice"], row["kind"], row["campaign_id"]) == (slice_name, kind, str(campaign_id)):
                count, seconds = found.get(row["part"], (0, 0))
                found[row["part"]] = count + row["count"], seconds + row["seconds"]
        return found


def busy(world: World, facts: int = 300) -> Busy:
    """Acme after two months."""
    acme = world.acme
    people = acme.contacts([{"name": f"Person {n}", "email": f"p{n}@x.example"} for n in range(12)])
    run = running(acme, FUNNEL, *people)
    run.told("sent")
    for n, kind in enumerate(("message.opened", "message.clicked", "message.replied")):
        run.happened(kind, people[n])
    with acme.acting() as session:
        from loumass.contacts.bulk import tag

        tag([people[5].id, people[6].id], "signed")
        session.commit()
    world.work()
    odd_facts(acme, run, people, facts)
    answered(
        acme,
        people[3],
        acme.member,
        [(1, "in"), (2, "in"), (31, "out"), (40, "out"), (300, "in"), (1000, "out")],
    )
    answered(acme, people[4], acme.agent, [(5, "in"), (5 + 60 * 30, "out")])
    world.work()
    world.later(days=10)
    return Busy(acme, run, people)


def odd_facts(tenant: Tenant, run: Run, people: Sequence[Contact], count: int) -> None:
    """Facts around midnights and the day on which clocks go forward, and replies that are classed twice: of somebody, of nobody known, and of
    somebody who became known meanwhile."""
    chance = random.Random(5)
    nodes, now = list(run.nodes.values()), clock.now()
    told: dict[str, list[dict[str, Any]]] = {}
    for _ in range(count):
        kind = chance.choice(KINDS)
        is_campaigns = chance.random() < 0.7
        told.setdefault(kind, []).append(
            {
                "happened_at": now
                - timedelta(minutes=chance.randrange(60 * 24 * 50), seconds=chance.randrange(60)),
                "contact_id": chance.choice(people).id,
                "campaign_id": run.id if is_campaigns else None,
                "node_id": chance.choice(nodes) if is_campaigns else None,
                "channel_id": chance.choice((run.email.id, run.sms.id)),
                "message_id": uuid7(),
                "user_id": tenant.member.id if kind == "task.done" else None,
                "facts": {"class": chance.choice(CLASSES)}
                if kind == "message.classified"
                else {"what": "opened by a machine"}
                if kind == "message.fetched"
                else {},
            }
        )
    again = told["message.classified"][0]
    later = again | {"happened_at": now - timedelta(minutes=3), "facts": {"class": "not_interested"}}
    strangers = [
        again | {"happened_at": now - timedelta(days=2), "contact_id": None, "message_id": uuid7()}
        for _ in range(2)
    ]
    told["message.classified"] += strangers
    known = {"contact_id": people[0].id}
    corrected = [
        one | who | {"facts": {"class": "wrong_person"}}
        for one, who in zip(strangers, ({}, known), strict=True)
    ]
    with tenant.acting() as session:
        for kind, rows in told.items():
            publish_all(kind, rows)
        session.commit()
    tenant.world.work()
    with tenant.acting() as session:
        publish_all("message.classified", [later, *corrected])
        session.commit()


def answered(tenant: Tenant, contact: Contact, colleague: Person, said: Sequence[tuple[int, str]]) -> None:
    """A conversation: each line is so many minutes after eight o'clock, and in or out."""
    begins = clock.now().replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=7)
    with tenant.acting() as session:
        channel_id = session.scalars(
            text("SELECT id FROM channel WHERE organization_id = :id LIMIT 1"), {"id": tenant.id}
        ).one()
        talk = Conversation(
            channel_id=channel_id,
            contact_id=contact.id,
            medium="email",
            counterpart="x",
            thread_key=str(uuid7()),
        )
        session.add(talk)
        session.flush()
        for minutes, direction in said:
            at = begins + timedelta(minutes=minutes)
            is_out = direction == "out"
            message = Message(
                conversation_id=talk.id, contact_id=contact.id, channel_id=channel_id, direction=direction, medium="email",
                state="sent" if is_out else "received", author_id=colleague.id if is_out else None,
                sent_at=at if is_out else None, occurred_at=at,
            )  # fmt: skip
            session.add(message)
            session.flush()
            publish_all(
                "message.sent" if is_out else "message.received",
                [{"happened_at": at, "contact_id": contact.id, "conversation_id": talk.id, "message_id": message.id,
                  "channel_id": channel_id}],
            )  # fmt: skip
        session.commit()
