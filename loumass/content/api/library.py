"""The library: what people send, written in versions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.content import queries, service
from loumass.content.api.blueprint import api
from loumass.content.composing import Draft, names_written
from loumass.content.models import Content, ContentVersion
from loumass.content.previewing import Preview, preview, values_for
from loumass.content.typed import finished
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import (
    SAID_ON_A_LINE,
    WHOLE,
    Flag,
    Line,
    ListOut,
    LongText,
    Medium,
    PageOut,
    PageQuery,
    RowModel,
    flag,
    listed,
    paged,
)
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404

ONE = "/content/<uuid:content_id>"
Named = Annotated[str, Field(min_length=1, max_length=200, pattern=SAID_ON_A_LINE)]
Subject = Annotated[str, Field(max_length=998, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ContentQuery(PageQuery):
    """By words of the name, by medium; those in use, or those put away."""

    q: Line | None = None
    medium: Medium | None = None
    archived: Flag = "false"


class VersionOut(RowModel):
    """What a content says in one version."""

    number: int
    subject: str
    preheader: str
    html: str
    text: str
    created_at: datetime


class ContentOut(ApiModel):
    """A content of the library with its newest words."""

    id: UUID
    name: str
    medium: str
    version: VersionOut | None
    created_at: datetime
    archived_at: datetime | None


class WordsBody(ApiModel):
    """What it says. Merge tags are checked. With `based_on`, a version that is newer than that one is not written over."""

    name: Named
    subject: Subject = ""
    preheader: Subject = ""
    html: LongText = ""
    text: LongText = ""
    blocks: LongText = ""
    based_on: Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE] | None = None


class NewContentBody(ApiModel):
    """A new content for e-mails or texts. `blocks`: the document of the editor, instead of `html` and `text`."""

    medium: Literal["email", "sms"]
    name: Named
    subject: Subject = ""
    preheader: Subject = ""
    html: LongText = ""
    text: LongText = ""
    blocks: LongText = ""


class PreviewOut(ApiModel):
    """How it reads with invented values."""

    subject: str
    preheader: str
    text: str
    html: str
    lacking: list[str]
    segments: int | None

    @classmethod
    def told(cls, found: Preview) -> PreviewOut:
        return cls(
            subject=found.subject,
            preheader=found.preheader,
            text=found.text,
            html=found.html,
            lacking=list(found.lacking),
            segments=found.segments.count if found.segments else None,
        )


class TagOut(ApiModel):
    """A merge tag that may be written."""

    name: str
    meaning: str
    example: str


@endpoint(api, "GET", "/content", asks=ContentQuery, answers=PageOut[ContentOut])
@requires("content.read")
def list_content(query: ContentQuery) -> PageOut[ContentOut]:
    """The library, the latest first."""
    found = queries.library(
        query.cursor,
        words=query.q or "",
        medium=query.medium or "",
        is_archived=bool(flag(query.archived)),
        size=query.limit,
    )
    newest = queries.newest([one.id for one in found.items])
    return paged(found, lambda row: _told(row, newest.get(row.id)))


@endpoint(api, "POST", "/content", takes=NewContentBody, answers=ContentOut, status=201)
@requires("content.write")
def create_content(body: NewContentBody) -> ContentOut:
    """Make one with its first version."""
    return content_out(
        service.create(body.name, body.medium, _checked(_written(body), body.medium), g.user.id)
    )


@endpoint(api, "GET", "/merge-tags", answers=ListOut[TagOut])
@requires("content.read")
def list_merge_tags() -> ListOut[TagOut]:
    """Every merge tag that may be written."""
    return listed(queries.tags(), lambda tag: TagOut(name=tag.name, meaning=tag.meaning, example=tag.example))


@endpoint(api, "GET", ONE, answers=ContentOut)
@requires("content.read")
def read_content(content_id: UUID) -> ContentOut:
    """One content with its newest words."""
    return content_out(get_or_404(Content, content_id))


@endpoint(api, "PUT", ONE, takes=WordsBody, answers=ContentOut)
@requires("content.write")
def save_content(content_id: UUID, body: WordsBody) -> ContentOut:
    """Save a new version, unless it says the same."""
    content = get_or_404(Content, content_id)
    words = _checked(_written(body), content.medium)
    service.save(content_id, body.name, words, g.user.id, based_on=body.based_on)
    return content_out(content)


@endpoint(api, "DELETE", ONE, answers=ContentOut)
@requires("content.write")
def archive_content(content_id: UUID) -> ContentOut:
    """Put it away: what uses it goes on."""
    return content_out(service.archive(content_id))


@endpoint(api, "POST", f"{ONE}/restore", answers=ContentOut)
@requires("content.write")
def restore_content(content_id: UUID) -> ContentOut:
    """Take it back into the library."""
    return content_out(service.restore(content_id))


@endpoint(api, "GET", f"{ONE}/versions", answers=ListOut[VersionOut])
@requires("content.read")
def list_content_versions(content_id: UUID) -> ListOut[VersionOut]:
    """Its latest versions, the latest first."""
    get_or_404(Content, content_id)
    return listed(queries.versions(content_id), lambda pair: VersionOut.of(pair[0]))


@endpoint(api, "POST", f"{ONE}/versions/<int:number>/use", answers=ContentOut)
@requires("content.write")
def use_version(content_id: UUID, number: int) -> ContentOut:
    """Save an earlier version's words as the newest."""
    content = get_or_404(Content, content_id)
    service.save(content_id, content.name, service.authored(queries.version(content_id, number)), g.user.id)
    return content_out(content)


@endpoint(api, "GET", f"{ONE}/preview", answers=PreviewOut)
@requires("content.read")
def preview_content(content_id: UUID) -> PreviewOut:
    """How it reads with invented values."""
    content = get_or_404(Content, content_id)
    version = queries.newest([content.id]).get(content.id)
    words = service.draft_of(version) if version else Draft()
    return PreviewOut.told(preview(content.medium, words, values_for(None, g.organization, g.user)))


def _written(body: WordsBody | NewContentBody) -> Draft:
    """What was sent; blocks are made into HTML and text. Raises Refused."""
    if body.blocks:
        return finished(Draft(subject=body.subject, preheader=body.preheader, blocks=body.blocks))
    return Draft(subject=body.subject, preheader=body.preheader, html=body.html, text=body.text)


def _checked(draft: Draft, medium: str) -> Draft:
    """`draft`, if it can be sent: it has something to say, and its merge tags are known."""
    if medium == "voicemail":
        raise Refused("A voicemail is saved by `/content/voicemails`. Nothing was saved.")
    if medium == "email" and not draft.subject.strip():
        raise Refused("An e-mail needs a subject. Nothing was saved.")
    if not draft.text.strip() and not (medium == "email" and draft.html.strip()):
        raise Refused("There is nothing to say yet. Nothing was saved.")
    vocabulary = queries.vocabulary()
    unknown = sorted(name for name in names_written(draft) if not vocabulary.knows(name))
    if unknown:
        raise Refused(f"Nobody knows the merge tag {unknown[0]}. Nothing was saved.")
    return draft if medium == "email" else Draft(text=draft.text)


def content_out(content: Content) -> ContentOut:
    """A content with its newest words."""
    return _told(content, queries.newest([content.id]).get(content.id))


def _told(row: Content, version: ContentVersion | None) -> ContentOut:
    return ContentOut(
        id=row.id,
        name=row.name,
        medium=row.medium,
        version=VersionOut.of(version) if version else None,
        created_at=row.created_at,
        archived_at=row.archived_at,
    )
