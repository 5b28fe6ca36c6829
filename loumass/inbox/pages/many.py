"""What is done with several people of the list at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.words import moment, plural
from loumass.inbox import conversing, reply_kinds, snoozing
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import labels, regrouping, reminding, teams
from loumass.inbox.pages.listing import kept_query
from loumass.inbox.pages.reminders import when
from loumass.inbox.person import conversation_or_404
from loumass.messages.sorting.keeping import latest_of
from loumass.messages.sorting.kinds import KINDS

_MOST = 200
_CHOOSE = "Choose what to do with them. Nothing was changed."
#: (one conversation of each who was chosen, all of theirs, what the deed names) -> what they are then.
Deed = Callable[[Sequence[UUID], Sequence[UUID], str], str]


@pages.post("/inbox/chosen")
@requires("inbox.reply")
def change_chosen() -> ResponseReturnValue:
    """`act` says what becomes of everybody who was chosen, like `close` or `label:<id>`; then the list again."""
    act, _, named = request.values.get("act", "").partition(":")
    if act not in _DEEDS:
        raise Refused(_CHOOSE)
    chosen = request.values.getlist("ids", type=UUID)[:_MOST]
    if not chosen:
        raise Refused("Choose somebody first. Nothing was changed.")
    ids = conversing.of_same_people(chosen)
    if not ids:
        raise NotFound
    undo = url_for(
        "inbox.change_chosen", act="reopen", ids=chosen, waited=conversing.waiting(ids), **kept_query()
    )
    became = _DEEDS[act](chosen, ids, named)
    db().commit()
    said = {"text": f"{plural(len(chosen), 'person is', 'people are')} {became}."}
    flash(said | {"undo": undo} if act in ("close", "snooze") else said, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(url_for("inbox.index", **kept_query()))


def _close(_: Sequence[UUID], ids: Sequence[UUID], __: str) -> str:
    conversing.close(ids)
    return "closed"


def _reopen(_: Sequence[UUID], ids: Sequence[UUID], __: str) -> str:
    conversing.reopen(ids, request.args.getlist("waited", type=UUID))
    return "open again"


def _mine(_: Sequence[UUID], ids: Sequence[UUID], __: str) -> str:
    conversing.assign(ids, g.user.id)
    return "yours now"


def _read(_: Sequence[UUID], ids: Sequence[UUID], __: str) -> str:
    conversing.mark_read(ids)
    return "read"


def _snooze(_: Sequence[UUID], ids: Sequence[UUID], __: str) -> str:
    conversing.snooze(ids, snoozing.until("tomorrow", clock.now(), _timezone()))
    return "put off until tomorrow morning"


def _give(_: Sequence[UUID], ids: Sequence[UUID], named: str) -> str:
    conversing.give(ids, _id(named) if named else None, g.user.id)
    return "given away" if named else "nobody's now"


def _give_to_team(_: Sequence[UUID], ids: Sequence[UUID], named: str) -> str:
    teams.give(ids, _id(named))
    return "given to the team"


def _label(_: Sequence[UUID], ids: Sequence[UUID], named: str) -> str:
    return f"labelled {labels.put(ids, _id(named)).name}"


def _take_label_off(_: Sequence[UUID], ids: Sequence[UUID], named: str) -> str:
    return f"without the label {labels.take_off(ids, _id(named)).name}"


def _sort(_: Sequence[UUID], ids: Sequence[UUID], named: str) -> str:
    answers = latest_of(conversing.lines_of(ids))
    if not answers:
        raise Refused("None of them has written yet. Nothing was changed.")
    reply_kinds.correct(answers, named, g.user.id)
    return f"sorted as “{KINDS[named]}”" if named in KINDS else "sorted as none of these"


def _remind(chosen: Sequence[UUID], _: Sequence[UUID], named: str) -> str:
    due_at, is_if_silent = when(named)
    reminding.remind(list(conversing.lines_of(chosen)), g.user.id, due_at, is_if_silent=is_if_silent)
    return f"back {moment(due_at, _timezone())}{', if nobody answers until then' if is_if_silent else ''}"


def _merge(chosen: Sequence[UUID], _: Sequence[UUID], __: str) -> str:
    if len(chosen) < 2:
        raise Refused("Choose two people or more, and they stand in one line. Nothing was changed.")
    kept, *others = [conversation_or_404(one) for one in chosen]
    regrouping.merge(kept, others, g.user.id)
    return "in one line now"


_DEEDS: Mapping[str, Deed] = {
    "close": _close,
    "reopen": _reopen,
    "mine": _mine,
    "read": _read,
    "snooze": _snooze,
    "give": _give,
    "team": _give_to_team,
    "label": _label,
    "unlabel": _take_label_off,
    "sort": _sort,
    "remind": _remind,
    "merge": _merge,
}


def _id(named: str) -> UUID:
    try:
        return UUID(named)
    except ValueError as problem:
        raise Refused(_CHOOSE) from problem


def _timezone() -> str:
    return g.user.timezone or g.organization.timezone
