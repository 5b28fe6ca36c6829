"""Calls to other systems: addresses that are told of events, keys, and every call; and what vendors sent us in vain."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import (
    SAID,
    Done,
    ListOut,
    Moment,
    PageOut,
    PageQuery,
    RowModel,
    listed,
    paged,
)
from loumass.core.database import db
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.outgoing import endpoints, keys, resending
from loumass.outgoing.models import WebhookAttempt, WebhookCall, WebhookKey
from loumass.outgoing.trying import call_once, key_for
from loumass.webhooks.api.blueprint import api

ALL, ONE = "/webhook-endpoints", "/webhook-endpoints/<uuid:endpoint_id>"
KEY = "/webhook-keys/<uuid:key_id>"
CallState = Literal["queued", "calling", "delivered", "failed", "cancelled"]


class EndpointOut(RowModel):
    """An address that is told of events. `problem` says why it was switched off by itself."""

    id: UUID
    name: str
    url: str
    key_name: str
    events: list[str]
    is_on: bool
    problem: str
    turned_off_at: datetime | None
    answered_at: datetime | None
    created_at: datetime


class EndpointBody(ApiModel):
    """Where to, what about, and what signs it (empty: your organization's own key)."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=SAID)]
    url: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00]+$")]
    key_name: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")] = ""
    events: Annotated[
        list[Annotated[str, Field(max_length=60, pattern=r"^[a-z_.]+$")]], Field(min_length=1, max_length=50)
    ]


class EventOut(ApiModel):
    """A kind of event, in words."""

    kind: str
    words: str


class TriedOut(ApiModel):
    """What came of a test call."""

    is_well: bool
    status: int | None
    problem: str


class ReplayBody(ApiModel):
    """Since when; seven days are kept."""

    since: Moment


class CallQuery(PageQuery):
    """Calls in one state."""

    state: CallState | None = None


class CallOut(RowModel):
    """One call; its id is the Webhook-Id."""

    id: UUID
    url: str
    body: str
    state: str
    attempts: int
    status: int | None
    problem: str
    endpoint_id: UUID | None
    contact_id: UUID | None
    stream_id: UUID | None
    due_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


class AttemptOut(RowModel):
    """One attempt, and the beginning of what came back."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    status: int | None
    problem: str
    answer: str


class CallWithAttempts(ApiModel):
    """A call and every attempt, the latest first."""

    call: CallOut
    attempts: list[AttemptOut]


class KeyOut(RowModel):
    """What calls are signed with. The one without a name is your organization's own."""

    id: UUID
    name: str
    host: str
    header_names: list[str]
    previous_until: datetime | None
    created_at: datetime


