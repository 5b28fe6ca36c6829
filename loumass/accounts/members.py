"""Who belongs to an organization, as what."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from loumass.accounts.models import Invitation, Membership, Organization, User
from loumass.accounts.permissions import sees_everything
from loumass.accounts.service import audit, audit_change
from loumass.core import live
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id

#: Whom work can be given to.
WORKING_ROLES = ("admin", "member")


def members(cursor: str | None = None, size: int = PAGE_SIZE) -> Page[tuple[Membership, User]]:
    """(Membership, User) pairs of the current organization by name."""
    statement = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id == current_organization_id())
    )
    found = page(statement, [User.name, User.id], cursor, size=size)
    return Page([(row[0], row[1]) for row in found.items], found.before, found.after)


def working_members() -> list[tuple[UUID, str]]:
    """(id, name) of whoever work can be given to, by name."""
    found = (
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id(), Membership.role.in_(WORKING_ROLES))
    )
    return [(row.id, row.name) for row in db().execute(found.order_by(User.name, User.id))]


def sees_only_own(user_id: UUID | None) -> bool:
    """Whether somebody sees only their own in the current organization; also whoever is no member any more."""
    house = db().get(Organization, current_organization_id())
    if user_id is None or house is None or not house.shows_only_own:
        return False
    place = db().get(Membership, (house.id, user_id))
    return place is None or not sees_everything(place, house)


def member_or_404(user_id: UUID) -> tuple[Membership, User]:
    """Somebody of the current organization. Raises NotFound."""
    found = (
        db()
        .execute(
            select(Membership, User)
            .join(User, User.id == Membership.user_id)
            .where(Membership.organization_id == current_organization_id(), Membership.user_id == user_id)
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound
    membership, user = found
    return membership, user


def change_role(user_id: UUID, role: str) -> None:
    """Gives a member another role. Raises NotFound, or Conflict for the only admin."""
    membership = _locked(user_id, keeps_admin=role == "admin")
    if membership.role != role:
        audit("member.role_changed", "user", user_id, before=membership.role, after=role)
        membership.role = role
        live.end_streams([user_id])
        if role != "admin":
            _withdraw_invitations_of(user_id)


def let_see(user_id: UUID, *, everything: bool) -> None:
    """Whether a member sees what belongs to others where members see only their own. Raises NotFound."""
    membership, _ = member_or_404(user_id)
    if audit_change(
        "member.sight_changed",
        {"sees everything": membership.sees_everything},
        {"sees everything": everything},
        "user",
        user_id,
    ):
        membership.sees_everything = everything
        live.end_streams([user_id])


def remove(user_id: UUID) -> None:
    """Ends a membership; what the person wrote stays. Raises NotFound, or Conflict for the only admin."""
    membership = _locked(user_id, keeps_admin=False)
    audit("member.removed", "user", user_id, role=membership.role)
    live.end_streams([user_id])
    db().execute(
        delete(Membership).where(
            Membership.organization_id == current_organization_id(), Membership.user_id == user_id
        )
    )
    _withdraw_invitations_of(user_id)


def _withdraw_invitations_of(user_id: UUID) -> None:
    """Whoever may no longer invite leaves no open door behind."""
    withdrawn = db().scalars(
        delete(Invitation)
        .where(Invitation.organization_id == current_organization_id(), Invitation.invited_by_id == user_id)
        .returning(Invitation.id)
    )
    for invitation_id in withdrawn.all():
        audit("invitation.withdrawn", "invitation", invitation_id)


def organizations_of(user_id: UUID) -> list[tuple[Organization, str]]:
    """(organization, role) of everything that a person belongs to, in the order of joining.

    Needs a session of that person (`acting_for(..., user_id)` or `globally(user_id)`).
    """
    rows = db().execute(
        select(Organization, Membership.role)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.created_at, Organization.id)
    )
    return [(organization, role) for organization, role in rows]


def _locked(user_id: UUID, *, keeps_admin: bool) -> Membership:
    """The membership, with all admins locked in one order: two admins cannot remove each other at once."""
    rows = (
        db()
        .scalars(
            select(Membership)
            .where(
                Membership.organization_id == current_organization_id(),
                (Membership.role == "admin") | (Membership.user_id == user_id),
            )
            .order_by(Membership.user_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .all()
    )
    found = next((row for row in rows if row.user_id == user_id), None)
    if found is None:
        raise NotFound
    if found.role == "admin" and not keeps_admin and sum(row.role == "admin" for row in rows) == 1:
        raise Conflict("This is the only admin. Make somebody else admin first; nothing was changed.")
    return found
