"""Sending steps: one message per visit is planned; people stay until it has really gone, or never will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.accounts.models import User
from loumass.campaigns.advancing.invalid import INVALID, invalid_among
from loumass.campaigns.pooling import connected
from loumass.campaigns.tracked import step_tracks
from loumass.campaigns.words import campaign_values
from loumass.channels.models import Channel
from loumass.content.freezing import organization_values, sender_values
from loumass.content.links import keep_links
from loumass.content.service import draft_of
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.decisions import FAILED, NEXT, Decision, Go
from loumass.funnels.facts import Facts, MessageOutcome
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node
from loumass.funnels.walking.verdict import Hold, Leave, Verdict
from loumass.funnels.walking.walker import Walker
from loumass.messages.gates import VOICE_CONSENT
from loumass.messages.planning import Plan, names_of, plan_messages
from loumass.messages.planning_conversations import Recipient
from loumass.messages.pooling import kept_senders, senders_now, spread

if TYPE_CHECKING:
    from loumass.campaigns.advancing.ground import CampaignGround

#: What became of a message, as the pure step knows it.
OUTCOMES = {
    "queued": MessageOutcome.PENDING,
    "sending": MessageOutcome.PENDING,
    "in_doubt": MessageOutcome.IN_DOUBT,
    "sent": MessageOutcome.SENT,
    "failed": MessageOutcome.FAILED,
    "cancelled": MessageOutcome.CANCELLED,
}
NO_ADDRESS = {
    "email": "skipped: no e-mail address",
    "sms": "skipped: no phone number",
    "voicemail": "skipped: no phone number",
}
NO_VOICE_CONSENT = "skipped: no consent to a synthetic voice"
PAST_DUE = "skipped: past due when the campaign was resumed"
_SENDERS = {"email": "mailbox", "sms": "number", "voicemail": "caller ID"}
_SKIPPED = Go(FAILED, or_else=NEXT)

_PLANNED = text("""
    SELECT step_id, state, reason_code FROM message
    WHERE organization_id = :organization_id AND step_id = ANY(CAST(:steps AS uuid[]))
""")
_VERSION = text("""
    SELECT v.id, v.subject, v.preheader, v.html, v.text, v.recording_id, v.recording_name, v.recording_seconds, v.voice
    FROM content c
    JOIN content_version v ON v.organization_id = :organization_id AND v.content_id = c.id AND v.number = c.version_number
    WHERE c.organization_id = :organization_id AND c.id = :content_id
""")

_AGREED = text(f"""
    SELECT asked.id FROM unnest(CAST(:contacts AS uuid[])) AS asked(id)
    WHERE {VOICE_CONSENT.format(contact="asked.id")} AND :organization_id IS NOT NULL
