"""What a request does is committed with its answer, and done once for one `Idempotency-Key`.

The answer is kept in the transaction of the work: after a crash there are both or neither. Of two requests that come with
the same key at the same time, the second one's work is taken back, and it gets the first one's answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Response, current_app, request
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from loumass.core import clock
from loumass.core.api.sight import is_out_of_sight
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Problem, Refused
from loumass.core.ids import uuid7
from loumass.core.models import ApiAnswer
from loumass.core.secrets import Unsealable, associated_data, seal, unseal
from loumass.core.tenancy import current_organization_id

#: How long an answer is kept to be given again.
KEPT = timedelta(hours=24)
HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
PATTERN = r"^[!-~]{1,255}$"
_KEY = re.compile(r"[!-~]{1,255}")
_FORGET = text("""
    DELETE FROM api_answer WHERE organization_id = :organization_id AND id IN (
        SELECT id FROM api_answer
        WHERE organization_id = :organization_id AND answered_at < :before LIMIT :most
    )
""")
_BLANK = text("""
    UPDATE api_answer SET sealed_answer = '' WHERE organization_id = :organization_id
""")


class BadKey(Problem):
    """The header is no key."""


def once(may_have_key: bool, said: str, work: Callable[[], Response]) -> Response:
    """The answer of `work`, committed with it; or the one that was given before. `said` is the digest of the body.

    Raises BadKey, and Refused for a key that came with another request.
    """
    key = request.headers.get(HEADER) if may_have_key else None
    if key is None:
        answer = work()
        db().commit()
        return answer
    if not _KEY.fullmatch(key):
        raise BadKey("The Idempotency-Key must be 1 to 255 visible ASCII characters. Nothing was changed.")
    caller_id: UUID = db().info["caller_id"]
    asked = _fingerprint(said)
    if before := _answer_of(caller_id, key):
        return _again(before, asked)
    answer = work()
    if _keep(caller_id, key, asked, answer):
        db().commit()
        return answer
    db().rollback()
    first = _answer_of(caller_id, key)
    if first is None:
        raise RuntimeError("an answer that was there a moment ago is gone")
    return _again(first, asked)


def forget_answers(most: int) -> bool:
    """Delete what was kept long enough, in the current transaction; True when there is more."""
    bound = {"organization_id": current_organization_id(), "before": clock.now() - KEPT, "most": most}
    gone = db().execute(_FORGET, bound)
    return gone.rowcount == most  # pyright: ignore[reportAttributeAccessIssue]  a DELETE counts


def blank_answers() -> None:
    """Somebody is erased, and any answer may tell of them. That their requests were done stays known."""
    db().execute(_BLANK, {"organization_id": current_organization_id()})


def _answer_of(caller_id: UUID, key: str) -> ApiAnswer | None:
    fresh = ApiAnswer.answered_at > clock.now() - KEPT
    return db().scalar(select(ApiAnswer).where(ApiAnswer.caller_id == caller_id, ApiAnswer.key == key, fresh))


def _keep(caller_id: UUID, key: str, asked: bytes, answer: Response) -> bool:
    """Whether it could be kept: not where a fresh one is there already."""
    now, row_id = clock.now(), uuid7()
    sealed = seal(answer.get_data(), _aad(row_id))
    told = {
        "id": row_id, "asked": asked, "status": answer.status_code, "answered_at": now, "sealed_answer": sealed,
    }  # fmt: skip
    made = insert(ApiAnswer).values(
        organization_id=current_organization_id(), caller_id=caller_id, key=key, **told
    )
    stale = ApiAnswer.answered_at <= now - KEPT
    kept = made.on_conflict_do_update(
        index_elements=["organization_id", "caller_id", "key"], set_=told, where=stale
    )
    return db().scalar(kept.returning(ApiAnswer.key)) is not None


def _again(before: ApiAnswer, asked: bytes) -> Response:
    if before.asked != asked:
        raise Refused(
            "This Idempotency-Key came with another request before. Nothing was changed; send a new key."
        )
    try:
        content = unseal(before.sealed_answer, _aad(before.id))
    except Unsealable as problem:
        raise Conflict("This was done before; what was answered then is not kept any more.") from problem
    if is_out_of_sight(f"{request.path} {content.decode()}"):
        raise NotFound
    answer = current_app.response_class(content, status=before.status, mimetype="application/json")
    answer.headers[REPLAYED] = "true"
    return answer


def _aad(row_id: UUID) -> bytes:
    return associated_data("api_answer.sealed_answer", current_organization_id(), row_id)


def _fingerprint(said: str) -> bytes:
    """What was asked: the method, the address with its query, and the body."""
    whole = "\n".join((request.method, request.path, request.query_string.decode("latin-1"), said))
    return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).digest()
