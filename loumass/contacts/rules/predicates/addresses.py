"""Whether they may be written to: suppression, consent, and what verifying found."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import aliased

from loumass.contacts.models import Consent, Contact, Suppression
from loumass.contacts.rules.predicate import Asked, Known, Names, Needs, Predicate
from loumass.contacts.verifying.asking import VERDICT_NAMES, has_verdict
from loumass.core.settings_form import Settings, setting

Medium = Literal["email", "sms", "voicemail"]
MEDIA: dict[str, str] = {"email": "by e-mail", "sms": "by text", "voicemail": "by voicemail"}
ANY_MEDIUM = {"any": "in any way"} | MEDIA
#: Why an address is barred: all but a bounce are the person's no.
SAID_NO = ("unsubscribed", "complained", "by_hand", "imported")
_ADDRESSES = {"email": Contact.email_hash, "sms": Contact.phone_hash, "voicemail": Contact.phone_hash}


class SuppressedSettings(Settings):
    medium: Literal["any", "email", "sms", "voicemail"] = setting("any", "How", choices=ANY_MEDIUM)
    why: Literal["any", "said_no", "bounced"] = setting(
        "any",
        "Why not",
        choices={"any": "for any reason", "said_no": "they said no", "bounced": "the address bounced"},
    )


class Suppressed(Predicate[SuppressedSettings]):
    name = "suppressed"
    label = "Must not be written to"
    group = "Permission"
    yes_no = ("must not be", "may be")
    woken_by = ("bounced", "opted_out")
    Settings = SuppressedSettings

    def words(self, settings: SuppressedSettings, is_not: bool, names: Names) -> str:
        how = "" if settings.medium == "any" else f" {MEDIA[settings.medium]}"
        if settings.why == "any":
            return f"{'may' if is_not else 'must not'} be written to{how}"
        if settings.why == "said_no":
            return f"{'did not say' if is_not else 'said'} no{f' to being written to{how}' if how else ''}"
        return f"address{how} {'did not bounce' if is_not else 'bounced'}"

    def sql(self, settings: SuppressedSettings, asked: Asked) -> ColumnElement[bool]:
        media = list(_ADDRESSES) if settings.medium == "any" else [settings.medium]
        reasons = {"any": (*SAID_NO, "bounced"), "said_no": SAID_NO, "bounced": ("bounced",)}[settings.why]
        return or_(*(_is_barred(medium, reasons, asked) for medium in media))

    def holds(self, settings: SuppressedSettings, facts: Known, now: datetime) -> bool:
        media = set(facts.opted_out_at) if settings.why != "bounced" else set()
        media |= set(facts.bounced_at) if settings.why != "said_no" else set()
        return bool(media) if settings.medium == "any" else settings.medium in media

    def needs(self, settings: SuppressedSettings) -> Needs:
        return Needs(has_barred=True)


def _is_barred(medium: str, reasons: tuple[str, ...], asked: Asked) -> ColumnElement[bool]:
    return exists(
        select(Suppression.id)
        .where(
            Suppression.organization_id == asked.organization_id,
            Suppression.medium == medium,
            Suppression.address_hash == _ADDRESSES[medium],
            Suppression.reason.in_(reasons),
            # What is spared for a while only is no no.
            Suppression.until_at.is_(None),
        )
        .correlate(Contact)
    )


class ConsentSettings(Settings):
    medium: Medium = setting("email", "How", choices=MEDIA)
    said: Literal["granted", "withdrawn", "nothing"] = setting(
        "granted",
        "What the ledger says",
        choices={"granted": "they allowed it", "withdrawn": "they took it back", "nothing": "nothing"},
    )


class HasConsent(Predicate[ConsentSettings]):
    name = "consent"
    label = "Consent"
    group = "Permission"
    Settings = ConsentSettings

    def words(self, settings: ConsentSettings, is_not: bool, names: Names) -> str:
        way = MEDIA[settings.medium]
        words = {
            "granted": f"allowed us to write {way}",
            "withdrawn": f"took back that we may write {way}",
            "nothing": f"nothing is noted about writing {way}",
        }[settings.said]
        return f"not: {words}" if is_not else words

    def sql(self, settings: ConsentSettings, asked: Asked) -> ColumnElement[bool]:
        line, later = aliased(Consent), aliased(Consent)
        said = [
            line.organization_id == asked.organization_id,
            line.contact_id == Contact.id,
            line.medium == settings.medium,
            line.technique == "",
        ]
        if settings.said == "nothing":
            return ~exists(select(line.id).where(*said).correlate(Contact))
        overruled = exists(
            select(later.id)
            .where(
                later.organization_id == asked.organization_id,
                later.contact_id == line.contact_id,
                later.medium == settings.medium,
                later.technique == "",
                tuple_(later.recorded_at, later.id) > tuple_(line.recorded_at, line.id),
            )
            .correlate(line)
        )
        latest = and_(*said, line.is_granted == (settings.said == "granted"), ~overruled)
        return exists(select(line.id).where(latest).correlate(Contact))


class VerifiedSettings(Settings):
    verdict: Literal["valid", "risky", "invalid", "unknown", "never"] = setting(
        "valid", "Verifying found it", choices=VERDICT_NAMES
    )


class Verified(Predicate[VerifiedSettings]):
    name = "verified"
    label = "E-mail address"
    group = "Permission"
    yes_no = ("is", "is not")
    Settings = VerifiedSettings

    def words(self, settings: VerifiedSettings, is_not: bool, names: Names) -> str:
        return f"e-mail address is {'not ' if is_not else ''}{VERDICT_NAMES[settings.verdict].lower()}"

    def sql(self, settings: VerifiedSettings, asked: Asked) -> ColumnElement[bool]:
        return has_verdict(settings.verdict)
