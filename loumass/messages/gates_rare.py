"""Gates for what few organizations have at a time: pauses, refused topics, braked domains, proposals.

Whether the organization has any at all is asked once for a statement, by a sub-select that names no message; only then is
each message looked at. So they cost nothing where there is nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from loumass.messages.models import PRIORITY_CAMPAIGN


class RareGate(NamedTuple):
    """The first fields of a `Gate`, in their order."""

    name: str
    label: str
    refuses: str
    sentence: str
    until: str = "NULL"
    ends: bool = False


_MINE = "organization_id = :organization_id"
_UNTIL = f"FROM suppression sp WHERE sp.{_MINE} AND sp.medium = m.medium AND sp.address_hash = m.to_hash AND sp.until_at > :now"
_PLAN = "FROM organization pl WHERE pl.id = :organization_id AND pl.emails_limit IS NOT NULL"
# The month of the organization's own time zone.
_MONTH = "date_trunc('month', CAST(:now AS timestamptz) AT TIME ZONE pl.timezone)"
_SENT = (
    f"(SELECT coalesce(sum(cd.used), 0) FROM channel_day cd JOIN channel mb ON mb.{_MINE} AND mb.id = cd.channel_id "
    f"WHERE cd.{_MINE} AND mb.medium = 'email' AND cd.day >= CAST({_MONTH} AS date))"
)
_BRAKE = f"FROM domain_brake b WHERE b.{_MINE} AND b.domain = split_part(co.email_key, '@', 2) AND b.until_at > :now"


def _if_any(rows: str, refuses: str) -> str:
    """SQL: `refuses`, asked only where the organization has one of `rows`."""
    return f"(SELECT EXISTS (SELECT 1 FROM {rows})) AND {refuses}"


RARE_GATES: tuple[RareGate, ...] = (
    RareGate(
        "plan_used",
        "Your plan",
        f"m.medium = 'email' AND m.priority >= {PRIORITY_CAMPAIGN} AND "
        f"(SELECT EXISTS (SELECT 1 {_PLAN} AND pl.emails_limit <= {_SENT}))",
        "Your plan's e-mails of this month are used up. It goes on the first of the next one, or once the plan is raised.",
        until=f"(SELECT ({_MONTH} + interval '1 month') AT TIME ZONE pl.timezone {_PLAN})",
    ),
    RareGate(
        "copy_refused",
        "Copies",
        f"m.medium = 'email' AND m.priority < {PRIORITY_CAMPAIGN} AND "
        + _if_any(
            f"message_copy c WHERE c.{_MINE}",
            f"EXISTS (SELECT 1 FROM message_copy mc JOIN suppression su ON su.{_MINE} AND su.medium = 'email' "
            f"AND su.address_hash = mc.address_hash AND su.until_at IS NULL WHERE mc.{_MINE} AND mc.message_id = m.id)",
        ),
        "Somebody who was to get a copy is on the suppression list. Nobody got it.",
        ends=True,
    ),
    RareGate(
        "topic_refused",
        "Topic",
        f"st.topic_id IS NOT NULL AND EXISTS (SELECT 1 FROM topic_refusal tr WHERE tr.{_MINE} "
        "AND tr.topic_id = st.topic_id AND tr.address_hash = m.to_hash)",
        "They do not want this topic.",
        ends=True,
    ),
    RareGate(
        "paused_by_them",
        "Their pause",
        f"m.priority >= {PRIORITY_CAMPAIGN} AND "
        + _if_any(f"suppression s WHERE s.{_MINE} AND s.until_at > :now", f"EXISTS (SELECT 1 {_UNTIL})"),
        "The address is spared for a while: a pause they asked for, or a mailbox that takes nothing.",
        until=f"(SELECT sp.until_at {_UNTIL})",
    ),
    RareGate(
        "opt_out_proposed",
        "A possible opt-out",
        f"m.priority >= {PRIORITY_CAMPAIGN} AND "
        + _if_any(
            f"opt_out_proposal p WHERE p.{_MINE} AND p.decided_at IS NULL",
            f"EXISTS (SELECT 1 FROM opt_out_proposal o WHERE o.{_MINE} "
            "AND o.contact_id = m.contact_id AND o.decided_at IS NULL)",
        ),
        "They may have asked us to stop. Read their answer and decide.",
    ),
    RareGate(
        "domain_braked",
        "Their mail server",
        f"m.medium = 'email' AND m.priority >= {PRIORITY_CAMPAIGN} AND "
        + _if_any(f"domain_brake d WHERE d.{_MINE} AND d.until_at > :now", f"EXISTS (SELECT 1 {_BRAKE})"),
        "Their mail server sends too much back. {brake_because}",
        until=f"(SELECT b.until_at {_BRAKE})",
    ),
)
