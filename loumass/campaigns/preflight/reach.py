"""How many people are in it, and how many of them cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, text

from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import MEDIA, Finding, media_in
from loumass.campaigns.states import takes_people
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph

# One row, whatever the number of people.
_REACH = text("""
    SELECT count(*) AS people,
        count(*) FILTER (WHERE contact.email IS NULL) AS email_missing,
        count(*) FILTER (WHERE contact.phone IS NULL) AS sms_missing,
        count(*) FILTER (WHERE contact.phone IS NULL) AS voicemail_missing,
        count(*) FILTER (WHERE by_email.id IS NOT NULL) AS email_suppressed,
        count(*) FILTER (WHERE by_sms.id IS NOT NULL) AS sms_suppressed,
        count(*) FILTER (WHERE by_voicemail.id IS NOT NULL) AS voicemail_suppressed,
        count(*) FILTER (WHERE contact.archived_at IS NOT NULL) AS deleted,
        count(*) FILTER (WHERE NOT (:email AND contact.email IS NOT NULL AND by_email.id IS NULL)
            AND NOT (:sms AND contact.phone IS NOT NULL AND by_sms.id IS NULL)
            AND NOT (:voicemail AND contact.phone IS NOT NULL AND by_voicemail.id IS NULL)) AS unreachable
    FROM enrollment e
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
    LEFT JOIN suppression by_email ON by_email.organization_id = :organization_id
        AND by_email.medium = 'email' AND by_email.address_hash = contact.email_hash AND by_email.until_at IS NULL
    LEFT JOIN suppression by_sms ON by_sms.organization_id = :organization_id
        AND by_sms.medium = 'sms' AND by_sms.address_hash = contact.phone_hash AND by_sms.until_at IS NULL
    LEFT JOIN suppression by_voicemail ON :voicemail AND by_voicemail.organization_id = :organization_id
        AND by_voicemail.medium = 'voicemail' AND by_voicemail.address_hash = contact.phone_hash
        AND by_voicemail.until_at IS NULL
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
""")
_ADDRESS = {"email": "e-mail address", "sms": "phone number", "voicemail": "phone number"}
_LIST = ("See the list", "suppression.index", {})


def reach_of(campaign: Campaign, graph: Graph) -> Row[Any]:
    """`people`, and of them by medium `<medium>_missing` and `<medium>_suppressed`; `unreachable` on every medium."""
    media = media_in(graph)
    bound = {
        "organization_id": current_organization_id(),
        "campaign_id": campaign.id,
        "email": "email" in media,
        "sms": "sms" in media,
        "voicemail": "voicemail" in media,
    }
    return db().execute(_REACH, bound).one()


def people(campaign: Campaign, graph: Graph, reach: Row[Any]) -> Iterator[Finding]:
    """Nobody at all; people without an address; people who said no."""
    if not reach.people and takes_people(campaign.id):
        yield Finding("nobody_yet", "fact", "Nobody is in it yet: people come in by its triggers.")
        return
    if not reach.people:
        add = ("Add people", "campaigns.add", {"id": campaign.id})
        yield Finding("nobody", "error", "Nobody is in it yet.", "Add people first.", add)
        return
    if reach.deleted:
        yield Finding(
            "deleted",
            "warning",
            f"{_people(reach.deleted, 'was', 'were')} deleted meanwhile: they leave at once.",
        )
    for medium in media_in(graph):
        yield from _on(medium, reach)
    if reach.unreachable:
        sentence = f"{_people(reach.unreachable, 'cannot', 'cannot')} be reached on anything it writes on."
        yield Finding("unreachable", "warning", sentence)


def _on(medium: str, reach: Row[Any]) -> Iterator[Finding]:
    missing, suppressed = getattr(reach, f"{medium}_missing"), getattr(reach, f"{medium}_suppressed")
    many = MEDIA[medium][2]
    if missing:
        sentence = f"{_people(missing, 'has', 'have')} no {_ADDRESS[medium]}: their {many} are skipped."
        yield Finding(f"{medium}_missing", "warning", sentence)
    if suppressed:
        sentence = f"{_people(suppressed, 'is', 'are')} on the suppression list: their {many} are skipped."
        yield Finding(f"{medium}_suppressed", "warning", sentence, link=_LIST)


def _people(count: int, one: str, many: str) -> str:
    return f"1 person {one}" if count == 1 else f"{count:,} people {many}"
