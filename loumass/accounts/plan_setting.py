"""The operator says what an organization's plan allows."""

from __future__ import annotations

from sqlalchemy import select

from loumass.accounts.handing_down import HOURS
from loumass.accounts.models import Organization
from loumass.accounts.plans import Plan, change_plan
from loumass.accounts.service import audit
from loumass.core.tenancy import acting_for, globally


def set_plan(number: int, plan: Plan) -> str | None:
    """Change the plan of the organization with this number, in a transaction of its own; its name, None where there is none.

    What waits because of the plan before is looked at again.
    """
    with globally() as session:
        organization_id = session.scalar(select(Organization.id).where(Organization.number == number))
    if organization_id is None:
        return None
    with acting_for(organization_id) as session:
        organization = session.get_one(Organization, organization_id)
        change_plan(organization, plan)
        allowed = {"people": plan.contacts, "emails": plan.emails, "campaigns": plan.workflows}
        audit("plan.changed", "organization", organization_id, **allowed)
        HOURS.changed()
        session.commit()
    return organization.name
