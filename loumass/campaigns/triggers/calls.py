"""Calls to the secret address of a trigger: kept as they came, then understood by a job, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.trigger_models import Trigger, TriggerCall
from loumass.campaigns.triggers.call_body import Unreadable, said_in
from loumass.campaigns.triggers.entering import Named, enter_these
from loumass.campaigns.triggers.kinds.called import CalledConfig
from loumass.contacts.importing.taking_in import TakenIn, take_in
from loumass.core import clock, links, secrets
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get

UNDERSTAND = "campaigns.understand_calls"
PURPOSE, PATH = "trigger", "/in/"
BATCH = 200
NOT_RUNNING = "The campaign did not run, so they were not added to it."


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says: which organization (by its public number), which trigger, and the how-manieth of its addresses."""

    organization_number: int
    trigger_id: UUID
    number: int


def address_of(organization: Organization, trigger: Trigger) -> str:
    """The secret address of a trigger."""
    payload = organization.number.to_bytes(5) + trigger.id.bytes + trigger.address_number.to_bytes(3)
    return links.absolute(PATH + secrets.sign(PURPOSE, payload))


def read_address(token: str) -> Address | None:
    """What a token says, or None when it is not ours."""
    payload = secrets.verify(PURPOSE, token)
    if payload is None or len(payload) != 24:
        return None
    return Address(int.from_bytes(payload[:5]), UUID(bytes=payload[5:21]), int.from_bytes(payload[21:]))


def called_trigger(address: Address) -> Trigger | None:
    """The trigger whose address it is; None when it is switched off, has another address by now, or its campaign is over."""
    trigger = get(Trigger, address.trigger_id)
    if trigger is None or trigger.kind != "called" or not trigger.is_on:
        return None
    campaign = get(Campaign, trigger.campaign_id)
    is_over = campaign is None or campaign.state == "cancelled"
    return None if is_over or trigger.address_number != address.number else trigger


def keep_call(trigger: Trigger, content_type: str, body: bytes, identity: str | None) -> None:
    """Keep a call as it came. The same identity again changes nothing."""
    db().execute(
        upsert(TriggerCall)
        .values(
            trigger_id=trigger.id,
            identity=identity or None,
            content_type=content_type[:200],
            body=body,
            due_at=clock.now(),
            received_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )
    wake_all([Wake(UNDERSTAND, (str(trigger.id),), clock.now())])


def try_again(trigger_id: UUID) -> int:
    """Take the calls that nobody understood in again; returns how many."""
    failed = update(TriggerCall).where(TriggerCall.trigger_id == trigger_id, TriggerCall.state == "failed")
    again = (
        db()
        .scalars(failed.values(state="pending", due_at=clock.now(), problem="").returning(TriggerCall.id))
        .all()
    )
    wake_all([Wake(UNDERSTAND, (str(trigger_id),), clock.now())])
    return len(again)


_CLAIM = text("""
    SELECT id, content_type, body FROM trigger_call
    WHERE organization_id = :organization_id AND trigger_id = :trigger_id AND state = 'pending' AND due_at <= :now
    ORDER BY due_at, id LIMIT :most FOR UPDATE SKIP LOCKED
""")
_SETTLE = text("""
    UPDATE trigger_call SET state = became.state, problem = became.problem, contact_id = became.contact_id,
        due_at = NULL, body = CASE WHEN became.state = 'done' THEN '' ELSE trigger_call.body END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:problems AS text[]), CAST(:people AS uuid[]))
        AS became(id, state, problem, contact_id)
    WHERE trigger_call.organization_id = :organization_id AND trigger_call.id = became.id
    RETURNING trigger_call.id
""")


@dataclass(frozen=True, slots=True)
class _Became:
    state: str
    problem: str = ""
    contact_id: UUID | None = None


def take_batch(trigger_id: UUID) -> bool:
    """A batch of calls becomes people, who come into the campaign; True when more waits.

    Raises IntegrityError where somebody entered one of these people just now: a second try finds them.
    """
    bound = {"organization_id": current_organization_id(), "trigger_id": trigger_id}
    calls = db().execute(_CLAIM, bound | {"now": clock.now(), "most": BATCH}).all()
    trigger = get(Trigger, trigger_id)
    if not calls or trigger is None:
        return False
    became, said = {}, {}
    for call in calls:
        try:
            said[call.id] = said_in(call.content_type, bytes(call.body))
        except Unreadable as problem:
            became[call.id] = _Became("failed", str(problem))
    taken = _taken_in(trigger, list(said.values()))
    became |= _fates(trigger, list(said), taken)
    _settle(became)
    return len(calls) == BATCH or bool(taken.repeated)


def _taken_in(trigger: Trigger, said: Sequence[dict[str, str]]) -> TakenIn:
    config = CalledConfig.model_validate(trigger.config)
    organization = db().get_one(Organization, current_organization_id())
    tags = [config.tag] if config.tag else []
    return take_in(said, config.existing, tags, organization.country)


def _fates(trigger: Trigger, ids: Sequence[UUID], taken: TakenIn) -> dict[UUID, _Became]:
    """What became of each call; whoever was named twice stays for the next batch."""
    campaign = get(Campaign, trigger.campaign_id)
    is_running = campaign is not None and campaign.state == "running"
    if is_running:
        enter_these([Named(trigger.id, person, str(ids[place])) for place, person in taken.people.items()])
    became = {ids[place]: _Became("failed", reason) for place, reason in taken.refused.items()}
    for place, person in taken.people.items():
        notes = [] if is_running else [NOT_RUNNING]
        if taken.left_out.get(place):
            notes.append(
                f"Left out, since there are no such fields: {', '.join(taken.left_out[place][:10])}."
            )
        became[ids[place]] = _Became("done", " ".join(notes), person)
    return became


def _settle(became: dict[UUID, _Became]) -> None:
    if not became:
        return
    db().execute(
        _SETTLE,
        {
            "organization_id": current_organization_id(),
            "ids": list(became),
            "states": [one.state for one in became.values()],
            "problems": [one.problem[:500] for one in became.values()],
            "people": [one.contact_id for one in became.values()],
        },
    )


def forget_old_calls(before: datetime) -> None:
    """Delete the calls that came before then: they may hold what people said of themselves."""
    db().execute(
        delete(TriggerCall)
        .where(TriggerCall.received_at < before)
        .execution_options(synchronize_session=False)
    )


def last_calls(trigger_ids: Sequence[UUID]) -> Sequence[Row[UUID, UUID | None, str, str]]:
    """(trigger, contact, problem, state) of the newest calls that something is to be said of, at most 20 in all."""
    return (
        db()
        .execute(
            select(TriggerCall.trigger_id, TriggerCall.contact_id, TriggerCall.problem, TriggerCall.state)
            .where(TriggerCall.trigger_id.in_(trigger_ids), TriggerCall.problem != "")
            .order_by(TriggerCall.received_at.desc(), TriggerCall.id.desc())
            .limit(20)
        )
        .all()
    )