""")


def send(ground: CampaignGround, node: Node, walkers: Sequence[Walker]) -> Verdict:
    """Who has no message yet gets one planned; the others leave or stay by what became of theirs."""
    verdict = Verdict()
    planned = _planned(ground, walkers)
    new: list[Walker] = []
    alike: dict[tuple[str, str | None], list[Walker]] = defaultdict(list)
    for walker in walkers:
        message = planned.get(walker.step_id) if walker.step_id else None
        if message is not None:
            alike[message.state, message.reason_code].append(walker)
        elif walker.is_catching_up:
            verdict.leave[walker.id] = Leave(_SKIPPED, PAST_DUE)
        else:
            new.append(walker)
    for (state, reason_code), group in alike.items():
        _by_outcome(ground, node, group, state, reason_code, verdict)
    if new:
        _plan(ground, node, new, verdict)
    return verdict


def _planned(ground: CampaignGround, walkers: Sequence[Walker]) -> dict[UUID, Row[Any]]:
    """The messages of those who stood here before this slice, by step: who has just come has none."""
    steps = [walker.step_id for walker in walkers if walker.new_step is None]
    if not steps:
        return {}
    return {row.step_id: row for row in db().execute(_PLANNED, ground.bound(steps=uuid_array(steps)))}


def _by_outcome(
    ground: CampaignGround,
    node: Node,
    walkers: Sequence[Walker],
    state: str,
    reason_code: str | None,
    verdict: Verdict,
) -> None:
    ids = [walker.id for walker in walkers]
    verdict.take(ids, _decided(ground, node, walkers[0], OUTCOMES[state]))
    if state == "cancelled" and ids[0] in verdict.leave:
        skipped = Leave(verdict.leave[ids[0]].way, f"skipped: {reason_code or 'cancelled'}")
        verdict.leave |= dict.fromkeys(ids, skipped)


def _plan(ground: CampaignGround, node: Node, walkers: Sequence[Walker], verdict: Verdict) -> None:
    medium = kind_of(node.kind).medium or ""
    senders = ground.senders(medium)
    if not senders:
        because = f"No {_SENDERS[medium]} is chosen for it"
        return _hold(walkers, Hold("no_channel", {"for": "channel", "because": because}), verdict)
    version = db().execute(_VERSION, ground.bound(content_id=node.content_id)).one_or_none()
    if version is None:
        because = "This step has nothing to say: its words were deleted"
        return _hold(walkers, Hold("no_content", {"for": "mending", "because": because}), verdict)
    invalid = invalid_among(ground, walkers, medium)
    verdict.leave |= {one.id: Leave(_SKIPPED, INVALID) for one in walkers if one.contact_id in invalid}
    walkers = [walker for walker in walkers if walker.contact_id not in invalid]
    if _plan_of(ground, node, senders[0], version).is_synthetic:
        walkers = _who_agreed(ground, walkers, verdict)
    planned: frozenset[UUID] = frozenset()
    for channel, group in _by_sender(ground, senders, walkers):
        recipients = [
            Recipient(step, walker.id, walker.contact_id) for walker in group if (step := walker.step())
        ]
        planned |= plan_messages(_plan_of(ground, node, channel, version), recipients)
    waiting = [walker.id for walker in walkers if walker.step_id in planned]
    if waiting:
        verdict.take(waiting, _decided(ground, node, walkers[0], MessageOutcome.PENDING))
    without = [walker.id for walker in walkers if walker.step_id not in planned]
    verdict.leave |= dict.fromkeys(without, Leave(_SKIPPED, NO_ADDRESS[medium]))
    return None


def _who_agreed(ground: CampaignGround, walkers: Sequence[Walker], verdict: Verdict) -> list[Walker]:
    """Those who agreed to hear a synthetic voice; the others are skipped, and it is said why."""
    contacts = uuid_array(walker.contact_id for walker in walkers)
    agreed = set(db().scalars(_AGREED, ground.bound(contacts=contacts)))
    without = [walker.id for walker in walkers if walker.contact_id not in agreed]
    verdict.leave |= dict.fromkeys(without, Leave(_SKIPPED, NO_VOICE_CONSENT))
    return [walker for walker in walkers if walker.contact_id in agreed]


def _by_sender(
    ground: CampaignGround, senders: Sequence[Channel], walkers: Sequence[Walker]
) -> Iterable[tuple[Channel, Sequence[Walker]]]:
    """Who is written to by whom. A person keeps the sender that wrote to them first, also one that left the pool."""
    if len(senders) == 1:
        return [(senders[0], walkers)]
    kept = kept_senders(ground.campaign.id, senders[0].medium, [one.contact_id for one in walkers])
    known = {one.id: one for one in senders}
    known |= connected([one for one in set(kept.values()) if one not in known])
    new = [one for one in walkers if kept.get(one.contact_id) not in known]
    given = spread(senders_now([one.id for one in senders]), len(new)) if new else []
    chosen = {walker.id: channel_id for walker, channel_id in zip(new, given, strict=True)}
    groups: dict[UUID, list[Walker]] = defaultdict(list)
    for walker in walkers:
        groups[chosen.get(walker.id) or kept[walker.contact_id]].append(walker)
    return [(known[channel_id], group) for channel_id, group in groups.items()]


def _hold(walkers: Sequence[Walker], hold: Hold, verdict: Verdict) -> None:
    verdict.hold |= {walker.id: hold for walker in walkers}


def _decided(ground: CampaignGround, node: Node, walker: Walker, outcome: MessageOutcome) -> Decision:
    """What the pure step says of `walker`, and of everybody whose message came to the same: it looks at nothing else."""
    kind = kind_of(node.kind)
    facts = Facts(
        enrollment_id=walker.id,
        entered_at=walker.entered_at or ground.now,
        timezone=ground.home,
        message=outcome,
    )
    return kind.decide(node, kind.read(node), facts, ground.now)


def _plan_of(ground: CampaignGround, node: Node, channel: Channel, version: Row[Any]) -> Plan:
    draft = draft_of(version)
    tracks = step_tracks(ground.campaign, ground.organization, node.kind, node.config)
    if tracks:
        keep_links(version.id, draft)
    return Plan(
        channel=channel,
        stream_id=ground.campaign.id,
        node_id=node.id,
        content_version_id=version.id,
        names=names_of(channel.medium, draft),
        values=shared_values(ground, channel),
        is_in_thread=ground.campaign.is_reply_in_thread,
        sound_id=draft.recording.media_id if draft.recording else None,
        is_synthetic=channel.medium == "voicemail" and draft.recording is None,
        tracked=tracks,
    )


def shared_values(ground: CampaignGround, channel: Channel) -> dict[str, str | None]:
    """What all messages of the campaign by `channel` say alike."""
    writer_id = ground.campaign.owner_id or channel.owner_id
    writer = db().get(User, writer_id) if writer_id else None
    mailbox, phone = (channel.address, None) if channel.medium == "email" else (None, channel.address)
    sender = sender_values(channel.sender_name, mailbox, phone, writer)
    return {
        **campaign_values(ground.campaign, ground.home),
        **organization_values(ground.organization),
        **sender,
    }
