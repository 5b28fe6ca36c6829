"""The cursor hook: refuses a statement on tenant tables that does not bind `organization_id` itself.

Row-level security would hide other tenants' rows all the same; naming the organization keeps the
indexes in use and the schema distributable (design: three nets, each enough by itself).
"""

from __future__ import annotations

import re
from typing import Any

from loumass.models import GLOBAL_TABLES, metadata

_TENANT = "|".join(sorted(set(metadata.tables) - GLOBAL_TABLES, key=len, reverse=True))
_REFERENCE = re.compile(
    rf"\b(?:FROM|JOIN|UPDATE|USING|,)\s+(?:ONLY\s+)?(?P<table>{_TENANT})\b(?!\s*[.(])(?:\s+(?:AS\s+)?(?P<alias>(?!SET\b|WHERE\b|ON\b|JOIN\b|LEFT\b|INNER\b|CROSS\b|ORDER\b|GROUP\b|LIMIT\b|FOR\b|RETURNING\b|USING\b|UNION\b|TABLESAMPLE\b)[a-z_]\w*))?",
    re.IGNORECASE,
)
_UNQUALIFIED = re.compile(r"(?<![.\w])organization_id\s*(=|IN\b)", re.IGNORECASE)


class Unbound(AssertionError):
    """A statement that relies on policies alone."""


def refuse_unbound(statement: str) -> None:
    """Raise Unbound when a tenant table in `statement` lacks its `organization_id = ...`."""
    names_it = _UNQUALIFIED.search(statement) is not None
    for reference in _REFERENCE.finditer(statement):
        alias = reference["alias"] or reference["table"]
        if not names_it and not re.search(rf"\b{alias}\.organization_id\b", statement):
            raise Unbound(f"{reference['table']} is used without organization_id in: {statement}")


def before_cursor_execute(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
    """For `sqlalchemy.event.listen(engine, "before_cursor_execute", ...)`."""
    refuse_unbound(statement)
