"""Whether they are in another segment: asked by that segment's own rule, which stands in its place (`expanding`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from loumass.contacts.rules.expanding import IN_SEGMENT
from loumass.contacts.rules.predicate import Asked, Names, Predicate, Ref, Reference
from loumass.contacts.rules.reading import ids_among
from loumass.contacts.segment_models import Segment
from loumass.core.database import db
from loumass.core.settings_form import LONGEST_TEXT, Settings, Text, setting

MOST_OFFERED = 500


class SegmentSettings(Settings):
    segment: Text = setting("", "Segment", chooses="segment", max_length=LONGEST_TEXT)


class InSegment(Predicate[SegmentSettings]):
    name = IN_SEGMENT
    label = "Segment"
    group = "The person"
    yes_no = ("are in it", "are not in it")
    Settings = SegmentSettings

    def words(self, settings: SegmentSettings, is_not: bool, names: Names) -> str:
        return f"{'not ' if is_not else ''}in {names.name_of('segment', settings.segment)}"

    def sql(self, settings: SegmentSettings, asked: Asked) -> ColumnElement[bool]:
        raise LookupError("A segment is asked by its rule: expand the rule first (contacts.rules.expanding).")

    def refers(self, settings: SegmentSettings) -> Iterable[Ref]:
        yield "segment", settings.segment


def _find(values: Collection[str]) -> dict[str, tuple[UUID, str]]:
    ids = ids_among(values)
    rows = db().execute(
        select(Segment.id, Segment.name).where(Segment.id.in_(list(ids)), Segment.archived_at.is_(None))
    )
    return {ids[row.id]: (row.id, row.name) for row in rows}


def _offer() -> Sequence[tuple[str, str]]:
    named = select(Segment.id, Segment.name).where(Segment.archived_at.is_(None)).order_by(Segment.name_key)
    return [(str(row.id), row.name) for row in db().execute(named.limit(MOST_OFFERED))]


SEGMENTS = Reference("segment", _find, _offer, "Choose one of your segments.")
