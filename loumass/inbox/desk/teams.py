"""Teams: who belongs to them, which channels are theirs, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import User
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.events.models import Event
from loumass.events.service import hears, only_where
from loumass.inbox import conversing
from loumass.inbox.desk import notifying
from loumass.inbox.desk.models import Team, TeamChannel, TeamMember

LONGEST = 60
_NEW = text("""
    SELECT c.id, t.team_id, c.contact_id FROM conversation c
    JOIN team_channel t ON t.organization_id = :organization_id AND t.channel_id = c.channel_id
    WHERE c.organization_id = :organization_id AND c.id = ANY(CAST(:ids AS uuid[]))
      AND c.assignee_id IS NULL AND c.closed_at IS NULL AND c.needs_reply_since IS NOT NULL
    ORDER BY c.last_inbound_at, c.id FOR UPDATE OF c
""")
#: A colleague who answers the person already goes on doing so.
_KNOWN = text("""
    SELECT DISTINCT ON (c.contact_id) c.contact_id, c.assignee_id FROM conversation c
    WHERE c.organization_id = :organization_id AND c.contact_id = ANY(CAST(:contacts AS uuid[]))
      AND c.assignee_id IS NOT NULL
    ORDER BY c.contact_id, c.last_message_at DESC NULLS LAST, c.id DESC
""")
_GIVE = text("""
    UPDATE conversation SET team_id = given.team_id, assignee_id = given.user_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:teams AS uuid[]), CAST(:users AS uuid[])) AS given(id, team_id, user_id)
    WHERE conversation.organization_id = :organization_id AND conversation.id = given.id
""")
_TURN_TAKEN = text("""
    UPDATE team_member SET last_given_at = taken.at
    FROM unnest(CAST(:users AS uuid[]), CAST(:moments AS timestamptz[])) AS taken(user_id, at)
    WHERE team_member.organization_id = :organization_id AND team_id = :team_id AND team_member.user_id = taken.user_id
""")


@dataclass(frozen=True, slots=True)
class Manned:
    """A team with its people (those who are away last) and its channels."""

    team: Team
    members: Sequence[tuple[User, TeamMember]]
    channels: Sequence[Channel]


def teams() -> Sequence[Team]:
    """Those in use, by name."""
    return db().scalars(select(Team).where(Team.archived_at.is_(None)).order_by(Team.name_key)).all()


def manned() -> Sequence[Manned]:
    """All of them with people and channels, in three statements."""
    found = teams()
    ids = [one.id for one in found]
    people: dict[UUID, list[tuple[User, TeamMember]]] = {}
    rows = db().execute(
        select(TeamMember, User)
        .join(User, User.id == TeamMember.user_id)
        .where(TeamMember.team_id.in_(ids))
        .order_by(TeamMember.away_since.is_not(None), User.name, User.id)
    )
    for member, user in rows:
        people.setdefault(member.team_id, []).append((user, member))
    channels: dict[UUID, list[Channel]] = {}
    theirs = db().execute(
        select(TeamChannel.team_id, Channel)
        .join(Channel, Channel.id == TeamChannel.channel_id)
        .where(TeamChannel.team_id.in_(ids), Channel.archived_at.is_(None))
        .order_by(Channel.name, Channel.id)
    )
    for team_id, channel in theirs:
        channels.setdefault(team_id, []).append(channel)
    return [Manned(one, people.get(one.id, ()), channels.get(one.id, ())) for one in found]


def create(name: str) -> Team:
    """A team of nobody yet. Raises Refused for a name that is empty, too long or taken."""
    name = _free_name(name)
    team = Team(name=name, name_key=name.casefold())
    db().add(team)
    db().flush()
    return team


def man(team_id: UUID, name: str, user_ids: Collection[UUID], channel_ids: Collection[UUID]) -> Team:
    """The team's name, people and channels are these; a channel leaves the team that it had. Raises NotFound, Refused."""
    team = get_or_404(Team, team_id, lock=True)
    if team.archived_at is not None:
        raise NotFound(f"{team.name} is no team any more. Nothing was changed.")
    name = _free_name(name, team.id)
    able = {one.id for one in conversing.who_may_answer()}
    channels = set(db().scalars(select(Channel.id).where(Channel.archived_at.is_(None))))
    if not set(user_ids) <= able or not set(channel_ids) <= channels:
        raise Refused("Somebody or some channel is not here any more. Nothing was changed; choose anew.")
    team.name, team.name_key = name, name.casefold()
    db().execute(delete(TeamMember).where(TeamMember.team_id == team.id, TeamMember.user_id.not_in(user_ids)))
    _add(TeamMember, [{"team_id": team.id, "user_id": one} for one in user_ids])
    db().execute(
        delete(TeamChannel).where(
            or_(TeamChannel.team_id == team.id, TeamChannel.channel_id.in_(channel_ids))
        )
    )
    _add(TeamChannel, [{"team_id": team.id, "channel_id": one} for one in channel_ids])
    return team


def archive(team_id: UUID) -> Team:
    """Nothing new comes to it; what it had stays with whom it was given to. Raises NotFound."""
    team = get_or_404(Team, team_id, lock=True)
    team.archived_at = team.archived_at or clock.now()
    db().execute(delete(TeamChannel).where(TeamChannel.team_id == team.id))
    return team


