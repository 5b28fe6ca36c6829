"""Templates as CSV files: download one, upload one."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get, get_or_404
from loumass.funnels import models
from loumass.funnels.csv_format import LARGEST_FILE, LineProblem, UnreadableTemplate, file_name, read, written
from loumass.funnels.exchange import written_template
from loumass.funnels.pages import pages
from loumass.funnels.seeds import add_written


@pages.get("/templates/<uuid:template_id>/file.csv")
@requires("templates.read")
def download(template_id: UUID) -> ResponseReturnValue:
    """The draft, or with ``?version=<id>`` a published version, as a CSV file (UTF-8 with byte order mark)."""
    return template_file(get_or_404(models.Template, template_id), request.args.get("version", type=UUID))


def template_file(template: models.Template, version_id: UUID | None) -> Response:
    """The file of the draft, or of a published version. Raises NotFound."""
    graph_id = version_id or template.draft_graph_id
    graph = get(models.Graph, graph_id)
    if graph is None or graph.template_id != template.id:
        raise NotFound
    lines = written(written_template(template, graph_id))
    audit("template.exported", "template", template.id)
    db().commit()
    name = file_name(template.name)
    answer = Response("\ufeff" + lines, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@pages.get("/templates/import")
@requires("templates.write")
def upload() -> ResponseReturnValue:
    """The form for a file."""
    return render_template("funnels/import.html", problems=())


@pages.post("/templates/import")
@requires("templates.write")
def take() -> ResponseReturnValue:
    """Make a template of the file. One that is wrong is refused whole, with every wrong line named."""
    try:
        template = add_written(read(_uploaded_text()), author_id=g.user.id)
    except UnreadableTemplate as refusal:
        return render_template("funnels/import.html", problems=refusal.problems), 422
    except Refused as refusal:
        return render_template("funnels/import.html", problems=[LineProblem(0, refusal.sentence)]), 422
    db().commit()
    flash(f"{template.name} is here as a draft. Look through it, then publish it.", "done")
    return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))


def _uploaded_text() -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UnreadableTemplate([LineProblem(0, "Choose the CSV file of a template first.")])
    return decoded(file.stream.read(LARGEST_FILE + 1))


def decoded(content: bytes) -> str:
    """The text of a file. Raises UnreadableTemplate."""
    if len(content) > LARGEST_FILE:
        raise UnreadableTemplate([LineProblem(0, "The file is larger than 5 MB, too large for a template.")])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        sentence = "The file is not UTF-8. In the spreadsheet choose “CSV UTF-8” when you save it, then upload it again."
        raise UnreadableTemplate([LineProblem(0, sentence)]) from None
