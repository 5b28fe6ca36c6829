"""The people of one campaign as a list: searched, filtered, what needs somebody first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select

from loumass.campaigns.backlog import THRESHOLD
from loumass.campaigns.models import STATUSES, CampaignChange, Enrollment
from loumass.campaigns.unsent import missed_one
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id
from loumass.funnels.models import Node
from loumass.messages.models import Message

#: Where people can be: value -> words.
WHERE = {
    "inside": "Still inside",
    "held": "On hold",
    "past_due": "Past due",
    "not_sent": "Missed a message",
    "left": "Left",
    "outside": "Not begun",
}
VERSION = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_LAST = "\U0010ffff"
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class PeopleWanted:
    """What a reader asked for; empty and None mean: no matter. `reason` is how they left."""

    words: str = ""
    node: UUID | None = None
    status: str = ""
    where: str = ""
    reason: str = ""
    #: Those who stand at any of these, and those who were sent the message of that step.
    among: frozenset[UUID] = frozenset()
    had: UUID | None = None
    #: The older version of the campaign that they finish on.
    version: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> PeopleWanted:
        """The filter of a page's query (`q`, `at`, `status`, `where`, `reason`, `among`, `had`, `version`); nonsense is dropped."""
        status, where, version = (query.get(name, "") for name in ("status", "where", "version"))
        return cls(
            words=" ".join(query.get("q", "").split())[:200],
            node=_id_of(query.get("at", "")),
            status=status if status in STATUSES else "",
            where=where if where in WHERE else "",
            reason=query.get("reason", "")[:200],
            among=frozenset(one for one in map(_id_of, query.get("among", "").split(",")) if one),
            had=_id_of(query.get("had", "")),
            version=int(version) if VERSION.fullmatch(version) else None,
        )

    @property
    def is_set(self) -> bool:
        """Whether it leaves anybody out."""
        return self != PeopleWanted()

    def conditions(self, campaign_id: UUID) -> list[ColumnElement[bool]]:
        """What an enrollment (joined with its contact) must fulfil."""
        found: list[ColumnElement[bool]] = [Enrollment.campaign_id == campaign_id]
        if self.words:
            found.append(or_(*_begins_with(self.words)))
        if self.node:
            found += [Enrollment.node_id == self.node, Enrollment.state != "ended"]
        if self.status:
            found.append(Enrollment.status == self.status)
        if self.reason:
            found += [Enrollment.state == "ended", Enrollment.reason == self.reason]
        if self.among:
            found += [Enrollment.node_id.in_(self.among), Enrollment.state != "ended"]
        if self.had:
            found.append(_had(self.had))
        if self.version:
            found += [
                Enrollment.node_id.in_(_steps_of(campaign_id, self.version)),
                Enrollment.state != "ended",
            ]
        if self.where:
            found.append(_is_where(self.where))
        return found


def people_page(
    campaign_id: UUID, wanted: PeopleWanted, cursor: str | None
) -> Page[tuple[Enrollment, Contact]]:
    """A page of (enrollment, contact): on hold first, then who needs a BDR, then by when they are due, then who left."""
    keys = [_urgency(), func.coalesce(Enrollment.due_at, _NEVER), Enrollment.id]
    found = page(_selected(campaign_id, wanted), keys, cursor)
    return Page([(row[0], row[1]) for row in found.items], found.before, found.after)


def count_of(campaign_id: UUID, wanted: PeopleWanted) -> int:
    """How many match."""
    return db().scalar(select(func.count()).select_from(ids_of(campaign_id, wanted).subquery())) or 0


def ids_of(campaign_id: UUID, wanted: PeopleWanted) -> Select[UUID]:
    """The select of the ids of every enrollment that matches, for acts on all of them."""
    return (
        select(Enrollment.id)
        .join(Contact, _is_theirs())
        .where(Enrollment.organization_id == current_organization_id(), *wanted.conditions(campaign_id))
    )


def batches(campaign_id: UUID, wanted: PeopleWanted) -> Iterator[Sequence[Row[Enrollment, Contact]]]:
    """Everybody who matches as (enrollment, contact), in batches: memory stays flat."""
    after = UUID(int=0)
    while True:
        statement = (
            _selected(campaign_id, wanted).where(Enrollment.id > after).order_by(Enrollment.id).limit(_BATCH)
        )
        rows = db().execute(statement).all()
        if not rows:
            return
        yield rows
        after = rows[-1][0].id
        db().expunge_all()


def _selected(campaign_id: UUID, wanted: PeopleWanted) -> Select[Enrollment, Contact]:
    return select(Enrollment, Contact).join(Contact, _is_theirs()).where(*wanted.conditions(campaign_id))


def _is_theirs() -> ColumnElement[bool]:
    return and_(Contact.organization_id == Enrollment.organization_id, Contact.id == Enrollment.contact_id)


def _urgency() -> ColumnElement[int]:
    return case(
        (Enrollment.state == "held", 0),
        (Enrollment.status == "Needs BDR", 1),
        (Enrollment.state != "ended", 2),
        else_=3,
    )


def _is_where(where: str) -> ColumnElement[bool]:
    return {
        "inside": Enrollment.state != "ended",
        "held": Enrollment.state == "held",
        "left": Enrollment.state == "ended",
        "outside": and_(Enrollment.node_id.is_(None), Enrollment.state != "ended"),
        "past_due": _is_past_due(),
        "not_sent": missed_one(),
    }[where]


def _is_past_due() -> ColumnElement[bool]:
    """As `backlog` counts them: a decision that was due, or a message that was planned, before its threshold."""
    before = clock.now() - THRESHOLD
    queued = select(Message.id).where(
        Message.organization_id == current_organization_id(),
        Message.step_id == Enrollment.step_id,
        Message.state == "queued",
        Message.created_at <= before,
    )
    return and_(
        Enrollment.state.in_(("active", "waiting")),
        or_(
            Enrollment.due_at <= before,
            and_(Enrollment.due_at.is_(None), exists(queued.correlate(Enrollment))),
        ),
    )


def _steps_of(campaign_id: UUID, version: int) -> Select[UUID]:
    """The steps of a version that is not the newest: what the next change froze."""
    is_next = and_(CampaignChange.campaign_id == campaign_id, CampaignChange.number == version + 1)
    is_on_it = and_(
        Node.organization_id == CampaignChange.organization_id,
        Node.graph_id == CampaignChange.before_graph_id,
    )
    return (
        select(Node.id)
        .join(CampaignChange, is_on_it)
        .where(Node.organization_id == current_organization_id(), is_next)
    )


def _had(node_id: UUID) -> ColumnElement[bool]:
    sent = select(Message.id).where(
        Message.organization_id == current_organization_id(),
        Message.enrollment_id == Enrollment.id,
        Message.node_id == node_id,
        Message.state.in_(("queued", "sending", "sent", "in_doubt")),
    )
    return exists(sent.correlate(Enrollment))


def _begins_with(words: str) -> list[ColumnElement[bool]]:
    """Prefixes as ranges on C-collated columns: policies leave those fast, unlike LIKE."""
    lower = words.lower()
    columns = (Contact.name_key, Contact.last_name_key, Contact.company_key, Contact.email_key)
    return [and_(column >= lower, column < lower + _LAST) for column in columns]


def _id_of(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
