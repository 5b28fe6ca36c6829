"""The people of a simulation: those inside where they stand, and those who would be added. Read in batches, changing nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from loumass.campaigns import enrolling
from loumass.campaigns.advancing.ground import CampaignGround as Ground
from loumass.campaigns.models import Campaign
from loumass.campaigns.simulating.knowing import Knowing
from loumass.campaigns.simulating.reach import NO_EMAIL, NO_PHONE, Reaches
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.plans import looked_up_in_order
from loumass.funnels.graph import Graph
from loumass.funnels.simulating.people import Person
from loumass.funnels.walking.ground import zone_or
from loumass.funnels.walking.walker import Walker
from loumass.messages.pooling import kept_senders

#: A simulation of more takes minutes; so many are walked, and it is said that there are more.
MOST = 500_000
_BATCH = 5_000
_NOBODY = UUID(int=0)
#: Messages of so many days count for how often somebody is written to.
_A_WEEK = timedelta(days=8)

_INSIDE = """
    SELECT e.id, e.contact_id, e.node_id, e.step_id, e.visit, e.entered_at, e.stage, e.status, e.status_changed_at,
        e.is_catching_up, e.replied_at, e.last_sent_at, co.timezone, e.state, e.reason, e.due_at,
        e.waiting_for ->> 'for' AS waits_for, co.email IS NULL AS has_no_email, co.phone IS NULL AS has_no_phone,
        co.archived_at IS NOT NULL AS is_gone, m.state AS message, m.id AS message_id, m.due_at AS message_due_at, m.channel_id
    FROM (
        SELECT * FROM enrollment
        WHERE enrollment.organization_id = :organization_id AND enrollment.campaign_id = :campaign_id
          AND enrollment.state <> 'ended' AND {which} ORDER BY enrollment.id LIMIT :most
    ) e
    JOIN contact co ON co.organization_id = :organization_id AND co.id = e.contact_id
    LEFT JOIN LATERAL (
        SELECT message.state, message.id, message.due_at, message.channel_id FROM message
        WHERE message.organization_id = :organization_id AND message.step_id = e.step_id AND message.direction = 'out' LIMIT 1
    ) m ON true
    ORDER BY e.id
"""
_NEXT = text(_INSIDE.format(which="enrollment.id > :after"))
_ONE = text(_INSIDE.format(which="enrollment.contact_id = :only"))
_OUTSIDE = text("""
    SELECT co.id AS contact_id, co.timezone, co.email IS NULL AS has_no_email, co.phone IS NULL AS has_no_phone
    FROM contact co WHERE co.organization_id = :organization_id AND co.id = ANY(CAST(:contacts AS uuid[])) ORDER BY co.id
""")
_GOT = text("""
    SELECT m.contact_id, array_agg(m.occurred_at ORDER BY m.occurred_at) AS got FROM message m
    WHERE m.organization_id = :organization_id AND m.contact_id = ANY(CAST(:contacts AS uuid[]))
      AND m.occurred_at >= :since AND m.direction = 'out' AND m.state IN ('sent', 'in_doubt', 'sending')
    GROUP BY m.contact_id
