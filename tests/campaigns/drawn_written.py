"""People who were drawn, written into the database as the engine finds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.contacts.models import Contact, ContactTag, Suppression, Tag
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Conversation, Message
from loumass.outgoing.models import WebhookCall
from loumass.tasks.models import Task
from tests.campaigns.cast import Planned, Run
from tests.world import World

_made: dict[str, Any] = {}


def drafted_once(
    world: World, steps: list[Planned], event_at: datetime | None, event_zone: str | None
) -> Run:
    """A campaign of its own for each example, on channels made once per test."""
    from tests.campaigns import cast

    if _made.get("world") is not world:
        _made.update(world=world, email=cast.channel(world.acme), sms=cast.channel(world.acme, "sms"))
    with world.acme.acting() as session:
        graph_id, nodes = cast.graph(session, steps)
        campaign_id = uuid7()
        session.add(cast.Stream(id=campaign_id))
        session.flush()
        session.add(Campaign(id=campaign_id, graph_id=graph_id, name="Twin", email_channel_id=_made["email"].id,
                             sms_channel_id=_made["sms"].id, event_at=event_at, event_timezone=event_zone))  # fmt: skip
        session.commit()
    return Run(world.acme, campaign_id, nodes, _made["email"], _made["sms"])


def written(world: World, run: Run, people: list[dict[str, Any]], kind: str) -> list[UUID]:
    """The people as rows: standing at the first step since `entered_at`, with all their facts."""
    ids: list[UUID] = []
    with world.acme.acting() as session:
        tags = {tag.name_key: tag.id for tag in session.scalars(select(Tag))}
        for person in people:
            contact_id, enrollment_id, step_id = uuid7(), uuid7(), uuid7()
            email = f"{contact_id}@twin.example" if "email" in person["has"] else None
            phone = f"+1{contact_id.int % 10**10:010}" if "sms" in person["has"] else None
            session.add(Contact(id=contact_id, first_name="Twin", email=email, email_key=email, email_hash=email and keyed_hash(email),
                                phone=phone, phone_hash=phone and keyed_hash(phone), timezone=person["timezone"], company=person["company"],
                                fields={} if person["shoe"] is None else {"shoe": person["shoe"]}))  # fmt: skip
            session.flush()
            for name in {name.lower(): name for name in person["tags"]}.values():
                if name.lower() not in tags:
                    tags[name.lower()] = uuid7()
                    session.add(Tag(id=tags[name.lower()], name=name))
                    session.flush()
                session.add(ContactTag(contact_id=contact_id, tag_id=tags[name.lower()]))
            for medium, reason in person["barred"].items():
                address = email if medium == "email" else phone
                if address:
                    session.add(
                        Suppression(
                            medium=medium, address_hash=keyed_hash(address), address=address, reason=reason
                        )
                    )
            session.add(Enrollment(
                id=enrollment_id, campaign_id=run.id, contact_id=contact_id, state="active", status=person["status"].value, visit=1,
                node_id=run.nodes["first"], step_id=step_id, entered_at=person["entered_at"], due_at=person["entered_at"],
                replied_at=person["replied_at"], last_sent_at=person["last_sent_at"]))  # fmt: skip
            session.flush()
            session.execute(
                insert(Step),
                [
                    {
                        "id": step_id,
                        "enrollment_id": enrollment_id,
                        "campaign_id": run.id,
                        "node_id": run.nodes["first"],
                        "visit": 1,
                        "entered_at": person["entered_at"],
                    }
                ],
            )
            _write_messages(session, run, person, contact_id, enrollment_id, step_id, kind)
            _write_waits(session, run, person, contact_id, enrollment_id, step_id, kind)
            ids.append(enrollment_id)
        session.commit()
    return ids


def _write_messages(
    session: Any,
    run: Run,
    person: dict[str, Any],
    contact_id: UUID,
    enrollment_id: UUID,
    step_id: UUID,
    kind: str,
) -> None:
    rows = []
    if person["step_sent_at"]:
        said = Step(
            id=uuid7(), enrollment_id=enrollment_id, campaign_id=run.id, node_id=run.nodes["said"], visit=1
        )
        session.add(said)
        rows.append(
            {"state": "sent", "sent_at": person["step_sent_at"], "step_id": said.id, "node_id": said.node_id}
        )
    if person["message"] and kind.endswith("_send"):
        rows.append({"state": person["message"], "step_id": step_id, "node_id": run.nodes["first"]})
    if not rows:
        return
    conversation = Conversation(
        id=uuid7(),
        contact_id=contact_id,
        channel_id=run.email.id,
        medium="email",
        counterpart="x",
        thread_key=f"enrollment:{enrollment_id}",
    )
    session.add(conversation)
    session.flush()
    if person["step_sent_at"] and person["read"]:
        rows[0]["id"] = message_id = uuid7()
        at = person["step_sent_at"] if person["read"] != "machine" else None
        session.add(HitCount(message_id=message_id, link=0 if person["read"] == "opened" else 7, human=1, machine=1, unknown=1,
                             first_human_at=at, last_at=person["step_sent_at"]))  # fmt: skip
    for row in rows:
        session.add(Message(conversation_id=conversation.id, contact_id=contact_id, channel_id=run.email.id, stream_id=run.id,
                            enrollment_id=enrollment_id, direction="out", medium="email", **row))  # fmt: skip
    session.flush()


def _write_waits(
    session: Any,
    run: Run,
    person: dict[str, Any],
    contact_id: UUID,
    enrollment_id: UUID,
    step_id: UUID,
    kind: str,
) -> None:
    """The task or the call that this visit planned before."""
    about = {
        "contact_id": contact_id, "stream_id": run.id, "enrollment_id": enrollment_id, "step_id": step_id,
        "node_id": run.nodes["first"],
    }  # fmt: skip
    if kind == "task" and person["task"]:
        state, outcome = person["task"]
        closed_at = None if state == "open" else person["entered_at"]
        session.add(Task(**about, kind="call", title="Twin", due_at=person["entered_at"], state=state, outcome=outcome, closed_at=closed_at))  # fmt: skip
    if kind == "webhook" and person["call"]:
        call = {
            "host": "hooks.example:443",
            "url": "https://hooks.example/in",
            "body": "{}",
            "is_awaited": True,
            "tries_left": 8,
        }
        session.add(WebhookCall(**about, **call, state=person["call"], give_up_at=person["entered_at"]))
    session.flush()
