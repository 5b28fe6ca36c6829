"""What is sent from: mailboxes, voices, their rules, tracking, and how they are doing."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

from loumass.accounts.days_off.models import DayOff, HolidayCalendar
from loumass.channels.connecting import sealed
from loumass.channels.models import Brand, BrandChannel, BrandDay, Channel, SendingRule, VendorClient
from loumass.channels.tracking_models import TrackingDomain
from loumass.contacts.models import (
    Topic,
    TopicRefusal,
)
from loumass.content.models import (
    ContentLink,
    ContentPicture,
    LinkCheck,
    UnsavedWords,
)
from loumass.core import clock, secrets, storage
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.deliverability.models import DomainBrake, SendingDomain, SoftBounce, TroubleHour
from loumass.deliveries.models import AwaitedReport
from loumass.media.models import Media
from loumass.messages.finding.models import WordsMark
from loumass.messages.finding.words import note_words
from loumass.messages.hit_models import Hit, HitCount, HitMark
from loumass.messages.models import (
    OptOutProposal,
)
from loumass.messages.sorting.models import SortedReply, SorterAccount
from loumass.providers.elevenlabs.credentials import ElevenLabsCredentials
from loumass.providers.own_service.credentials import OwnServiceCredentials
from loumass.providers.sandbox.credentials import SandboxEmailCredentials
from loumass.speech.models import SpokenText, VoiceAccount
from tests.house import furniture
from tests.house.furniture import Furniture


def application(put: Any) -> None:
    made = uuid7()
    aad = secrets.associated_data("vendor_client.sealed_secret", current_organization_id(), made)
    secret = secrets.seal(b"not a real secret", aad)
    client_id = f"{furniture.MARK}.apps.example"
    put(
        "vendor_client",
        VendorClient(id=made, vendor="google", client_id=client_id, sealed_secret=secret, options={}),
    )


def sender(put: Any, name: str, address: str, state: str) -> Channel:
    channel_id = uuid7()
    own = SandboxEmailCredentials(email="mailbox@acme.example")
    credentials = sealed(own, current_organization_id(), channel_id)
    return put(
        name,
        Channel(
            id=channel_id,
            provider="sandbox",
            medium="email",
            name=f"{furniture.MARK} mailbox",
            address=address,
            sealed_credentials=credentials,
            state=state,
        ),
    )


def rules(put: Any, session: Any, channel: Channel) -> None:
    session.add(SendingRule(contact_per_day=9, contact_per_week=20))
    tomorrow = clock.now().date() + timedelta(days=1)
    session.add(HolidayCalendar(country="US", region="CO", filled_until=tomorrow.year + 2))
    session.add(DayOff(day=tomorrow, source="own", name=f"{furniture.MARK} day"))
    brand = put("brand", Brand(name=f"{furniture.MARK} brand", segments_per_day=400))
    session.add_all(
        [
            BrandChannel(channel_id=channel.id, brand_id=brand.id),
            BrandDay(brand_id=brand.id, day=clock.now().date(), used=3),
        ]
    )


def tracking(put: Any, session: Any, house: Furniture) -> None:
    put("tracking_domain", TrackingDomain(name=f"go.{furniture.MARK.lower()}.example"))
    link = ContentLink(
        source_id=house.content_version, number=1, href=f"https://{furniture.MARK.lower()}.example/"
    )
    session.add_all([link, HitMark(classed_until=clock.now())])
    session.flush()
    seen = {"message_id": house.message, "link": link.ref}
    quiet = {
        "is_head": False,
        "is_prefetch": False,
        "ip_hash": b"h" * 32,
        "network": "",
        "agent": furniture.MARK,
    }
    _unsaved_words(session, house)
    session.add(Hit(**seen, **quiet, happened_at=clock.now() - timedelta(minutes=1)))
    session.add(HitCount(**seen, human=1, machine=0, unknown=0, last_at=clock.now()))


def _unsaved_words(session: Any, house: Furniture) -> None:
    typed = {
        "subject": f"{furniture.MARK} typed",
        "text": f"https://{furniture.MARK.lower()}.example/",
        "way": "plain",
    }
    for place in ("content", "node"):
        session.add(UnsavedWords(place_id=house.ids[place], medium="email", words=typed))
    session.add(
        LinkCheck(place_id=house.content, number=1, href=f"https://{furniture.MARK.lower()}.example/")
    )


def care(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
    put("sending_domain", SendingDomain(name=f"{furniture.MARK.lower()}.example"))
    slowed = sender(put, "slowed_channel", f"{furniture.MARK.lower()}.slow@acme.example", "active")
    slowed.brake_gap_seconds, slowed.brake_because = 30, f"{furniture.MARK} bounced."
    strict = f"{furniture.MARK.lower()}.strict.example"
    until = clock.now() + timedelta(hours=6)
    session.add(
        DomainBrake(domain=strict, until_at=until, counted_from=until, because=f"{furniture.MARK} bounced.")
    )
    session.add(TroubleHour(channel_id=channel.id, hour=clock.now(), domain=strict, bounced=1))
    session.add(SoftBounce(message_id=house.doubtful, medium="email", address_hash=b"t" * 32))
    topic = put("topic", Topic(name=f"{furniture.MARK} news"))
    session.add(TopicRefusal(topic_id=topic.id, address_hash=b"u" * 32))
    put(
        "proposal",
        OptOutProposal(
            message_id=house.message,
            conversation_id=house.conversation,
            contact_id=house.contact,
            medium="email",
            phrase=f"{furniture.MARK}, remove me",
        ),
    )
    session.add(
        SortedReply(
            message_id=house.message,
            conversation_id=house.conversation,
            kind="question",
            phrase=f"{furniture.MARK}, how much?",
            judge="words",
        )
    )
    note_words([house.message])
    session.add(WordsMark(done_at=clock.now()))


def voicemail(put: Any, house: Furniture, channel: Channel) -> None:
    sound = {"content_type": "audio/mpeg", "size": 4, "sha256": b"z" * 32, "seconds": 12.0}
    put("media", Media(**sound, file_key=storage.store(BytesIO(b"ID3z"), limit=10).key))
    account_id = uuid7()
    own = ElevenLabsCredentials.model_validate({"api_key": furniture.MARK})
    aad = secrets.associated_data("voice_account.sealed_credentials", current_organization_id(), account_id)
    account = {"provider": "elevenlabs", "voices": [{"id": "x", "name": furniture.MARK}], "state": "active"}
    put(
        "voice_account",
        VoiceAccount(id=account_id, sealed_credentials=secrets.seal(own.to_json(), aad), **account),
    )
    judge_id = uuid7()
    judge = OwnServiceCredentials.model_validate({"url": "https://judge.example/", "api_key": furniture.MARK})
    aad = secrets.associated_data("sorter_account.sealed_credentials", current_organization_id(), judge_id)
    connected = {"provider": "own_service", "state": "disconnected", "state_reason": furniture.MARK}
    put(
        "sorter_account",
        SorterAccount(id=judge_id, sealed_credentials=secrets.seal(judge.to_json(), aad), **connected),
    )
    db().add(ContentPicture(source_id=house.content_version, media_id=house.media))
    db().add(SpokenText(key=b"k" * 32, media_id=house.media, characters=12))
    db().add(AwaitedReport(message_id=house.message, channel_id=channel.id, look_at=clock.now()))
    db().flush()
