"""What runs by itself: calls that are due, and words that were kept long enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import current_organization_id, transaction
from loumass.outgoing import claiming
from loumass.outgoing.keys import Opened, opened
from loumass.outgoing.recording import record
from loumass.outgoing.sending import Request, send_all
from loumass.outgoing.signing import signed_headers

#: What was sent and answered is personal: it is kept so long after the end, to be looked at and sent again.
KEPT = timedelta(days=30)
_BATCH = 1000
_FORGET = text("""
    WITH old AS MATERIALIZED (
        SELECT id FROM webhook_call
        WHERE organization_id = :organization_id AND created_at < :before AND body <> '' AND ended_at < :before
        ORDER BY created_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), answers AS (
        UPDATE webhook_attempt SET answer = '' FROM old
        WHERE webhook_attempt.organization_id = :organization_id AND call_id = old.id RETURNING call_id
    )
    UPDATE webhook_call SET body = '' FROM old
    WHERE webhook_call.organization_id = :organization_id AND webhook_call.id = old.id RETURNING webhook_call.id
""")


@job("bulk")
def deliver(host: str) -> bool:
    """Call `host` with some of what is due; True when more is now."""
    with transaction():
        calls = claiming.claim(host)
        keys = opened({call.key_name for call in calls}) if calls else {}
    if calls:
        answers = send_all([request_of(call, keys.get(call.key_name)) for call in calls])
        with transaction():
            record(host, calls, answers)
    with transaction():
        next_at = claiming.next_due(host).get(host)
        if next_at is not None and next_at > clock.now():
            deliver.later(host, at=next_at)
    return next_at is not None and next_at <= clock.now()


@job("bulk")
def forget() -> bool:
    """Blank what was kept long enough; True when there is more."""
    bound = {"before": clock.now() - KEPT, "most": _BATCH}
    with transaction():
        gone = db().scalars(_FORGET, {"organization_id": current_organization_id(), **bound}).all()
    return len(gone) == _BATCH


def sweep() -> list[Wake]:
    """Every host with something to call it for, and when."""
    return [deliver.wake(at, host) for host, at in claiming.next_due().items()]


def request_of(call: Row[Any], key: Opened | None) -> Request:
    """What is posted; the signature says when that was."""
    body = call.body.encode()
    if key is None:
        return Request(call.url, body, {}, f"The key {call.key_name} that signs it is no more.")
    if key.host and key.host != call.host:
        return Request(call.url, body, {}, f"The key {call.key_name} is for {key.host} alone.")
    return Request(call.url, body, {**key.headers, **signed(f"{call.id}", body, key.secrets)})


def signed(call_id: str, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of the signature, as of now."""
    return signed_headers(call_id, clock.now(), body, secrets)
