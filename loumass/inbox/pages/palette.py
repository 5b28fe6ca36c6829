"""What the command palette finds beside the pages and deeds that the page at hand already knows."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.inbox import jumping
from loumass.inbox.blueprint import pages


@pages.get("/palette")
@requires("dashboard.read")
def palette() -> ResponseReturnValue:
    """People, campaigns and conversations whose name, address or subject begins with `?q=`, as far as one may see them."""
    words = " ".join(request.args.get("q", "").split())[:200]
    found = jumping.found(
        words,
        people=permitted("contacts.read"),
        campaigns=permitted("campaigns.read"),
        conversations=permitted("inbox.read"),
    )
    return render_template("inbox/_palette_found.html", found=found, q=words if len(words) > 1 else "")
