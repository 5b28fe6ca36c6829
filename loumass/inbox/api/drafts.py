"""What is being written: drafts with their files, and who answers at this moment."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Annotated, Literal
from uuid import UUID

from flask import Response, g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.core.api import ANYTHING, ApiModel, endpoint
from loumass.core.api.models import PLAIN, Done, Id, ListOut, RowModel, listed
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox import drafting
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.models import FileOut
from loumass.inbox.api.sending import People, Subject, Text, manners
from loumass.inbox.desk import holding
from loumass.inbox.formed import MOST_LETTERS as MOST_DOCUMENT
from loumass.inbox.models import Draft
from loumass.inbox.pages.files import file_answer
from loumass.inbox.person import conversation_or_404, person_of
from loumass.messages.attachments import LARGEST_FILE, MOST_FILES
from loumass.messages.attachments import upload as keep_file
from loumass.messages.models import Attachment

ONE = "/conversations/<uuid:conversation_id>"
Kind = Literal["email", "sms", "voicemail", "note", "forward"]
FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]


class DraftBody(ApiModel):
    """What was typed so far; a draft without a word is taken away. `forwards`: the e-mail that is to go on; `drop`: what a
    voicemail plays; `quotes` and `signed`: whether the earlier mail and the signature stand below."""

    kind: Kind
    text: Text
    subject: Subject = ""
    to: Annotated[str, Field(max_length=2_000, pattern=PLAIN)] = ""
    cc: People = ""
    bcc: People = ""
    forwards: Id | None = None
    drop: Annotated[str, Field(max_length=120, pattern=PLAIN)] = ""
    channel_id: Id | None = None
    quotes: bool = True
    signed: bool = True
    doc: Annotated[str, Field(max_length=MOST_DOCUMENT, pattern=PLAIN)] = ""


class DraftOut(RowModel):
    """A draft of yours; `more` has its other fields."""

    kind: str
    text: str
    subject: str
    more: dict[str, str]
    updated_at: datetime


class KeptOut(ApiModel):
    """Whether anything is kept, and the name of a colleague who is answering."""

    is_kept: bool
    answering: str


class AnsweringOut(ApiModel):
    """Who is answering at this moment; null for nobody."""

    user_id: UUID | None
    name: str


class FileQuery(ApiModel):
    """What the file is called, and of which kind it is, where its bytes do not tell."""

    file_name: FileName
    content_type: Annotated[str, Field(max_length=120, pattern=r"^[\x20-\x7e]*$")] = ""


@endpoint(api, "GET", f"{ONE}/drafts", answers=ListOut[DraftOut])
@requires("inbox.reply")
def list_drafts(conversation_id: UUID) -> ListOut[DraftOut]:
    """Your drafts to this person, one for each way of answering."""
    found: dict[str, Draft] = drafting.drafts(person_of(conversation_or_404(conversation_id)), g.user.id)
    return listed(found.values(), DraftOut.of)


@endpoint(api, "PUT", f"{ONE}/drafts", takes=DraftBody, answers=KeptOut)
@requires("inbox.reply")
def keep_draft(conversation_id: UUID, body: DraftBody) -> KeptOut:
    """Keep what was typed. Colleagues read that you are answering, unless it is a note."""
    chosen = conversation_or_404(conversation_id)
    more = {name: getattr(body, name) for name in ("to", "cc", "bcc", "drop", "doc")}
    more |= manners(body.channel_id, quotes=body.quotes, signed=body.signed)
    more["forwards"] = str(body.forwards or "")
    is_kept = drafting.save(chosen.id, g.user.id, body.kind, body.text, body.subject, more)
    holds = is_kept and body.kind != "note"
    other = holding.try_to_hold(person_of(chosen).line_id, g.user) if holds else None
    return KeptOut(is_kept=is_kept, answering=other.name if other else "")


@endpoint(api, "GET", f"{ONE}/answering", answers=AnsweringOut)
@requires("inbox.read")
def read_answering(conversation_id: UUID) -> AnsweringOut:
    """Who is answering."""
    holder = holding.holder(person_of(conversation_or_404(conversation_id)).line_id)
    return AnsweringOut(user_id=holder.id if holder else None, name=holder.name if holder else "")


@endpoint(api, "POST", f"{ONE}/take-over", answers=Done)
@requires("inbox.reply")
def take_over(conversation_id: UUID) -> Done:
    """The answer is yours; whoever was writing is told, and their words stay a draft."""
    chosen = conversation_or_404(conversation_id)
    before = holding.take_over(person_of(chosen), g.user, chosen.id)
    return Done(
        done=f"The answer is yours. {before.name} is told." if before else "The answer is yours.", count=1
    )


@endpoint(api, "GET", f"{ONE}/files", answers=ListOut[FileOut])
@requires("inbox.reply")
def list_files(conversation_id: UUID) -> ListOut[FileOut]:
    """Files that wait in your draft: they go with your next e-mail to this person."""
    person = person_of(conversation_or_404(conversation_id))
    return listed(drafting.files(person.conversation_ids, g.user.id), FileOut.of)


@endpoint(
    api,
    "POST",
    f"{ONE}/files",
    asks=FileQuery,
    answers=FileOut,
    status=201,
    uploads=ANYTHING,
    most=LARGEST_FILE,
)
@requires("inbox.reply")
def attach(conversation_id: UUID, query: FileQuery, file: IO[bytes]) -> FileOut:
    """Put a file into your draft."""
    chosen = conversation_or_404(conversation_id)
    if len(drafting.files(person_of(chosen).conversation_ids, g.user.id)) >= MOST_FILES:
        raise Refused(f"{MOST_FILES} files are the most. This one was not attached.")
    kept = keep_file(file, query.file_name, query.content_type, chosen.id, g.user.id)
    db().flush()
    return FileOut.of(kept)


@endpoint(api, "DELETE", "/files/<uuid:attachment_id>", answers=Done)
@requires("inbox.reply")
def remove_file(attachment_id: UUID) -> Done:
    """Take a file out of your draft."""
    drafting.remove_file(attachment_id, g.user.id)
    return Done(done="It is taken out.", count=1)


@endpoint(api, "GET", "/files/<uuid:attachment_id>", gives="application/octet-stream")
@requires("inbox.read")
def download_file(attachment_id: UUID) -> Response:
    """A file as it came or goes."""
    file = get_or_404(Attachment, attachment_id)
    if not file.file_key:
        raise NotFound("The file was too large and was not kept.")
    return file_answer(file, is_shown=False)
