"""Facts are written here, together with a pending row for each listener that wants to hear of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock, jobs, live
from loumass.core.arrays import UuidArray, integer_array, uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event

#: A listener hears of a batch of events in one transaction; it is told again until that commits.
Listener = Callable[[Sequence[Event]], None]

Hearing = TypeVar("Hearing", bound=Listener)

#: So many events at most share one notice: a row per event and listener would cost more than the work it tells of.
TOGETHER = 500

#: What of a kind of news somebody waits for in the current organization. Nothing: its listener is not told.
Wants = Callable[[], Collection[str]]

_listeners: dict[str, Listener] = {}
_heard: dict[Listener, tuple[str, ...]] = {}
_wants: dict[str, Wants] = {}
_by_kind: dict[str, list[str]] = {}

_NOTICE = """
    INSERT INTO notice (organization_id, listener, event_ids, happened_from, happened_until, due_at)
    SELECT :organization_id, listener, told.ids, told.happened_from, told.happened_until, CAST(:now AS timestamptz)
    FROM (
        SELECT array_agg(id ORDER BY id) AS ids, min(happened_at) AS happened_from, max(happened_at) AS happened_until
        FROM (SELECT id, happened_at, (row_number() OVER (ORDER BY id) - 1) / :together AS part FROM fact) numbered
        GROUP BY part
    ) told CROSS JOIN unnest(CAST(:listeners AS text[])) AS listener
    RETURNING id
"""
_IDS = (
    "contact_id",
    "campaign_id",
    "enrollment_id",
    "message_id",
    "conversation_id",
    "channel_id",
    "node_id",
    "user_id",
)
_PUBLISH = text(f"""
    WITH fact AS (
        INSERT INTO event (organization_id, kind, happened_at, facts, {", ".join(_IDS)})
        SELECT :organization_id, :kind, coalesce(told.happened_at, CAST(:now AS timestamptz)),
               (CAST(:facts AS jsonb[]))[told.facts], {", ".join(f"told.{name}" for name in _IDS)}
        FROM unnest(CAST(:which_facts AS integer[]), CAST(:happened_at AS timestamptz[]), {", ".join(f"CAST(:{name} AS uuid[])" for name in _IDS)})
            AS told(facts, happened_at, {", ".join(_IDS)})
        RETURNING id, happened_at
    )
    {_NOTICE}
""")

#: CTEs of a statement that changes rows: a fact of one kind for each row of `{{rows}}`, which have the columns of `_IDS`;
#: `{{facts}}` is an expression over them.
_WITHIN = f"""
    fact AS (
        INSERT INTO event (organization_id, kind, happened_at, {", ".join(_IDS)}, facts)
        SELECT :organization_id, :kind, CAST(:now AS timestamptz), {", ".join(_IDS)}, {{facts}} FROM {{rows}}
        RETURNING id, happened_at
    ), notice_of_fact AS ({_NOTICE})
"""

#: Facts of one kind about many enrollments that differ only in whom they are about.
_ALIKE = """
    WITH fact AS (
        INSERT INTO event (organization_id, kind, happened_at, contact_id, campaign_id, enrollment_id, node_id, facts)
        SELECT :organization_id, :kind, CAST(:now AS timestamptz), one.contact_id, :campaign_id, one.enrollment_id,
               CAST(:node_id AS uuid), CAST(:facts AS jsonb)
        FROM unnest(CAST(:enrollments AS uuid[]), CAST(:contacts AS uuid[])) AS one(enrollment_id, contact_id)
        RETURNING id, happened_at
    )
"""
_PUBLISH_ALIKE = text(_ALIKE + _NOTICE)
_PUBLISH_UNHEARD = text(_ALIKE + "SELECT count(*) FROM fact")


def subscribe(subscriptions: Mapping[str, Sequence[Listener]]) -> None:
    """Take the table of `subscriptions.py`: event kind -> listeners. Raises ValueError for two of one name, of which one
    would never hear anything."""
    _listeners.clear()
    _by_kind.clear()
    for kind, listeners in subscriptions.items():
        _by_kind[kind] = [listener_name(listener) for listener in listeners]
        for listener in listeners:
            if _listeners.setdefault(listener_name(listener), listener) is not listener:
                raise ValueError(f"two listeners are called {listener_name(listener)}")


def hears(*columns: str) -> Callable[[Hearing], Hearing]:
    """Marks a listener that looks at nothing but these columns of its events: the others are not read for it."""

    def mark(listener: Hearing) -> Hearing:
        _heard[listener] = columns
        return listener

    return mark


def only_where(wants: Wants) -> Callable[[Hearing], Hearing]:
    """Marks a listener that few organizations need: it is told where `wants()` says anything while the fact is written,
    asked once for each batch of facts."""

    def mark(listener: Hearing) -> Hearing:
        _wants[listener_name(listener)] = wants
        return listener

    return mark


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told of a batch of facts of one `kind`, asked once; `wanted` is what listeners that are `only_where` want to hear
    of it: a fact that only they hear need not be written else."""

    kind: str
    listeners: tuple[str, ...] = ()
    wanted: frozenset[str] = frozenset()

    def publishing(self) -> dict[str, Any]:
        """What `facts_within` binds, beside `organization_id` and `now`."""
        return {"kind": self.kind, "listeners": list(self.listeners), "together": TOGETHER}

    def ring(self) -> None:
        """They are told of what waits, after the commit."""
        _ring(self.listeners)


