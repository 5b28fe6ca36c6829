"""Reusable funnels. A graph of nodes and edges belongs to a template (draft or version) or to a campaign."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents


class Template(OrganizationOwned, Base):
    """A funnel that campaigns are made from: one editable draft and published versions."""

    __tablename__ = "template"
    __table_args__ = (
        belongs_to("graph", "draft_graph_id"),
        belongs_to("graph", "published_graph_id"),
        Index(None, "organization_id", "created_at", "id"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    draft_graph_id: Mapped[UUID]
    #: The newest published version.
    published_graph_id: Mapped[UUID | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]


class Graph(OrganizationOwned, Base):
    """Nodes and edges that belong together. With `published_at` it never changes."""

    __tablename__ = "graph"
    __table_args__ = (
        belongs_to("graph", "cloned_from_id"),
        belongs_to("node", "start_node_id", closes_circle=True),
        Index(None, "organization_id", "template_id"),
    )

    #: The template whose draft or version this is; null for a campaign's clone.
    template_id: Mapped[UUID | None]
    number: Mapped[int | None]
    cloned_from_id: Mapped[UUID | None]
    start_node_id: Mapped[UUID | None]
    #: Raised by every edit: two people who edit notice each other. A published version has that of the draft it was
    #: made from, so that a draft with a higher one has changed since.
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_at: Mapped[datetime | None]


class Node(OrganizationOwned, Base):
    """A step of a funnel. `config` belongs to its kind (`funnels/kinds`)."""

    __tablename__ = "node"
    __table_args__ = (
        belongs_to("graph", "graph_id"),
        belongs_to("content", "content_id"),
        UniqueConstraint("organization_id", "graph_id", "key"),
        Index(None, "organization_id", "content_id"),
    )

    graph_id: Mapped[UUID]
    #: Unique within the graph and kept by clones: settings and files name other steps by it.
    key: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(default=0)
    #: What a sending step says: the graph's own copy (`content.graph_id`).
    content_id: Mapped[UUID | None]
    #: The node this one was cloned from.
    origin_id: Mapped[UUID | None]


class Edge(OrganizationOwned, Base):
    """The way out of a node, by branch (`next`, `yes`, `no`, `a`, `b`, `timeout`, `failed`)."""

    __tablename__ = "edge"
    __table_args__ = (
        belongs_to("graph", "graph_id"),
        belongs_to("node", "source_id"),
        belongs_to("node", "target_id"),
        UniqueConstraint("organization_id", "source_id", "branch"),
        Index(None, "organization_id", "graph_id"),
    )

    graph_id: Mapped[UUID]
    source_id: Mapped[UUID]
    branch: Mapped[str]
    target_id: Mapped[UUID]


class NodeTurn(OrganizationScoped, Base):
    """How many people a step that gives them out in turn has given out so far."""

    __tablename__ = "node_turn"
    __table_args__ = (belongs_to("node", "node_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class SplitTrial(OrganizationScoped, Base):
    """A split that looks for the better way: how many it was tried on so far, and which way won."""

    __tablename__ = "split_trial"
    __table_args__ = (belongs_to("node", "node_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When the last of those it is tried on came.
    full_at: Mapped[datetime | None]
    #: The branch, and what was counted when it won: `{"a": [people, answers], ...}`.
    winner: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any] | None]
