"""What the pages of campaigns ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import ValidationError as Wrong
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from loumass.campaigns.backlog import CHOICES, MOST_HOURS
from loumass.campaigns.creating import LONGEST_NAME, LONGEST_TEXT, Details
from loumass.campaigns.models import STATUSES, Campaign
from loumass.campaigns.pooling import pool_of
from loumass.funnels.local_time import moment, zone_names

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
_NONE = ""
#: An answer makes no status, whatever the organization says.
_STAYS = "stays"
#: What a campaign says of tracking, and how its field spells it.
_TRACKED: dict[bool | None, str] = {None: _NONE, True: "on", False: "off"}
_IS_TRACKED = {spelled: says for says, spelled in _TRACKED.items()}
NAMED_FIRST = "Give the campaign a name, so that people find it."


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


def _tracking(is_default: bool) -> list[SelectChoice]:
    as_all = f"As all campaigns: {'yes' if is_default else 'no'}"
    return _choices([(_NONE, as_all), ("on", "Yes"), ("off", "No")])


def one_line(_form: FlaskForm, field: Field) -> None:
    """Refuses what cannot stand in a subject or a header."""
    if any(not character.isprintable() for character in field.data or ""):
        raise Wrong("Use one line without control characters.")


def known_zone(_form: FlaskForm, field: Field) -> None:
    """Refuses a timezone that does not exist."""
    if field.data and field.data not in zone_names():
        raise Wrong("There is no such time zone. Choose one such as America/Denver.")


def _several(label: str) -> SelectMultipleField:
    return SelectMultipleField(label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


class DetailsForm(FlaskForm):
    """The details of a campaign; `offer` fills the choices."""

    name = StringField("Name", [InputRequired(NAMED_FIRST), Length(max=LONGEST_NAME), one_line])
    event_type = RadioField(
        "How do people meet?",
        choices=_choices(
            [("in_person", "In person"), ("virtual", "Virtually"), (_NONE, "There is no event")]
        ),
        default=_NONE,
        validate_choice=True,
    )
    event_name = StringField("Name of the event", [Length(max=LONGEST_TEXT), one_line])
    event_local = DateTimeLocalField("When", [Optional()], format=_FORMATS)
    event_timezone = StringField("Time zone of the event", [Optional(), known_zone])
    event_place = StringField(
        "Where", [Length(max=LONGEST_TEXT), one_line], description="An address, or the link to join."
    )
    owner = SelectField("Owner", description="Messages are signed with their name and signature.")
    email_channel = SelectField("Mailbox", description="E-mails go out from here.")
    sms_channel = SelectField("Number", description="Texts go out from here.")
    voicemail_channel = SelectField("Caller ID", default=_NONE, description="Voicemail is dropped from here.")
    email_pool = _several("More mailboxes")
    sms_pool = _several("More numbers")
    is_exit_on_reply = BooleanField("People leave when they reply", default=True)
    exit_statuses = _several("People leave when their status becomes")
    colleagues = SelectField(
        "When a colleague at the same company replies",
        choices=_choices(
            [
                ("stay", "The others go on"),
                ("leave", "The others leave"),
                ("hold", "The others wait for a person"),
            ]
        ),
        default="stay",
    )
    positive_status = SelectField("A positive answer makes the status", default=_NONE)
    declined_status = SelectField("“Not interested” makes the status", default=_NONE)
    is_reply_in_thread = BooleanField("Follow-ups stay in one thread", default=True)
    skips_invalid = BooleanField("Skip invalid e-mail addresses")
    opens = SelectField("Tell who opened an e-mail", default=_NONE)
    clicks = SelectField("Tell who clicked a link", default=_NONE)

    def offer(
        self,
        owners: Sequence[Any],
        emails: Sequence[tuple[str, str]],
        numbers: Sequence[tuple[str, str]],
        caller_ids: Sequence[tuple[str, str]],
    ) -> None:
        """Fill the choices: (id, words)."""
        self.opens.choices = _tracking(g.organization.is_open_tracked)
        self.clicks.choices = _tracking(g.organization.is_click_tracked)
        # Nobody leaves for what everybody begins with.
        self.exit_statuses.choices = _choices(
            (one, one) for one in STATUSES if one not in ("No Activity", "Messaged")
        )
        self.positive_status.choices = _statuses(g.organization.positive_status)
        self.declined_status.choices = _statuses(g.organization.declined_status)
        self.owner.choices = _choices([(_NONE, "Nobody"), *owners])
        self.email_channel.choices = _choices([(_NONE, "None"), *emails])
        self.sms_channel.choices = _choices([(_NONE, "None"), *numbers])
        self.voicemail_channel.choices = _choices([(_NONE, "None"), *caller_ids])
        # Whoever can be chosen alone can be one of several; with one sender there is nothing to share.
        self.email_pool.choices = _choices(emails if len(emails) > 1 else ())
        self.sms_pool.choices = _choices(numbers if len(numbers) > 1 else ())

    def fill(self, campaign: Campaign, home: ZoneInfo) -> None:
        """Show what the campaign says now."""
        zone = ZoneInfo(campaign.event_timezone) if campaign.event_timezone else home
        self.name.data, self.event_type.data = campaign.name, campaign.event_type or _NONE
        self.event_name.data, self.event_place.data = campaign.event_name, campaign.event_place
        self.event_local.data = campaign.event_at.astimezone(zone) if campaign.event_at else None
        self.event_timezone.data = zone.key
        self.owner.data = str(campaign.owner_id or _NONE)
        self.email_channel.data = str(campaign.email_channel_id or _NONE)
        self.sms_channel.data = str(campaign.sms_channel_id or _NONE)
        self.voicemail_channel.data = str(campaign.voicemail_channel_id or _NONE)
        pool = sorted(str(one) for one in pool_of(campaign.id))
        self.email_pool.data, self.sms_pool.data = pool, pool
        self.is_exit_on_reply.data = campaign.is_exit_on_reply
        self.exit_statuses.data, self.colleagues.data = list(campaign.exit_statuses), campaign.colleagues
        self.positive_status.data = _chosen(campaign.positive_status)
        self.declined_status.data = _chosen(campaign.declined_status)
        self.is_reply_in_thread.data = campaign.is_reply_in_thread
        self.skips_invalid.data = campaign.skips_invalid
        self.opens.data = _TRACKED[campaign.is_open_tracked]
        self.clicks.data = _TRACKED[campaign.is_click_tracked]

    def details(self, home: ZoneInfo) -> Details:
        """What was typed. Without an event, what was typed about one is not kept."""
        has_event = bool(self.event_type.data)
        zone = ZoneInfo(self.event_timezone.data) if self.event_timezone.data else home
        local = self.event_local.data if has_event else None
        return Details(
            name=(self.name.data or "").strip(),
            event_type=self.event_type.data or None,
            event_name=(self.event_name.data or "").strip() if has_event else "",
            event_at=_moment(local, zone),
            event_timezone=zone.key if local else None,
            event_place=(self.event_place.data or "").strip() if has_event else "",
            owner_id=_id(self.owner.data),
            email_channel_id=_id(self.email_channel.data),
            sms_channel_id=_id(self.sms_channel.data),
            voicemail_channel_id=_id(self.voicemail_channel.data),
            is_exit_on_reply=bool(self.is_exit_on_reply.data),
            exit_statuses=frozenset(self.exit_statuses.data or ()),
            colleagues=self.colleagues.data or "stay",
            positive_status=_kept(self.positive_status.data),
            declined_status=_kept(self.declined_status.data),
            is_reply_in_thread=bool(self.is_reply_in_thread.data),
            skips_invalid=bool(self.skips_invalid.data),
            pool=frozenset(map(UUID, [*(self.email_pool.data or ()), *(self.sms_pool.data or ())])),
            is_open_tracked=_IS_TRACKED[self.opens.data or _NONE],
            is_click_tracked=_IS_TRACKED[self.clicks.data or _NONE],
        )


class OneOfField(RadioField):
    """One of its choices; `otherwise` is said where none of them came."""

    def __init__(self, label: str, otherwise: str, **options: Any) -> None:
        super().__init__(label, validate_choice=True, **options)
        self._otherwise = otherwise

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError."""
        try:
            super().pre_validate(form)
        except Wrong:
            raise Wrong(self._otherwise) from None


