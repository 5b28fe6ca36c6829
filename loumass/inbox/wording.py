"""What a person wrote, made ready: merge tags checked against what is known of whom it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from loumass.accounts.models import Organization, User
from loumass.campaigns.models import Campaign
from loumass.campaigns.words import campaign_values
from loumass.channels.models import Channel
from loumass.content.composing import Draft, compile_email, compile_sms
from loumass.content.freezing import contact_values, needed, organization_values, sender_values
from loumass.content.merge import MergeText, Slot, one_line
from loumass.content.queries import vocabulary
from loumass.content.segments import segments
from loumass.content.vocabulary import NAMES, custom_tag
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id, get
from loumass.inbox.person import Person
from loumass.inbox.signing import signature_of
from loumass.messages.cleaning import fit

MOST_LETTERS = 50_000
MOST_SEGMENTS = 10

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Words:
    """Text ready to be queued, with the merge values of this moment filled in."""

    subject: str
    text: str
    #: Only where the text has forms.
    html: str = ""


def words(person: Person, channel: Channel, author: User, subject: str, text: str, html: str = "") -> Words:
    """`text` checked and its merge tags filled in. Raises Refused (also MergeTagsRefused) with what is wrong."""
    subject, text = " ".join(fit(subject).split())[:998], fit(text).replace("\r\n", "\n").rstrip()
    if len(text) > MOST_LETTERS:
        raise Refused(f"The message is longer than {MOST_LETTERS:,} letters. Nothing was sent; shorten it.")
    compiled = _compiled(channel.medium, subject, text, html)
    names = frozenset().union(*(one.names for one in compiled))
    values = needed(_values(person, channel, author), names) if names else {}
    _refuse_gaps(compiled, values)
    said = [one.render(values) for one in compiled]
    if channel.medium != "email":
        if channel.medium == "sms":
            _refuse_length(said[-1])
        return Words("", said[-1])
    return Words(one_line(said[0]), said[1], said[2] if len(said) > 2 else "")


def filled(person: Person, channel: Channel | None, author: User, text: str) -> tuple[str, list[str]]:
    """`text` with everything filled in that is known of `person`; tags without a value stay, and are named.

    Raises MergeTagsRefused.
    """
    compiled = compile_sms(Draft(text=text), vocabulary())
    values = needed(_values(person, channel, author), compiled.names) if compiled.names else {}
    said: list[str] = []
    missing: dict[str, None] = {}
    for part in compiled.parts:
        if isinstance(part, Slot) and not part.fallback and not (values.get(part.name) or "").strip():
            missing[part.name] = None
            said.append(f"{{{{{part.name}}}}}")
        else:
            said.append(part if isinstance(part, str) else part.fill(values))
    return "".join(said), list(missing)


def _compiled(medium: str, subject: str, text: str, html: str = "") -> tuple[MergeText, ...]:
    known = vocabulary()
    if medium != "email":
        return (compile_sms(Draft(text=text), known),)
    email = compile_email(Draft(subject=subject, html=html, text=text), known)
    return (email.subject, email.text, email.html) if email.html else (email.subject, email.text)


def _values(person: Person, channel: Channel | None, author: User) -> dict[str, str | None]:
    organization = db().get(Organization, current_organization_id())
    if organization is None:
        raise LookupError("the organization at work does not exist")
    address, is_mail = (channel.address, channel.medium == "email") if channel else (None, True)
    email, phone = (address, None) if is_mail else (None, address)
    name = channel.sender_name if channel else ""
    values = organization_values(organization) | sender_values(name, email, phone, author)
    if channel is not None and (own := signature_of(author, channel)):
        values["sender.signature"] = own
    if person.contact is not None:
        values |= contact_values(person.contact, _contact_names())
    stream_id = next((one.stream_id for one in person.conversations if one.stream_id), None)
    campaign = get(Campaign, stream_id) if stream_id else None
    if campaign is not None:
        values |= campaign_values(campaign, ZoneInfo(organization.timezone))
    return values


def _contact_names() -> frozenset[str]:
    standard = {name for name in NAMES if name.startswith("contact.")}
    return frozenset(standard | {custom_tag(key) for key in vocabulary().custom})


def _refuse_gaps(compiled: tuple[MergeText, ...], values: Values) -> None:
    """Nobody gets "Hi ," because a field is empty."""
    slots = [part for one in compiled for part in one.parts if isinstance(part, Slot)]
    empty = sorted(
        {slot.name for slot in slots if not slot.fallback and not (values.get(slot.name) or "").strip()}
    )
    if empty:
        named = ", ".join(f"{{{{{name}}}}}" for name in empty)
        raise Refused(
            f"There is no value for {named} here. Nothing was sent. "
            f'Write it out, or add a fallback: {{{{{empty[0]}|fallback:"there"}}}}.'
        )


def _refuse_length(text: str) -> None:
    count = segments(text).count
    if count > MOST_SEGMENTS:
        raise Refused(
            f"The text would be {count} segments long; {MOST_SEGMENTS} is the most. Nothing was sent; shorten it."
        )
