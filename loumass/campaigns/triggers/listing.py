"""The ways into a campaign as pages show them: in words, with how many came by each, and what can be chosen from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select, text

from loumass.campaigns.models import Campaign
from loumass.campaigns.reasons import LEFT_WORDS
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.contacts.models import ContactField
from loumass.contacts.segment_models import Segment
from loumass.contacts.telling import COLUMNS
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.core.words import plural
from loumass.funnels.kinds import KINDS
from loumass.funnels.models import Node
from loumass.funnels.queries import tag_names

#: How far back "the last days" go.
LATELY = timedelta(days=7)
MOST_OFFERED = 200
_UNREADABLE = "in a way that cannot be read any more"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in. `trigger` is None for what is always there. `people` ever came by it, `lately` within a week."""

    kind: TriggerKind[Any]
    words: str
    often: str
    people: int
    lately: int
    trigger: Trigger | None = None


_CAME = text("""
    SELECT trigger_id, count(*) AS people, count(*) FILTER (WHERE enrolled_at > :since) AS lately FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id GROUP BY trigger_id
""")


def ways_in(campaign: Campaign) -> list[Way]:
    """Every way into the campaign, what is always there first; a fixed number of statements."""
    triggers = triggers_of(campaign.id)
    names = names_in(triggers)
    bound = {
        "organization_id": current_organization_id(),
        "campaign_id": campaign.id,
        "since": clock.now() - LATELY,
    }
    came = {row.trigger_id: row for row in db().execute(_CAME, bound)}
    by_hand = TRIGGERS["by_hand"]
    ways = [_way(by_hand, by_hand.words(by_hand.Config(), names), "", came.get(None))]
    for trigger in triggers:
        kind = TRIGGERS.get(trigger.kind)
        if kind is not None:
            words = words_of(trigger, names)
            ways.append(_way(kind, words, often_words(trigger), came.get(trigger.id), trigger))
    return ways


def words_in(campaign_id: UUID) -> str:
    """How people come in, in one sentence without a full stop: `By hand or import, or when the tag Lead is added`."""
    triggers = [one for one in triggers_of(campaign_id) if one.is_on]
    names = names_in(triggers)
    return ", or ".join(["By hand or import", *(words_of(one, names) for one in triggers)])


def triggers_of(campaign_id: UUID) -> Sequence[Trigger]:
    """The campaign's triggers, oldest first."""
    of_campaign = Trigger.campaign_id == campaign_id, Trigger.archived_at.is_(None)
    return db().scalars(select(Trigger).where(*of_campaign).order_by(Trigger.created_at, Trigger.id)).all()


def words_of(trigger: Trigger, names: Names) -> str:
    """When people come in by it, as the end of a sentence."""
    kind = TRIGGERS.get(trigger.kind)
    if kind is None:
        return _UNREADABLE
    try:
        return kind.words(kind.Config.model_validate(trigger.config), names)
    except ValidationError:
        return _UNREADABLE


def often_words(trigger: Trigger) -> str:
    """How often a person comes in by it."""
    if trigger.repeats == "once":
        return "Once per person"
    return f"Every time, {plural(trigger.pause_days, 'day')} apart" if trigger.pause_days else "Every time"


def names_in(triggers: Iterable[Trigger]) -> Names:
    """What the triggers' settings name, found in one statement for each kind of thing, and none where there is nothing."""
    configs = [one.config for one in triggers]
    about = {str(one[key]) for one in configs for key in ("campaign", "about") if one.get(key)}
    campaigns = _ids(one.partition("/")[0] for one in about)
    keys = {one for one in about if "/" in one}
    return Names(
        campaigns=_campaign_names(campaigns),
        steps={value: name for value, name in _steps(campaigns) if value in keys} if keys else {},
        segments=_segment_names(_ids(one.get("segment", "") for one in configs)),
        fields=_field_labels() if any(one.get("field") for one in configs) else {},
    )