def hearers_of(kind: str) -> Hearers:
    """Who wants to hear of a batch of facts now."""
    names = _by_kind.get(kind, ())
    wants = {name: _wants[name]() for name in names if name in _wants}
    told = tuple(name for name in names if name not in wants or wants[name])
    return Hearers(kind, told, frozenset().union(*wants.values()))


def wanted(kind: str) -> frozenset[str]:
    """What listeners that are `only_where` want to hear of `kind`."""
    return hearers_of(kind).wanted


def heard_by(listener: Listener) -> tuple[str, ...]:
    """The columns that the listener looks at."""
    return _heard.get(listener) or tuple(Event.__table__.c.keys())


def listener_name(listener: Listener) -> str:
    """How a listener is called in `notice.listener`: `<slice>.<function>`."""
    return f"{listener.__module__.removeprefix('loumass.').split('.')[0]}.{listener.__name__}"


def listener_called(name: str) -> Listener:
    """The listener of that name. Raises KeyError."""
    return _listeners[name]


def publish(kind: str, **ids: Any) -> None:
    """Write one fact. `ids`: contact_id, campaign_id, enrollment_id, message_id, conversation_id,
    channel_id, node_id, user_id, happened_at, facts (ids and figures only, never personal text)."""
    publish_all(kind, [ids])


def publish_all(kind: str, rows: Sequence[Mapping[str, Any]], hearers: Hearers | None = None) -> None:
    """Write many facts of one kind in one statement; listeners are rung after the commit, and open pages hear of them.
    `hearers`: where they were asked already."""
    if not rows:
        return
    listeners = list((hearers or hearers_of(kind)).listeners)
    live.tell_all(kind, rows)
    facts = [_facts(row.get("facts")) for row in rows]
    moments = [row.get("happened_at") for row in rows]
    # Few facts differ: each travels once. What is short, `unnest` fills up with nulls.
    places = {one: place for place, one in enumerate(dict.fromkeys(facts), 1)}
    db().execute(
        _PUBLISH,
        {
            "organization_id": current_organization_id(),
            "kind": kind,
            "now": clock.now(),
            "listeners": listeners,
            "together": TOGETHER,
            "facts": list(places),
            "which_facts": integer_array(places[one] for one in facts),
            "happened_at": moments if any(moments) else [],
            **{name: _ids(name, rows) for name in _IDS},
        },
    )
    _ring(listeners)


def facts_within(rows: str, facts: str = "'{}'::jsonb") -> str:
    """SQL of CTEs that publish a fact for each of `rows` (a sub-select with every column that an event has an id for),
    for a statement whose rows need not travel to be told of. `facts` is SQL over the columns of `rows`. It binds `publishing`.

    Ring the listeners afterwards; who does so many times a second may do it less often: a crash in between delays the news
    until the next sweep.
    """
    return _WITHIN.format(rows=rows, facts=facts)


def publishing(kind: str) -> dict[str, Any]:
    """What `facts_within` binds, beside `organization_id` and `now`."""
    return hearers_of(kind).publishing()


def ring_listeners(*kinds: str, within: timedelta = timedelta()) -> None:
    """Whoever listens to one of `kinds` is told of what waits, after the commit or `within` so long."""
    _ring(sorted({name for kind in kinds for name in _told_of(kind)}), within)


def publish_alike(
    kind: str,
    enrollments: Sequence[UUID],
    contacts: Sequence[UUID],
    *,
    campaign_id: UUID,
    node_id: UUID | None,
    facts: Mapping[str, Any],
) -> None:
    """The same for many people of a campaign of whom the same is to be told: quicker, since only ids travel."""
    listeners = _told_of(kind)
    moment = clock.now()
    values = {
        "organization_id": current_organization_id(),
        "kind": kind,
        "now": moment,
        "campaign_id": campaign_id,
        "node_id": node_id,
        "facts": json.dumps(dict(facts), default=_plain),
        "enrollments": uuid_array(enrollments),
        "contacts": uuid_array(contacts),
    }
    if not listeners:
        db().execute(_PUBLISH_UNHEARD, values)
        return
    db().execute(_PUBLISH_ALIKE, {**values, "listeners": listeners, "together": TOGETHER})
    _ring(listeners)


def _told_of(kind: str) -> list[str]:
    return list(hearers_of(kind).listeners)


def _ring(listeners: Sequence[str], within: timedelta = timedelta()) -> None:
    jobs.wake_all([jobs.JOBS["events.tell"].wake(clock.now() + within, name) for name in listeners])


def _ids(name: str, rows: Sequence[Mapping[str, Any]]) -> UuidArray:
    ids = [row.get(name) for row in rows]
    return uuid_array(ids if any(ids) else ())


def _facts(facts: Mapping[str, Any] | None) -> str:
    return json.dumps(dict(facts), default=_plain) if facts else "{}"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
