"""The voices that speak scripts, and the applications that mailboxes sign in by."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import g
from pydantic import Field, ValidationError

from loumass.accounts.guards import requires
from loumass.channels import signing_in
from loumass.channels.api.blueprint import api
from loumass.channels.api.connecting import problems_in_words
from loumass.channels.models import VendorClient
from loumass.channels.signing_in_pages import vendor_or_404
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import BLANK, SAID_ON_A_LINE, Done, ListOut, RowModel
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.providers.oauth import Client
from loumass.speech.models import VoiceAccount
from loumass.speech.service import VOICES
from loumass.vendors.accounts import Tried

PLACE, ONE = "/voices", "/sign-in-applications/<kind>"
Text = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class VoiceOut(ApiModel):
    """A voice on offer."""

    id: str
    name: str


class VoicesOut(ApiModel):
    """Who speaks, whether it works, and which voices there are."""

    provider: str
    state: str
    state_reason: str
    checked_at: datetime | None
    voices: list[VoiceOut]

    @classmethod
    def of(cls, row: VoiceAccount) -> VoicesOut:
        plain = {name: getattr(row, name) for name in cls.model_fields if name != "voices"}
        return cls(**plain, voices=[VoiceOut(id=one["id"], name=one["name"]) for one in row.voices])


class VoicesBody(ApiModel):
    """The key of the account at ElevenLabs."""

    api_key: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TriedOut(ApiModel):
    """How trying it went. Where that failed the key is kept, and nothing is spoken until it is mended."""

    account: VoicesOut
    is_well: bool
    sentence: str


class ApplicationOut(RowModel):
    """An application of yours at a vendor that mailboxes sign in by. Its secret is never told."""

    id: UUID
    vendor: str
    client_id: str
    options: dict[str, Any]
    changed_at: datetime


class ApplicationBody(ApiModel):
    """Client id and secret (empty keeps the one that is stored). At Google `topic` and `pusher` say where news is pushed from; at
    Microsoft `tenant` is the directory (empty: any organization's, and personal accounts).
    """

    client_id: Annotated[str, Field(min_length=1, max_length=300, pattern=SAID_ON_A_LINE)]
    client_secret: Text = ""
    topic: Annotated[
        str, Field(max_length=300, pattern=rf"^(projects/[^/{BLANK}]+/topics/[^/{BLANK}]+)?$")
    ] = ""
    pusher: Annotated[str, Field(max_length=300, pattern=rf"^([^@{BLANK}]+@[^@{BLANK}]+)?$")] = ""
    tenant: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9.-]*$")] = ""


@endpoint(api, "GET", PLACE, answers=ListOut[VoicesOut])
@requires("channels.read")
def list_voices() -> ListOut[VoicesOut]:
    """The account of voices; an empty list where none is connected."""
    found = VOICES.account()
    return ListOut[VoicesOut](items=[VoicesOut.of(found)] if found else [])


@endpoint(api, "PUT", PLACE, takes=VoicesBody, answers=TriedOut)
@requires("channels.write")
def connect_voices(body: VoicesBody) -> TriedOut:
    """Try a key, and keep it."""
    try:
        credentials = ElevenLabs.Credentials.model_validate(body.model_dump())
    except ValidationError as refusal:
        raise Refused(f"{problems_in_words(refusal, ElevenLabs.Credentials)} Nothing was changed.") from None
    return _told(*VOICES.try_and_keep(ElevenLabs, credentials))


@endpoint(api, "POST", f"{PLACE}/test", answers=TriedOut)
@requires("channels.write")
def test_voices() -> TriedOut:
    """Log in and list the voices; nothing is spoken."""
    stored = VOICES.readable_credentials(VOICES.account())
    if stored is None:
        raise Conflict("There is no API key to test. Enter it first.")
    current, tried = VOICES.try_again(ElevenLabs, stored)
    if current is None:
        raise NotFound
    return _told(current, tried)


@endpoint(api, "DELETE", PLACE, answers=Done)
@requires("channels.write")
def disconnect_voices() -> Done:
    """Forget the key; what was spoken stays."""
    found = VOICES.account(lock=True)
    if found is None:
        raise NotFound("No voice is connected.")
    VOICES.disconnect(found, g.user.name)
    return Done(done="ElevenLabs is disconnected. What is yet to be spoken waits.", count=1)


@endpoint(api, "GET", ONE, answers=ApplicationOut)
@requires("channels.write")
def read_application(kind: str) -> ApplicationOut:
    """Your application at the vendor of a kind of mailbox (`gmail`, `outlook`)."""
    return ApplicationOut.of(_own(vendor_or_404(kind)))


@endpoint(api, "PUT", ONE, takes=ApplicationBody, answers=ApplicationOut)
@requires("channels.write")
def enter_application(kind: str, body: ApplicationBody) -> ApplicationOut:
    """Enter it. People sign in by it in a browser: `POST /email-accounts/connect/gmail` tells where."""
    vendor = vendor_or_404(kind)
    signing_in.save_client(vendor, _client(vendor, body))
    db().flush()
    return ApplicationOut.of(_own(vendor))


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("channels.write")
def forget_application(kind: str) -> Done:
    """Take it away. Mailboxes that signed in by it go on until the vendor ends that."""
    vendor = vendor_or_404(kind)
    _own(vendor)
    signing_in.forget_client(vendor)
    return Done(done="The application is forgotten.", count=1)


def _client(vendor: str, body: ApplicationBody) -> Client:
    of_google = {"topic": body.topic, "pusher": body.pusher}
    if (vendor == "google" and body.tenant) or (vendor != "google" and any(of_google.values())):
        raise Refused("`topic` and `pusher` belong to Google, `tenant` to Microsoft. Nothing was changed.")
    options = of_google if vendor == "google" else {"tenant": body.tenant or "common"}
    return Client(client_id=body.client_id.strip(), client_secret=body.client_secret.strip(), options=options)


def _own(vendor: str) -> VendorClient:
    found = signing_in.own_client(vendor)
    if found is None:
        raise NotFound("There is no application of yours at this vendor.")
    return found


def _told(account: VoiceAccount, tried: Tried) -> TriedOut:
    db().flush()
    return TriedOut(account=VoicesOut.of(account), is_well=tried.is_well, sentence=tried.sentence)
