"""What rules can ask of one walk through a campaign: its status, its messages step by step, the event.

`TRIGGER` in place of a step is the message that started the walk; without one such a question is a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, select
from sqlalchemy.orm import aliased

from loumass.campaigns.models import Enrollment
from loumass.contacts.models import Contact
from loumass.contacts.rules.predicate import TRIGGER, Asked, Names, Needs, NotKnown, Predicate, Ref, Walk
from loumass.core.settings_form import LONGEST_TEXT, OptionalAmount, Settings, Text, setting
from loumass.core.tenancy import current_organization_id
from loumass.core.words import plural
from loumass.funnels.facts import Facts
from loumass.funnels.statuses import Status
from loumass.messages.hits_asked import CLICKED, OPENED, messages_read
from loumass.messages.models import Message

GROUP = "This campaign"
LONGEST = 3650
ANY_STEP = ""
#: The event itself is not over yet; in the next moment it is.
_NEXT = timedelta(microseconds=1)


def walks() -> tuple[Select[Any], Any]:
    """The ids of walks joined with their people; and the id to bound them by."""
    is_theirs = and_(
        Contact.organization_id == Enrollment.organization_id, Contact.id == Enrollment.contact_id
    )
    of_organization = Enrollment.organization_id == current_organization_id()
    return select(Enrollment.id).join(Contact, is_theirs).where(of_organization), Enrollment.id


class StatusHereSettings(Settings):
    status: Status = setting(
        Status.NO_ACTIVITY, "Status", choices={status.value: status.value for status in Status}
    )


class StatusHere(Predicate[StatusHereSettings]):
    name = "status_here"
    label = "Status in this campaign"
    group = GROUP
    scope = "enrollment"
    yes_no = ("is", "is not")
    woken_by = ("status",)
    Settings = StatusHereSettings

    def words(self, settings: StatusHereSettings, is_not: bool, names: Names) -> str:
        return f"status is {'not ' if is_not else ''}{settings.status.value}"

    def sql(self, settings: StatusHereSettings, asked: Asked) -> ColumnElement[bool]:
        return Enrollment.status == settings.status.value

    def holds(self, settings: StatusHereSettings, facts: Facts, now: datetime) -> bool:
        return facts.status == settings.status.value


class StepSettings(Settings):
    step: Text = setting(ANY_STEP, "Which message", chooses="step", max_length=LONGEST_TEXT)


class _Here(Predicate[StepSettings]):
    """Something that happened to a message of this walk: of one step (by its key), of any, or to what started it."""

    group = GROUP
    scope = "enrollment"
    yes_no = ("did", "did not")
    Settings = StepSettings
    did: ClassVar[tuple[str, str]]

    def words(self, settings: StepSettings, is_not: bool, names: Names) -> str:
        past, plain = self.did
        which = {ANY_STEP: "any message of this campaign", TRIGGER: "the message that started this"}.get(
            settings.step, f"“{names.name_of('step', settings.step)}”"
        )
        return f"{f'did not {plain}' if is_not else past} {which}"

    def refers(self, settings: StepSettings) -> Iterable[Ref]:
        return ()

    def steps_named(self, settings: StepSettings) -> frozenset[str]:
        return frozenset({settings.step}) - {ANY_STEP, TRIGGER}


class RepliedHere(_Here):
    """To a step: they wrote after its latest message had left, as people answer the newest letter whatever it quotes."""

    name = "replied_here"
    label = "Replied in this campaign"
    woken_by = ("replied",)
    did = ("replied after", "reply after")

    def sql(self, settings: StepSettings, asked: Asked) -> ColumnElement[bool]:
        if settings.step == ANY_STEP:
            return Enrollment.replied_at.is_not(None)
        if settings.step == TRIGGER:
            return _answered_trigger(asked)
        left = select(func.max(Message.sent_at)).where(
            *_of_walk(settings.step, asked), Message.state == "sent"
        )
        return Enrollment.replied_at >= left.correlate(Enrollment).scalar_subquery()

    def is_pure(self, settings: StepSettings) -> bool:
        return settings.step != TRIGGER

    def holds(self, settings: StepSettings, facts: Facts, now: datetime) -> bool:
        if settings.step == TRIGGER:
            raise NotKnown(self.name)
        if facts.replied_at is None or settings.step == ANY_STEP:
            return facts.replied_at is not None
        sent_at = facts.sent_at.get(settings.step)
        return sent_at is not None and facts.replied_at >= sent_at

    def needs(self, settings: StepSettings) -> Needs:
        return Needs(sent=self.steps_named(settings))


class _HitHere(_Here):
    link: ClassVar[int]

    def sql(self, settings: StepSettings, asked: Asked) -> ColumnElement[bool]:
        found = messages_read(asked, self.link, *_of_walk(settings.step, asked))
        return exists(found.correlate(Enrollment))

    def is_pure(self, settings: StepSettings) -> bool:
        return settings.step != TRIGGER


class OpenedHere(_HitHere):
    name = "opened_here"
    label = "Opened in this campaign"
    woken_by = ("opened",)
    link = OPENED
    did = ("opened", "open")

    def holds(self, settings: StepSettings, facts: Facts, now: datetime) -> bool:
        if settings.step == TRIGGER:
            raise NotKnown(self.name)
        return settings.step in facts.opened_at

    def needs(self, settings: StepSettings) -> Needs:
        return Needs(opened=frozenset({settings.step}))


class ClickedHere(_HitHere):
    name = "clicked_here"
    label = "Clicked in this campaign"
    woken_by = ("clicked",)
    link = CLICKED
    did = ("clicked a link in", "click a link in")

    def holds(self, settings: StepSettings, facts: Facts, now: datetime) -> bool:
        if settings.step == TRIGGER:
            raise NotKnown(self.name)
        return settings.step in facts.clicked_at

    def needs(self, settings: StepSettings) -> Needs:
        return Needs(clicked=frozenset({settings.step}))


class BouncedHere(_Here):
    """For good. Facts know of addresses that bounced, not of messages: rows answer."""

    name = "bounced_here"
    label = "Bounced in this campaign"
    woken_by = ("bounced",)
    did = ("never got", "fail to get")

    def words(self, settings: StepSettings, is_not: bool, names: Names) -> str:
        words = super().words(settings, False, names).removeprefix("never got ")
        return f"{words} {'did not come' if is_not else 'came'} back"

    def sql(self, settings: StepSettings, asked: Asked) -> ColumnElement[bool]:
        found = select(Message.id).where(
            *_of_walk(settings.step, asked), Message.is_bounce_permanent.is_(True)
        )
        return exists(found.correlate(Enrollment))


class SentHereSettings(StepSettings):
    days: OptionalAmount = setting(None, "In the last", hint="days (empty: ever)", ge=1, le=LONGEST)


class SentHere(Predicate[SentHereSettings]):
    """A day is 24 hours here. What started the walk is no message of it."""

    name = "sent_here"
    label = "Written to in this campaign"
    group = GROUP
    scope = "enrollment"
    yes_no = ("were", "were not")
    woken_by = ("sent_within",)
    Settings = SentHereSettings

    def words(self, settings: SentHereSettings, is_not: bool, names: Names) -> str:
        which = "" if settings.step == ANY_STEP else f" “{names.name_of('step', settings.step)}”"
        when = "" if settings.days is None else f" in the last {plural(settings.days, 'day')}"
        sent = f"sent{which}" if which else "written to by this campaign"
        return f"{'not ' if is_not else ''}{sent}{when}"

    def sql(self, settings: SentHereSettings, asked: Asked) -> ColumnElement[bool]:
        since = asked.now - timedelta(days=settings.days) if settings.days else None
        if settings.step == ANY_STEP:
            return (
                Enrollment.last_sent_at >= since
                if since is not None
                else Enrollment.last_sent_at.is_not(None)
            )
        lately = [Message.sent_at >= since] if since is not None else []
        found = select(Message.id).where(*_of_walk(settings.step, asked), Message.state == "sent", *lately)
        return exists(found.correlate(Enrollment))

    def holds(self, settings: SentHereSettings, facts: Facts, now: datetime) -> bool:
        sent_at = facts.last_sent_at if settings.step == ANY_STEP else facts.sent_at.get(settings.step)
        if sent_at is None or settings.days is None:
            return sent_at is not None
        return sent_at >= now - timedelta(days=settings.days)

    def needs(self, settings: SentHereSettings) -> Needs:
        return Needs(sent=self.steps_named(settings))

    def steps_named(self, settings: SentHereSettings) -> frozenset[str]:
        return frozenset({settings.step}) - {ANY_STEP, TRIGGER}


class EventSettings(Settings):
    when: Literal["within", "farther", "past_within", "past", "none"] = setting(
        "within",
        "The event",
        choices={
            "within": "is within the next … days",
            "farther": "is more than … days away",
            "past_within": "was in the last … days",
            "past": "is over",
            "none": "has no date",
        },
    )
    days: int = setting(7, "Days", ge=0, le=LONGEST, only_when=("when", ["within", "farther", "past_within"]))


class EventNear(Predicate[EventSettings]):
    """The campaign's event, by elapsed time. Without a date only `none` holds."""

    name = "event"
    label = "Event date"
    group = GROUP
    scope = "enrollment"
    Settings = EventSettings

    def words(self, settings: EventSettings, is_not: bool, names: Names) -> str:
        days = plural(settings.days, "day")
        words = {
            "within": f"the event is within the next {days}",
            "farther": f"the event is more than {days} away",
            "past_within": f"the event was in the last {days}",
            "past": "the event is over",
            "none": "the event has no date",
        }[settings.when]
        return f"not: {words}" if is_not else words

    def sql(self, settings: EventSettings, asked: Asked) -> ColumnElement[bool]:
        return literal(_is_near(settings, _walk(asked).event_at, asked.now))

    def holds(self, settings: EventSettings, facts: Facts, now: datetime) -> bool:
        return _is_near(settings, facts.event_at, now)

    def needs_event(self, settings: EventSettings) -> bool:
        return settings.when != "none"

    def turns_at(self, settings: EventSettings, event_at: datetime) -> frozenset[datetime]:
        days, over = timedelta(days=settings.days), event_at + _NEXT
        turns = {
            "within": {event_at - days, over},
            "farther": {event_at - days},
            "past_within": {over, over + days},
            "past": {over},
            "none": set[datetime](),
        }
        return frozenset(turns[settings.when])


