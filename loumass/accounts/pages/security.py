"""How somebody signs in, and where they are signed in now."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import second_factor, sessions, vendor_signing
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.pages.entering import stand_in
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.words import plural


@pages.get("/profile/security")
@requires("profile.write")
def security() -> ResponseReturnValue:
    """Second factor, accounts elsewhere, sessions."""
    mine = {one.vendor: one for one in vendor_signing.accounts_of(g.user.id)}
    return render_template(
        "accounts/security.html",
        sessions=sessions.open_sessions(g.user.id),
        ways=sessions.WAYS,
        vendors=[(vendor, label, mine.get(vendor)) for vendor, label in vendor_signing.offered()],
        left=second_factor.codes_left(g.user.id) if g.user.second_factor_since else 0,
    )


@pages.post("/profile/sessions/<uuid:session_id>/end")
@requires("profile.write")
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Signs that browser out; this one as well where it is this one."""
    sessions.end(g.user.id, session_id)
    audit("session.ended")
    db().commit()
    if session_id == g.session.id:
        session.clear()
        return redirect(url_for("accounts.login"))
    flash("That session has ended.", "done")
    return redirect(url_for("account.security"))


@pages.post("/profile/sessions/end")
@requires("profile.write")
def end_other_sessions() -> ResponseReturnValue:
    """Signs out everywhere but here. The number that all cookies carry goes up, so that none of before opens anything."""
    ended = sessions.end_all(g.user.id, but=g.session.id)
    g.user.epoch += 1
    audit("sessions.ended", sessions=ended)
    db().commit()
    stand_in(g.user, g.organization.id, g.session.id, stays=session.permanent)
    flash(f"{plural(ended, 'other session has', 'other sessions have')} ended.", "done")
    return redirect(url_for("account.security"))
