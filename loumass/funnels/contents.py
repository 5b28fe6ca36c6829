"""What sending steps say: the graph's own copies, checked when they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from loumass.content.blocks.checking import complaints
from loumass.content.blocks.document import read as read_blocks
from loumass.content.composing import Draft, names_written
from loumass.content.marking import MergeTagsRefused
from loumass.content.models import Content
from loumass.content.service import added_version
from loumass.content.sounding import length, too_short
from loumass.content.vocabulary import Vocabulary
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import get
from loumass.funnels import models, queries
from loumass.funnels.kinds import KINDS
from loumass.funnels.validation import UnknownTag
from loumass.funnels.words import tags_named

LONGEST_NAME = 200


def write(node: models.Node, words: Draft, author_id: UUID | None) -> None:
    """``node`` says ``words`` from now on. The same words again change nothing.

    Words of the library are never changed from here: the graph gets a copy of its own.
    """
    medium = KINDS[node.kind].medium
    if medium is None:
        raise ValueError(f"A step of the kind {node.kind} says nothing.")
    content = get(Content, node.content_id) if node.content_id else None
    if content is None or content.graph_id != node.graph_id:
        origin_id = content.id if content else None
        content = Content(
            id=uuid7(), name=node.name, medium=medium, graph_id=node.graph_id, origin_id=origin_id
        )
        db().add(content)
        db().flush()
        node.content_id = content.id
    elif queries.written_in(node.graph_id).get(content.id) == words:
        return
    content.name = node.name[:LONGEST_NAME]
    added_version(content, words, author_id)


def called(words: Mapping[UUID, Draft]) -> dict[UUID, str]:
    """How people call each content: its subject, or the beginning of its text, with merge tags as ‹first name›."""
    return {content_id: _first_words(draft) for content_id, draft in words.items()}


def _first_words(draft: Draft) -> str:
    if draft.recording:
        return f"{draft.recording.name}, {length(draft.recording.seconds)}"
    words = " ".join(tags_named(draft.subject or draft.text or draft.html).split())
    return words if len(words) <= 60 else f"{words[:59].rstrip()}…"


def lack(medium: str | None, words: Draft | None) -> str | None:
    """What a content of ``medium`` lacks to be sent, as the end of a sentence about its step; or None."""
    if words is None:
        return "has nothing to say"
    if medium == "voicemail" and (words.recording or words.voice is None):
        return _lack_of_sound(words)
    if medium == "email" and not words.subject.strip():
        return "has no subject"
    if not words.text.strip() and not (medium == "email" and words.html.strip()):
        return "has nothing to say"
    return _lack_of_sense(words)


def _lack_of_sense(words: Draft) -> str | None:
    if words.blocks and (sentences := complaints(read_blocks(words.blocks))):
        return f"is not finished. {sentences[0].rstrip('.')}"
    try:
        names_written(words)
    except MergeTagsRefused as refusal:
        return f"has a merge tag that cannot be read. {refusal.problems[0].sentence.rstrip('.')}"
    return None


def _lack_of_sound(words: Draft) -> str | None:
    if words.recording:
        problem = too_short(words.recording.seconds)
        return f"has a recording that {problem}" if problem else None
    return "has a script and no voice to speak it" if words.text.strip() else "has nothing to say"


def unknown_tags(words: Draft, known: Vocabulary) -> Sequence[UnknownTag]:
    """The merge tags in ``words`` that mean nothing, with what was probably meant."""
    try:
        names = names_written(words)
    except MergeTagsRefused:
        return ()
    unknown = [
        name.replace("contact.fields.", "contact.", 1) for name in sorted(names) if not known.knows(name)
    ]
    return [UnknownTag(name, known.suggestion(name)) for name in unknown]
