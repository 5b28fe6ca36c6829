"""The links of what is tracked, kept when it is first planned: what a token's number leads to never changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.content.composing import Draft, links_in
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

Links = tuple[tuple[str, int], ...]

_KEEP = text("""
    INSERT INTO content_link (organization_id, source_id, number, href)
    SELECT :organization_id, CAST(:source_id AS uuid), given.number, given.href
    FROM unnest(CAST(:hrefs AS text[])) WITH ORDINALITY AS given(href, number)
    WHERE NOT EXISTS (SELECT 1 FROM content_link WHERE organization_id = :organization_id AND source_id = :source_id)
    ORDER BY given.number
    ON CONFLICT (organization_id, source_id, number) DO NOTHING
""")
_KEPT = text("""
    SELECT source_id, href, ref FROM content_link
    WHERE organization_id = :organization_id AND source_id = ANY(CAST(:sources AS uuid[]))
    ORDER BY source_id, number
""")


def keep_links(version_id: UUID, draft: Draft) -> None:
    """Keep the links of `draft`, which the content version says. Raises MergeTagsRefused, Refused."""
    keep_addresses(version_id, links_in(draft))


def keep_addresses(source_id: UUID, addresses: Sequence[str]) -> None:
    """Keep the links of a content version, or of a message that a person wrote. The second time changes nothing."""
    if addresses:
        bound = {"organization_id": current_organization_id(), "source_id": source_id}
        db().execute(_KEEP, {**bound, "hrefs": list(addresses)})


def links_of(sources: Collection[UUID]) -> dict[UUID, Links]:
    """(address as written, number) of the links of each of `sources`; empty for one that has none."""
    found: dict[UUID, Links] = dict.fromkeys(sources, ())
    if found:
        bound = {"organization_id": current_organization_id(), "sources": list(found)}
        for row in db().execute(_KEPT, bound):
            found[row.source_id] += ((row.href, row.ref),)
    return found
