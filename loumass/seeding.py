"""A demo organization whose senders can reach nobody outside, made once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import Organization, User
from loumass.accounts.sign_up import sign_up
from loumass.channels.connecting import sealed
from loumass.channels.models import Channel
from loumass.config import DEMO_EMAIL, DEMO_PASSWORD
from loumass.contacts.models import Consent, Contact, ContactTag, Tag
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, current_organization_id, globally
from loumass.providers.registry import provider_class

#: Who of the people below answers, asks, bounces or is away. Drawn so that a newcomer sees some of each.
SANDBOX_SEED = "northgate 44885"
PEOPLE = (
    ("Priya", "Raman", "Foothill & Main Realty", "Broker"), ("Tom", "Okafor", "Cherry Creek Partners", "Broker"),
    ("Elena", "Vasquez", "Sixteenth Street Brokers", "Agent"), ("Marcus", "Bell", "Bell Brothers Realty", "Owner"),
    ("Grace", "Nakamura", "LoHi Homes", "Agent"), ("Dan", "Whitlock", "Whitlock & Daughters", "Owner"),
    ("Sofia", "Lindgren", "Union Station Lofts", "Agent"), ("Jerome", "Adeyemi", "Central Park Group", "Broker"),
    ("Hannah", "Weiss", "Weiss Property Co.", "Owner"), ("Luis", "Ortega", "Mile High Listings", "Agent"),
    ("Katie", "Brandt", "Brandt Realty", "Broker"), ("Owen", "Fitzgerald", "Platte River Realty", "Agent"),
)  # fmt: skip


def seed() -> bool:
    """Make the demo organization unless it exists; whether it was made now."""
    with globally() as session:
        if session.scalar(select(User.id).where(User.email_key == DEMO_EMAIL)):
            return False
    maya, organization_id = sign_up(
        "Maya Lindqvist", DEMO_EMAIL, "Northgate Events", DEMO_PASSWORD, "America/Denver"
    )
    with acting_for(organization_id, maya.id) as session:
        organization = session.get_one(Organization, organization_id)
        organization.is_demo = True
        organization.postal_address = "1701 Wynkoop Street, Denver, CO 80202"
        _connect("email", "maya@northgate.example", email="maya@northgate.example")
        _connect("sms", "+13035550142", number="+13035550142")
        _add_people(maya.id)
        session.commit()
    return True


def _connect(medium: str, address: str, **asked: str) -> None:
    channel_id = uuid7()
    credentials = provider_class("sandbox", medium).Credentials.model_validate(
        {**asked, "seed": SANDBOX_SEED}
    )
    db().add(
        Channel(
            id=channel_id,
            provider="sandbox",
            medium=medium,
            name=address,
            address=address,
            sender_name="Maya Lindqvist",
            sealed_credentials=sealed(credentials, current_organization_id(), channel_id),
        )
    )


def _add_people(owner_id: UUID) -> None:
    tag = Tag(name="denver")
    db().add(tag)
    people = [_person(number, *names, owner_id) for number, names in enumerate(PEOPLE)]
    db().add_all(people)
    db().flush()
    db().add_all(ContactTag(contact_id=person.id, tag_id=tag.id) for person in people)
    db().add_all(
        Consent(contact_id=person.id, medium=medium, is_granted=True, source="Demo organization")
        for person in people
        for medium in ("email", "sms")
    )


def _person(number: int, first: str, last: str, company: str, title: str, owner_id: UUID) -> Contact:
    email, phone = (
        f"{first}.{last}@{company.split(maxsplit=1)[0]}.example".lower(),
        f"+1303555{100 + number:04}",
    )
    return Contact(
        first_name=first,
        last_name=last,
        company=company,
        title=title,
        city="Denver",
        state="CO",
        timezone="America/Denver",
        email=email,
        email_key=email,
        email_hash=keyed_hash(email),
        phone=phone,
        phone_hash=keyed_hash(phone),
        owner_id=owner_id,
        source="Demo organization",
    )
