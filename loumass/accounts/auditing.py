"""Reading the audit: who did what that matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select, tuple_
from sqlalchemy.orm import aliased

from loumass.accounts.models import AuditEntry, User
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id

#: Action -> what the person did. An action that is not here shows its own name.
SENTENCES = {
    "organization.founded": "founded the organization",
    "organization.changed": "changed the organization's settings",
    "organization.trust_changed": "changed who sees what, or how people sign in",
    "organization.deletion_asked": "asked to delete the organization",
    "organization.deletion_undone": "took the organization's deletion back",
    "organization.export_asked": "asked for an export of the organization",
    "organization.exported": "downloaded an export of the organization",
    "organization.replies_changed": "changed what answers make of somebody's status",
    "reply.corrected": "said what an answer is",
    "sorter.connected": "connected a judge of answers",
    "sorter.reconnected": "entered the key of the judge of answers anew",
    "sorter.tested": "tested the judge of answers",
    "sorter.disconnected": "disconnected the judge of answers",
    "days_off.calendar_chosen": "chose whose public holidays are kept",
    "days_off.struck": "made a public holiday a day of work",
    "days_off.kept": "kept a public holiday again",
    "days_off.added": "added days off",
    "days_off.removed": "removed a day off",
    "sign_in": "signed in",
    "session.ended": "ended a session",
    "sessions.ended": "ended all other sessions",
    "second_factor.set_up": "set up a second factor",
    "second_factor.taken_off": "took the second factor off",
    "second_factor.codes_renewed": "made new recovery codes",
    "second_factor.code_used": "signed in with a recovery code",
    "account.connected": "connected an account to sign in with",
    "account.disconnected": "disconnected an account to sign in with",
    "member.sight_changed": "changed what a member sees",
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
    "figures.exported": "exported figures",
    "value.added": "wrote down a value that somebody brought",
    "value.removed": "took away a value that somebody brought",
    "import.uploaded": "uploaded a list",
    "import.started": "started an import",
    "import.cancelled": "cancelled an import",
    "import.refused_exported": "exported the refused rows of a list",
    "opt_out.confirmed": "confirmed that somebody asked us to stop",
    "opt_out.dismissed": "decided that an answer was no opt-out",
    "plan.changed": "changed what the plan allows",
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
    "webhook_endpoint.added": "added an address that is told of events",
    "webhook_endpoint.changed": "changed an address that is told of events",
    "webhook_endpoint.gave_up": "switched off an address that took no more calls",
    "webhook_endpoint.removed": "removed an address that is told of events",
    "webhook_endpoint.replayed": "had events told again to an address",
    "webhook_endpoint.switched_off": "switched off an address that is told of events",
    "webhook_endpoint.switched_on": "switched on an address that is told of events",
    "webhook_key.added": "made a key that webhooks are signed with",
    "webhook_key.changed_over": "gave a key of webhooks a new secret",
    "webhook_key.removed": "removed a key of webhooks",
    "webhook_key.shown": "looked at the secret of a key of webhooks",
    "token.made": "made a token for programs",
    "token.ended": "ended a token for programs",
    "template.exported": "exported a template",
    "template.published": "published a template",
    "template.archived": "archived a template",
    "template.restored": "restored a template",
}
CHUNK = 1_000


class Change(NamedTuple):
    """What a setting was, and what it became."""

    name: str
    before: str
    after: str


class Line(NamedTuple):
    """One entry as it is read. `came_from` and `browser` are empty for what Loumass did by itself."""

    happened_at: datetime
    id: UUID
    who: str
    action: str
    about: str
    facts: str
    changes: tuple[Change, ...]
    came_from: str
    browser: str

    @property
    def change(self) -> str:
        """All changes in one line."""
        return "; ".join(
            f"{f'{one.name}: ' if one.name else ''}{one.before} → {one.after}" for one in self.changes
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for. Empty and None mean: no matter."""

    words: str = ""
    action: str = ""
    person: UUID | None = None
    since: datetime | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """The filter of a page's query (`q`, `action`, `person`, `days`). Raises Refused for a damaged one."""
        person, days = query.get("person", ""), query.get("days", "")
        try:
            since = clock.now() - timedelta(days=min(int(days), 36_500)) if days else None
            return cls(
                " ".join(query.get("q", "").split())[:200],
                query.get("action", ""),
                UUID(person) if person else None,
                since,
            )
        except ValueError as problem:
            raise Refused("This page address is damaged. Start again from the whole audit.") from problem


