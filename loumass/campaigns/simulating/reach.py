"""Who could not be written to now, and why: asked of the gates themselves, before there is any message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.advancing.ground import CampaignGround as Ground
from loumass.campaigns.advancing.invalid import invalid_among
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.simulating.people import Reach
from loumass.funnels.walking.walker import Walker
from loumass.messages.gates import BY_NAME, VOICE_CONSENT, openings, refusals
from loumass.messages.models import PRIORITY_CAMPAIGN

#: What a step that lets a synthetic voice speak needs beside its medium.
SYNTHETIC_VOICE = "synthetic_voice"
NO_EMAIL, NO_PHONE, INVALID, NO_VOICE_CONSENT = "no_email", "no_phone", "invalid", "no_voice_consent"
#: Gates that look at the person and the address alone: what they say now is taken to hold for the whole simulation.
_GATES = [
    BY_NAME[name]
    for name in (
        "suppressed", "no_consent", "topic_refused", "paused_by_them", "opt_out_proposed", "domain_braked",
    )
]  # fmt: skip
_REFUSED = text(f"""
    SELECT judged.* FROM (
        SELECT m.contact_id, m.medium, {refusals(_GATES)} AS gates, {openings(_GATES)} AS opens
        FROM (
            SELECT contact.id AS contact_id, way.medium, way.hash AS to_hash, {PRIORITY_CAMPAIGN} AS priority
            FROM contact CROSS JOIN LATERAL (VALUES ('email', contact.email_hash), ('sms', contact.phone_hash),
                ('voicemail', contact.phone_hash)) AS way(medium, hash)
            WHERE contact.organization_id = :organization_id AND contact.id = ANY(CAST(:contacts AS uuid[]))
              AND way.medium = ANY(CAST(:media AS text[])) AND way.hash IS NOT NULL
        ) m
        JOIN contact co ON co.organization_id = :organization_id AND co.id = m.contact_id
        LEFT JOIN stream st ON st.organization_id = :organization_id AND st.id = CAST(:stream_id AS uuid)
        OFFSET 0
    ) judged WHERE cardinality(judged.gates) > 0
""")
_AGREED = text(f"""
    SELECT asked.id FROM unnest(CAST(:contacts AS uuid[])) AS asked(id)
    WHERE {VOICE_CONSENT.format(contact="asked.id")} AND :organization_id IS NOT NULL
""")
_Spared = dict[str, tuple[str, datetime | None]]


@dataclass(slots=True)
class _Found:
    unplanned: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    spared: _Spared = field(default_factory=dict)


class Reaches:
    """Finds how people can be reached, batch by batch; those who are alike share one `Reach`."""

    def __init__(self, ground: Ground, media: Sequence[str], *, is_synthetic: bool) -> None:
        self._ground, self._media, self._is_synthetic = ground, list(media), is_synthetic
        self._shared: dict[tuple[Any, ...], Reach] = {}

    def of(self, walkers: Sequence[Walker], without: dict[UUID, Collection[str]]) -> dict[UUID, Reach]:
        """By contact. `without`: the reasons why somebody lacks an address. At most three statements."""
        found: defaultdict[UUID, _Found] = defaultdict(_Found)
        self._judge(walkers, found)
        for contact_id in invalid_among(self._ground, walkers, "email" if "email" in self._media else ""):
            found[contact_id].unplanned["email"] = INVALID
        self._ask_voice(walkers, found)
        for contact_id, reasons in without.items():
            if NO_EMAIL in reasons:
                found[contact_id].unplanned["email"] = NO_EMAIL
            if NO_PHONE in reasons:
                found[contact_id].unplanned |= {"sms": NO_PHONE, "voicemail": NO_PHONE}
        nothing = self._share(_Found())
        shared = {contact_id: self._share(one) for contact_id, one in found.items()}
        return {walker.contact_id: shared.get(walker.contact_id, nothing) for walker in walkers}

    def _judge(self, walkers: Sequence[Walker], found: defaultdict[UUID, _Found]) -> None:
        stream_id = self._ground.campaign_id
        contacts = uuid_array(walker.contact_id for walker in walkers)
        bound = self._ground.bound(
            contacts=contacts, media=self._media, stream_id=stream_id, now=self._ground.now
        )
        for row in db().execute(_REFUSED, bound):
            gate = BY_NAME[row.gates[0]]
            one = found[row.contact_id]
            if gate.ends:
                one.refused[row.medium] = gate.name
            else:
                until = row.opens[gate.name]
                one.spared[row.medium] = gate.name, datetime.fromisoformat(until) if until else None

    def _ask_voice(self, walkers: Sequence[Walker], found: defaultdict[UUID, _Found]) -> None:
        if not self._is_synthetic:
            return
        contacts = uuid_array(walker.contact_id for walker in walkers)
        agreed = set(db().scalars(_AGREED, self._ground.bound(contacts=contacts)))
        for walker in walkers:
            if walker.contact_id not in agreed:
                found[walker.contact_id].unplanned[SYNTHETIC_VOICE] = NO_VOICE_CONSENT

    def _share(self, one: _Found) -> Reach:
        key = tuple(tuple(sorted(part.items())) for part in (one.unplanned, one.refused, one.spared))
        if key not in self._shared:
            self._shared[key] = Reach(one.unplanned, one.refused, one.spared)
        return self._shared[key]
