"""The plan comes near its end, or is used up: told once a day each, as a fact that open pages hear of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.accounts.plans import Plan, plan_now
from loumass.analytics.listeners import organization_zone
from loumass.analytics.usage import Used, usage
from loumass.core import clock
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish

KIND = "quota.warning"
#: Shares of a hundred that people are told of; the first is `usage.WARNED_AT`.
NEAR, FULL = 80, 100


def untold() -> Sequence[Used]:
    """What of the plan is to be told of today. Nothing is counted where there is no plan."""
    if plan_now() == Plan():
        return ()
    today = _today()
    told = (
        db()
        .scalars(select(Organization.plan_warned).where(Organization.id == current_organization_id()))
        .one()
    )
    return [line for line in usage().warnings if told.get(line.name) not in _told_of(line, today)]


def tell() -> None:
    """Tell of it. Two at the same time wait for each other, and the second finds it told."""
    house = db().get_one(
        Organization, current_organization_id(), with_for_update=True, populate_existing=True
    )
    today = _today()
    lines = untold()
    house.plan_warned = {**house.plan_warned, **{line.name: _told_of(line, today)[0] for line in lines}}
    for line in lines:
        facts = {"of": line.name, "used": line.used, "cap": line.limit, "share": _share(line)}
        publish(KIND, facts=facts)
    if lines:
        announce("dashboard")


def _told_of(line: Used, today: date) -> list[str]:
    """What is noted once it was told; who was told the end need not hear that it comes near."""
    return [f"{today} {share}" for share in (NEAR, FULL) if share >= _share(line)]


def _share(line: Used) -> int:
    return FULL if line.is_full else NEAR


def _today() -> date:
    return clock.now().astimezone(organization_zone()).date()
