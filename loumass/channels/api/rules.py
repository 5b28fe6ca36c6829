"""The rules that hold for all senders."""

from __future__ import annotations

from typing import Annotated

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.channels.api.blueprint import api
from loumass.channels.rules import Rules, change_rules, rules_now
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, RowModel


class RulesOut(RowModel):
    """How often one person is written to, and the hours of the night (minutes of the person's own day)."""

    contact_per_day: int | None
    contact_per_week: int | None
    quiet_until: int
    quiet_from: int
    quiet_reason: str


class RulesBody(ApiModel):
    """Other rules. Hours past the law need a reason."""

    contact_per_day: Annotated[int, Field(ge=1, le=100), WHOLE] | None = None
    contact_per_week: Annotated[int, Field(ge=1, le=700), WHOLE] | None = None
    quiet_until: Annotated[int, Field(ge=0, le=1_440), WHOLE]
    quiet_from: Annotated[int, Field(ge=0, le=1_440), WHOLE]
    reason: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


@endpoint(api, "GET", "/channels/rules", answers=RulesOut)
@requires("channels.read")
def read_rules() -> RulesOut:
    """The rules for all senders."""
    return RulesOut.of(rules_now())


@endpoint(api, "PUT", "/channels/rules", takes=RulesBody, answers=RulesOut)
@requires("channels.write")
def save_rules(body: RulesBody) -> RulesOut:
    """Take others from now on; what waits is looked at again."""
    rules = Rules(
        contact_per_day=body.contact_per_day,
        contact_per_week=body.contact_per_week,
        quiet_until=body.quiet_until,
        quiet_from=body.quiet_from,
    )
    change_rules(rules, body.reason, g.user.id)
    return RulesOut.of(rules_now())
