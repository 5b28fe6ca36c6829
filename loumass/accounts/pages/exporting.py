"""The organization as one archive."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import exporting
from loumass.accounts.guards import requires
from loumass.accounts.jobs import export_organization
from loumass.accounts.models import OrganizationExport
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.service import audit
from loumass.core import clock, storage
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404


@pages.get("/organization/exports")
@requires("organization.export")
def exports() -> ResponseReturnValue:
    """Those of lately, and how to ask for one."""
    return render_template("accounts/exports.html", exports=exporting.latest())


@pages.post("/organization/exports")
@requires("organization.export")
def ask_for_export() -> ResponseReturnValue:
    """Rings the job that writes it."""
    export = exporting.begin(g.user.id)
    export_organization.later(str(export.id))
    db().commit()
    flash("The export is being written. Its link comes by mail; you may leave this page.", "done")
    return redirect(url_for("account.exports"), 303)


@pages.get("/organization/exports/<uuid:export_id>/archive.zip")
@requires("organization.export")
def download_export(export_id: UUID) -> ResponseReturnValue:
    """The archive, piece by piece, until its time is over."""
    return archive(export_id)


def archive(export_id: UUID) -> Response:
    """The answer with the archive; that it was taken is noted. Raises NotFound once its time is over."""
    export = get_or_404(OrganizationExport, export_id)
    if export.state != "done" or export.ends_at is None or export.ends_at <= clock.now():
        raise NotFound("This export is not there any more. Ask for a new one.")
    audit("organization.exported", "organization_export", export.id)
    db().commit()
    name = f"organization-{g.organization.number}-{export.created_at:%Y-%m-%d}.zip"
    return Response(
        storage.chunks(export.file_key),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(export.size)},
    )
