"""Who may do what: the table that the guards themselves go by."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.forms import ROLE_HINTS, ROLE_NAMES
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.permissions import OTHERS, WORDS, may


@pages.get("/members/roles")
@requires("dashboard.read")
def roles() -> ResponseReturnValue:
    """Every permission, by role."""
    table = [
        (group, [(words, permission == OTHERS, _marks(permission)) for permission, words in named.items()])
        for group, named in WORDS.items()
    ]
    return render_template("accounts/roles.html", table_of=table, roles=ROLE_NAMES, hints=ROLE_HINTS)


def _marks(permission: str) -> list[tuple[str, bool]]:
    return [(name, may(role, permission)) for role, name in ROLE_NAMES.items()]