""")


@dataclass(slots=True)
class Member:
    """Somebody and where they stand. `message` is what became of the message of their step."""

    person: Person
    state: str
    reason: str
    node_id: UUID | None
    due_at: datetime | None
    waits_for: str
    message: str = ""
    message_id: UUID | None = None
    message_due_at: datetime | None = None
    channel_id: UUID | None = None
    is_inside: bool = True


@dataclass(slots=True, kw_only=True)
class Asked:
    """Whom to read, and what of them. `pools`: media with more than one sender; `has_budget`: what people got is counted."""

    ground: Ground
    graph: Graph
    source: dict[str, str]
    seed: int
    media: Sequence[str]
    pools: Sequence[str] = ()
    is_synthetic: bool = False
    has_budget: bool = False
    most: int = MOST
    #: Nobody else: where they stand, or as if they were added now.
    only: UUID | None = None


class Audience:
    """Reads `asked`. `tells` hears how many were read, and may raise to stop."""

    def __init__(self, asked: Asked, tells: Callable[[int], None]) -> None:
        self.asked, self._tells, self.count = asked, tells, 0
        self._knowing = Knowing(asked.ground, asked.graph)
        self._reaches = Reaches(asked.ground, asked.media, is_synthetic=asked.is_synthetic)
        home = asked.ground.home
        self._zone: Callable[[str | None], ZoneInfo] = cache(lambda name: zone_or(name, home))

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than were read."""
        return self.count >= self.asked.most

    def members(self) -> Iterator[Member]:
        """Those inside, then those who would be added."""
        if self.asked.only is not None:
            yield from self._one(self.asked.only)
            return
        for rows in self._inside():
            walkers = [Walker(*tuple(row)[:13]) for row in rows]
            yield from self._members(rows, walkers)
        if self.asked.source:
            for rows in self._outside():
                walkers = [_outsider(self.asked.seed, row) for row in rows]
                yield from self._members(rows, walkers)

    def _one(self, contact_id: UUID) -> Iterator[Member]:
        bound = self.asked.ground.bound(campaign_id=self.asked.ground.campaign.id, only=contact_id, most=1)
        rows = db().execute(_ONE, bound).all()
        walkers = [Walker(*tuple(row)[:13]) for row in rows]
        if not rows:
            rows = db().execute(_OUTSIDE, self.asked.ground.bound(contacts=uuid_array([contact_id]))).all()
            walkers = [_outsider(self.asked.seed, row) for row in rows]
        yield from self._members(rows, walkers)

    def _inside(self) -> Iterator[Sequence[Row[Any]]]:
        after = _NOBODY
        while not self.is_cut:
            bound = self.asked.ground.bound(
                campaign_id=self.asked.ground.campaign.id,
                after=after,
                most=min(_BATCH, self.asked.most - self.count),
            )
            with looked_up_in_order():
                rows = db().execute(_NEXT, bound).all()
            if not rows:
                return
            yield rows
            after = rows[-1].id

    def _outside(self) -> Iterator[Sequence[Row[Any]]]:
        campaign: Campaign = self.asked.ground.campaign
        after: UUID | None = _NOBODY
        while after is not None and not self.is_cut:
            most = min(_BATCH, self.asked.most - self.count)
            ids, after = enrolling.would_enter(campaign, self.asked.source, after, most)
            rows = db().execute(_OUTSIDE, self.asked.ground.bound(contacts=uuid_array(ids))).all()
            if rows:
                yield rows

    def _members(self, rows: Sequence[Row[Any]], walkers: Sequence[Walker]) -> Iterator[Member]:
        known = self._knowing.of(walkers)
        reach = self._reaches.of(walkers, {row.contact_id: list(_lacks(row)) for row in rows})
        kept, got = self._kept(walkers), self._got(walkers)
        for row, walker in zip(rows, walkers, strict=True):
            values, did = known[walker.id]
            person = Person(
                walker.id, walker.contact_id, self._zone(walker.timezone), values, reach[walker.contact_id]
            )
            person.did, person.got, person.kept = did, got.get(walker.contact_id), kept.get(walker.contact_id)
            yield _member(row, walker, person)
        self.count += len(rows)
        self._tells(self.count)

    def _kept(self, walkers: Sequence[Walker]) -> dict[UUID, dict[str, UUID]]:
        found: dict[UUID, dict[str, UUID]] = {}
        for medium in self.asked.pools:
            contacts = [walker.contact_id for walker in walkers]
            for contact_id, channel_id in kept_senders(
                self.asked.ground.campaign.id, medium, contacts
            ).items():
                found.setdefault(contact_id, {})[medium] = channel_id
        return found

    def _got(self, walkers: Sequence[Walker]) -> dict[UUID, list[datetime]]:
        if not self.asked.has_budget:
            return {}
        contacts = uuid_array(walker.contact_id for walker in walkers)
        since = self.asked.ground.now - _A_WEEK
        rows = db().execute(_GOT, self.asked.ground.bound(contacts=contacts, since=since))
        return {row.contact_id: list(row.got) for row in rows}


def _member(row: Row[Any], walker: Walker, person: Person) -> Member:
    person.visits, person.status = walker.visit, walker.status
    person.entered_at = walker.entered_at or person.entered_at
    person.replied_at, person.last_sent_at = walker.replied_at, walker.last_sent_at
    if not hasattr(row, "state"):
        return Member(person, "active", "", None, None, "", is_inside=False)
    state = "gone" if row.is_gone else row.state
    return Member(
        person, state, row.reason or "", row.node_id, row.due_at, row.waits_for or "", row.message or "",
        row.message_id, row.message_due_at, row.channel_id,
    )  # fmt: skip


def _outsider(seed: int, row: Row[Any]) -> Walker:
    """Somebody who is not inside yet, with the id of an enrollment that follows from the seed: splits look at it."""
    digest = blake2b(row.contact_id.bytes, digest_size=16, key=str(seed).encode()).digest()
    return Walker(
        UUID(bytes=digest),
        row.contact_id,
        None,
        None,
        0,
        None,
        "",
        "No Activity",
        None,
        False,
        None,
        None,
        row.timezone,
    )


def _lacks(row: Row[Any]) -> Iterator[str]:
    if row.has_no_email:
        yield NO_EMAIL
    if row.has_no_phone:
        yield NO_PHONE
