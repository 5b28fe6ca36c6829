"""What tests of voicemail name: a connected caller id, recordings, people who agreed, and the vendor's calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from loumass.channels import connecting, service
from loumass.channels.connecting import Checked
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.contacts.suppression import record_consent
from loumass.core import network
from loumass.media.service import keep, weigh
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.providers.elevenlabs.credentials import ElevenLabsCredentials
from loumass.providers.slybroadcast.client import Slybroadcast
from loumass.providers.slybroadcast.credentials import SlybroadcastCredentials
from loumass.speech.models import VoiceAccount
from loumass.speech.service import VOICES
from loumass.vendors.accounts import Tried
from tests.fakes.elevenlabs import API_KEY, VOICE
from tests.fakes.slybroadcast import CALLER_ID, LOGIN, PASSWORD, disposition
from tests.fakes.sounds import mp3
from tests.world import Tenant, World

SPOKEN = {
    "id": VOICE, "name": "Rachel", "model": "eleven_multilingual_v2", "steadiness": 50, "likeness": 75, "language": "en",
}  # fmt: skip


@contextmanager
def reaching(**base_urls: str) -> Iterator[None]:
    """Vendors are reached at these addresses of loopback, through the real address check."""
    before = connecting.context()
    network.allow(frozenset(urlsplit(url).netloc for url in base_urls.values()))
    connecting.use_context(replace(before, base_urls=base_urls, timeout=5.0))
    try:
        yield
    finally:
        connecting.use_context(before)
        network.allow(frozenset())


def caller_id(tenant: Tenant, **limits: Any) -> Channel:
    """A caller id at Slybroadcast, connected as the page does it, without a daily cap."""
    credentials = SlybroadcastCredentials.model_validate(
        {"email": LOGIN, "password": PASSWORD, "caller_id": CALLER_ID}
    )
    with tenant.acting() as session:
        # The same caller id again is the same channel.
        same = service.find_same(Slybroadcast, credentials)
        if same is not None:
            return same
        channel = service.connect(
            Slybroadcast,
            credentials,
            Checked(True, "", {}, credentials),
            name="Front desk",
            sender_name="Maya",
            owner_id=tenant.admin.id,
        )
        channel.daily_cap = None
        for name, value in limits.items():
            setattr(channel, name, value)
        session.commit()
    return channel


def voices(tenant: Tenant) -> VoiceAccount:
    """An account at ElevenLabs."""
    credentials = ElevenLabsCredentials.model_validate({"api_key": API_KEY})
    with tenant.acting() as session:
        found = VOICES.connect(ElevenLabs, credentials, Tried(True, ""))
        session.commit()
    return found


def recording(tenant: Tenant, seconds: float = 12.0) -> dict[str, Any]:
    """An uploaded recording, as a content version keeps it."""
    content = BytesIO(mp3(seconds))
    with tenant.acting() as session:
        weighed = weigh(content, limit=1_000_000)
        media_id = keep(content, weighed)
        session.commit()
    return {"recording_id": media_id, "recording_name": "Front desk", "recording_seconds": weighed.seconds}


def agreed(tenant: Tenant, *contacts: Contact, technique: str = "", is_granted: bool = True) -> None:
    """A line in the ledger for each."""
    with tenant.acting() as session:
        for contact in contacts:
            record_consent(contact, "voicemail", is_granted=is_granted, source="form", technique=technique)
        session.commit()


def somebody(tenant: Tenant, number: str = "+17205550100", **also: Any) -> Contact:
    """A person with a phone in Denver who agreed to voicemail."""
    contact = tenant.contact(f"Priya {number[-4:]}", None, number, timezone="America/Denver", **also)
    agreed(tenant, contact)
    return contact


def told(world: World, drop: Mapping[str, str], status: str = "OK", reason: str = "", **changes: str) -> Any:
    """The vendor's disposition call about a drop; the answer that it gets."""
    address = changes.get("address", drop["c_dispo_url"]).removeprefix("https://loumass.example")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return world.stranger().post(address, data=disposition(drop, status, reason), headers=headers)


def path_of(url: str) -> str:
    """The part that a test client asks for."""
    return urlsplit(url).path


def media_id_of(sound: Mapping[str, Any]) -> UUID:
    """The media of a recording."""
    return sound["recording_id"]