class KeyBody(ApiModel):
    """A key for one host, with headers that go along; without a secret one is made."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=SAID)]
    host: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]
    secret: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    headers: Annotated[
        dict[
            Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9-]+$")],
            Annotated[str, Field(max_length=2_000, pattern=r"^[ -~]*$")],
        ],
        Field(default_factory=dict, max_length=10),
    ]


class SecretOut(ApiModel):
    """The secret, for whoever sets up the receiver."""

    secret: str


@endpoint(api, "GET", ALL, answers=ListOut[EndpointOut])
@requires("webhooks.manage")
def list_endpoints() -> ListOut[EndpointOut]:
    """Addresses that are told of events."""
    return listed(endpoints.endpoints(), EndpointOut.of)


@endpoint(api, "GET", f"{ALL}/events", answers=ListOut[EventOut])
@requires("webhooks.manage")
def list_events() -> ListOut[EventOut]:
    """What they can be told of."""
    return listed(endpoints.EVENTS.items(), lambda pair: EventOut(kind=pair[0], words=pair[1]))


@endpoint(api, "POST", ALL, takes=EndpointBody, answers=EndpointOut, status=201)
@requires("webhooks.manage")
def add_endpoint(body: EndpointBody) -> EndpointOut:
    """Add one; it is told from now on."""
    return EndpointOut.of(endpoints.add(body.name, body.url, body.key_name, body.events, g.user.id))


@endpoint(api, "GET", ONE, answers=EndpointOut)
@requires("webhooks.manage")
def read_endpoint(endpoint_id: UUID) -> EndpointOut:
    """One of them."""
    return EndpointOut.of(endpoints.endpoint_or_404(endpoint_id))


@endpoint(api, "PUT", ONE, takes=EndpointBody, answers=EndpointOut)
@requires("webhooks.manage")
def change_endpoint(endpoint_id: UUID, body: EndpointBody) -> EndpointOut:
    """Change it."""
    row = endpoints.endpoint_or_404(endpoint_id, lock=True)
    endpoints.change(row, body.name, body.url, body.key_name, body.events)
    return EndpointOut.of(row)


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("webhooks.manage")
def remove_endpoint(endpoint_id: UUID) -> Done:
    """Tell it nothing any more."""
    endpoints.remove(endpoints.endpoint_or_404(endpoint_id, lock=True))
    return Done(done="It is told nothing any more.", count=1)


@endpoint(api, "POST", f"{ONE}/on", answers=EndpointOut)
@requires("webhooks.manage")
def switch_on(endpoint_id: UUID) -> EndpointOut:
    """Tell it again, first of what waits for it."""
    row = endpoints.endpoint_or_404(endpoint_id, lock=True)
    endpoints.switch_on(row)
    return EndpointOut.of(row)


@endpoint(api, "POST", f"{ONE}/off", answers=EndpointOut)
@requires("webhooks.manage")
def switch_off(endpoint_id: UUID) -> EndpointOut:
    """Let it rest; what is under way waits."""
    row = endpoints.endpoint_or_404(endpoint_id, lock=True)
    endpoints.switch_off(row)
    return EndpointOut.of(row)


@endpoint(api, "POST", f"{ONE}/test", answers=TriedOut)
@requires("webhooks.manage")
def test_endpoint(endpoint_id: UUID) -> TriedOut:
    """Call it once with the event `test`; nothing is kept of that."""
    url, key_name, body = endpoints.try_of(endpoints.endpoint_or_404(endpoint_id))
    key = key_for(url, key_name)
    db().commit()  # no transaction stays open while the receiver answers
    answer = call_once(url, key, body)
    return TriedOut(is_well=answer.is_success, status=answer.status, problem=answer.problem)


@endpoint(api, "POST", f"{ONE}/replay", takes=ReplayBody, answers=Done)
@requires("webhooks.manage")
def replay(endpoint_id: UUID, body: ReplayBody) -> Done:
    """Tell it again what failed since then, and what it was never told."""
    count = endpoints.replay(endpoints.endpoint_or_404(endpoint_id, lock=True), body.since)
    return Done(done=f"{count:,} on the way again.", count=count)


@endpoint(api, "GET", f"{ONE}/calls", asks=PageQuery, answers=PageOut[CallOut])
@requires("webhooks.manage")
def list_calls_of(endpoint_id: UUID, query: PageQuery) -> PageOut[CallOut]:
    """Its calls of the last seven days, the latest first."""
    row = endpoints.endpoint_or_404(endpoint_id)
    keys_ = [WebhookCall.created_at, WebhookCall.id]
    found = page(endpoints.calls_of(row.id), keys_, query.cursor, descending=True, size=query.limit)
    return paged(found, CallOut.of)


@endpoint(api, "GET", "/webhook-calls", asks=CallQuery, answers=PageOut[CallOut])
@requires("webhooks.manage")
def list_calls(query: CallQuery) -> PageOut[CallOut]:
    """Every call, also of steps, the latest first."""
    statement = select(WebhookCall)
    if query.state:
        statement = statement.where(WebhookCall.state == query.state)
    keys_ = [WebhookCall.created_at, WebhookCall.id]
    return paged(page(statement, keys_, query.cursor, descending=True, size=query.limit), CallOut.of)


@endpoint(api, "GET", "/webhook-calls/<uuid:call_id>", answers=CallWithAttempts)
@requires("webhooks.manage")
def read_call(call_id: UUID) -> CallWithAttempts:
    """One call and its attempts."""
    call = get_or_404(WebhookCall, call_id)
    found = (
        select(WebhookAttempt).where(WebhookAttempt.call_id == call_id).order_by(WebhookAttempt.number.desc())
    )
    return CallWithAttempts(
        call=CallOut.of(call), attempts=[AttemptOut.of(one) for one in db().scalars(found)]
    )


@endpoint(api, "POST", "/webhook-calls/<uuid:call_id>/resend", answers=CallOut)
@requires("webhooks.manage")
def resend(call_id: UUID) -> CallOut:
    """Call once more, with the same id."""
    return CallOut.of(resending.resend(call_id))


@endpoint(api, "GET", "/webhook-keys", answers=ListOut[KeyOut])
@requires("webhooks.manage")
def list_keys() -> ListOut[KeyOut]:
    """What calls are signed with."""
    return listed(keys.keys(), KeyOut.of)


@endpoint(api, "POST", "/webhook-keys", takes=KeyBody, answers=KeyOut, status=201)
@requires("webhooks.manage")
def add_key(body: KeyBody) -> KeyOut:
    """Make a named key for one host."""
    headers = "\n".join(f"{name}: {value}" for name, value in body.headers.items())
    return KeyOut.of(keys.add(body.name, body.host, body.secret, headers))


@endpoint(api, "POST", "/webhook-keys/own", answers=KeyOut)
@requires("webhooks.manage")
def make_own_key() -> KeyOut:
    """Your organization's own key, before the first call makes it; the one that there is, where there is one."""
    keys.make_own()
    return KeyOut.of(db().scalars(select(WebhookKey).where(WebhookKey.name == keys.OWN)).one())


@endpoint(api, "POST", f"{KEY}/secret", answers=SecretOut)
@requires("webhooks.manage")
def show_secret(key_id: UUID) -> SecretOut:
    """The secret; that somebody looked is noted."""
    return SecretOut(secret=keys.secret_of(get_or_404(WebhookKey, key_id)))


@endpoint(api, "POST", f"{KEY}/change-over", answers=KeyOut)
@requires("webhooks.manage")
def change_over(key_id: UUID) -> KeyOut:
    """A new secret; the old one signs as well for a day."""
    return KeyOut.of(keys.change_over(key_id))


@endpoint(api, "DELETE", KEY, answers=Done)
@requires("webhooks.manage")
def remove_key(key_id: UUID) -> Done:
    """Forget a key."""
    return Done(done=f"{keys.remove(key_id)} is removed.", count=1)
