"""The session of a request, from the guard to the end of the answer."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import UUID

from flask import g, request
from sqlalchemy.orm import Session

from loumass.accounts.coming_from import Place, browser_of
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for


def session_for(organization_id: UUID, user_id: UUID | None) -> Session:
    """Opens it; `leave` closes it."""
    g.leaving = ExitStack()
    session = g.leaving.enter_context(acting_for(organization_id, user_id))
    here = place()
    session.info.update(ip_hash=keyed_hash(here.address), came_from=here)
    return session


def place() -> Place:
    """Where the request at hand comes from."""
    return Place(request.remote_addr or "", browser_of(request.headers.get("User-Agent", "")))


def leave(_: BaseException | None = None) -> None:
    """Closes it, if there is one."""
    leaving: ExitStack | None = g.pop("leaving", None)
    if leaving is not None:
        leaving.close()


def caller_is(caller_id: UUID) -> None:
    """Say who asks: the token, else the person. Requests are counted, and repeated ones known, by that."""
    db().info["caller_id"] = caller_id


def caller() -> UUID:
    """Who asks."""
    return db().info["caller_id"]
