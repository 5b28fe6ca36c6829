"""Messages that people in a campaign never got: how many people, which step, and why."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from loumass.campaigns.models import Enrollment, Step
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.decisions import FAILED
from loumass.funnels.models import Node
from loumass.messages.models import Message

_SKIPPED = "skipped"


def is_unsent() -> ColumnElement[bool]:
    """Whether a step was left without its message."""
    return or_(Step.outcome == FAILED, Step.outcome.startswith(_SKIPPED))


def missed_one() -> ColumnElement[bool]:
    """Whether somebody (an enrollment of the statement around) did not get one of their messages."""
    missed = select(Step.id).where(
        Step.organization_id == current_organization_id(), Step.enrollment_id == Enrollment.id, is_unsent()
    )
    return missed.correlate(Enrollment).exists()


def people_who_missed_one(campaign_id: UUID) -> int:
    """How many people of the campaign did not get one of their messages."""
    found = select(func.count(Step.enrollment_id.distinct())).where(
        Step.campaign_id == campaign_id, is_unsent()
    )
    return db().scalar(found) or 0


def why_unsent(enrollment_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What each of them missed last and why, by enrollment: "Invitation was not sent: mailbox full"."""
    of_step = (Message.organization_id == Step.organization_id) & (Message.step_id == Step.id)
    of_node = (Node.organization_id == Step.organization_id) & (Node.id == Step.node_id)
    rows = db().execute(
        select(Step.enrollment_id, Step.outcome, Node.name, Message.reason)
        .join(Node, of_node)
        .outerjoin(Message, of_step)
        .where(Step.enrollment_id.in_(enrollment_ids), is_unsent())
        .order_by(Step.visit)
    )
    return {row.enrollment_id: f"{row.name} was not sent: {row.reason or _said(row.outcome)}" for row in rows}


def _said(outcome: str) -> str:
    return outcome.removeprefix(_SKIPPED).removeprefix(":").strip() or "it failed"
