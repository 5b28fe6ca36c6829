"""Snippets: words that people write often, of one person or of everybody, found by a shortcut and filled for whom they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from loumass.accounts.models import User
from loumass.content.composing import Draft, compile_sms
from loumass.content.queries import vocabulary
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox.models import Snippet
from loumass.messages.cleaning import fit

MOST_LETTERS = 20_000
#: One person sees at most so many; a list longer than this nobody reads.
MOST = 500
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


def visible(user_id: UUID) -> ColumnElement[bool]:
    """The condition that somebody may use a snippet: it is shared, or their own."""
    return or_(Snippet.owner_id.is_(None), Snippet.owner_id == user_id)


def all_of(user_id: UUID) -> Sequence[Snippet]:
    """What somebody may use, by shortcut."""
    rows = select(Snippet).where(visible(user_id)).order_by(Snippet.shortcut, Snippet.id).limit(MOST)
    return db().scalars(rows).all()


def matching(user_id: UUID, words: str, most: int = 8) -> Sequence[Snippet]:
    """Those whose shortcut begins with `words`, then those whose name holds them; one's own first."""
    asked = words.strip().lower()
    begins = Snippet.shortcut.startswith(asked, autoescape=True)
    holds = func.lower(Snippet.name).contains(asked, autoescape=True)
    rows = (
        select(Snippet)
        .where(visible(user_id), or_(begins, holds))
        .order_by(
            Snippet.shortcut != asked, ~begins, Snippet.owner_id.is_(None), Snippet.shortcut, Snippet.id
        )
        .limit(most)
    )
    return db().scalars(rows).all()


def usable(snippet_id: UUID, user_id: UUID) -> Snippet:
    """One that somebody may use. Raises NotFound, also for a colleague's own."""
    snippet = get_or_404(Snippet, snippet_id)
    if snippet.owner_id not in (None, user_id):
        raise NotFound
    return snippet


def save(
    snippet: Snippet | None, user: User, name: str, shortcut: str, text: str, *, is_shared: bool
) -> Snippet:
    """Make one, or change `snippet`. Raises Refused (also for merge tags that nothing knows), Conflict."""
    name, text = " ".join(fit(name).split())[:120], fit(text).replace("\r\n", "\n").strip()
    shortcut = shortcut.strip().lower().removeprefix("/")
    if not name or not text:
        raise Refused("A snippet needs a name and some text. Nothing was saved.")
    if len(text) > MOST_LETTERS:
        raise Refused(f"A snippet holds {MOST_LETTERS:,} letters. Shorten it; nothing was saved.")
    if not _SHORTCUT.fullmatch(shortcut):
        raise Refused("A shortcut is one word of letters, digits, - and _, like thanks. Nothing was saved.")
    compile_sms(Draft(text=text), vocabulary())
    owner_id = None if is_shared else (snippet.owner_id if snippet and snippet.owner_id else user.id)
    _refuse_taken(shortcut, owner_id, snippet)
    if snippet is None:
        snippet = Snippet(created_by_id=user.id)
        db().add(snippet)
    snippet.name, snippet.shortcut, snippet.text, snippet.owner_id = name, shortcut, text, owner_id
    snippet.updated_at = clock.now()
    db().flush()
    return snippet


def may_change(snippet: Snippet, user_id: UUID, *, is_editor: bool) -> bool:
    """One's own, what one has shared, and everything shared for who may write content."""
    return user_id in (snippet.owner_id, snippet.created_by_id) or (snippet.owner_id is None and is_editor)


def _refuse_taken(shortcut: str, owner_id: UUID | None, snippet: Snippet | None) -> None:
    same = select(Snippet.name).where(
        Snippet.shortcut == shortcut, Snippet.owner_id.is_not_distinct_from(owner_id)
    )
    if snippet is not None:
        same = same.where(Snippet.id != snippet.id)
    if taken := db().scalar(same):
        raise Conflict(
            f'/{shortcut} is the shortcut of "{taken}" already. Choose another one; nothing was saved.'
        )
