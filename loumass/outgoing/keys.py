"""Keys: made, changed over, looked up, and opened for whoever signs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.secrets import associated_data, seal, unseal
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.outgoing.addresses import host_of
from loumass.outgoing.models import WebhookKey
from loumass.outgoing.signing import checked_secret, new_secret

#: The organization's own.
OWN = ""
#: How long the secret before goes on signing.
CHANGE_OVER = timedelta(hours=24)
MOST_KEYS, MOST_HEADERS, LONGEST_HEADER = 50, 10, 2000
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
#: What we say ourselves, and what belongs to the connection.
_OURS = frozenset(
    {"host", "content-type", "content-length", "connection", "transfer-encoding", "user-agent", "expect"}
)
_MAKE_OWN = text("""
    INSERT INTO webhook_key (organization_id, id, name, sealed_secret, created_at)
    VALUES (:organization_id, :id, '', :sealed, :now)
    ON CONFLICT (organization_id, name) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Opened:
    """A key as it is used: the secrets that sign, newest first, headers that go along, and the one host it is for."""

    secrets: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    host: str = ""


def keys() -> list[WebhookKey]:
    """All of them, the organization's own first, once it was made."""
    return list(db().scalars(select(WebhookKey).order_by(WebhookKey.name)))


def names() -> list[str]:
    """Of those that steps can name."""
    return list(db().scalars(select(WebhookKey.name).where(WebhookKey.name != OWN).order_by(WebhookKey.name)))


def opened(wanted: Collection[str]) -> dict[str, Opened]:
    """Those of the keys called so that exist, opened. The caller lets nobody see them."""
    if OWN in wanted:
        make_own()
    return {
        row.name: _opened(row) for row in db().scalars(select(WebhookKey).where(WebhookKey.name.in_(wanted)))
    }


def add(name: str, url: str, secret: str, headers: str) -> WebhookKey:
    """A named key for the host of `url`. Raises Refused with what is wrong, Conflict for a name that is taken."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Refused("Give the key a name; steps choose it by that.")
    host, read = host_of(url if "//" in url else f"https://{url}"), _headers(headers)
    existing = keys()
    if any(one.name.lower() == name.lower() for one in existing):
        raise Conflict(f"There is a key called {name} already. Nothing was saved.")
    if len(existing) > MOST_KEYS:
        raise Refused(f"{MOST_KEYS} keys are the most. Remove one first.")
    key_id = uuid7()
    row = WebhookKey(
        id=key_id,
        name=name,
        host=host,
        sealed_secret=_sealed("secret", key_id, checked_secret(secret) if secret.strip() else new_secret()),
        sealed_headers=_sealed("headers", key_id, json.dumps(read)) if read else b"",
        header_names=sorted(read),
    )
    db().add(row)
    db().flush()
    audit("webhook_key.added", "webhook_key", key_id)
    return row


def change_over(key_id: UUID) -> WebhookKey:
    """A new secret; the one before signs as well for a day. Raises NotFound."""
    row = get_or_404(WebhookKey, key_id, lock=True)
    row.sealed_previous = _sealed("previous", row.id, _unsealed(row, "secret"))
    row.sealed_secret = _sealed("secret", row.id, new_secret())
    row.previous_until = clock.now() + CHANGE_OVER
    audit("webhook_key.changed_over", "webhook_key", row.id)
    return row


def remove(key_id: UUID) -> str:
    """Forget it; what steps that name it still send fails, visibly. Returns its name. Raises NotFound, Conflict."""
    row = get_or_404(WebhookKey, key_id, lock=True)
    if row.name == OWN:
        raise Conflict("Your organization's own key stays. Change it over instead.")
    db().delete(row)
    audit("webhook_key.removed", "webhook_key", row.id)
    return row.name


def secret_of(row: WebhookKey) -> str:
    """What receivers verify with. Only who manages keys may see it."""
    audit("webhook_key.shown", "webhook_key", row.id)
    return _unsealed(row, "secret")


def make_own() -> None:
    """Make the organization's own key, unless it is there: the first call does so, or whoever wants to see it."""
    key_id = uuid7()
    bound = {
        "organization_id": current_organization_id(),
        "id": key_id,
        "sealed": _sealed("secret", key_id, new_secret()),
        "now": clock.now(),
    }
    own = select(WebhookKey.id).where(WebhookKey.name == OWN)
    if db().scalar(own) is None:
        db().execute(_MAKE_OWN, bound)


def _opened(row: WebhookKey) -> Opened:
    secrets = [_unsealed(row, "secret")]
    if row.sealed_previous and row.previous_until and row.previous_until > clock.now():
        secrets.append(_unsealed(row, "previous"))
    headers = json.loads(_unsealed(row, "headers")) if row.sealed_headers else {}
    return Opened(secrets, headers, row.host)


def _headers(typed: str) -> dict[str, str]:
    """`Name: value`, one a line."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        is_ours = name.lower() in _OURS or name.lower().startswith("webhook-")
        if not colon or not _NAME.match(name) or is_ours:
            raise Refused(
                f"“{line[:60]}” is no header that can be sent along. Write Name: value, one a line."
            )
        if not value.isascii() or not value.isprintable() or len(value) > LONGEST_HEADER:
            raise Refused(f"The value of {name} holds letters that a header cannot carry, or is too long.")
        found[name] = value
    if len(found) > MOST_HEADERS:
        raise Refused(f"{MOST_HEADERS} headers are the most.")
    return found


def _sealed(what: str, key_id: UUID, plain: str) -> bytes:
    return seal(plain.encode(), _aad(what, key_id))


def _unsealed(row: WebhookKey, what: str) -> str:
    return unseal(getattr(row, f"sealed_{what}"), _aad(what, row.id)).decode()


def _aad(what: str, key_id: UUID) -> bytes:
    return associated_data(f"webhook_key.sealed_{what}", current_organization_id(), key_id)
