"""Endpoints that cannot be told any more are switched off, and say why: nobody is called for ever in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: One that took a call within this time is spared: a single call failed, not the endpoint.
TOOK_ONE = timedelta(hours=24)
_TOOK = text("""
    UPDATE webhook_endpoint SET answered_at = CAST(:now AS timestamptz)
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
""")
_TURN_OFF = text("""
    UPDATE webhook_endpoint SET is_on = false, turned_off_at = CAST(:now AS timestamptz), problem = :problem
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND is_on
      AND (:is_gone OR answered_at IS NULL OR answered_at < CAST(:since AS timestamptz))
    RETURNING id
""")
_GONE = 410


def judge_endpoints(rows: Sequence[Row[Any]]) -> None:
    """What became of calls (`endpoint_id`, `state`, `status`): who took one, and who is switched off.

    Who answers 410 wants no more calls; who took none for a day while one was given up is away.
    """
    told = [row for row in rows if row.endpoint_id is not None]
    if not told:
        return
    _note_taken({row.endpoint_id for row in told if row.state == "delivered"})
    failed = [row for row in told if row.state == "failed"]
    gone = {row.endpoint_id for row in failed if row.status == _GONE}
    _turn_off(gone, "It answered 410: it is gone and wants no more calls.", is_gone=True)
    away = {row.endpoint_id for row in failed} - gone
    _turn_off(away, "It took no call for 24 hours, and one was given up.", is_gone=False)


def _note_taken(ids: set[Any]) -> None:
    if ids:
        db().execute(
            _TOOK, {"organization_id": current_organization_id(), "ids": sorted(ids), "now": clock.now()}
        )


def _turn_off(ids: set[Any], problem: str, *, is_gone: bool) -> None:
    if not ids:
        return
    now = clock.now()
    bound = {"ids": sorted(ids), "now": now, "since": now - TOOK_ONE, "problem": problem, "is_gone": is_gone}
    for row in db().execute(_TURN_OFF, {"organization_id": current_organization_id(), **bound}).all():
        audit("webhook_endpoint.gave_up", "webhook_endpoint", row.id)
