"""`/in/<token>`: the secret address of a trigger. What is sent here is kept before anybody understands it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.limits import limiter
from loumass.accounts.models import Organization
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers.call_body import is_form, is_readable
from loumass.campaigns.triggers.calls import Address, called_trigger, keep_call, read_address
from loumass.core.errors import NotFound, Problem
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, globally

calls = Blueprint("calls", __name__)
MAXIMUM_BODY = 64 * 1024
LONGEST_IDENTITY = 200
_NOBODY = "There is no such address, or it was switched off. Nothing was kept."
_KINDS = "Send JSON, or a form as browsers send it. Nothing was kept."


class _Unreadable(Problem):
    status = 415


def _one_address() -> str:
    """Redis holds no secret."""
    return keyed_hash(str(request.view_args)).hex()[:32]


@calls.post("/in/<token>")
@limiter.limit("600 per minute")
@limiter.limit("120 per minute", key_func=_one_address)
def arrive(token: str) -> ResponseReturnValue:
    """Keep what was sent. JSON is answered by JSON; a form leads to the page that the trigger names, or to a thank you."""
    request.max_content_length = MAXIMUM_BODY
    body = request.get_data(parse_form_data=False)
    try:
        sender, shown = _keep(token, body)
    except Problem as problem:
        return _problem(problem)
    if not is_form(request.content_type or ""):
        return Response('{"received": true}', 202, content_type="application/json")
    return redirect(shown, 303) if shown else render_template("campaigns/received.html", sender=sender)


def _keep(token: str, body: bytes) -> tuple[Organization, str]:
    """Whose address it is, and what is shown then. Raises NotFound, and for what nobody reads."""
    address = read_address(token)
    organization = _organization(address) if address else None
    if address is None or organization is None:
        raise NotFound(_NOBODY)
    content_type = request.content_type or ""
    with acting_for(organization.id) as session:
        trigger = called_trigger(address)
        if trigger is None:
            raise NotFound(_NOBODY)
        if not is_readable(content_type):
            raise _Unreadable(_KINDS)
        keep_call(trigger, content_type, body, request.headers.get("Idempotency-Key", "")[:LONGEST_IDENTITY])
        session.commit()
        return organization, _then(trigger)


def _organization(address: Address) -> Organization | None:
    with globally() as session:
        wanted = select(Organization).where(Organization.number == address.organization_number)
        return session.scalars(wanted).one_or_none()


def _then(trigger: Trigger) -> str:
    return str(trigger.config.get("then") or "")


def _problem(problem: Problem) -> ResponseReturnValue:
    if is_form(request.content_type or ""):
        raise problem
    said = {"status": problem.status, "title": "Not kept", "detail": problem.sentence}
    return Response(json.dumps(said), problem.status, content_type="application/problem+json")
