"""News about somebody who walks, told to the engine's listeners and to the model: `tell(run, journey, "reply", now)`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from loumass.campaigns import deciding, goal_news, listeners, parking
from loumass.campaigns.models import Enrollment
from loumass.campaigns.statuses import set_status
from loumass.contacts import bulk
from loumass.contacts.models import Contact, Suppression
from loumass.core.secrets import keyed_hash
from loumass.events.models import Event
from loumass.funnels.kinds import KINDS
from loumass.funnels.statuses import Status
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Message
from loumass.outgoing.models import WebhookCall
from loumass.tasks.models import Task
from tests.campaigns.cast import Run
from tests.campaigns.journeys import Journey

Told = Callable[[Session, Run, Journey, datetime], None]


def tell(session: Session, run: Run, one: Journey, what: str, now: datetime) -> None:
    """What happened. The caller commits."""
    NEWS[what](session, run, one, now)


def _event(run: Run, one: Journey, kind: str, now: datetime, **facts: Any) -> Event:
    return Event(
        kind=kind, enrollment_id=one.id, contact_id=one.contact_id, campaign_id=run.id, facts=facts, happened_at=now,
    )  # fmt: skip


def _comes_to(state: str) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        """The message of the step where they stand comes to `state`, if it can."""
        said = one.message.state if one.message else None
        if one.state == "ended" or said not in ("queued", "in_doubt") or said == state:
            return
        here = select(Enrollment.step_id).where(Enrollment.id == one.id).scalar_subquery()
        values = {"state": state, "sent_at": now if state == "sent" else None, "ended_at": now}
        [message_id] = session.scalars(
            update(Message).where(Message.step_id == here).values(values).returning(Message.id)
        ).all()
        listeners.on_outcome(
            [Event(kind=f"message.{state}", message_id=message_id, facts={}, happened_at=now)]
        )
        one.outcome(state, now)

    return told


def _replies(session: Session, run: Run, one: Journey, now: datetime) -> None:
    listeners.on_replied([_event(run, one, "message.replied", now)])
    one.reply(now)


def _reads(what: str) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        found = select(Message.id).where(Message.enrollment_id == one.id, Message.state == "sent")
        message_id = session.scalars(found.order_by(Message.sent_at.desc())).first()
        if message_id is None:
            return
        hit = {"message_id": message_id, "link": 0 if what == "opened" else 7, "human": 1, "machine": 0, "unknown": 0,
               "first_human_at": now, "last_at": now}  # fmt: skip
        session.execute(upsert(HitCount).values(hit).on_conflict_do_nothing())
        (listeners.on_opened if what == "opened" else listeners.on_clicked)(
            [_event(run, one, f"message.{what}", now)]
        )
        one.read(what, now)

    return told


def _bounces(session: Session, run: Run, one: Journey, now: datetime) -> None:
    listeners.on_bounced([_event(run, one, "message.bounced", now, permanent=True)])
    one.end("bounced")


def _says_no(medium: str) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        contact = session.get_one(Contact, (run.tenant.id, one.contact_id))
        address = contact.email if medium == "email" else contact.phone
        if address and medium not in one.barred:
            values = {
                "medium": medium,
                "address_hash": keyed_hash(address),
                "address": address,
                "reason": "unsubscribed",
            }
            session.execute(insert(Suppression).values(values))
            one.barred |= {medium}
        no = Event(
            kind="contact.unsubscribed", contact_id=contact.id, facts={"medium": medium}, happened_at=now
        )
        listeners.on_opted_out([no])
        if any(KINDS[node.kind].medium == medium for node in one.course.version(one.node).nodes):
            one.end("opted_out")

    return told


def _gets_tag(session: Session, run: Run, one: Journey, now: datetime) -> None:
    bulk.tag([one.contact_id], "Guest")
    one.tags |= {"Guest"}
    goal_news.on_goal_tagged([_event(run, one, "contact.tagged", now)])
    one.wake_for_goals(now)


def _changes_field(session: Session, run: Run, one: Journey, now: datetime) -> None:
    session.execute(update(Contact).where(Contact.id == one.contact_id).values(company=""))
    one.fields["company"] = ""
    goal_news.on_goal_changed([_event(run, one, "contact.changed", now)])
    one.wake_for_goals(now)


def _task(state: str, outcome: str | None) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        if one.task != ("open", None) or one.state == "ended":
            return
        here = select(Enrollment.step_id).where(Enrollment.id == one.id).scalar_subquery()
        closed = update(Task).where(Task.step_id == here, Task.state == "open")
        values = {"state": state, "outcome": outcome, "closed_at": now}
        assert len(session.scalars(closed.values(values).returning(Task.id)).all()) == 1
        one.task = (state, outcome)
        listeners.on_task_closed([_event(run, one, f"task.{state}", now)])
        one.wake(now, "task")

    return told


def _call(state: str) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        if one.call != "queued" or one.state == "ended":
            return
        here = select(Enrollment.step_id).where(Enrollment.id == one.id).scalar_subquery()
        ended = (
            update(WebhookCall)
            .where(WebhookCall.step_id == here)
            .values(state=state, ended_at=now, due_at=None)
        )
        assert len(session.scalars(ended.returning(WebhookCall.id)).all()) == 1
        one.call = state
        listeners.on_call_ended([_event(run, one, "call.ended", now)])
        one.wake(now, "call")

    return told


def _is_away(session: Session, run: Run, one: Journey, now: datetime) -> None:
    until = now + timedelta(days=4)
    parking.on_away([_event(run, one, "contact.away", now, until=until.isoformat())])
    one.park(until)


def _is_held(session: Session, run: Run, one: Journey, now: datetime) -> None:
    deciding.hold_people([one.id], None)
    one.hold()


def _is_released(session: Session, run: Run, one: Journey, now: datetime) -> None:
    deciding.release_people([one.id])
    one.release(now)


def _is_marked(status: Status) -> Told:
    def told(session: Session, run: Run, one: Journey, now: datetime) -> None:
        set_status([one.id], status.value)
        one.mark(status.value, now)

    return told


NEWS: dict[str, Told] = {
    **{state: _comes_to(state) for state in ("sent", "failed", "cancelled", "in_doubt")},
    "reply": _replies, "open": _reads("opened"), "click": _reads("clicked"), "bounce": _bounces,
    "no to email": _says_no("email"), "no to sms": _says_no("sms"), "tag": _gets_tag, "field": _changes_field,
    "done a": _task("done", "a"), "done c": _task("done", "c"), "skipped": _task("skipped", None),
    "answered": _call("delivered"), "given up": _call("failed"),
    "away": _is_away, "hold": _is_held, "release": _is_released,
    **{status.value: _is_marked(status) for status in Status},
}  # fmt: skip

#: Nobody is doubled or lost, whatever happened: what must never be found, each in words.
_BROKEN = text("""
    WITH here AS MATERIALIZED (
        SELECT * FROM enrollment WHERE organization_id = :organization_id AND campaign_id = :campaign_id
    ), ground AS MATERIALIZED (
        SELECT graph_id AS id FROM campaign WHERE organization_id = :organization_id AND id = :campaign_id UNION
        SELECT before_graph_id FROM campaign_change
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND applied_at IS NOT NULL
    ), taken AS MATERIALIZED (
        SELECT * FROM step WHERE organization_id = :organization_id AND campaign_id = :campaign_id
    )
    SELECT 'stands on no version that exists' FROM here WHERE state <> 'ended' AND node_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM node JOIN ground ON ground.id = node.graph_id
        WHERE node.organization_id = :organization_id AND node.id = here.node_id)
    UNION ALL SELECT 'neither due nor waiting for anything, ' || state || ' ' || coalesce(waiting_for ->> 'for', 'nothing')
    FROM here WHERE CASE state
        WHEN 'active' THEN due_at IS NULL WHEN 'held' THEN reason IS NULL OR waiting_for ->> 'because' IS NULL
            AND waiting_for ->> 'for' <> 'person'
        WHEN 'waiting' THEN waiting_for ->> 'for' IS NULL OR due_at IS NULL AND waiting_for ->> 'for' NOT IN
            ('message', 'task', 'call')
        ELSE due_at IS NOT NULL OR reason IS NULL END
    UNION ALL SELECT 'walks twice' FROM here WHERE state <> 'ended' GROUP BY contact_id HAVING count(*) > 1
    UNION ALL SELECT 'stands in no open visit' FROM here WHERE state <> 'ended' AND node_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM taken WHERE taken.id = here.step_id AND taken.enrollment_id = here.id AND taken.left_at IS NULL
          AND taken.visit = here.visit)
    UNION ALL SELECT 'an open visit where nobody stands' FROM taken JOIN here ON here.id = taken.enrollment_id
    WHERE taken.left_at IS NULL AND (here.state = 'ended' OR here.step_id <> taken.id)
    UNION ALL SELECT 'visits are left out' FROM taken JOIN here ON here.id = taken.enrollment_id
    GROUP BY here.id, here.visit HAVING count(*) <> here.visit OR max(taken.visit) <> here.visit
    UNION ALL SELECT 'round and round without time' FROM taken GROUP BY enrollment_id, node_id, entered_at
    HAVING count(*) > 1 AND NOT bool_or(taken.outcome = 'moved')
    UNION ALL SELECT 'two messages of one visit' FROM message
    WHERE organization_id = :organization_id AND stream_id = :campaign_id GROUP BY step_id HAVING count(*) > 1
    UNION ALL SELECT 'a message waits for somebody who left' FROM message JOIN here ON here.id = message.enrollment_id
    WHERE message.organization_id = :organization_id AND message.stream_id = :campaign_id AND message.state = 'queued'
      AND here.state = 'ended'
    UNION ALL SELECT 'two tasks of one visit' FROM task
    WHERE organization_id = :organization_id AND stream_id = :campaign_id GROUP BY step_id HAVING count(*) > 1
    UNION ALL SELECT 'a task is open for somebody who left' FROM task JOIN here ON here.id = task.enrollment_id
    WHERE task.organization_id = :organization_id AND task.stream_id = :campaign_id AND task.state = 'open'
      AND here.state = 'ended'
    UNION ALL SELECT 'two calls of one visit' FROM webhook_call
    WHERE organization_id = :organization_id AND stream_id = :campaign_id GROUP BY step_id HAVING count(*) > 1
""")


def broken_promises(session: Session, run: Run) -> list[str]:
    """What is wrong with the campaign as it is written down."""
    bound = {"organization_id": run.tenant.id, "campaign_id": run.id}
    return list(session.scalars(_BROKEN, bound))