def set_presence(user_id: UUID, *, is_there: bool) -> int:
    """Whether new conversations are given to the user, in all their teams; returns how many those are."""
    changed = db().scalars(
        update(TeamMember)
        .where(TeamMember.user_id == user_id)
        .values(away_since=None if is_there else clock.now())
        .returning(TeamMember.team_id)
    )
    return len(changed.all())


def is_there(user_id: UUID) -> bool | None:
    """Whether they are; None for somebody of no team."""
    rows = db().scalars(select(TeamMember.away_since).where(TeamMember.user_id == user_id)).all()
    return None if not rows else any(one is None for one in rows)


def give(ids: Sequence[UUID], team_id: UUID) -> int:
    """These conversations are the team's, each line dealt to whose turn it is; returns how many lines. Raises NotFound."""
    team = get_or_404(Team, team_id)
    if team.archived_at is not None:
        raise Refused(f"{team.name} is not a team any more. Nothing was changed.")
    lines = conversing.lines_of(ids)
    dealt = _deal(team.id, len(set(lines.values())))
    whose = dict(zip(dict.fromkeys(lines.values()), dealt, strict=True))
    _write([(one, team.id, whose[line]) for one, line in lines.items()])
    _tell({line: (one, whose[line]) for one, line in lines.items()}.values())
    return len(whose)


def _whether_any_team_has_channels() -> Collection[str]:
    found = (
        select(TeamChannel.team_id).where(TeamChannel.organization_id == current_organization_id()).limit(1)
    )
    return ["conversation"] if db().scalar(found) else []


@only_where(_whether_any_team_has_channels)
@hears("conversation_id")
def on_received(events: Sequence[Event]) -> None:
    """message.received: what came to a channel of a team, and is nobody's, is given to whose turn it is."""
    ids = uuid_array({event.conversation_id for event in events if event.conversation_id})
    new = db().execute(_NEW, {"organization_id": current_organization_id(), "ids": ids}).all()
    if not new:
        return
    known = _answered_by([row.contact_id for row in new if row.contact_id])
    given: list[tuple[UUID, UUID, UUID | None]] = []
    for team_id in dict.fromkeys(row.team_id for row in new):
        rows = [row for row in new if row.team_id == team_id]
        able = set(_present(team_id))
        fresh = dict.fromkeys(
            row.contact_id or row.id for row in rows if known.get(row.contact_id) not in able
        )
        turns = dict(zip(fresh, _deal(team_id, len(fresh)), strict=True))
        given += [
            (row.id, team_id, turns.get(row.contact_id or row.id) or known.get(row.contact_id))
            for row in rows
        ]
    _write(given)
    _tell([(one, user_id) for one, _, user_id in given])


def _answered_by(contact_ids: Sequence[UUID]) -> Mapping[UUID | None, UUID]:
    bound = {"organization_id": current_organization_id(), "contacts": uuid_array(contact_ids)}
    return {row.contact_id: row.assignee_id for row in db().execute(_KNOWN, bound)} if contact_ids else {}


def _present(team_id: UUID) -> Sequence[UUID]:
    """Those who are there, whose turn comes first; locked, so that two of us do not deal the same turn."""
    able = {one.id for one in conversing.who_may_answer()}
    rows = db().scalars(
        select(TeamMember.user_id)
        .where(TeamMember.team_id == team_id, TeamMember.away_since.is_(None))
        .order_by(TeamMember.last_given_at.nulls_first(), TeamMember.user_id)
        .with_for_update()
    )
    return [one for one in rows if one in able]


def _deal(team_id: UUID, many: int) -> list[UUID | None]:
    """`many` turns; nobody's where nobody is there."""
    there = _present(team_id) if many else ()
    if not there:
        return [None] * many
    now = clock.now()
    dealt = [there[turn % len(there)] for turn in range(many)]
    last = {user_id: now + timedelta(microseconds=turn) for turn, user_id in enumerate(dealt)}
    bound = {
        "organization_id": current_organization_id(),
        "team_id": team_id,
        "users": uuid_array(last),
        "moments": list(last.values()),
    }
    db().execute(_TURN_TAKEN, bound)
    return list(dealt)


def _write(given: Sequence[tuple[UUID, UUID, UUID | None]]) -> None:
    bound = {
        "organization_id": current_organization_id(),
        "ids": [str(one) for one, _, _ in given],
        "teams": [str(team_id) for _, team_id, _ in given],
        "users": [str(user_id) if user_id else None for _, _, user_id in given],
    }
    if given:
        db().execute(_GIVE, bound)
        announce("inbox")


def _tell(given: Iterable[tuple[UUID, UUID | None]]) -> None:
    """Whose turn it is finds it in their list."""
    notifying.tell_each("turn", [(user_id, one) for one, user_id in given if user_id])


def _add(model: type[TeamMember] | type[TeamChannel], rows: Sequence[Mapping[str, UUID]]) -> None:
    if rows:
        ours = [{"organization_id": current_organization_id(), **row} for row in rows]
        db().execute(insert(model).on_conflict_do_nothing(), ours)


def _free_name(name: str, but: UUID | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise Refused(f"A team's name has between 1 and {LONGEST} letters. Nothing was changed.")
    taken = db().scalar(select(Team.id).where(Team.name_key == name.casefold(), Team.archived_at.is_(None)))
    if taken is not None and taken != but:
        raise Refused(f"There is a team {name} already. Nothing was changed; choose another name.")
    return name
