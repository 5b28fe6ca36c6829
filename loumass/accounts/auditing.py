"""Reading the audit: who did what that matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import aliased

from loumass.accounts.models import AuditEntry, User
from loumass.core.database import db
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id

#: Action -> what the person did. An action that is not here shows its own name.
SENTENCES = {
    "organization.founded": "founded the organization",
    "organization.changed": "changed the organization's settings",
    "days_off.calendar_chosen": "chose whose public holidays are kept",
    "days_off.struck": "made a public holiday a day of work",
    "days_off.kept": "kept a public holiday again",
    "days_off.added": "added days off",
    "days_off.removed": "removed a day off",
    "sign_in": "signed in",
    "password.changed": "changed their password",
    "password.reset": "set a new password by mail",
    "address.changed": "changed the address they sign in with",
    "invitation.sent": "invited somebody",
    "invitation.withdrawn": "withdrew an invitation",
    "member.joined": "joined",
    "member.removed": "removed a member",
    "member.role_changed": "changed a member's role",
    "audit.exported": "exported the audit",
    "channel.connected": "connected a channel",
    "channel.reconnected": "entered a channel's credentials anew",
    "channel.tested": "tested a channel",
    "channel.paused": "paused a channel",
    "channel.resumed": "resumed a channel",
    "vendor_client.changed": "entered an application to sign in by",
    "vendor_client.removed": "forgot an application to sign in by",
    "voices.connected": "connected voices",
    "voices.reconnected": "entered the key of the voices anew",
    "voices.tested": "tested the voices",
    "voices.disconnected": "disconnected the voices",
    "channel.limits_changed": "changed a channel's limits",
    "channel.brand_changed": "changed the brand of a number",
    "channel.past_due_settled": "decided on what was past due on a channel",
    "rules.changed": "changed the rules for all channels",
    "rules.quiet_hours_changed": "changed the quiet hours",
    "rules.quiet_hours_widened": "widened the quiet hours past the law",
    "channel.renamed": "renamed a channel",
    "channel.disconnected": "disconnected a channel",
    "channel.removed": "removed a channel",
    "channel.braked": "slowed or stopped a channel of which too much came back",
    "channel.brake_released": "let a slowed channel go on at its own pace",
    "domain.selectors_changed": "changed where a domain's keys are looked for",
    "domain.brake_released": "let campaigns write to a domain of recipients again",
    "tracking_domain.added": "added a tracking domain",
    "tracking_domain.removed": "removed a tracking domain",
    "tracking_domain.changed": "found a tracking domain in another state",
    "delivery.downloaded": "looked at the original of an incoming item",
    "events.told_again": "had news told again that could not be taken in",
    "campaign.created": "made a campaign",
    "campaign.changed": "changed a campaign",
    "campaign.people_added": "added people to a campaign",
    "campaign.people_ended": "ended a campaign for people",
    "campaign.people_exported": "exported the people of a campaign",
    "campaign.overridden": "let a campaign start against the rules for bulk mail",
    "trigger.added": "added a trigger to a campaign",
    "trigger.changed": "changed a trigger of a campaign",
    "trigger.switched_on": "switched a trigger of a campaign on",
    "trigger.switched_off": "switched a trigger of a campaign off",
    "trigger.removed": "removed a trigger of a campaign",
    "trigger.new_address": "gave a trigger of a campaign a new address",
    "campaign.scheduled": "set the time of a campaign's start",
    "campaign.unscheduled": "took back a campaign's start",
    "campaign.started": "started a campaign",
    "campaign.paused": "paused a campaign",
    "campaign.resumed": "resumed a campaign",
    "campaign.sender_moved": "moved people of a campaign to other senders",
    "campaign.cancelled": "cancelled a campaign",
    "campaign.change_begun": "began a draft of change of a campaign",
    "campaign.change_discarded": "discarded a draft of change of a campaign",
    "campaign.change_applied": "applied a change of a campaign",
    "campaign.change_undone": "took back a change of a campaign",
    "campaign.told_tagged": "tagged people who were told another date",
    "contact.erased": "erased a person",
    "contact.consent_exported": "exported the ledger of consent of a person",
    "contact.exported": "exported what is known of a person",
    "contact.merged": "merged two people",
    "contacts.deleted": "deleted people",
    "contacts.exported": "exported contacts",
    "contacts.restored": "brought deleted people back",
    "contacts.lists_changed": "changed a list of addresses",
    "contacts.verified": "verified e-mail addresses",
    "contacts.verification_cancelled": "cancelled a verification of addresses",
    "dashboard.exported": "exported messages per day",
    "import.uploaded": "uploaded a list",
    "import.started": "started an import",
    "import.cancelled": "cancelled an import",
    "import.refused_exported": "exported the refused rows of a list",
    "opt_out.confirmed": "confirmed that somebody asked us to stop",
    "opt_out.dismissed": "decided that an answer was no opt-out",
    "segment.added": "made a segment",
    "segment.archived": "put a segment away",
    "segment.changed": "changed a segment",
    "segment.restored": "brought a segment back",
    "suppression.added": "barred addresses",
    "suppression.removed": "took an address off the suppression list",
    "suppression.exported": "exported the suppression list",
    "topic.added": "added a topic",
    "topic.archived": "archived a topic",
    "webhook.resent": "had a call to another system sent again",
    "webhook_key.added": "made a key that webhooks are signed with",
    "webhook_key.changed_over": "gave a key of webhooks a new secret",
    "webhook_key.removed": "removed a key of webhooks",
    "webhook_key.shown": "looked at the secret of a key of webhooks",
    "template.exported": "exported a template",
    "template.published": "published a template",
    "template.archived": "archived a template",
    "template.restored": "restored a template",
}
CHUNK = 1_000


class Line(NamedTuple):
    """One entry as it is read."""

    happened_at: datetime
    id: UUID
    who: str
    action: str
    about: str
    facts: str


def entries(cursor: str | None = None, *, action: str | None = None, user_id: UUID | None = None) -> Page:
    """Lines of the current organization, newest first, perhaps only of one kind or one person."""
    found = page(_chosen(action, user_id), [AuditEntry.happened_at, AuditEntry.id], cursor, descending=True)
    return Page([_line(*row[:3]) for row in found.items], found.before, found.after)


def all_entries() -> Iterator[Line]:
    """Every line, newest first, read in chunks."""
    last: tuple[datetime, UUID] | None = None
    while True:
        statement = (
            _chosen(None, None).order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc()).limit(CHUNK)
        )
        if last is not None:
            statement = statement.where(tuple_(AuditEntry.happened_at, AuditEntry.id) < last)
        lines = [_line(*row) for row in db().execute(statement)]
        yield from lines
        if len(lines) < CHUNK:
            return
        last = (lines[-1].happened_at, lines[-1].id)


def sentence(action: str) -> str:
    """What `action` means in words: "stores.linked" that has none becomes "stores linked"."""
    return SENTENCES.get(action, action.replace(".", " ").replace("_", " "))


def _chosen(action: str | None, user_id: UUID | None) -> Select[AuditEntry, User, User]:
    subject = aliased(User)
    statement = (
        select(AuditEntry, User, subject)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(subject, (subject.id == AuditEntry.subject_id) & (AuditEntry.subject_kind == "user"))
    )
    statement = statement.where(AuditEntry.organization_id == current_organization_id())
    if action:
        statement = statement.where(AuditEntry.action == action)
    if user_id:
        statement = statement.where(AuditEntry.user_id == user_id)
    return statement


def _line(entry: AuditEntry, user: User | None, subject: User | None) -> Line:
    facts = ", ".join(
        f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in sorted(entry.facts.items())
    )
    # What an invitation is about, the action says already.
    kind = "" if entry.subject_kind == "invitation" else entry.subject_kind or ""
    about = subject.name if subject else kind.removeprefix("contact_").replace("_", " ")
    return Line(entry.happened_at, entry.id, user.name if user else "Loumass", entry.action, about, facts)


def _plain(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
