"""Words looked over before they are saved: how they read, what they cost, what looks like spam, whether their links answer."""

from __future__ import annotations

from datetime import datetime
from typing import IO
from uuid import UUID

from flask import g

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.content import link_checking, queries
from loumass.content.api.blueprint import api
from loumass.content.api.library import PreviewOut, Subject
from loumass.content.checking_pages import ask_about_links, signs_in
from loumass.content.pictures import LARGEST_PICTURE, keep_picture, paths_of
from loumass.content.preview_pages import words_at
from loumass.content.previewing import preview, values_for
from loumass.content.refusing import refusals
from loumass.content.service import Draft
from loumass.content.typed import finished
from loumass.core.api import ANYTHING, ApiModel, endpoint
from loumass.core.api.models import Id, ListOut, LongText, Medium, RowModel, listed
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.links import absolute
from loumass.core.tenancy import get_or_404

LINKS = "/content/unsaved/<uuid:place_id>/links"


class CheckBody(ApiModel):
    """Words as somebody would read them: `contact_id`, or with invented values."""

    medium: Medium
    subject: Subject = ""
    preheader: Subject = ""
    html: LongText = ""
    text: LongText = ""
    blocks: LongText = ""
    contact_id: Id | None = None


class SignOut(RowModel):
    """Something that looks like spam, and what to do about it. `is_grave`: by itself it can keep a mail out of an inbox."""

    code: str
    sentence: str
    remedy: str
    is_grave: bool


class CheckedOut(ApiModel):
    """How it reads (null where it cannot be), what is wrong by field, and what looks like spam."""

    preview: PreviewOut | None
    problems: dict[str, str]
    signs: list[SignOut]


class ValuesQuery(ApiModel):
    """Of whom; without anybody invented ones."""

    contact: Id | None = None


class ValuesOut(ApiModel):
    """What stands for each merge tag."""

    values: dict[str, str]


class LinkOut(RowModel):
    """A link and whether it answers: `waiting`, `fine`, `odd` or `broken`."""

    number: int
    href: str
    state: str
    sentence: str
    asked_at: datetime


class PictureOut(ApiModel):
    """A picture that e-mails can show: `media_id` in blocks, `src` in HTML."""

    media_id: UUID
    src: str


@endpoint(api, "POST", "/content/check", takes=CheckBody, answers=CheckedOut)
@requires("content.read")
def check_words(body: CheckBody) -> CheckedOut:
    """Look words over; nothing is saved."""
    draft = Draft(body.subject, body.preheader, body.html, body.text, blocks=body.blocks)
    contact = get_or_404(Contact, body.contact_id) if body.contact_id else None
    values = values_for(contact, g.organization, g.user)
    wrong = refusals(draft, queries.vocabulary())
    if wrong:
        return CheckedOut(preview=None, problems=wrong, signs=[])
    try:
        found = PreviewOut.told(preview(body.medium, finished(draft), values))
    except Refused as refused:
        return CheckedOut(preview=None, problems={"text": refused.sentence}, signs=[])
    signs, _ = signs_in(body.medium, draft, values)
    return CheckedOut(preview=found, problems={}, signs=[SignOut.of(one) for one in signs])


@endpoint(api, "GET", "/merge-values", asks=ValuesQuery, answers=ValuesOut)
@requires("content.read")
def list_merge_values(query: ValuesQuery) -> ValuesOut:
    """What stands for each merge tag, for somebody."""
    contact = get_or_404(Contact, query.contact) if query.contact else None
    values = values_for(contact, g.organization, g.user)
    return ValuesOut(values={name: value or "" for name, value in values.items()})


@endpoint(api, "POST", LINKS, answers=ListOut[LinkOut])
@requires("content.write")
def check_links(place_id: UUID) -> ListOut[LinkOut]:
    """Have the links of a content, or of what is typed over it, looked at by a worker."""
    ask_about_links(place_id)
    return _links(place_id)


@endpoint(api, "GET", LINKS, answers=ListOut[LinkOut])
@requires("content.read")
def list_links(place_id: UUID) -> ListOut[LinkOut]:
    """What was found of each link so far."""
    words_at(place_id)
    return _links(place_id)


@endpoint(
    api, "POST", "/content/pictures", answers=PictureOut, status=201, uploads=ANYTHING, most=LARGEST_PICTURE
)
@requires("content.write")
def upload_picture(file: IO[bytes]) -> PictureOut:
    """Keep a picture (PNG, JPEG, GIF or WebP) for e-mails."""
    media = keep_picture(file)
    db().flush()
    return PictureOut(media_id=media.id, src=absolute(paths_of([media.id])[media.id]))


def _links(place_id: UUID) -> ListOut[LinkOut]:
    return listed(link_checking.checks_of(place_id), LinkOut.of)
