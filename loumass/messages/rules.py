"""What rules can ask of messages: whether people replied, opened, clicked, bounced, and how often we wrote to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from sqlalchemy import ColumnElement, and_, exists, func, not_, select, true

from loumass.contacts.models import Contact
from loumass.contacts.rules.predicate import Asked, Names, Predicate
from loumass.core.settings_form import OptionalAmount, Settings, setting
from loumass.core.words import plural
from loumass.messages.hit_models import HitCount
from loumass.messages.hits_asked import CLICKED, OPENED, messages_read
from loumass.messages.models import Message
from loumass.messages.sorting.kinds import KINDS
from loumass.messages.sorting.models import SortedReply

GROUP = "Messages"
LONGEST_DAYS, MOST_MESSAGES = 3650, 1000
_BY = {"any": "", "email": " by e-mail", "sms": " by text", "voicemail": " by voicemail"}
_LAST_DAYS = {"hint": "days (empty: ever)", "ge": 1, "le": LONGEST_DAYS}


class DidSettings(Settings):
    days: OptionalAmount = setting(None, "In the last", **_LAST_DAYS)


class RepliedSettings(Settings):
    medium: Literal["any", "email", "sms"] = setting(
        "any", "How", choices={"any": "in any way", "email": "by e-mail", "sms": "by text"}
    )
    days: OptionalAmount = setting(None, "In the last", **_LAST_DAYS)


class Replied(Predicate[RepliedSettings]):
    """Any message of a person: what a machine answered does not count."""

    name = "replied"
    label = "Wrote to us"
    group = GROUP
    yes_no = ("did", "did not")
    woken_by = ("replied",)
    Settings = RepliedSettings

    def words(self, settings: RepliedSettings, is_not: bool, names: Names) -> str:
        return _did("wrote to us", "write to us", is_not) + _BY[settings.medium] + _lately(settings.days)

    def sql(self, settings: RepliedSettings, asked: Asked) -> ColumnElement[bool]:
        wanted = [Message.direction == "in", Message.is_automatic.is_(False)]
        if settings.medium != "any":
            wanted.append(Message.medium == settings.medium)
        return _has_message(asked, *wanted, *_since(Message.occurred_at, settings.days, asked))


class AnsweredSettings(Settings):
    kind: Literal[
        "positive", "question", "not_now", "not_interested", "out_of_office", "wrong_person", "opt_out"
    ] = setting("positive", "What it says", choices=KINDS)
    days: OptionalAmount = setting(None, "In the last", **_LAST_DAYS)


class Answered(Predicate[AnsweredSettings]):
    """Any answer that was taken for such a one; corrected, it counts as what a person said."""

    name = "answered"
    label = "Answered with"
    group = GROUP
    yes_no = ("did", "did not")
    woken_by = ("replied",)
    Settings = AnsweredSettings

    def words(self, settings: AnsweredSettings, is_not: bool, names: Names) -> str:
        said = f"with “{KINDS[settings.kind]}”"
        return f"{_did('answered', 'answer', is_not)} {said}{_lately(settings.days)}"

    def sql(self, settings: AnsweredSettings, asked: Asked) -> ColumnElement[bool]:
        sorted_as = exists().where(
            SortedReply.organization_id == asked.organization_id,
            SortedReply.message_id == Message.id,
            SortedReply.kind == settings.kind,
        )
        return _has_message(
            asked, Message.direction == "in", *_since(Message.occurred_at, settings.days, asked), sorted_as
        )


class _Hit(Predicate[DidSettings]):
    """What a person did with any e-mail of ours; filters and proxies do not count."""

    group = GROUP
    yes_no = ("did", "did not")
    Settings = DidSettings
    link: ClassVar[int]
    did: ClassVar[tuple[str, str]]

    def words(self, settings: DidSettings, is_not: bool, names: Names) -> str:
        return _did(*self.did, is_not) + _lately(settings.days)

    def sql(self, settings: DidSettings, asked: Asked) -> ColumnElement[bool]:
        lately = _since(HitCount.first_human_at, settings.days, asked)
        found = messages_read(asked, self.link, Message.contact_id == Contact.id, *lately)
        return exists(found.correlate(Contact))


class Opened(_Hit):
    name = "opened"
    label = "Opened an e-mail"
    woken_by = ("opened",)
    link = OPENED
    did = ("opened an e-mail", "open an e-mail")


class Clicked(_Hit):
    name = "clicked"
    label = "Clicked a link"
    woken_by = ("clicked",)
    link = CLICKED
    did = ("clicked a link", "click a link")


class Bounced(Predicate[DidSettings]):
    """A message came back for good."""

    name = "bounced"
    label = "A message came back"
    group = GROUP
    yes_no = ("did", "did not")
    woken_by = ("bounced",)
    Settings = DidSettings

    def words(self, settings: DidSettings, is_not: bool, names: Names) -> str:
        return f"{'no' if is_not else 'a'} message to them came back" + _lately(settings.days)

    def sql(self, settings: DidSettings, asked: Asked) -> ColumnElement[bool]:
        return _has_message(
            asked,
            Message.direction == "out",
            Message.is_bounce_permanent.is_(True),
            *_since(Message.bounced_at, settings.days, asked),
        )


class SentCountSettings(Settings):
    than: Literal["at_least", "at_most"] = setting(
        "at_least", "How many", choices={"at_least": "at least", "at_most": "at most"}
    )
    number: int = setting(1, "Messages", ge=0, le=MOST_MESSAGES)
    days: OptionalAmount = setting(None, "In the last", **_LAST_DAYS)


class SentCount(Predicate[SentCountSettings]):
    name = "sent_count"
    label = "Messages sent to them"
    group = GROUP
    woken_by = ("sent_within",)
    Settings = SentCountSettings

    def words(self, settings: SentCountSettings, is_not: bool, names: Names) -> str:
        than = settings.than.replace("_", " ")
        words = (
            f"were sent {than} {plural(settings.number, 'message')}{_lately(settings.days, 'in all so far')}"
        )
        return f"not: {words}" if is_not else words

    def sql(self, settings: SentCountSettings, asked: Asked) -> ColumnElement[bool]:
        sent = [*_SENT, *_since(Message.sent_at, settings.days, asked)]
        least = settings.number if settings.than == "at_least" else settings.number + 1
        reached = _has_many(asked, least, sent)
        return reached if settings.than == "at_least" else not_(reached)


class LastWrittenSettings(Settings):
    when: Literal["within", "before", "never"] = setting(
        "within",
        "When",
        choices={
            "within": "in the last … days",
            "before": "longer ago than … days",
            "never": "never yet",
        },
    )
    days: int = setting(30, "Days", ge=1, le=LONGEST_DAYS, only_when=("when", ["within", "before"]))


class LastWritten(Predicate[LastWrittenSettings]):
    name = "last_written"
    label = "Last written to"
    group = GROUP
    woken_by = ("sent_within",)
    Settings = LastWrittenSettings

    def words(self, settings: LastWrittenSettings, is_not: bool, names: Names) -> str:
        days = plural(settings.days, "day")
        words = {
            "within": f"written to in the last {days}",
            "before": f"last written to more than {days} ago",
            "never": "never written to",
        }[settings.when]
        return f"not: {words}" if is_not else words

    def sql(self, settings: LastWrittenSettings, asked: Asked) -> ColumnElement[bool]:
        ever = _has_message(asked, *_SENT)
        if settings.when == "never":
            return not_(ever)
        lately = _has_message(asked, *_SENT, *_since(Message.sent_at, settings.days, asked))
        return lately if settings.when == "within" else and_(ever, not_(lately))


_SENT: tuple[ColumnElement[bool], ...] = (Message.direction == "out", Message.state == "sent")


def _has_message(asked: Asked, *wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(Message.id).where(
        Message.organization_id == asked.organization_id, Message.contact_id == Contact.id, *wanted
    )
    return exists(found.correlate(Contact))


def _has_many(asked: Asked, least: int, wanted: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if least <= 1:
        return _has_message(asked, *wanted) if least == 1 else true()
    own = [Message.organization_id == asked.organization_id, *wanted]
    if asked.is_about_few:
        counted = select(func.count()).where(*own, Message.contact_id == Contact.id)
        return counted.correlate(Contact).scalar_subquery() >= least
    # Counted once for everybody: a count for each of a million people is a million looks.
    many = (
        select(Message.contact_id)
        .where(*own, Message.contact_id.is_not(None))
        .group_by(Message.contact_id)
        .having(func.count() >= least)
        .subquery()
    )
    return exists(select(many.c.contact_id).where(many.c.contact_id == Contact.id).correlate(Contact))


def _since(column: Any, days: int | None, asked: Asked) -> list[ColumnElement[bool]]:
    """Elapsed time: a day is 24 hours here."""
    since: datetime | None = asked.now - timedelta(days=days) if days else None
    return [column >= since] if since else []


def _did(past: str, plain: str, is_not: bool) -> str:
    return f"did not {plain}" if is_not else past


def _lately(days: int | None, otherwise: str = "") -> str:
    if days is None:
        return f" {otherwise}" if otherwise else ""
    return f" in the last {plural(days, 'day')}"
