"""Order on the desk: labels, teams, views, reminders, what stands together, and what one is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import (
    Done,
    Id,
    ListOut,
    Moment,
    Name,
    PageOut,
    PageQuery,
    RowModel,
    listed,
    paged,
)
from loumass.core.words import plural
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.models import LabelOut, RegroupingOut
from loumass.inbox.desk import labels, notifying, regrouping, reminding, teams, views
from loumass.inbox.desk.models import COLOURS
from loumass.inbox.desk.teams import Manned
from loumass.inbox.filters import KEPT
from loumass.inbox.person import conversation_or_404, person_of

ONE = "/conversations/<uuid:conversation_id>"
Short = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
ViewName = Literal[
    "needs-reply", "unread", "mine", "open", "unanswered", "opt-outs", "snoozed", "closed", "everything"
]


class LabelBody(ApiModel):
    """A word in a colour."""

    name: Short
    colour: Annotated[str, Field(pattern=f"^({'|'.join(COLOURS)})$")] = "gray"


class LabelRef(ApiModel):
    """Which label."""

    label_id: Id


class TeamMemberOut(ApiModel):
    """Somebody of a team; `away_since`: nothing new is given to them."""

    id: UUID
    name: str
    away_since: datetime | None


class TeamOut(ApiModel):
    """Colleagues who answer together, and the channels that are theirs."""

    id: UUID
    name: str
    members: list[TeamMemberOut]
    channel_ids: list[UUID]

    @classmethod
    def of(cls, one: Manned) -> TeamOut:
        members = [
            TeamMemberOut(id=user.id, name=user.name, away_since=place.away_since)
            for user, place in one.members
        ]
        channel_ids = [channel.id for channel in one.channels]
        return cls(id=one.team.id, name=one.team.name, members=members, channel_ids=channel_ids)


class NewTeamBody(ApiModel):
    """What a team is called."""

    name: Annotated[Name, Field(max_length=60)]


class TeamBody(NewTeamBody):
    """Its name, its people and its channels. A channel leaves the team that it had."""

    user_ids: Annotated[list[Id], Field(max_length=500)]
    channel_ids: Annotated[list[Id], Field(default_factory=list, max_length=500)]


class TeamRef(ApiModel):
    """Which team."""

    team_id: Id


class PresenceBody(ApiModel):
    """Whether new conversations are given to you."""

    is_there: bool


class ViewOut(RowModel):
    """Filters of the inbox with a name; `count` is in people, a hundred stands for more."""

    id: UUID
    name: str
    is_shared: bool
    is_own: bool
    query: dict[str, str]
    count: int


class ViewBody(ApiModel):
    """Filters as `/conversations` takes them, to be kept under a name."""

    name: Short
    is_shared: bool = False
    view: ViewName | None = None
    channel: Id | None = None
    campaign: Id | None = None
    label: Id | None = None
    team: Id | None = None
    who: Id | Literal["nobody"] | None = None


class ReminderBody(ApiModel):
    """When it comes back to you; `is_if_silent`: only if nobody has answered until then."""

    at: Moment
    is_if_silent: bool = False


class OtherRef(ApiModel):
    """Another conversation."""

    other_id: Id


class MessageRef(ApiModel):
    """A message, from which on the rest stands by itself."""

    message_id: Id


class NewsOut(RowModel):
    """Something that you were told: `said` begins with who did it; `name` is whom it is about."""

    id: UUID
    kind: str
    said: str
    name: str
    conversation_id: UUID
    message_id: UUID | None
    note: str
    at: datetime
    is_new: bool


@endpoint(api, "GET", "/labels", answers=ListOut[LabelOut])
@requires("inbox.read")
def list_labels() -> ListOut[LabelOut]:
    """Every label."""
    return listed(labels.labels(), LabelOut.of)


@endpoint(api, "POST", "/labels", takes=LabelBody, answers=LabelOut, status=201)
@requires("inbox.reply")
def add_label(body: LabelBody) -> LabelOut:
    """One more."""
    return LabelOut.of(labels.create(body.name, body.colour))


@endpoint(api, "PUT", "/labels/<uuid:label_id>", takes=LabelBody, answers=LabelOut)
@requires("inbox.reply")
def change_label(label_id: UUID, body: LabelBody) -> LabelOut:
    """Another name or colour."""
    return LabelOut.of(labels.change(label_id, body.name, body.colour))


@endpoint(api, "DELETE", "/labels/<uuid:label_id>", answers=Done)
@requires("inbox.reply")
def remove_label(label_id: UUID) -> Done:
    """Off every conversation, and gone. `count`: on how many it was, a thousand standing for more."""
    many = labels.carried_by(label_id)
    return Done(done=f"{labels.remove(label_id).name} is gone.", count=many)


@endpoint(api, "POST", f"{ONE}/labels", takes=LabelRef, answers=Done)
@requires("inbox.reply")
def put_label(conversation_id: UUID, body: LabelRef) -> Done:
    """Put a label on all that stands with this conversation."""
    label = labels.put(_line(conversation_id), body.label_id)
    return Done(done=f"Labelled {label.name}.", count=1)


@endpoint(api, "DELETE", f"{ONE}/labels/<uuid:label_id>", answers=Done)
@requires("inbox.reply")
def take_label_off(conversation_id: UUID, label_id: UUID) -> Done:
    """Take it off again."""
    label = labels.take_off(_line(conversation_id), label_id)
    return Done(done=f"Without the label {label.name}.", count=1)


@endpoint(api, "GET", "/teams", answers=ListOut[TeamOut])
@requires("inbox.read")
def list_teams() -> ListOut[TeamOut]:
    """Every team with its people, and who of them is there."""
    return listed(teams.manned(), TeamOut.of)


@endpoint(api, "POST", "/teams", takes=NewTeamBody, answers=TeamOut, status=201)
@requires("team.manage")
def add_team(body: NewTeamBody) -> TeamOut:
    """One more, of nobody yet."""
    return _team(teams.create(body.name).id)


@endpoint(api, "PUT", "/teams/<uuid:team_id>", takes=TeamBody, answers=TeamOut)
@requires("team.manage")
def man_team(team_id: UUID, body: TeamBody) -> TeamOut:
    """Its name, people and channels."""
    return _team(teams.man(team_id, body.name, body.user_ids, body.channel_ids).id)


@endpoint(api, "DELETE", "/teams/<uuid:team_id>", answers=Done)
@requires("team.manage")
def archive_team(team_id: UUID) -> Done:
    """Nothing new comes to it; what it had stays with whom it was given to."""
    return Done(done=f"{teams.archive(team_id).name} is no team any more.", count=1)


@endpoint(api, "PUT", "/presence", takes=PresenceBody, answers=Done)
@requires("inbox.reply")
def set_presence(body: PresenceBody) -> Done:
    """Whether new conversations are given to you, in all your teams."""
    many = teams.set_presence(g.user.id, is_there=body.is_there)
    return Done(done="You are there." if body.is_there else "Nothing new is given to you.", count=many)


@endpoint(api, "PUT", f"{ONE}/team", takes=TeamRef, answers=Done)
@requires("inbox.reply")
def give_to_team(conversation_id: UUID, body: TeamRef) -> Done:
    """It is the team's, and goes to whose turn it is."""
    return Done(done="It is the team's.", count=teams.give(_line(conversation_id), body.team_id))


