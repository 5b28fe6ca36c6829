"""How a message was read, in words: "Opened 3 times, 1 by a machine"."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_READ = text("""
    SELECT message_id, link > 0 AS is_click, sum(human) AS human, sum(machine) AS machine, sum(unknown) AS unknown
    FROM hit_count WHERE organization_id = :organization_id AND message_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY message_id, link > 0 ORDER BY message_id, link > 0
""")


def read_words(message_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The words for each of the messages that somebody or something visited, in one statement."""
    if not message_ids:
        return {}
    found: dict[UUID, list[str]] = {}
    for row in db().execute(_READ, {"organization_id": current_organization_id(), "ids": list(message_ids)}):
        did = "clicked" if row.is_click else "opened"
        found.setdefault(row.message_id, []).append(visited(did, row.human, row.machine, row.unknown))
    return {message_id: _sentence(", ".join(parts)) for message_id, parts in found.items()}


def visited(did: str, human: int, machine: int, unknown: int) -> str:
    """`opened 3 times, 1 by a machine`."""
    total = human + machine + unknown
    words = f"{did} {'once' if total == 1 else f'{total} times'}"
    if machine == total:
        return f"{words} by {'a machine' if machine == 1 else 'machines'}"
    if unknown == total:
        return f"{words}, perhaps by {'a machine' if unknown == 1 else 'machines'}"
    others = [(machine, "by"), (unknown, "perhaps by")]
    told = [f"{count} {by} {'a machine' if count == 1 else 'machines'}" for count, by in others if count]
    return ", ".join([words, *told])


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
