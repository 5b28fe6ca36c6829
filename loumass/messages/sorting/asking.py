"""A vendor judges what arrived: asked with no transaction open, once; where it fails, our own judgement stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select

from loumass.core.database import db
from loumass.core.tenancy import get, transaction
from loumass.messages.models import Message
from loumass.messages.proposing import ask_about
from loumass.messages.sorting.accounts import SORTERS, note_answer
from loumass.messages.sorting.judging import Judged
from loumass.messages.sorting.keeping import WORDS, settle, words_of
from loumass.messages.sorting.kinds import KINDS, OPT_OUT
from loumass.messages.sorting.models import SortedReply, SorterAccount
from loumass.providers.errors import ProviderError, Rejected
from loumass.providers.sorting import Answer, Sorter

#: Answers of one slice.
BATCH = 20
_LONGEST = 8_000
log = structlog.get_logger("sort")


@dataclass(frozen=True, slots=True)
class _Open:
    message_id: UUID
    answer: Answer


def ask_slice() -> bool:
    """Have some answers judged, the oldest first; whether more wait."""
    with transaction():
        waiting = _waiting()
        found = SORTERS.account() if waiting else None
    if not waiting:
        return False
    problem = _ask_all(found, waiting)
    with transaction():
        note_answer(problem)
    if problem is not None:
        log.info("sort.fails", problem=problem.reason)
    return len(waiting) == BATCH


def is_waiting() -> bool:
    """Whether an answer waits for a vendor."""
    return (
        db().scalar(select(SortedReply.message_id).where(SortedReply.asks_since.is_not(None)).limit(1))
        is not None
    )


def _ask_all(found: SorterAccount | None, waiting: Sequence[_Open]) -> ProviderError | None:
    """One by one, each written down at once. After the first failure nobody is asked: ours stands for the others."""
    try:
        if found is None or found.state != "active":
            _let_stand(waiting)
            return None
        with SORTERS.open(found) as sorter:
            return _ask_each(found, sorter, waiting)
    except ProviderError as problem:
        _let_stand(waiting)
        return problem


def _ask_each(found: SorterAccount, sorter: Sorter, waiting: Sequence[_Open]) -> ProviderError | None:
    for at, one in enumerate(waiting):
        try:
            verdict = sorter.judge(one.answer, KINDS)
        except Rejected as problem:
            log.info("sort.odd", problem=problem.reason)
            _let_stand([one])
        except ProviderError as problem:
            _let_stand(waiting[at:])
            return problem
        else:
            _settle(one.message_id, Judged(verdict.kind, verdict.reason), found.provider)
    return None


def _let_stand(waiting: Sequence[_Open]) -> None:
    for one in waiting:
        _settle(one.message_id, None, WORDS)


def _settle(message_id: UUID, found: Judged | None, judge: str) -> None:
    with transaction():
        wanted = select(SortedReply).where(SortedReply.message_id == message_id).with_for_update()
        one, message = db().scalars(wanted).one_or_none(), get(Message, message_id)
        if one is not None and message is not None and one.asks_since is not None:
            settle(one, message, found or Judged(one.kind, one.phrase), judge)
            if one.kind == OPT_OUT and one.corrected_at is None:
                # Never a no by itself: a person is asked.
                ask_about(message, (one.phrase or "Said so otherwise")[:100])


def _waiting() -> list[_Open]:
    rows = db().scalars(
        select(Message)
        .join(SortedReply, SortedReply.message_id == Message.id)
        .where(SortedReply.asks_since.is_not(None))
        .order_by(SortedReply.asks_since, Message.id)
        .limit(BATCH)
    )
    return [_Open(one.id, Answer(words_of(one)[:_LONGEST], one.subject, one.medium)) for one in rows]
