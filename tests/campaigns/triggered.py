"""Triggers for the tests, in a few words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from loumass.campaigns.models import Enrollment
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers.switching import Wanted, add
from loumass.contacts import bulk, telling
from loumass.contacts.models import Contact
from tests.campaigns.cast import Run
from tests.world import Tenant


def when(run: Run, kind: str, *, repeats: str = "once", pause: int = 0, **settings: Any) -> UUID:
    """A trigger of the campaign, switched on; its id."""
    with run.tenant.acting() as session:
        trigger = add(run.id, Wanted(kind, settings, repeats, pause), None)
        session.commit()
    run.tenant.world.work()
    return trigger.id


def the(run: Run, trigger_id: UUID) -> Trigger:
    """The trigger as it is."""
    with run.tenant.acting() as session:
        return session.get_one(Trigger, (run.tenant.id, trigger_id))


def tagged(tenant: Tenant, tags: str, *contacts: Contact) -> None:
    """They get the tags, as by the page of contacts; all that follows is done."""
    with tenant.acting() as session:
        bulk.tag([one.id for one in contacts], tags)
        session.commit()
    tenant.world.work()


def changed(tenant: Tenant, contact: Contact, *, fields: dict[str, Any] | None = None, **values: Any) -> None:
    """The contact's values are others now, as by its page; all that follows is done."""
    with tenant.acting() as session:
        row = session.get_one(Contact, (tenant.id, contact.id))
        before = telling.values_of(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.fields = {**row.fields, **(fields or {})}
        telling.tell_changed(row, before)
        session.commit()
    tenant.world.work()


def inside(run: Run) -> list[str]:
    """The first names of who ever came in, oldest first."""
    is_theirs = (Enrollment.organization_id == Contact.organization_id) & (
        Enrollment.contact_id == Contact.id
    )
    with run.tenant.acting() as session:
        return list(
            session.scalars(
                select(Contact.first_name)
                .join(Enrollment, is_theirs)
                .where(Enrollment.campaign_id == run.id)
                .order_by(Enrollment.enrolled_at, Contact.first_name)
            )
        )
