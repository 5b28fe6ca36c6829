"""What voicemail asks for beside a sender: consent of each person, and somebody who speaks the scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import Finding, media_in
from loumass.content.composing import Draft
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph
from loumass.messages.gates import VOICE_CONSENT
from loumass.speech.service import VOICES

_VOICES = ("Open voices", "channels.voices", {})
_CONSENT = text(f"""
    SELECT count(*) FILTER (WHERE NOT coalesce((
            SELECT cn.is_granted FROM consent cn
            WHERE cn.organization_id = :organization_id AND cn.contact_id = contact.id AND cn.medium = 'voicemail'
              AND (cn.is_granted OR cn.technique <> 'synthetic_voice')
            ORDER BY cn.recorded_at DESC, cn.id DESC LIMIT 1), false)) AS voicemail,
        count(*) FILTER (WHERE NOT {VOICE_CONSENT.format(contact="contact.id")}) AS voice
    FROM enrollment e
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id AND contact.phone IS NOT NULL
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
""")


def voicemail(campaign: Campaign, graph: Graph, words: Mapping[UUID, Draft]) -> Iterator[Finding]:
    """Who has not agreed, and whether scripts find a voice."""
    if "voicemail" not in media_in(graph):
        return
    said = [words[one] for node in graph.nodes if (one := node.content_id) and one in words]
    is_spoken = any(draft.voice is not None and draft.recording is None for draft in said)
    if is_spoken:
        yield from _speaker()
    values = {"organization_id": current_organization_id(), "campaign_id": campaign.id}
    lacking = db().execute(_CONSENT, values).one()
    if lacking.voicemail:
        sentence = f"{_people(lacking.voicemail)} not agreed to voicemail: theirs are skipped."
        yield Finding("voicemail_unasked", "warning", sentence)
    if is_spoken and lacking.voice:
        sentence = (
            f"{_people(lacking.voice)} not agreed to hear a synthetic voice: spoken voicemail is skipped."
        )
        yield Finding("voice_unasked", "warning", sentence)


def _speaker() -> Iterator[Finding]:
    speaker = VOICES.account()
    if speaker is None:
        sentence = "A voicemail is to be spoken, and no voice is connected."
        yield Finding("no_voice", "error", sentence, "Connect ElevenLabs, or upload a recording.", _VOICES)
    elif speaker.state == "disconnected":
        sentence = f"Nobody can speak the voicemail. {speaker.state_reason}".strip()
        yield Finding("voice_disconnected", "error", sentence, "Connect it again.", _VOICES)


def _people(count: int) -> str:
    return "1 person has" if count == 1 else f"{count:,} people have"
