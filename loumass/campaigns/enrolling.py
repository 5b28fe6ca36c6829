"""People enter a campaign: in one statement, each at most once at a time, with a count of who was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text

from loumass.campaigns import states
from loumass.campaigns.models import Campaign
from loumass.campaigns.waking import announce, wake_engine
from loumass.contacts.listing import ids_where, plan_lists
from loumass.contacts.rules.as_text import as_text
from loumass.contacts.segment_models import Segment
from loumass.contacts.segments import live, members_of
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get, get_or_404, show_only_own, shows_only_own
from loumass.funnels.kinds import KINDS
from loumass.funnels.models import Node

ADD_PEOPLE = "campaigns.add_people"
SLICE = 5_000
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EnrollResult:
    """How many entered, and how many of the chosen did not: inside already, deleted or unknown, not to be reached
    on any medium of the campaign (no address, or suppressed). `is_following`: more are added by a job."""

    added: int = 0
    already_inside: int = 0
    archived: int = 0
    unreachable: int = 0
    is_following: bool = False

    @property
    def left_out(self) -> int:
        """Everybody who was chosen and did not enter."""
        return self.already_inside + self.archived + self.unreachable


#: A CTE: what becomes of each of `chosen` (id), for `:campaign_id`.
JUDGED = """
    judged AS MATERIALIZED (
        SELECT chosen.id, CASE
            WHEN contact.id IS NULL OR contact.archived_at IS NOT NULL THEN 'archived'
            WHEN EXISTS (SELECT 1 FROM enrollment inside WHERE inside.organization_id = :organization_id
                AND inside.campaign_id = :campaign_id AND inside.contact_id = chosen.id AND inside.state <> 'ended')
                THEN 'already_inside'
            WHEN CAST(:media AS text[]) <> '{}' AND NOT EXISTS (
                SELECT 1 FROM (
                    VALUES ('email', contact.email_hash), ('sms', contact.phone_hash), ('voicemail', contact.phone_hash)
                ) AS way(medium, hash)
                WHERE way.medium = ANY(CAST(:media AS text[])) AND way.hash IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM suppression su WHERE su.organization_id = :organization_id
                      AND su.medium = way.medium AND su.address_hash = way.hash AND su.until_at IS NULL))
                THEN 'unreachable'
            ELSE 'added' END AS verdict
        FROM chosen LEFT JOIN contact ON contact.organization_id = :organization_id AND contact.id = chosen.id
    )
"""
_NAMED = "SELECT DISTINCT id FROM unnest(CAST(:ids AS uuid[])) AS one(id)"
#: Where people are added from: SQL that lists contact ids as `id`; `:source` is what the form chose.
SOURCES = {
    "import": "SELECT contact_id AS id FROM imported_contact "
    "WHERE organization_id = :organization_id AND import_id = CAST(:source AS uuid)",
    "tag": "SELECT contact_id AS id FROM contact_tag "
    "WHERE organization_id = :organization_id AND tag_id = CAST(:source AS uuid)",
    "everyone": "SELECT id FROM contact WHERE organization_id = :organization_id AND archived_at IS NULL",
}
#: The one whose SQL is a saved rule's: who is in it is asked anew for each slice.
SEGMENT = "segment"
#: Beside the source: who chose, where that person sees only their own. A job goes on with those, and nobody else's.
OWN_OF = "own_of"
_PART = "SELECT id FROM ({source}) everybody WHERE id > :after ORDER BY id LIMIT :most"
_FORECAST = "WITH chosen AS ({chosen}), {judged} SELECT verdict, count(*) AS people, count(*) AS judged FROM judged GROUP BY verdict"
_WOULD = """
    WITH chosen AS MATERIALIZED ({chosen}), {judged}
    SELECT id, verdict, (SELECT id FROM chosen ORDER BY id DESC LIMIT 1) AS last_id, (SELECT count(*) FROM chosen) AS judged
    FROM judged ORDER BY id
"""
_ENROLL = """
    WITH chosen AS MATERIALIZED ({chosen}), {judged}, entered AS (
        INSERT INTO enrollment (organization_id, campaign_id, contact_id, due_at, enrolled_at)
        SELECT :organization_id, :campaign_id, id, :now, :now FROM judged WHERE verdict = 'added' ORDER BY id
        ON CONFLICT (organization_id, campaign_id, contact_id) WHERE state <> 'ended' DO NOTHING
        RETURNING id)
    SELECT verdict, CASE WHEN verdict = 'added' THEN (SELECT count(*) FROM entered) ELSE count(*) END AS people,
        count(*) AS judged, (SELECT id FROM chosen ORDER BY id DESC LIMIT 1) AS last_id
    FROM judged GROUP BY verdict
