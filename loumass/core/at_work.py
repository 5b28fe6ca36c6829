"""Whose work is being done. Apart from `tenancy`, so that what only says so, as logs do, loads no database."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

organization_at_work: ContextVar[UUID | None] = ContextVar("organization_at_work", default=None)
