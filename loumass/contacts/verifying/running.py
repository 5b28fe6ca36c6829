"""One slice of a verification: a chunk of people, their domains looked up once each, their results kept.

DNS is asked outside any transaction. A chunk's results commit with the mark that they waited by and the counts, so a
killed worker's successor goes on with whoever is left.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.contacts.verification_models import EmailVerification
from loumass.contacts.verifying.judging import Verdict, domain_to_ask, judged
from loumass.contacts.verifying.lists import Lists, lists_now
from loumass.core import clock, mail_servers
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get, transaction

CHUNK = 2_000
#: The agenda hides a running job for a minute; a slice stays well below.
SLICE_SECONDS = 20.0
#: So long a domain's standing is believed. One that gave no answer is asked again, but not twice for one verification.
STANDING_LASTS = timedelta(days=7)

_CHUNK = text("""
    SELECT waiting.contact_id, contact.email_key, contact.email_hash
    FROM (
        SELECT contact_id FROM email_check
        WHERE organization_id = :organization_id AND verification_id = :verification_id
        ORDER BY contact_id LIMIT :most
    ) waiting
    LEFT JOIN contact ON contact.organization_id = :organization_id AND contact.id = waiting.contact_id
    ORDER BY waiting.contact_id
""")
_KNOWN = text("""
    SELECT domain, standing FROM mail_domain
    WHERE organization_id = :organization_id AND domain = ANY(CAST(:domains AS text[]))
      AND looked_up_at >= CASE WHEN standing = 'unknown' THEN CAST(:begun AS timestamptz) ELSE CAST(:since AS timestamptz) END
""")
_LEARN = text("""
    INSERT INTO mail_domain (organization_id, domain, standing, looked_up_at)
    SELECT :organization_id, found.domain, found.standing, CAST(:now AS timestamptz)
    FROM unnest(CAST(:domains AS text[]), CAST(:standings AS text[])) AS found(domain, standing) ORDER BY found.domain
    ON CONFLICT (organization_id, domain) DO UPDATE SET standing = excluded.standing, looked_up_at = excluded.looked_up_at
""")
# Only who still waits: another worker may have had the same chunk.
_RESULTS = text("""
    UPDATE email_check SET verification_id = NULL, status = found.status, reasons = found.reasons,
        email_hash = found.email_hash, checked_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[]), CAST(:statuses AS text[]), CAST(:reasons AS jsonb[]))
        AS found(contact_id, email_hash, status, reasons)
    WHERE email_check.organization_id = :organization_id AND email_check.contact_id = found.contact_id
      AND email_check.verification_id = :verification_id
    RETURNING email_check.status
""")
_LET_GO = text("""
    UPDATE email_check SET verification_id = NULL
    WHERE organization_id = :organization_id AND verification_id = :verification_id
""")


@dataclass(frozen=True, slots=True)
class _Look:
    """A chunk of those who wait, and what is known of their domains already."""

    rows: Sequence[Row[Any]]
    standings: Mapping[str, str]
    lists: Lists

    def domains(self) -> list[str]:
        """Those that must be asked for, each once."""
        asked = {domain_to_ask(row.email_key) for row in self.rows if row.email_key}
        return sorted(asked - {""} - set(self.standings))


def run_slice(verification_id: UUID) -> bool:
    """Verifies chunks for up to `SLICE_SECONDS`; returns whether more remain."""
    ends_at = time.monotonic() + SLICE_SECONDS
    while True:
        with transaction():
            look = _look(verification_id)
        if look is None:
            return False
        found = mail_servers.standings_of(look.domains(), ends_at)
        with transaction():
            _keep(verification_id, look, found)
        if time.monotonic() > ends_at:
            return True


def _look(verification_id: UUID) -> _Look | None:
    """The next chunk; None when the verification has ended, which is written down here."""
    row = get(EmailVerification, verification_id, lock=True)
    if row is None or row.state != "running":
        return None
    bound = {"organization_id": current_organization_id(), "verification_id": verification_id}
    rows = [] if row.cancel_asked_at else db().execute(_CHUNK, {**bound, "most": CHUNK}).all()
    if not rows:
        db().execute(_LET_GO, bound)
        row.state, row.finished_at = "cancelled" if row.cancel_asked_at else "done", clock.now()
        announce(f"verification:{verification_id}")
        return None
    domains = sorted({domain_to_ask(one.email_key) for one in rows if one.email_key} - {""})
    known = db().execute(
        _KNOWN,
        {
            "organization_id": current_organization_id(),
            "domains": domains,
            "begun": row.created_at,
            "since": clock.now() - STANDING_LASTS,
        },
    )
    return _Look(rows, {one.domain: one.standing for one in known}, lists_now())


def _keep(verification_id: UUID, look: _Look, found: Mapping[str, str]) -> None:
    row = get(EmailVerification, verification_id, lock=True)
    if found:
        db().execute(
            _LEARN,
            {
                "organization_id": current_organization_id(),
                "domains": list(found),
                "standings": list(found.values()),
                "now": clock.now(),
            },
        )
    verdicts = _verdicts(look, {**look.standings, **found})
    if row is None or not verdicts:
        return
    counts = Counter(db().scalars(_RESULTS, _results(verification_id, verdicts)).all())
    row.done_count += counts.total()
    row.valid_count += counts["valid"]
    row.risky_count += counts["risky"]
    row.invalid_count += counts["invalid"]
    row.unknown_count += counts["unknown"]
    announce(f"verification:{verification_id}")


def _verdicts(look: _Look, standings: Mapping[str, str]) -> list[tuple[Row[Any], Verdict | None]]:
    """Who can be judged now. Who lost their address meanwhile has no verdict; who waits for DNS is left out."""
    verdicts: list[tuple[Row[Any], Verdict | None]] = []
    for row in look.rows:
        domain = domain_to_ask(row.email_key) if row.email_key else ""
        if not row.email_key:
            verdicts.append((row, None))
        elif not domain or domain in standings:
            verdicts.append((row, judged(row.email_key, standings.get(domain, ""), look.lists)))
    return verdicts


def _results(verification_id: UUID, verdicts: Sequence[tuple[Row[Any], Verdict | None]]) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "verification_id": verification_id,
        "ids": [row.contact_id for row, _ in verdicts],
        "hashes": [row.email_hash for row, _ in verdicts],
        "statuses": [verdict.status if verdict else None for _, verdict in verdicts],
        "reasons": [json.dumps(verdict.reasons if verdict else ()) for _, verdict in verdicts],
        "now": clock.now(),
    }
