"""Senders connected: credentials are tried before they are kept, and no transaction is open meanwhile."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from flask import g, url_for
from pydantic import Field, ValidationError

from loumass.accounts.guards import requires
from loumass.channels import connecting, service
from loumass.channels.api.blueprint import api
from loumass.channels.api.channels import ONE, ChannelOut, OneLine
from loumass.channels.connecting import Checked
from loumass.channels.models import Channel
from loumass.channels.pages import live_or_404
from loumass.core import links
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, ListOut, listed
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.providers.base import Provider
from loumass.providers.credentials import Credentials, problems
from loumass.providers.errors import Disconnected
from loumass.providers.registry import all_providers, provider_class

Entered = Annotated[
    dict[
        Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_]+$")],
        Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]
        | bool
        | Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE],
    ],
    Field(max_length=50),
]


class ProviderOut(ApiModel):
    """Something that can be connected. `credentials` is the JSON Schema of what it asks for; where people sign in at the
    vendor it is null, and that happens in a browser."""

    kind: str
    medium: str
    label: str
    credentials: dict[str, Any] | None


class ConnectBody(ApiModel):
    """What the provider asks for, and what the sender is called."""

    credentials: Entered
    name: OneLine = ""
    sender_name: OneLine = ""


class CredentialsBody(ApiModel):
    """What the provider asks for, entered anew."""

    credentials: Entered


class ConnectedOut(ApiModel):
    """The sender, and how trying it went. Where that failed it is kept, and sends nothing until it is mended."""

    channel: ChannelOut
    is_well: bool
    sentence: str


class SignInOut(ApiModel):
    """The page where a person signs in at the vendor."""

    url: str


@endpoint(api, "GET", "/channels/providers", answers=ListOut[ProviderOut])
@requires("channels.read")
def list_providers() -> ListOut[ProviderOut]:
    """What there is to connect, and what each asks for."""

    def told(one: type[Provider]) -> ProviderOut:
        asked = None if one.signs_in else one.Credentials.model_json_schema()
        return ProviderOut(kind=one.kind, medium=one.medium, label=one.label, credentials=asked)

    return listed(all_providers(), told)


@endpoint(
    api, "POST", "/channels/connect/<kind>/<medium>", takes=ConnectBody, answers=ConnectedOut, status=201
)
@requires("channels.write")
def connect(kind: str, medium: str, body: ConnectBody) -> ConnectedOut:
    """Try the credentials, and keep the sender."""
    return _connect(_provider_or_404(kind, medium), body)


@endpoint(
    api,
    "POST",
    "/email-accounts/connect/smtp",
    takes=ConnectBody,
    answers=ConnectedOut,
    status=201,
    also=["/email-accounts/connect/smtp"],
)
@requires("channels.write")
def connect_smtp(body: ConnectBody) -> ConnectedOut:
    """Connect a mailbox by SMTP and IMAP."""
    return _connect(_provider_or_404("smtp", "email"), body)


@endpoint(
    api, "POST", "/email-accounts/connect/gmail", answers=SignInOut, also=["/email-accounts/connect/gmail"]
)
@requires("channels.write")
def connect_gmail() -> SignInOut:
    """Where a person signs in at Google."""
    return SignInOut(url=links.absolute(url_for("channels.sign_in", kind="gmail")))


@endpoint(
    api,
    "POST",
    "/email-accounts/connect/outlook",
    answers=SignInOut,
    also=["/email-accounts/connect/outlook"],
)
@requires("channels.write")
def connect_outlook() -> SignInOut:
    """Where a person signs in at Microsoft."""
    return SignInOut(url=links.absolute(url_for("channels.sign_in", kind="outlook")))


@endpoint(api, "PUT", f"{ONE}/credentials", takes=CredentialsBody, answers=ConnectedOut)
@requires("channels.write")
def enter_credentials(channel_id: UUID, body: CredentialsBody) -> ConnectedOut:
    """Enter them anew, for the same address."""
    channel = live_or_404(channel_id)
    provider = _provider_or_404(channel.provider, channel.medium)
    entered = _read(provider, body.credentials)
    checked = _tried(provider, entered)
    channel = live_or_404(channel_id, lock=True)
    service.reconnect(channel, provider, entered, checked)
    return _told(channel, checked)


@endpoint(api, "POST", f"{ONE}/test", answers=ConnectedOut)
@requires("channels.write")
def try_channel(channel_id: UUID) -> ConnectedOut:
    """Log in and send nothing."""
    channel = live_or_404(channel_id)
    provider = _provider_or_404(channel.provider, channel.medium)
    try:
        stored = connecting.credentials_of(channel)
    except Disconnected as problem:
        raise Conflict("There are no credentials to test. Enter them first.") from problem
    checked = _tried(provider, stored)
    channel = live_or_404(channel_id, lock=True)
    service.note_check(channel, checked)
    return _told(channel, checked)


def _connect(provider: type[Provider], body: ConnectBody) -> ConnectedOut:
    credentials = _read(provider, body.credentials)
    same = service.find_same(provider, credentials)
    if same is not None and same.archived_at is None:
        raise Conflict(f"{credentials.address} is connected already, as {same.name}. Nothing was changed.")
    checked = _tried(provider, credentials)
    channel = service.connect(
        provider,
        credentials,
        checked,
        name=body.name.strip() or credentials.address,
        sender_name=body.sender_name.strip(),
        owner_id=g.user.id,
    )
    return _told(channel, checked)


def _read(provider: type[Provider], entered: dict[str, Any]) -> Credentials:
    if provider.signs_in is not None:
        raise Refused("People sign in at this vendor, on the page of the sender. Nothing was changed.")
    try:
        return provider.Credentials.model_validate(entered)
    except ValidationError as refusal:
        raise Refused(f"{problems_in_words(refusal, provider.Credentials)} Nothing was changed.") from None


def problems_in_words(refusal: ValidationError, model: type[Credentials]) -> str:
    """What is wrong with credentials, field by field, in one sentence."""
    wrong = problems(refusal, model)
    told = "; ".join(f"{name or 'credentials'}: {sentence}" for name, sentence in wrong.items())
    return f"{told.rstrip('.')}."


def _tried(provider: type[Provider], credentials: Credentials) -> Checked:
    db().commit()  # gives the connection back: no transaction stays open while the vendor answers
    return connecting.check(provider, credentials)


def _told(channel: Channel, checked: Checked) -> ConnectedOut:
    db().flush()
    return ConnectedOut(channel=ChannelOut.of(channel), is_well=checked.is_well, sentence=checked.sentence)


def _provider_or_404(kind: str, medium: str) -> type[Provider]:
    try:
        return provider_class(kind, medium)
    except KeyError as problem:
        raise NotFound("This installation knows no such provider.") from problem
