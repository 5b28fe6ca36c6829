"""Snippets and signatures: words that are written often."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, Done, Line, ListOut, Name, RowModel, listed
from loumass.core.database import db
from loumass.inbox import signing, snippets
from loumass.inbox.api.blueprint import api
from loumass.inbox.models import Snippet
from loumass.inbox.pages.snippets import changeable, filled_for
from loumass.inbox.person import conversation_or_404, person_of

ONE = "/snippets/<uuid:snippet_id>"


class SnippetBody(ApiModel):
    """What it is called, the word that finds it behind `/`, and what it says, with merge tags."""

    name: Name
    shortcut: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,29}$")]
    text: Annotated[str, Field(min_length=1, max_length=20_000, pattern=PLAIN)]
    is_shared: bool = False


class SnippetOut(RowModel):
    """A snippet; without an owner everybody who answers may use it."""

    id: UUID
    name: str
    shortcut: str
    text: str
    owner_id: UUID | None
    updated_at: datetime


class SnippetQuery(ApiModel):
    """Those that some letters find."""

    q: Line | None = None


class OfferQuery(ApiModel):
    """Those that some letters find, filled in for how the person is written to."""

    q: Line = ""
    medium: Literal["email", "sms"] = "email"


class OfferOut(ApiModel):
    """A snippet filled in for somebody; tags without a value stay, and are named in `missing`."""

    id: UUID
    shortcut: str
    name: str
    text: str
    missing: list[str]


class SignatureBody(ApiModel):
    """What stands below your e-mails from a mailbox; null: the one of your profile."""

    text: Annotated[str, Field(max_length=2_000, pattern=PLAIN)] | None


class SignatureOut(ApiModel):
    """A mailbox and your signature in it; null where it is the one of your profile."""

    channel_id: UUID
    address: str
    text: str | None


@endpoint(api, "GET", "/snippets", asks=SnippetQuery, answers=ListOut[SnippetOut])
@requires("inbox.reply")
def list_snippets(query: SnippetQuery) -> ListOut[SnippetOut]:
    """Everything that you may use, by shortcut."""
    found = snippets.matching(g.user.id, query.q, snippets.MOST) if query.q else snippets.all_of(g.user.id)
    return listed(found, SnippetOut.of)


@endpoint(api, "POST", "/snippets", takes=SnippetBody, answers=SnippetOut, status=201)
@requires("inbox.reply")
def make_snippet(body: SnippetBody) -> SnippetOut:
    """A new one, yours or everybody's."""
    return _saved(None, body)


@endpoint(api, "PUT", ONE, takes=SnippetBody, answers=SnippetOut)
@requires("inbox.reply")
def change_snippet(snippet_id: UUID, body: SnippetBody) -> SnippetOut:
    """Other words for it."""
    return _saved(changeable(snippet_id), body)


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("inbox.reply")
def remove_snippet(snippet_id: UUID) -> Done:
    """Gone; what was sent with it stays as it was."""
    snippet = changeable(snippet_id)
    db().delete(snippet)
    return Done(done=f"/{snippet.shortcut} is removed.", count=1)


@endpoint(
    api,
    "GET",
    "/conversations/<uuid:conversation_id>/snippets",
    asks=OfferQuery,
    answers=ListOut[OfferOut],
)
@requires("inbox.reply")
def offer_snippets(conversation_id: UUID, query: OfferQuery) -> ListOut[OfferOut]:
    """What some letters find, filled in for this person."""
    person = person_of(conversation_or_404(conversation_id))

    def told(one: Snippet) -> OfferOut:
        text, missing = filled_for(person, query.medium, one.text)
        return OfferOut(id=one.id, shortcut=one.shortcut, name=one.name, text=text, missing=missing)

    return listed(snippets.matching(g.user.id, query.q), told)


@endpoint(api, "GET", "/signatures", answers=ListOut[SignatureOut])
@requires("inbox.reply")
def list_signatures() -> ListOut[SignatureOut]:
    """Mailboxes, and your signature in each."""
    own = signing.own_signatures(g.user.id)
    return listed(
        signing.mailboxes(),
        lambda one: SignatureOut(channel_id=one.id, address=one.address, text=own.get(one.id)),
    )


@endpoint(api, "PUT", "/signatures/<uuid:channel_id>", takes=SignatureBody, answers=Done)
@requires("inbox.reply")
def keep_signature(channel_id: UUID, body: SignatureBody) -> Done:
    """Your signature in one mailbox."""
    signing.keep_signature(g.user.id, channel_id, body.text)
    return Done(done="Your signature is saved.", count=1)


def _saved(snippet: Snippet | None, body: SnippetBody) -> SnippetOut:
    kept = snippets.save(snippet, g.user, body.name, body.shortcut, body.text, is_shared=body.is_shared)
    return SnippetOut.of(kept)
