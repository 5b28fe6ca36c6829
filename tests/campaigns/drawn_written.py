"""People who were drawn, written into the database as the engine finds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from loumass.accounts.days_off.models import DayOff
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.contacts.models import Contact, ContactTag, Suppression, Tag
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Conversation, Message
from loumass.outgoing.models import WebhookCall
from loumass.tasks.models import Task
from tests.campaigns.cast import Planned, Run
from tests.campaigns.drawn import DAYS_OFF
from tests.world import Tenant, World

_made: dict[str, Any] = {}


def drafted_once(
    world: World, steps: list[Planned], event_at: datetime | None, event_zone: str | None
) -> Run:
    """A campaign of its own for each example, on channels made once per test."""
    from tests.campaigns import cast

    if _made.get("world") is not world:
        _made.update(world=world, email=cast.channel(world.acme), sms=cast.channel(world.acme, "sms"))
        resting(world.acme, DAYS_OFF)
    with world.acme.acting() as session:
        graph_id, nodes = cast.graph(session, steps)
        campaign_id = uuid7()
        session.add(cast.Stream(id=campaign_id))
        session.flush()
        session.add(Campaign(id=campaign_id, graph_id=graph_id, name="Twin", email_channel_id=_made["email"].id,
                             sms_channel_id=_made["sms"].id, event_at=event_at, event_timezone=event_zone))  # fmt: skip
        session.commit()
    return Run(world.acme, campaign_id, nodes, _made["email"], _made["sms"])


def resting(tenant: Tenant, days: Mapping[date, str]) -> None:
    """Days off of the organization's own."""
    with tenant.acting() as session:
        session.execute(
            insert(DayOff), [{"day": day, "source": "own", "name": name} for day, name in days.items()]
        )
        session.commit()


#: In the order of their keys to each other.
_IN_ORDER = (
    Contact,
    Tag,
    ContactTag,
    Suppression,
    Enrollment,
    Step,
    Conversation,
    Message,
    HitCount,
    Task,
    WebhookCall,
)
Rows = dict[type, list[dict[str, Any]]]


def written(world: World, run: Run, people: list[dict[str, Any]], kind: str) -> list[UUID]:
    """The people as rows: standing at the first step since `entered_at`, with all their facts. One statement a table."""
    rows: Rows = {model: [] for model in _IN_ORDER}
    with world.acme.acting() as session:
        tags = {tag.name_key: tag.id for tag in session.scalars(select(Tag))}
        ids = [_one(rows, run, person, kind, tags) for person in people]
        for model, values in rows.items():
            if values:
                session.execute(insert(model), values)
        session.commit()
    return ids


def _one(rows: Rows, run: Run, person: dict[str, Any], kind: str, tags: dict[str, UUID]) -> UUID:
    contact_id, enrollment_id, step_id = uuid7(), uuid7(), uuid7()
    email = f"{contact_id}@twin.example" if "email" in person["has"] else None
    phone = f"+1{contact_id.int % 10**10:010}" if "sms" in person["has"] else None
    rows[Contact].append({
        "id": contact_id, "first_name": "Twin", "email": email, "email_key": email, "email_hash": email and keyed_hash(email),
        "phone": phone, "phone_hash": phone and keyed_hash(phone), "timezone": person["timezone"], "company": person["company"],
        "fields": {} if person["shoe"] is None else {"shoe": person["shoe"]},
    })  # fmt: skip
    for name in {name.lower(): name for name in person["tags"]}.values():
        if name.lower() not in tags:
            tags[name.lower()] = uuid7()
            rows[Tag].append({"id": tags[name.lower()], "name": name})
        rows[ContactTag].append({"contact_id": contact_id, "tag_id": tags[name.lower()]})
    for medium, reason in person["barred"].items():
        if address := email if medium == "email" else phone:
            rows[Suppression].append(
                {"medium": medium, "address_hash": keyed_hash(address), "address": address, "reason": reason}
            )
    rows[Enrollment].append({
        "id": enrollment_id, "campaign_id": run.id, "contact_id": contact_id, "state": "active", "status": person["status"].value,
        "visit": 1, "node_id": run.nodes["first"], "step_id": step_id, "entered_at": person["entered_at"],
        "due_at": person["entered_at"], "replied_at": person["replied_at"], "last_sent_at": person["last_sent_at"],
    })  # fmt: skip
    rows[Step].append(_step(step_id, enrollment_id, run, "first", person["entered_at"]))
    first = rows[Step][-1]
    _messages(rows, run, person, contact_id, first, kind)
    _waits(rows, run, person, contact_id, first, kind)
    return enrollment_id


def _step(step_id: UUID, enrollment_id: UUID, run: Run, key: str, entered_at: datetime) -> dict[str, Any]:
    return {"id": step_id, "enrollment_id": enrollment_id, "campaign_id": run.id, "node_id": run.nodes[key], "visit": 1,
            "entered_at": entered_at}  # fmt: skip


def _messages(
    rows: Rows, run: Run, person: dict[str, Any], contact_id: UUID, first: dict[str, Any], kind: str
) -> None:
    """What was said to them at the step `said`, and at the first one."""
    made: list[dict[str, Any]] = []
    if person["step_sent_at"]:
        said = _step(uuid7(), first["enrollment_id"], run, "said", clock.now())
        rows[Step].append(said)
        made.append({"id": uuid7(), "state": "sent", "sent_at": person["step_sent_at"], "step_id": said["id"], "node_id": said["node_id"]})  # fmt: skip
        if person["read"]:
            rows[HitCount].append({
                "message_id": made[0]["id"], "link": 0 if person["read"] == "opened" else 7, "human": 1, "machine": 1, "unknown": 1,
                "first_human_at": person["step_sent_at"] if person["read"] != "machine" else None,
                "last_at": person["step_sent_at"],
            })  # fmt: skip
    if person["message"] and kind.endswith("_send"):
        made.append({"id": uuid7(), "state": person["message"], "sent_at": None, "step_id": first["id"], "node_id": first["node_id"]})  # fmt: skip
    if not made:
        return
    conversation = {"id": uuid7(), "contact_id": contact_id, "channel_id": run.email.id, "medium": "email"}
    rows[Conversation].append(
        conversation | {"counterpart": "x", "thread_key": f"enrollment:{first['enrollment_id']}"}
    )
    common = {
        "conversation_id": conversation["id"], "contact_id": contact_id, "channel_id": run.email.id, "stream_id": run.id,
        "enrollment_id": first["enrollment_id"], "direction": "out", "medium": "email",
    }  # fmt: skip
    rows[Message] += [common | one for one in made]


def _waits(
    rows: Rows, run: Run, person: dict[str, Any], contact_id: UUID, first: dict[str, Any], kind: str
) -> None:
    """The task or the call that this visit planned before."""
    about = {
        "contact_id": contact_id, "stream_id": run.id, "enrollment_id": first["enrollment_id"], "step_id": first["id"],
        "node_id": first["node_id"],
    }  # fmt: skip
    at = person["entered_at"]
    if kind == "task" and person["task"]:
        state, outcome = person["task"]
        rows[Task].append(about | {
            "kind": "call", "title": "Twin", "due_at": at, "state": state, "outcome": outcome,
            "closed_at": None if state == "open" else at,
        })  # fmt: skip
    if kind == "webhook" and person["call"]:
        rows[WebhookCall].append(about | {
            "host": "hooks.example:443", "url": "https://hooks.example/in", "body": "{}", "is_awaited": True, "tries_left": 8,
            "state": person["call"], "give_up_at": at,
        })  # fmt: skip
