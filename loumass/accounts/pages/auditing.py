"""Who did what, for admins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts import auditing, members
from loumass.accounts.auditing import Wanted
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.service import audit as note
from loumass.core.database import db
from loumass.core.exports import csv_lines
from loumass.core.tenancy import session_like_this

_HEADER = ("Time (UTC)", "Who", "Action", "In words", "About", "Facts", "Change", "From", "Browser", "Id")
_PERIODS = [("1", "Today and yesterday"), ("7", "7 days"), ("30", "30 days"), ("365", "A year")]
_QUERY = ("q", "action", "person", "days")


@pages.get("/audit")
@requires("audit.read")
def audit() -> ResponseReturnValue:
    """The ledger, newest first."""
    cursor = request.args.get("after") or request.args.get("before")
    page = auditing.entries(cursor, Wanted.of(request.args))
    people = [(str(user.id), user.name) for _, user in members.members().items]
    query = {name: request.args[name] for name in _QUERY if request.args.get(name)}
    return render_template(
        "accounts/audit.html", page=page, people=people, sentence=auditing.sentence, periods=_PERIODS, query=query,
        actions=sorted(auditing.SENTENCES.items(), key=lambda pair: pair[1]),
    )  # fmt: skip


@pages.get("/audit.csv")
@requires("audit.read")
def audit_csv() -> ResponseReturnValue:
    """What the filters leave of the ledger as a file; taking it away is noted in it."""
    return audit_file(Wanted.of(request.args), [name for name in _QUERY if request.args.get(name)])


def audit_file(wanted: Wanted, filters: Sequence[str]) -> Response:
    """The file; `filters` are the names of those that were set."""
    note("audit.exported", filters=list(filters))
    db().commit()
    open_session = session_like_this()

    def lines() -> Iterator[str]:
        with open_session():
            yield from csv_lines(_HEADER, map(_cells, auditing.all_entries(wanted)))

    name = f"audit-{g.organization.number}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines(), mimetype="text/csv", headers=headers)


def _cells(line: auditing.Line) -> tuple[str, ...]:
    said = (line.who, line.action, auditing.sentence(line.action), line.about, line.facts, line.change)
    return (line.happened_at.isoformat(), *said, line.came_from, line.browser, str(line.id))
