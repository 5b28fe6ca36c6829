"""Where vendors call us. The raw call is committed before the 2xx; what it means is a job's business."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from flask import Blueprint, Response, request
from sqlalchemy import select

from loumass.channels.connecting import context, open_provider
from loumass.channels.models import Channel, HookAddress
from loumass.core import clock
from loumass.core.errors import Forbidden, NotFound, Unavailable
from loumass.core.tenancy import acting_for, get, globally
from loumass.deliveries import service as deliveries
from loumass.providers.base import HookAnswer, HookRequest, Provider, StoredItem
from loumass.providers.errors import Disconnected, Forged
from loumass.providers.registry import called_providers
from loumass.webhooks.jobs import receive

hooks = Blueprint("hooks", __name__)
MAXIMUM_BODY = 1024 * 1024
#: Channels of one account whose signature is tried before a call is called forged.
MOST_CANDIDATES = 50
#: Never kept: they are ours or somebody's secret.
_PRIVATE = frozenset({"cookie", "authorization", "x-twilio-signature"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
log = structlog.get_logger("hooks")


@hooks.post("/hooks/<provider>/<token>")
def arrive(provider: str, token: str) -> Response:
    """A call to a channel's own address."""
    if not _TOKEN.fullmatch(token):
        raise NotFound
    with globally() as session:
        address = session.get(HookAddress, token)
    if address is None or address.provider != provider:
        raise NotFound
    call, vendor = _call(), _vendor(provider)
    if (greeting := vendor.greeted(call)) is not None:
        return _answered(greeting)
    vendor.look_up(call, context())
    return _answered(_taken(address.organization_id, address.channel_id, call))


@hooks.post("/hooks/<provider>")
def arrive_without_token(provider: str) -> Response:
    """A call that names its account itself: the first channel whose signature fits, or all where a mailbox changed."""
    call, vendor = _call(), _vendor(provider)
    vendor.look_up(call, context())
    account, address = vendor.addressee(call)
    answer: HookAnswer | None = None
    candidates = _candidates(provider, account, address)
    if vendor.calls_all and not candidates:
        # A mailbox that left us: whoever is told no goes on calling.
        return _answered(HookAnswer(status=204))
    for candidate in candidates:
        try:
            answer = _taken(candidate.organization_id, candidate.channel_id, call)
        except (Forbidden, NotFound, Unavailable):
            continue
        if not vendor.calls_all:
            break
    if answer is None:
        log.warning("hook.forged", provider=provider)
        raise Forbidden("No channel of this account fits the signature. Nothing was kept.")
    return _answered(answer)


@hooks.post("/api/twilio/inbound-sms")
def twilio_inbound() -> Response:
    """The address that earlier installations gave to Twilio."""
    return arrive_without_token("twilio")


def _vendor(kind: str) -> type[Provider]:
    """Raises NotFound for a vendor that never calls."""
    for provider in called_providers():
        if provider.kind == kind:
            return provider
    raise NotFound


def _candidates(provider: str, account: str, number: str) -> Sequence[HookAddress]:
    if not account:
        return ()
    with globally() as session:
        found = session.scalars(
            select(HookAddress)
            .where(HookAddress.provider == provider, HookAddress.account == account)
            .order_by(HookAddress.address != number, HookAddress.created_at, HookAddress.token)
            .limit(MOST_CANDIDATES)
        )
        return found.all()


def _taken(organization_id: UUID, channel_id: UUID, call: HookRequest) -> HookAnswer:
    """Verify and keep one call; what to answer. Raises NotFound, Forbidden, Unavailable."""
    with acting_for(organization_id) as session:
        channel = get(Channel, channel_id)
        if channel is None or channel.archived_at is not None:
            raise NotFound
        try:
            provider = open_provider(channel)
            provider.verify(call)
        except Disconnected as problem:
            raise Unavailable("The channel is disconnected and cannot check this call.") from problem
        except Forged as problem:
            log.warning(
                "hook.forged", provider=channel.provider, channel=str(channel.id), problem=str(problem)
            )
            raise Forbidden("The signature does not fit. Nothing was kept.") from problem
        item = StoredItem(
            identity=provider.identity(call),
            body=call.body,
            received_at=clock.now(),
            headers=_kept(call, _PRIVATE | provider.private_headers()),
            meta={"query": query} if (query := urlsplit(call.target).query) else {},
        )
        if deliveries.store(channel.id, [item]):
            receive.later(str(channel.id))
        session.commit()
        return provider.answer(call)


def _kept(call: HookRequest, private: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in call.headers.items() if name not in private}


def _call() -> HookRequest:
    """The request as it came. Raises 413 for a body over the limit."""
    request.max_content_length = MAXIMUM_BODY
    body = request.get_data(parse_form_data=False)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return HookRequest(request.method, _target(), headers, body)


def _target() -> str:
    """Path and query exactly as they were sent, since signatures cover every byte."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "")
    return raw if raw.startswith("/") else request.full_path.removesuffix("?")


def _answered(answer: HookAnswer) -> Response:
    return Response(answer.body, answer.status, content_type=answer.content_type)
