"""Who may and sees what, exports of the organization, and its deletion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response, g

from loumass.accounts import deleting, exporting, limits, members
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import MemberOut, OrganizationOut, Password
from loumass.accounts.api.oneself import refuse_wrong, ring_mail_afterwards
from loumass.accounts.forms import ROLE_HINTS, ROLE_NAMES
from loumass.accounts.guards import requires
from loumass.accounts.jobs import export_organization, remove_organization
from loumass.accounts.pages import letters
from loumass.accounts.pages.deleting import tell_admins
from loumass.accounts.pages.exporting import archive
from loumass.accounts.permissions import PERMISSIONS, WORDS
from loumass.accounts.service import audit_change
from loumass.core import live
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import ListOut, RowModel, listed
from loumass.core.database import db
from loumass.core.errors import Refused


class TrustModel(RowModel):
    """Whether members see only their own, and whether everybody needs a second factor."""

    shows_only_own: bool
    needs_second_factor: bool


class SightBody(ApiModel):
    """Whether somebody sees what belongs to others, where members see only their own."""

    sees_everything: bool


class RoleOut(ApiModel):
    """A role, what it is in a sentence, and its permissions."""

    role: str
    name: str
    words: str
    permissions: list[str]


class RolesOut(ApiModel):
    """Every role, and what each permission allows."""

    roles: list[RoleOut]
    permissions: dict[str, str]


class ExportOut(RowModel):
    """Everything of the organization in one archive. `state`: running, done, failed or gone."""

    id: UUID
    state: str
    row_count: int
    size: int
    problem: str
    created_at: datetime
    finished_at: datetime | None
    ends_at: datetime | None


class DeletionBody(ApiModel):
    """The organization's name as it is written, and the password of whoever asks."""

    name: str
    current: Password


class DeletionOut(ApiModel):
    """When everything goes; null where nothing is to be deleted."""

    deleted_from: datetime | None


@endpoint(api, "GET", "/roles", answers=RolesOut)
@requires("dashboard.read")
def list_roles() -> RolesOut:
    """What each role may do: what the guards go by."""
    roles = [
        RoleOut(role=role, name=ROLE_NAMES[role], words=ROLE_HINTS[role], permissions=sorted(granted))
        for role, granted in PERMISSIONS.items()
    ]
    return RolesOut(
        roles=roles, permissions={one: words for named in WORDS.values() for one, words in named.items()}
    )


@endpoint(api, "PUT", "/members/<uuid:user_id>/sight", takes=SightBody, answers=MemberOut)
@requires("team.manage")
def change_sight(user_id: UUID, body: SightBody) -> MemberOut:
    """Let somebody see what belongs to others, or only their own."""
    members.let_see(user_id, everything=body.sees_everything)
    return MemberOut.of(members.member_or_404(user_id))


@endpoint(api, "GET", "/organization/trust", answers=TrustModel)
@requires("organization.manage")
def read_trust() -> TrustModel:
    """Who sees what, and how people sign in."""
    return TrustModel.of(g.organization)


@endpoint(api, "PUT", "/organization/trust", takes=TrustModel, answers=TrustModel)
@requires("organization.manage")
def change_trust(body: TrustModel) -> TrustModel:
    """Change it. It holds from now on, also for those who are signed in."""
    if body.needs_second_factor and g.user.second_factor_since is None:
        raise Refused("Set up your own second factor first. Nothing was changed.")
    settings = body.model_dump()
    before = {name: getattr(g.organization, name) for name in settings}
    for name, value in settings.items():
        setattr(g.organization, name, value)
    if audit_change("organization.trust_changed", before, settings):
        live.end_streams()
    return body


@endpoint(api, "GET", "/organization/exports", answers=ListOut[ExportOut])
@requires("organization.export")
def list_exports() -> ListOut[ExportOut]:
    """Exports of lately, the newest first."""
    return listed(exporting.latest(), ExportOut.of)


@endpoint(api, "POST", "/organization/exports", answers=ExportOut, status=201)
@requires("organization.export")
def ask_for_export() -> ExportOut:
    """Have everything written into one archive. Its link comes by mail as well."""
    export = exporting.begin(g.user.id)
    export_organization.later(str(export.id))
    db().flush()
    return ExportOut.of(export)


@endpoint(api, "GET", "/organization/exports/<uuid:export_id>/archive.zip", gives="application/zip")
@requires("organization.export")
def download_export(export_id: UUID) -> Response:
    """The archive, until its time is over."""
    return archive(export_id)


@endpoint(api, "GET", "/organization/deletion", answers=DeletionOut)
@requires("organization.delete")
def read_deletion() -> DeletionOut:
    """Whether the organization is to be deleted, and when."""
    return DeletionOut(deleted_from=g.organization.deleted_from)


@endpoint(api, "POST", "/organization/deletion", takes=DeletionBody, answers=DeletionOut, around=limits.tries)
@requires("organization.delete")
def delete_organization(body: DeletionBody) -> DeletionOut:
    """Everything goes in 14 days; all admins are told, and any of them can undo it until then."""
    if body.name.strip() != g.organization.name:
        raise Refused(f"Send {g.organization.name} as `name`, as it is written here. Nothing was changed.")
    refuse_wrong(body.current)
    deleting.ask(g.organization, g.user.id)
    remove_organization.later(at=g.organization.deleted_from)
    tell_admins()
    ring_mail_afterwards()
    return DeletionOut(deleted_from=g.organization.deleted_from)


@endpoint(api, "DELETE", "/organization/deletion", answers=OrganizationOut)
@requires("organization.delete")
def undo_deletion() -> OrganizationOut:
    """It stays; nothing is changed where it was not to be deleted."""
    if g.organization.deleted_from is None:
        return OrganizationOut.of(g.organization)
    deleting.undo(g.organization)
    for admin in deleting.admins():
        letters.deletion_undone(admin, g.organization, g.user.name)
    ring_mail_afterwards()
    return OrganizationOut.of(g.organization)
