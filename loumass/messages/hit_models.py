"""What became of a message at its receiver's: raw hits, and what they come to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.ids import uuid7
from loumass.core.tenancy import OrganizationScoped, organization_of_parents

#: `hit.link` of the picture that tells of an opening.
PIXEL = 0


class Hit(OrganizationScoped, Base):
    """Somebody, or some machine, fetched the picture or followed a link of a message. Raw: never changed. Partitioned by
    month of `happened_at`."""

    __tablename__ = "hit"
    __table_args__ = (
        Index(None, "organization_id", "message_id", "happened_at"),
        {"postgresql_partition_by": "RANGE (happened_at)"},
    )

    # No keys, as `event`: its token was signed by us, and every key costs every hit.
    organization_id: Mapped[UUID] = organization_of_parents()
    happened_at: Mapped[datetime] = mapped_column(primary_key=True, default=clock.now)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, server_default=text("uuidv7()"))
    message_id: Mapped[UUID]
    #: `content_link.ref`, or PIXEL.
    link: Mapped[int] = mapped_column(BigInteger)
    is_head: Mapped[bool]
    #: It said itself that nobody looks at it yet.
    is_prefetch: Mapped[bool]
    #: Keyed hash of the address: tells two from one, and gives neither away.
    ip_hash: Mapped[bytes]
    #: Who runs that network, where it is on the list (`hit_networks.txt`); else empty.
    network: Mapped[str]
    agent: Mapped[str]


class HitCount(OrganizationScoped, Base):
    """How often one link (or the picture) of one message was fetched, by whom. Made anew from the raw hits."""

    __tablename__ = "hit_count"
    __table_args__ = (
        Index(
            None,
            "organization_id",
            "stream_id",
            "node_id",
            postgresql_where=text("stream_id IS NOT NULL"),
        ),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: The message's campaign and step, for their figures.
    stream_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    human: Mapped[int]
    machine: Mapped[int]
    unknown: Mapped[int]
    first_human_at: Mapped[datetime | None]
    last_at: Mapped[datetime]
    #: When the fact was published: once, whatever is classed otherwise later.
    told_at: Mapped[datetime | None]


class HitMark(OrganizationScoped, Base):
    """How far an organization's hits were classed."""

    __tablename__ = "hit_mark"

    classed_until: Mapped[datetime]
