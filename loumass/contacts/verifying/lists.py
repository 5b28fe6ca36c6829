"""Disposable domains, role names and free mail: the installation's lists with an organization's own changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import delete, select, text

from loumass.contacts.normalising import clean_text
from loumass.contacts.verification_models import LISTS, AddressRule
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id

MOST_RULES = 5_000
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")
_CHANGE = text("""
    INSERT INTO address_rule (organization_id, kind, value, is_listed, created_at)
    SELECT :organization_id, :kind, value, :is_listed, CAST(:now AS timestamptz)
    FROM unnest(CAST(:values AS text[])) AS value ORDER BY value
    ON CONFLICT (organization_id, kind, value) DO UPDATE SET is_listed = excluded.is_listed
    RETURNING id
""")
Lists = Mapping[str, frozenset[str]]


@lru_cache
def defaults_of(kind: str) -> frozenset[str]:
    """The installation's own list."""
    lines = (Path(__file__).parent / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def lists_now() -> Lists:
    """Kind -> what the current organization takes for it; one statement."""
    changes = db().execute(select(AddressRule.kind, AddressRule.value, AddressRule.is_listed)).all()
    found = {kind: set(defaults_of(kind)) for kind in LISTS}
    for kind, value, is_listed in changes:
        (found[kind].add if is_listed else found[kind].discard)(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def change(kind: str, entered: str, *, is_listed: bool) -> list[str]:
    """Put what was typed (one a line, or by commas) on the list or take it off; returns it as it is compared.

    What says no more than the installation's list is forgotten. Raises Refused for what cannot stand there.
    """
    if kind not in LISTS:
        raise Refused("There is no such list. Nothing was changed.")
    values = sorted({_value(kind, one) for one in re.split(r"[\s,;]+", entered) if one})
    if not values:
        raise Refused("Write at least one line. Nothing was changed.")
    if len(values) > MOST_RULES:
        raise Refused(f"At most {MOST_RULES:,} go at once. Nothing was changed.")
    usual = [value for value in values if (value in defaults_of(kind)) == is_listed]
    other = [value for value in values if value not in usual]
    if usual:
        db().execute(delete(AddressRule).where(AddressRule.kind == kind, AddressRule.value.in_(usual)))
    if other:
        db().execute(_CHANGE, _bound(kind=kind, values=other, is_listed=is_listed, now=clock.now()))
    return values


def rules() -> dict[str, dict[bool, list[str]]]:
    """Kind -> is listed -> the organization's own values, sorted."""
    found: dict[str, dict[bool, list[str]]] = {kind: {True: [], False: []} for kind in LISTS}
    for row in db().scalars(select(AddressRule).order_by(AddressRule.value).limit(MOST_RULES)):
        found[row.kind][row.is_listed].append(row.value)
    return found


def _value(kind: str, entered: str) -> str:
    value = clean_text(entered).lower()
    value = value.partition("@")[0] if kind == "role" else value.rpartition("@")[2]
    if not (_NAME if kind == "role" else _DOMAIN).fullmatch(value):
        what = "what stands before an @" if kind == "role" else "a domain like mailinator.com"
        raise Refused(f"“{entered[:80]}” is not {what}. Nothing was changed.")
    return value


def _bound(**more: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), **more}
