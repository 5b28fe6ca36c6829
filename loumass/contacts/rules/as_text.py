"""A select of ids as SQL text with named parameters, for statements that are written by hand around it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import BindTyping


def as_text(statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    """(SQL, parameters) for `text()`; names end in a number, so that they never meet those of the statement around it."""
    dialect = PGDialect(paramstyle="named")
    # In `:name::type` `text()` sees no parameter.
    dialect.bind_typing = BindTyping.NONE
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return str(compiled), dict(compiled.params)