@endpoint(api, "GET", "/views", answers=ListOut[ViewOut])
@requires("inbox.read")
def list_views() -> ListOut[ViewOut]:
    """Your views, and everybody's."""
    return listed(views.views(g.user.id), ViewOut.of)


@endpoint(api, "POST", "/views", takes=ViewBody, answers=Done, status=201)
@requires("inbox.reply")
def save_view(body: ViewBody) -> Done:
    """Keep filters under a name, for yourself or for everybody."""
    asked = body.model_dump(mode="json", exclude_none=True)
    query = {name: str(asked[name]) for name in KEPT if name in asked}
    view = views.save(g.user.id, body.name, query, is_shared=body.is_shared)
    return Done(done=f"{view.name} is kept.", count=1)


@endpoint(api, "DELETE", "/views/<uuid:view_id>", answers=Done)
@requires("inbox.reply")
def remove_view(view_id: UUID) -> Done:
    """Your own view goes; nobody's conversation does."""
    return Done(done=f"The view {views.remove(view_id, g.user.id).name} is gone.", count=1)


@endpoint(api, "PUT", f"{ONE}/reminder", takes=ReminderBody, answers=Done)
@requires("inbox.reply")
def remind(conversation_id: UUID, body: ReminderBody) -> Done:
    """It comes back to you then."""
    conversation_or_404(conversation_id)
    reminding.remind([conversation_id], g.user.id, body.at, is_if_silent=body.is_if_silent)
    return Done(done="It comes back.", count=1)


@endpoint(api, "DELETE", f"{ONE}/reminder", answers=Done)
@requires("inbox.reply")
def forget_reminder(conversation_id: UUID) -> Done:
    """No reminder any more."""
    many = reminding.forget(_line(conversation_id), g.user.id)
    return Done(done=f"{plural(many, 'reminder is', 'reminders are')} taken off.", count=many)


@endpoint(api, "POST", f"{ONE}/merge", takes=OtherRef, answers=RegroupingOut)
@requires("inbox.reply")
def merge_conversations(conversation_id: UUID, body: OtherRef) -> RegroupingOut:
    """The other stands in one line with this one from now on."""
    kept, other = conversation_or_404(conversation_id), conversation_or_404(body.other_id)
    (made,) = regrouping.merge(kept, [other], g.user.id)
    return RegroupingOut.of(made)


@endpoint(api, "POST", f"{ONE}/split", takes=MessageRef, answers=RegroupingOut)
@requires("inbox.reply")
def split_conversation(conversation_id: UUID, body: MessageRef) -> RegroupingOut:
    """Everything from that message on stands in a line of its own: `other_id`."""
    return RegroupingOut.of(
        regrouping.split(conversation_or_404(conversation_id), body.message_id, g.user.id)
    )


@endpoint(api, "POST", "/regroupings/<uuid:regrouping_id>/undo", answers=RegroupingOut)
@requires("inbox.reply")
def undo_regrouping(regrouping_id: UUID) -> RegroupingOut:
    """Everything stands where it stood."""
    return RegroupingOut.of(regrouping.undo(regrouping_id))


@endpoint(api, "GET", "/notifications", asks=PageQuery, answers=PageOut[NewsOut])
@requires("inbox.read")
def list_notifications(query: PageQuery) -> PageOut[NewsOut]:
    """Mentions, what you were given, turns, reminders, answers that were taken over; the latest first."""
    return paged(notifying.news(g.user.id, query.cursor, query.limit), NewsOut.of)


@endpoint(api, "POST", "/notifications/read", answers=Done)
@requires("inbox.reply")
def read_notifications() -> Done:
    """Nothing of it is new any more."""
    many = notifying.read(g.user.id)
    return Done(done=f"{plural(many, 'notification is', 'notifications are')} read.", count=many)


def _team(team_id: UUID) -> TeamOut:
    return next(TeamOut.of(one) for one in teams.manned() if one.team.id == team_id)


def _line(conversation_id: UUID) -> list[UUID]:
    """All conversations that stand with this one."""
    return person_of(conversation_or_404(conversation_id)).conversation_ids
