"""What a page with an editor of words needs beside the words themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from loumass.content import queries
from loumass.content.blocks.design import Design
from loumass.content.blocks.document import canonical
from loumass.content.composing import Draft
from loumass.content.models import UnsavedWords
from loumass.content.pictures import paths_of
from loumass.content.typed import WAYS, in_way, shown_blocks, way_of
from loumass.content.unsaved import author_of, unsaved_at

#: Media whose words are kept while they are typed. What a voicemail says may be a file, which is not.
KEPT = ("email", "sms")


@dataclass(frozen=True, slots=True)
class Editor:
    """Where the words stand (`place_id`), how they are written, and what was typed there and not saved."""

    place_id: UUID
    way: str
    blocks: str
    #: Media id -> where our pages find the picture, as JSON.
    pictures: str
    #: The merge tags: name, meaning, example, as JSON.
    tags: str
    design: str
    unsaved: UnsavedWords | None
    unsaved_by: str
    #: What the page was opened on: a version's number, "" for what is new.
    based_on: str
    ways: Mapping[str, str]

    @property
    def revision(self) -> int:
        """Of the unsaved words; 0 where there are none."""
        return self.unsaved.revision if self.unsaved else 0


def editor_of(place_id: UUID, draft: Draft, *, way: str = "", based_on: int | None = None) -> Editor:
    """The editor of `draft` at a place; `way` where the draft does not tell."""
    document, unsaved = shown_blocks(draft), unsaved_at(place_id)
    told = (unsaved.words.get("based_on") or None) if unsaved else None
    return Editor(
        place_id,
        way or way_of(draft),
        document.written,
        canonical({str(media_id): path for media_id, path in paths_of(document.media_ids).items()}),
        json.dumps([[tag.name, tag.meaning, tag.example] for tag in queries.tags()], ensure_ascii=False),
        canonical(Design().model_dump()),
        unsaved,
        author_of(unsaved) if unsaved else "",
        told or (str(based_on) if based_on is not None else ""),
        WAYS,
    )


def unsaved_draft(unsaved: UnsavedWords, saved: Draft) -> Draft:
    """What was typed and not saved, in the place of what is saved."""
    words: dict[str, Any] = unsaved.words
    if unsaved.medium != "email":
        return replace(saved, text=words.get("text", ""))
    named = {name: words.get(name, "") for name in ("subject", "preheader", "html", "text")}
    typed = Draft(named["subject"], named["preheader"], named["html"], named["text"])
    return in_way(typed, words.get("way", ""), words.get("blocks", ""))
