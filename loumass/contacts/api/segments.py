"""Saved rules, and whom they find."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.contacts import segment_counting, segments
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import NamedBody
from loumass.contacts.rules.reading import names_in, read
from loumass.contacts.rules.wording import in_words
from loumass.contacts.segment_models import Segment
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Flag, Line, PageOut, PageQuery, flag, paged
from loumass.core.tenancy import get_or_404

Rule = Annotated[dict[str, Any], Field(max_length=10)]


class SegmentQuery(PageQuery):
    """By the beginning of the name; those in use, or those put away."""

    q: Line | None = None
    archived: Flag = "false"


class SegmentBody(NamedBody):
    """A rule to keep (docs/segments.md)."""

    rule: Rule


class RuleBody(ApiModel):
    """A rule to try."""

    rule: Rule


class SegmentOut(ApiModel):
    """A saved rule, also in words. `people` is the number that was counted last, if any."""

    id: UUID
    name: str
    description: str
    rule: dict[str, Any]
    words: str
    people: int | None
    counted_at: datetime | None
    archived_at: datetime | None


class FoundOut(ApiModel):
    """Whom a rule finds now; null where counting takes too long to wait for."""

    people: int | None
    words: str


@endpoint(api, "GET", "/segments", asks=SegmentQuery, answers=PageOut[SegmentOut])
@requires("contacts.read")
def list_segments(query: SegmentQuery) -> PageOut[SegmentOut]:
    """Segments by name."""
    found = segments.segments(
        query.cursor, words=query.q or "", is_archived=bool(flag(query.archived)), size=query.limit
    )
    words = segments.words_of(found.items)
    return paged(found, lambda row: _told(row, words[row.id]))


@endpoint(api, "POST", "/segments", takes=SegmentBody, answers=SegmentOut, status=201)
@requires("segments.write")
def add_segment(body: SegmentBody) -> SegmentOut:
    """Keep a rule under a name."""
    return _one(segments.add(body.name, body.description, read(body.rule), g.user.id))


@endpoint(api, "POST", "/segments/preview", takes=RuleBody, answers=FoundOut)
@requires("contacts.read")
def preview_rule(body: RuleBody) -> FoundOut:
    """Whom a rule finds now; nothing is kept."""
    rule = read(body.rule)
    words = in_words(rule, names_in(rule))
    return FoundOut(people=segment_counting.look(rule)[0], words=words)


@endpoint(api, "GET", "/segments/<uuid:segment_id>", answers=SegmentOut)
@requires("contacts.read")
def read_segment(segment_id: UUID) -> SegmentOut:
    """One segment. Its people are `GET /contacts?segment=`."""
    return _one(get_or_404(Segment, segment_id))


@endpoint(api, "GET", "/segments/<uuid:segment_id>/count", answers=FoundOut)
@requires("contacts.read")
def count_segment(segment_id: UUID) -> FoundOut:
    """How many are in it now."""
    segment = segments.live(segment_id)
    people = segment_counting.look(segments.rule_of(segment))[0]
    return FoundOut(people=people, words=segments.words_of([segment])[segment_id])


@endpoint(api, "PUT", "/segments/<uuid:segment_id>", takes=SegmentBody, answers=SegmentOut)
@requires("segments.write")
def change_segment(segment_id: UUID, body: SegmentBody) -> SegmentOut:
    """Give it another name or rule."""
    segment = segments.live(segment_id)
    segments.change(segment, body.name, body.description, read(body.rule))
    return _one(segment)


@endpoint(api, "POST", "/segments/<uuid:segment_id>/copy", answers=SegmentOut, status=201)
@requires("segments.write")
def copy_segment(segment_id: UUID) -> SegmentOut:
    """One more like it."""
    return _one(segments.copy(get_or_404(Segment, segment_id), g.user.id))


@endpoint(api, "DELETE", "/segments/<uuid:segment_id>", answers=Done)
@requires("segments.write")
def archive_segment(segment_id: UUID) -> Done:
    """Put it away, unless something asks for it."""
    segment = segments.live(segment_id)
    segments.archive(segment)
    return Done(done=f"{segment.name} is put away.", count=1)


@endpoint(api, "POST", "/segments/<uuid:segment_id>/restore", answers=SegmentOut)
@requires("segments.write")
def restore_segment(segment_id: UUID) -> SegmentOut:
    """Bring it back."""
    segment = get_or_404(Segment, segment_id)
    segments.restore(segment)
    return _one(segment)


def _one(segment: Segment) -> SegmentOut:
    return _told(segment, segments.words_of([segment])[segment.id])


def _told(row: Segment, words: str) -> SegmentOut:
    return SegmentOut(
        id=row.id,
        name=row.name,
        description=row.description,
        rule=row.rule,
        words=words,
        people=row.people_count,
        counted_at=row.counted_at,
        archived_at=row.archived_at,
    )