def _statuses(by_default: str) -> Any:
    """The organization's way, none, or one of them."""
    stays = by_default or "stays as it is"
    named = [(one, one) for one in STATUSES if one not in ("No Activity", "Messaged")]
    return _choices([(_NONE, f"As the organization: {stays}"), (_STAYS, "Stays as it is"), *named])


def _chosen(status: str | None) -> str:
    return _NONE if status is None else status or _STAYS


def _kept(chosen: str | None) -> str | None:
    return None if not chosen or chosen == _NONE else "" if chosen == _STAYS else chosen


class NewCampaignForm(DetailsForm):
    """The same, with the template it is made from."""

    template = OneOfField("Template", "Choose the template that it is made from.")


class ScheduleForm(FlaskForm):
    """When it starts by itself, in the organization's time."""

    at = DateTimeLocalField("Start at", [InputRequired("Say when it starts.")], format=_FORMATS)

    def moment(self, home: ZoneInfo) -> datetime:
        """The moment that was typed."""
        found = _moment(self.at.data, home)
        if found is None:
            raise ValueError("the form was not validated")
        return found


class ResumeForm(FlaskForm):
    """What becomes of those who are past due."""

    what = OneOfField(
        "What becomes of them?", "Choose what becomes of them.", choices=_choices(CHOICES.items())
    )
    hours = IntegerField(
        "Hours", [Optional(), NumberRange(1, MOST_HOURS, f"From 1 to {MOST_HOURS} hours.")], default=8
    )


def _moment(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment(local.date(), local.time(), zone) if local else None


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None