"""


def enroll(campaign_id: UUID, contacts: Sequence[UUID] | Select[Any]) -> EnrollResult:
    """Put contacts (ids, or a Select of contact ids) into the campaign, in a fixed number of statements.

    A running campaign begins with them at once; a finished one runs again. Raises NotFound, and Conflict for a
    cancelled campaign.
    """
    campaign = _open(campaign_id)
    ids = list(db().scalars(contacts)) if isinstance(contacts, Select) else list(contacts)
    return _enter(campaign, _NAMED, {"ids": ids})[0]


def enroll_from(campaign_id: UUID, source: dict[str, str]) -> EnrollResult:
    """Put everybody from `source` (`{"import": id}`, `{"tag": id}`, `{"segment": id}` or `{"everyone": ""}`) into the campaign.

    A first slice enters at once; for the rest a job is rung. Raises NotFound, Conflict, Refused.
    """
    campaign = _open(campaign_id)
    result, last_id = _enter_slice(campaign, source, NOBODY)
    if last_id is None:
        return result
    wake_all([Wake(ADD_PEOPLE, (str(campaign_id), _as_now(source), str(last_id)), clock.now())])
    return replace(result, is_following=True)


def enroll_slice(campaign_id: UUID, source: dict[str, str], after: UUID) -> UUID | None:
    """The next slice of a large `source`; returns where to go on, None at its end. A cancelled campaign takes nobody,
    and a segment that was put away meanwhile has nobody."""
    if OWN_OF in source:
        show_only_own(db(), UUID(source[OWN_OF]))
    campaign = states.locked(campaign_id)
    if campaign.state == "cancelled" or not _is_here(source):
        return None
    return _enter_slice(campaign, source, after)[1]


def forecast(campaign_id: UUID, source: dict[str, str]) -> EnrollResult:
    """What adding everybody from `source` would do, by the same judgement. Changes nothing. Raises NotFound, Refused."""
    campaign = get_or_404(Campaign, campaign_id)
    chosen, named = _listed(source)
    statement = _FORECAST.format(chosen=chosen, judged=JUDGED)
    rows = db().execute(text(statement), {**bound_of(campaign), **named}).all()
    return _result(rows)


def would_enter(
    campaign: Campaign, source: dict[str, str], after: UUID, most: int
) -> tuple[list[UUID], UUID | None]:
    """Who of the next `most` of `source` would be added, by the same judgement, and where to go on; None at its end."""
    chosen, named = _listed(source)
    part = _WOULD.format(chosen=_PART.format(source=chosen), judged=JUDGED)
    rows = db().execute(text(part), {**bound_of(campaign), **named, "after": after, "most": most}).all()
    ids = [row.id for row in rows if row.verdict == "added"]
    return ids, rows[0].last_id if rows and rows[0].judged == most else None


def _open(campaign_id: UUID) -> Campaign:
    campaign = states.locked(campaign_id)
    if campaign.state == "cancelled":
        raise Conflict(f"{campaign.name} was cancelled and takes nobody any more. Nobody was added.")
    return campaign


def _enter_slice(campaign: Campaign, source: dict[str, str], after: UUID) -> tuple[EnrollResult, UUID | None]:
    chosen, named = _listed(source)
    part = _PART.format(source=chosen)
    result, rows = _enter(campaign, part, {**named, "after": after, "most": SLICE})
    is_full = sum(row.judged for row in rows) == SLICE
    return result, rows[0].last_id if is_full else None


def _enter(
    campaign: Campaign, chosen: str, parameters: dict[str, Any]
) -> tuple[EnrollResult, Sequence[Row[Any]]]:
    statement = _ENROLL.format(chosen=chosen, judged=JUDGED)
    rows = db().execute(text(statement), {**bound_of(campaign), "now": clock.now(), **parameters}).all()
    result = _result(rows)
    if result.added:
        if campaign.state == "finished":
            states.reopen(campaign)
        if campaign.state == "running":
            wake_engine([campaign.id])
        announce([campaign.id])
    return result, rows


def _result(rows: Sequence[Row[Any]]) -> EnrollResult:
    counts = {row.verdict: row.people for row in rows}
    # Somebody else added them between the judgement and the insert: they are inside.
    raced = sum(row.judged - row.people for row in rows)
    counts["already_inside"] = counts.get("already_inside", 0) + raced
    return EnrollResult(**counts)


def bound_of(campaign: Campaign) -> dict[str, Any]:
    """What `JUDGED` binds."""
    return {
        "organization_id": current_organization_id(),
        "campaign_id": campaign.id,
        "media": sorted(media_of(campaign)),
    }


def media_of(campaign: Campaign) -> frozenset[str]:
    """The media that the campaign's steps write on."""
    kinds = db().scalars(select(Node.kind).where(Node.graph_id == campaign.graph_id).distinct())
    found = (KINDS[kind].medium for kind in kinds if kind in KINDS)
    return frozenset(medium for medium in found if medium)


def _listed(source: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """SQL that lists the contact ids of `source`, and what it binds. Raises Refused, NotFound."""
    kind, value = next(iter(source.items()), ("", ""))
    if kind == SEGMENT:
        plan_lists()
        return as_text(ids_where(members_of(live(UUID(value)))))
    if kind not in SOURCES:
        raise Refused("Choose where the people come from. Nobody was added.")
    return SOURCES[kind], {"source": value} if value else {}


def _as_now(source: dict[str, str]) -> dict[str, str]:
    return {**source, OWN_OF: str(db().info["user_id"])} if shows_only_own() else source


def _is_here(source: dict[str, str]) -> bool:
    segment = get(Segment, UUID(source[SEGMENT])) if SEGMENT in source else None
    return SEGMENT not in source or (segment is not None and segment.archived_at is None)
