"""A schema as its catalogue tells it, and what of it a migration took away from code that still runs on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

#: What a thing is -> (name, definition) of each, as PostgreSQL spells them. Names of new tables' parts begin with the
#: table, so that what a migration adds to a table of its own is told from what it adds to one that is in use.
_ASKED = {
    "column": """
        SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
            || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
            || CASE WHEN a.attidentity <> '' THEN ' DEFAULT identity' ELSE '' END
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
            AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.contype <> 'n'""",
    "unique index": """
        SELECT t.relname || '.' || i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND x.indisunique""",
    "trigger": """
        SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND NOT t.tgisinternal""",
    "policy": """
        SELECT tablename || '.' || policyname, concat_ws(' ', permissive, cmd, roles::text, qual, with_check) FROM pg_policies
        WHERE schemaname = 'public' AND NOT EXISTS (
            SELECT FROM pg_class c WHERE c.oid = to_regclass(quote_ident(tablename)) AND c.relispartition)""",
    "right": """
        SELECT c.relname || '.' || a.grantee::regrole || ' ' || a.privilege_type, a.is_grantable::text
        FROM pg_class c, LATERAL aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v') AND NOT c.relispartition AND a.grantee <> 0""",
    "function": """
        SELECT p.oid::regprocedure::text, pg_get_function_result(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
}
_WORD = re.compile("'[^']*'::text")
#: What must stay out of a table that older code writes to: it knows nothing of them.
_NOT_ADDED = ("constraint", "unique index", "trigger")


@dataclass(frozen=True, slots=True)
class Shape:
    """Kind of thing -> its name -> what it is."""

    things: Mapping[str, Mapping[str, str]]

    @property
    def tables(self) -> set[str]:
        """The names of all tables."""
        return {name.partition(".")[0] for name in self.things["column"]}


def shape_of(connection: Connection) -> Shape:
    """The schema that `connection` sees."""
    return Shape(
        {
            kind: {str(row[0]): str(row[1]) for row in connection.execute(text(asked))}
            for kind, asked in _ASKED.items()
        }
    )


def taken_away(before: Shape, after: Shape) -> list[str]:
    """What code written for `before` would stumble over in `after`, one sentence each; nothing for what only adds."""
    found = [
        f"{kind} {name} {'is gone' if name not in after.things[kind] else 'became ' + after.things[kind][name]}"
        for kind, things in before.things.items()
        for name, what in things.items()
        if not _still_does(kind, what, after.things[kind].get(name))
    ]
    return found + [one for kind in after.things for one in _added(kind, before, after)]


def _still_does(kind: str, what: str, now: str | None) -> bool:
    """Whether code that knew a thing as `what` may go on with what it is `now`."""
    if kind == "constraint" and now is not None and _takes_more(what, now):
        return True
    if kind != "column" or now is None:
        return now == what
    (kind_before, needed_before, _), (kind_now, needed_now, filled_now) = _column(what), _column(now)
    is_left_out = not needed_before or " DEFAULT " in what
    return (
        kind_before == kind_now
        and (needed_before or not needed_now)
        and (not needed_now or filled_now or not is_left_out)
    )


def _takes_more(what: str, now: str) -> bool:
    """Whether a check of what a text may be takes all that it took, and other words as well."""
    (taken, plain), (taken_now, plain_now) = (
        (set(_WORD.findall(one)), _WORD.sub("", one).replace(", ", "")) for one in (what, now)
    )
    return (
        what.startswith("CHECK ((") and " = ANY (ARRAY[" in what and plain == plain_now and taken < taken_now
    )


def _column(what: str) -> tuple[str, bool, bool]:
    """Its type, whether it must be filled, and whether it fills itself."""
    kind, _, default = what.partition(" DEFAULT ")
    return kind.removesuffix(" NOT NULL"), kind.endswith(" NOT NULL"), bool(default)


def _added(kind: str, before: Shape, after: Shape) -> list[str]:
    old = [
        (name, what)
        for name, what in after.things[kind].items()
        if name not in before.things[kind] and name.partition(".")[0] in before.tables
    ]
    if kind == "column":
        return [f"column {name} must be filled" for name, what in old if _column(what)[1:] == (True, False)]
    if kind == "policy":
        return [f"policy {name} restricts" for name, what in old if what.startswith("RESTRICTIVE")]
    if kind in ("constraint", "unique index"):
        old = [(name, what) for name, what in old if not _asks_only_the_new(name, what, before, after)]
    return [f"{kind} {name} is new" for name, _ in old] if kind in _NOT_ADDED else []


def _asks_only_the_new(name: str, what: str, before: Shape, after: Shape) -> bool:
    """Whether it asks for a column that the release before does not know and leaves empty: such a row has no key, and is
    like no other."""
    table, found = (
        name.partition(".")[0],
        re.search(r"(?:UNIQUE|btree) \(([\w, ]+)\)(?: WHERE .*)?$|FOREIGN KEY \(([\w, ]+)\)", what),
    )
    return found is not None and any(
        f"{table}.{column.strip()}" not in before.things["column"]
        and _column(after.things["column"][f"{table}.{column.strip()}"])[1:] == (False, False)
        for column in (found[1] or found[2]).split(",")
    )
