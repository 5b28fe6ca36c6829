"""Who is not written to by e-mail because a verification found their address invalid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.verifying.asking import FRESH
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.walking.walker import Walker

if TYPE_CHECKING:
    from loumass.campaigns.advancing.ground import CampaignGround

INVALID = "skipped: the e-mail address is invalid"
_INVALID = text("""
    SELECT email_check.contact_id FROM email_check
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = email_check.contact_id
    WHERE email_check.organization_id = :organization_id AND email_check.contact_id = ANY(CAST(:contacts AS uuid[]))
      AND email_check.status = 'invalid' AND email_check.checked_at >= :oldest
      AND email_check.email_hash = contact.email_hash
""")


def invalid_among(ground: CampaignGround, walkers: Sequence[Walker], medium: str) -> frozenset[UUID]:
    """The contacts of `walkers` with a believed invalid address, in one statement where the campaign skips them; else
    nobody, at no cost."""
    if medium != "email" or not ground.campaign.skips_invalid:
        return frozenset()
    contacts = uuid_array(walker.contact_id for walker in walkers)
    bound = ground.bound(contacts=contacts, oldest=ground.now - FRESH)
    return frozenset(db().scalars(_INVALID, bound))
