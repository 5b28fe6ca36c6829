"""Answers get their kind as they arrive; people correct it; whoever listens hears what each is taken for now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.jobs import wake_all
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get
from loumass.events.service import publish
from loumass.messages.models import Message
from loumass.messages.sorting.accounts import is_asked
from loumass.messages.sorting.judging import Judged, judged
from loumass.messages.sorting.kinds import KINDS, OPT_OUT, OUT_OF_OFFICE, UNSORTED
from loumass.messages.sorting.models import SortedReply
from loumass.providers.mail.bodies import written_now

WORDS = "words"
#: The job that has a vendor judge (`messages/jobs.py`).
ASK = "messages.ask_sorter"
# What the list shows: the latest answer of a person says it; what a program wrote only where nobody did.
_SHOWN = text("""
    UPDATE conversation SET reply_kind = nullif(latest.kind, '')
    FROM (SELECT asked.id, said.kind FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
        LEFT JOIN LATERAL (
            SELECT sorted_reply.kind FROM message
            JOIN sorted_reply ON sorted_reply.organization_id = :organization_id AND sorted_reply.message_id = message.id
            WHERE message.organization_id = :organization_id AND message.conversation_id = asked.id AND message.direction = 'in'
            ORDER BY message.is_automatic, message.occurred_at DESC, message.id DESC LIMIT 1) AS said ON true) AS latest
    WHERE conversation.organization_id = :organization_id AND conversation.id = latest.id
      AND conversation.reply_kind IS DISTINCT FROM nullif(latest.kind, '')
    RETURNING conversation.id
""")


def sort_arrived(
    message: Message, node_id: UUID | None, back_on: date | None, *, is_reply: bool
) -> SortedReply:
    """Judge an answer that has just arrived. Where a vendor is to judge it, it does so later, and is heard of then.

    A carrier's word (STOP, START, HELP) is obeyed elsewhere: of those only the opt-out has a kind.
    """
    found = judge(message)
    if not (is_reply or message.is_automatic or found.kind == OPT_OUT):
        found = Judged()
    is_open = is_reply and found.kind != OPT_OUT and is_asked()
    one = SortedReply(
        message_id=message.id,
        conversation_id=message.conversation_id,
        node_id=node_id,
        kind=found.kind,
        phrase=found.phrase,
        judge=WORDS,
        back_on=back_on if found.kind == OUT_OF_OFFICE else None,
        asks_since=clock.now() if is_open else None,
    )
    db().add(one)
    db().flush()
    show_on([message.conversation_id])
    if is_open:
        wake_all([Wake(ASK, (), clock.now())])
    elif found.kind:
        tell(one, message)
    return one


def judge(message: Message) -> Judged:
    """What our own judge takes it for: by what its writer wrote this time, and nothing that it quotes."""
    return judged(words_of(message), subject=message.subject, is_automatic=message.is_automatic)


def words_of(message: Message) -> str:
    """What they wrote this time; nothing where all of it is a quote."""
    said = message.reply_text or message.text
    if message.medium != "email":
        return said
    plain = "\n".join(line for line in said.splitlines() if not line.lstrip().startswith(">"))
    return written_now(plain) if said.strip() == message.text.strip() else plain


def correct(message_ids: Sequence[UUID], kind: str, user_id: UUID) -> list[SortedReply]:
    """A person says what these answers are; that stays. Returns those that were something else.

    Raises Refused for a kind that there is not, NotFound where none of them is an answer.
    """
    kind = "" if kind == UNSORTED else kind
    if kind and kind not in KINDS:
        raise Refused("Choose what the answer is from the list. Nothing was changed.")
    ids = sorted(set(message_ids), key=str)
    rows = db().scalars(
        select(SortedReply)
        .where(SortedReply.message_id.in_(ids))
        .order_by(SortedReply.message_id)
        .with_for_update()
    )
    known = {row.message_id: row for row in rows}
    changed = []
    for message_id in ids:
        message = get(Message, message_id)
        if message is None or message.direction != "in":
            continue
        one = known.get(message_id) or _unsorted(message)
        known[message_id] = one
        if one.kind != kind or one.corrected_at is None:
            _correct(one, message, kind, user_id)
            changed.append(one)
    if not known:
        raise NotFound
    show_on(sorted({one.conversation_id for one in changed}, key=str))
    return changed


def latest_of(lines: Mapping[UUID, UUID]) -> list[UUID]:
    """Conversation -> its line; the last message of a person in each line: what one means by its kind."""
    rows = db().execute(
        select(Message.conversation_id, Message.id, Message.occurred_at)
        .where(
            Message.conversation_id.in_(list(lines)),
            Message.direction == "in",
            Message.is_automatic.is_(False),
        )
        .ext(distinct_on(Message.conversation_id))
        .order_by(Message.conversation_id, Message.occurred_at.desc(), Message.id.desc())
    )
    ordered = sorted(rows, key=lambda row: (row.occurred_at, row.id))
    return list({lines[row.conversation_id]: row.id for row in ordered}.values())


def settle(one: SortedReply, message: Message, found: Judged, judge_name: str) -> None:
    """What a vendor said, or that ours stands since it said nothing: heard of now. A correction meanwhile stays."""
    one.asks_since = None
    if one.corrected_at is None:
        one.kind, one.phrase, one.judge, one.sorted_at = found.kind, found.phrase, judge_name, clock.now()
        db().flush()
        show_on([one.conversation_id])
        if one.kind:
            tell(one, message)


def show_on(conversation_ids: Sequence[UUID]) -> None:
    """The conversations show the kind of what was answered last."""
    if conversation_ids:
        bound = {"organization_id": current_organization_id(), "ids": list(conversation_ids)}
        db().flush()
        if db().execute(_SHOWN, bound).all():
            announce("inbox")
        for one in conversation_ids:
            announce(f"conversation:{one}")


def tell(one: SortedReply, message: Message, user_id: UUID | None = None) -> None:
    """`message.classified`: it counts as this from now on, on the day that it was written."""
    publish(
        "message.classified",
        message_id=message.id,
        contact_id=message.contact_id,
        campaign_id=message.stream_id,
        enrollment_id=message.enrollment_id,
        node_id=one.node_id,
        conversation_id=message.conversation_id,
        channel_id=message.channel_id,
        user_id=user_id,
        happened_at=message.occurred_at,
        facts={"class": one.kind or UNSORTED, "judge": "person" if user_id else one.judge},
    )


def _unsorted(message: Message) -> SortedReply:
    """What came before answers were sorted."""
    one = SortedReply(message_id=message.id, conversation_id=message.conversation_id, judge=WORDS)
    db().add(one)
    return one


def _correct(one: SortedReply, message: Message, kind: str, user_id: UUID) -> None:
    before = one.kind
    if one.corrected_at is None:
        one.first_kind = one.kind
    one.kind, one.asks_since = kind, None
    one.corrected_by_id, one.corrected_at = user_id, clock.now()
    db().flush()
    audit("reply.corrected", "message", message.id, before={"kind": before}, after={"kind": kind})
    if kind != before:
        tell(one, message, user_id)