def entries(cursor: str | None = None, wanted: Wanted = Wanted()) -> Page:
    """Lines of the current organization, newest first, perhaps only some."""
    found = rows(cursor, wanted)
    return Page([_line(*row[:3]) for row in found.items], found.before, found.after)


def rows(cursor: str | None, wanted: Wanted = Wanted(), *, size: int = PAGE_SIZE) -> Page:
    """The same as rows: (AuditEntry, who did it, whom it is about), and what they are ordered by."""
    keys = [AuditEntry.happened_at, AuditEntry.id]
    return page(_chosen(wanted), keys, cursor, descending=True, size=size)


def all_entries(wanted: Wanted = Wanted()) -> Iterator[Line]:
    """Every line that is wanted, newest first, read in chunks."""
    last: tuple[datetime, UUID] | None = None
    while True:
        statement = _chosen(wanted).order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc()).limit(CHUNK)
        if last is not None:
            statement = statement.where(tuple_(AuditEntry.happened_at, AuditEntry.id) < last)
        lines = [_line(*row) for row in db().execute(statement)]
        db().expunge_all()
        yield from lines
        if len(lines) < CHUNK:
            return
        last = (lines[-1].happened_at, lines[-1].id)


def sentence(action: str) -> str:
    """What `action` means in words: "stores.linked" that has none becomes "stores linked"."""
    return SENTENCES.get(action, action.replace(".", " ").replace("_", " "))


def _chosen(wanted: Wanted) -> Select[AuditEntry, User, User]:
    subject = aliased(User)
    statement = (
        select(AuditEntry, User, subject)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(subject, (subject.id == AuditEntry.subject_id) & (AuditEntry.subject_kind == "user"))
    )
    statement = statement.where(AuditEntry.organization_id == current_organization_id())
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.person:
        statement = statement.where(AuditEntry.user_id == wanted.person)
    if wanted.since:
        statement = statement.where(AuditEntry.happened_at >= wanted.since)
    return statement.where(_says(wanted.words, subject)) if wanted.words else statement


def _says(words: str, subject: type[User]) -> ColumnElement[bool]:
    """Whether a line says `words`: in what was done, who did it, about whom, in its facts, or where it came from."""
    spoken = [action for action in SENTENCES if words.lower() in sentence(action).lower()]
    named = (User.name, subject.name, AuditEntry.action, cast(AuditEntry.facts, Text), AuditEntry.browser)
    return or_(
        AuditEntry.action.in_(spoken),
        AuditEntry.came_from == words,
        *([AuditEntry.subject_id == found] if (found := _id_of(words)) else []),
        *(column.icontains(words, autoescape=True) for column in named),
    )


def _line(entry: AuditEntry, user: User | None, subject: User | None) -> Line:
    changes = _changes(entry.facts.get("before"), entry.facts.get("after"))
    facts = ", ".join(
        f"{_spoken(name)}: {_plain(value)}"
        for name, value in sorted(entry.facts.items())
        if name not in ("before", "after") and not (changes and name == "settings")
    )
    # What an invitation is about, the action says already.
    kind = "" if entry.subject_kind == "invitation" else entry.subject_kind or ""
    about = subject.name if subject else kind.removeprefix("contact_").replace("_", " ")
    who = user.name if user else "Loumass"
    return Line(
        entry.happened_at, entry.id, who, entry.action, about, facts, changes, entry.came_from, entry.browser
    )


def _changes(before: object, after: object) -> tuple[Change, ...]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return (Change("", _plain(before), _plain(after)),) if after is not None else ()
    return tuple(
        Change(_spoken(name), _plain(before.get(name)), _plain(after.get(name)))
        for name in sorted(before | after)
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", []):
        return "nothing"
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _id_of(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
