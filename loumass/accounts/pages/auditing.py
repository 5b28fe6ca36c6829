"""Who did what, for admins."""

from __future__ import annotations

from uuid import UUID

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts import auditing, members
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.service import audit as note
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.exports import csv_lines


@pages.get("/audit")
@requires("audit.read")
def audit() -> ResponseReturnValue:
    """The ledger, newest first."""
    cursor = request.args.get("after") or request.args.get("before")
    page = auditing.entries(cursor, action=request.args.get("action"), user_id=_person())
    people = [(str(user.id), user.name) for _, user in members.members().items]
    return render_template(
        "accounts/audit.html", page=page, people=people, sentence=auditing.sentence,
        actions=sorted(auditing.SENTENCES.items(), key=lambda pair: pair[1]),
    )  # fmt: skip


@pages.get("/audit.csv")
@requires("audit.read")
def audit_csv() -> ResponseReturnValue:
    """The ledger as a file; taking it away is noted in it."""
    note("audit.exported")
    db().commit()
    rows = [
        (
            line.happened_at.isoformat(),
            line.who,
            line.action,
            auditing.sentence(line.action),
            line.about,
            line.facts,
        )
        for line in auditing.all_entries()
    ]
    header = ("Time (UTC)", "Who", "Action", "In words", "About", "Facts")
    name = f"audit-{g.organization.number}.csv"
    return Response(
        "".join(csv_lines(header, rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _person() -> UUID | None:
    wanted = request.args.get("person")
    try:
        return UUID(wanted) if wanted else None
    except ValueError as problem:
        raise Refused("This page address is damaged. Start again from the whole audit.") from problem
