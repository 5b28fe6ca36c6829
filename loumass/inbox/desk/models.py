"""Order on the desk: who is given what, what it is called, who is told, who has seen it, and what stands together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

#: Names of our colours (tokens.css), each with what a form calls it.
COLOURS = {
    "gray": "Gray",
    "blue": "Blue",
    "green": "Green",
    "amber": "Amber",
    "red": "Red",
    "violet": "Violet",
    "teal": "Teal",
}
_OPEN = text("done_at IS NULL")
_STANDS = text("undone_at IS NULL")


class Team(OrganizationOwned, Base):
    """Colleagues who answer together; its conversations are dealt out among those who are there."""

    __tablename__ = "team"
    __table_args__ = (
        Index(
            "uq_team_name",
            "organization_id",
            "name_key",
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]


class TeamMember(OrganizationScoped, Base):
    """A colleague's place in a team. `away_since`: nothing new is given to them."""

    __tablename__ = "team_member"
    __table_args__ = (belongs_to("team", "team_id"), Index(None, "organization_id", "user_id"))

    organization_id: Mapped[UUID] = organization_of_parents()
    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    away_since: Mapped[datetime | None]
    last_given_at: Mapped[datetime | None]


class TeamChannel(OrganizationScoped, Base):
    """Whoever writes to this channel is the team's."""

    __tablename__ = "team_channel"
    __table_args__ = (
        belongs_to("channel", "channel_id"),
        belongs_to("team", "team_id"),
        Index(None, "organization_id", "team_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]


class Label(OrganizationOwned, Base):
    """A word that people put on conversations, in a colour of ours."""

    __tablename__ = "label"
    __table_args__ = (
        UniqueConstraint("organization_id", "name_key"),
        CheckConstraint(f"colour IN {tuple(COLOURS)}", name="colour"),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    colour: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class ConversationLabel(OrganizationScoped, Base):
    """The label is on the conversation."""

    __tablename__ = "conversation_label"
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        ForeignKeyConstraint(
            ["organization_id", "label_id"], ["label.organization_id", "label.id"], ondelete="CASCADE"
        ),
        Index(None, "organization_id", "label_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    label_id: Mapped[UUID] = mapped_column(primary_key=True)


class Notification(OrganizationOwned, Base):
    """One of ours is told of something in a conversation; what it says is read from there."""

    __tablename__ = "notification"
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        Index("ix_notification_list", "organization_id", "user_id", "created_at", "id"),
        Index(
            "ix_notification_unread", "organization_id", "user_id", postgresql_where=text("read_at IS NULL")
        ),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    #: One of `notifying.SAID`.
    kind: Mapped[str]
    conversation_id: Mapped[UUID]
    #: The note it is about, if it is about one.
    message_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]


class Reminder(OrganizationOwned, Base):
    """The conversation comes back to its reader then; `is_if_silent`: only where nobody wrote since it was set."""

    __tablename__ = "reminder"
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        Index("ix_reminder_due", "organization_id", "due_at", postgresql_where=_OPEN),
        Index(
            "uq_reminder_open",
            "organization_id",
            "conversation_id",
            "user_id",
            unique=True,
            postgresql_where=_OPEN,
        ),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime]
    is_if_silent: Mapped[bool]
    set_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class SavedView(OrganizationOwned, Base):
    """Filters of the inbox with a name; `query` is what the address carries."""

    __tablename__ = "saved_view"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    is_shared: Mapped[bool]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class ConversationSeen(OrganizationScoped, Base):
    """When somebody of ours last looked at a conversation."""

    __tablename__ = "conversation_seen"
    __table_args__ = (belongs_to("conversation", "conversation_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime]


class Answering(OrganizationScoped, Base):
    """Somebody is answering one line of the inbox until then; `line_id` is a contact or a conversation."""

    __tablename__ = "answering"

    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    until_at: Mapped[datetime]


class Regrouping(OrganizationOwned, Base):
    """A merge or a split; `before` is what undoing puts back."""

    __tablename__ = "regrouping"
    __table_args__ = (
        belongs_to("conversation", "kept_id"),
        belongs_to("conversation", "other_id"),
        CheckConstraint("kind IN ('merge', 'split')", name="kind"),
        Index("ix_regrouping_kept", "organization_id", "kept_id", postgresql_where=_STANDS),
        Index("ix_regrouping_other", "organization_id", "other_id", postgresql_where=_STANDS),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    kind: Mapped[str]
    kept_id: Mapped[UUID]
    other_id: Mapped[UUID]
    before: Mapped[dict[str, Any]]
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    undone_at: Mapped[datetime | None]