def _is_near(settings: EventSettings, event_at: datetime | None, now: datetime) -> bool:
    if event_at is None or settings.when == "none":
        return event_at is None and settings.when == "none"
    days = timedelta(days=settings.days)
    return {
        "within": now <= event_at <= now + days,
        "farther": event_at > now + days,
        "past_within": now - days <= event_at < now,
        "past": event_at < now,
    }[settings.when]


def _walk(asked: Asked) -> Walk:
    if asked.walk is None:
        raise LookupError("A question about one walk was asked of everybody.")
    return asked.walk


def _of_walk(step: str, asked: Asked) -> list[ColumnElement[bool]]:
    """What a message of ours must fulfil: of the step, of any, or the one that started the walk."""
    ours = [Message.organization_id == asked.organization_id, Message.direction == "out"]
    if step == TRIGGER:
        return [*ours, _is_trigger(Message.id)]
    ours.append(Message.enrollment_id == Enrollment.id)
    if step != ANY_STEP:
        ours.append(Message.node_id.in_(list(_walk(asked).steps_called(step))))
    return ours


def _is_trigger(message_id: Any) -> ColumnElement[bool]:
    """Walks know what started them once triggers write it down; those that nothing started have none."""
    started_by: Any = getattr(Enrollment, "triggering_message_id", None)
    # No `false()`: that takes every other condition out of the statement, the organization as well.
    return literal(value=False) if started_by is None else message_id == started_by


def _answered_trigger(asked: Asked) -> ColumnElement[bool]:
    """They wrote in the conversation of the message that started the walk, after it."""
    answer = aliased(Message)
    found = (
        select(answer.id)
        .join(
            Message,
            and_(
                Message.organization_id == answer.organization_id,
                Message.conversation_id == answer.conversation_id,
            ),
        )
        .where(
            answer.organization_id == asked.organization_id,
            Message.organization_id == asked.organization_id,
            _is_trigger(Message.id),
            answer.direction == "in",
            answer.is_automatic.is_(False),
            answer.occurred_at > Message.occurred_at,
        )
    )
    return exists(found.correlate(Enrollment))