def offered(kind: TriggerKind[Any], campaign_id: UUID) -> dict[str, list[tuple[str, str]]]:
    """What the settings' fields may be chosen from or suggest while typing: (value, words), by name."""
    wanted = {
        str((info.json_schema_extra or {}).get(name) or "")  # pyright: ignore[reportAttributeAccessIssue]  a dict, as `setting` makes it
        for info in kind.Config.model_fields.values()
        for name in ("suggests", "chooses")
    }
    plain: Mapping[str, Any] = {
        "tags": lambda: [(name, name) for name in tag_names()],
        "fields": lambda: [
            *((one, one.replace("_", " ").capitalize()) for one in COLUMNS),
            *_field_labels().items(),
        ],
        "reasons": lambda: [(code, words) for code, words in LEFT_WORDS.items()],
        "campaign": lambda: [("", "Choose a campaign"), *_others(campaign_id)],
        "segment": lambda: [("", "Choose a segment"), *_segments()],
        "message": lambda: [("", "Any campaign"), *_messages(campaign_id)],
    }
    return {name: plain[name]() for name in sorted(wanted & plain.keys())}


def prove(settings: Mapping[str, Any]) -> None:
    """What the settings name is the organization's own. Raises NotFound for a campaign or a segment of somebody else."""
    for key, model in (("campaign", Campaign), ("about", Campaign), ("segment", Segment)):
        for named in _ids([str(settings.get(key) or "").partition("/")[0]]):
            get_or_404(model, named)


def _way(kind: TriggerKind[Any], words: str, often: str, came: Any, trigger: Trigger | None = None) -> Way:
    people, lately = (came.people, came.lately) if came else (0, 0)
    return Way(kind, f"{words[:1].upper()}{words[1:]}", often, people, lately, trigger)


def _others(campaign_id: UUID) -> list[tuple[str, str]]:
    newest = (
        select(Campaign.id, Campaign.name)
        .where(Campaign.id != campaign_id)
        .order_by(Campaign.created_at.desc(), Campaign.id.desc())
        .limit(MOST_OFFERED)
    )
    return [(str(row.id), row.name) for row in db().execute(newest)]


def _messages(campaign_id: UUID) -> list[tuple[str, str]]:
    """Campaigns, each followed by its messages."""
    others = _others(campaign_id)
    steps: dict[str, list[tuple[str, str]]] = {}
    for value, name in _steps([UUID(one) for one, _ in others]):
        steps.setdefault(value.partition("/")[0], []).append((value, name))
    return [
        choice
        for one, name in others
        for choice in [(one, name), *((value, f"{name}: {step}") for value, step in steps.get(one, ()))]
    ]


def _steps(campaign_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """(`<campaign>/<key>`, name) of every step that writes."""
    writing = [kind.name for kind in KINDS.values() if kind.medium]
    found = (
        select(Campaign.id, Node.key, Node.name)
        .join(Node, (Node.organization_id == Campaign.organization_id) & (Node.graph_id == Campaign.graph_id))
        .where(
            Campaign.organization_id == current_organization_id(),
            Campaign.id.in_(campaign_ids),
            Node.kind.in_(writing),
        )
        .order_by(Node.position, Node.id)
    )
    return [(f"{row.id}/{row.key}", row.name) for row in db().execute(found)] if campaign_ids else []


def _segments() -> list[tuple[str, str]]:
    found = select(Segment.id, Segment.name).where(Segment.archived_at.is_(None)).order_by(Segment.name)
    return [(str(row.id), row.name) for row in db().execute(found.limit(MOST_OFFERED))]


def _campaign_names(ids: Sequence[UUID]) -> dict[str, str]:
    found = select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids))
    return {str(row.id): row.name for row in db().execute(found)} if ids else {}


def _segment_names(ids: Sequence[UUID]) -> dict[str, str]:
    found = select(Segment.id, Segment.name).where(Segment.id.in_(ids), Segment.archived_at.is_(None))
    return {str(row.id): row.name for row in db().execute(found)} if ids else {}


def _field_labels() -> dict[str, str]:
    return {row.key: row.label for row in db().execute(select(ContactField.key, ContactField.label))}


def _ids(values: Iterable[Any]) -> list[UUID]:
    found = []
    for value in values:
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
