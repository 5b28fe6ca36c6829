"""What an organization's plan allows. The operator sets it (`flask plan`); without one everything is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Plan:
    """Its name, and how many people, e-mails in a month and running campaigns it allows; None for as many as one likes."""

    name: str = ""
    contacts: int | None = None
    emails: int | None = None
    workflows: int | None = None


def plan_now() -> Plan:
    """The current organization's."""
    found = select(
        Organization.plan,
        Organization.contacts_limit,
        Organization.emails_limit,
        Organization.workflows_limit,
    )
    row = db().execute(found.where(Organization.id == current_organization_id())).one()
    return Plan(row.plan, row.contacts_limit, row.emails_limit, row.workflows_limit)


def change_plan(organization: Organization, plan: Plan) -> None:
    """Take it from now on."""
    organization.plan = plan.name
    organization.contacts_limit = plan.contacts
    organization.emails_limit = plan.emails
    organization.workflows_limit = plan.workflows
