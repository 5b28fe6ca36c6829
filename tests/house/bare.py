"""An application with nothing but the templates and static files: what the component tests and pictures render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import Email, InputRequired, NumberRange

from loumass.core.parts import part_asked

PACKAGE = Path(__file__).resolve().parents[2] / "loumass"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class MailboxForm(FlaskForm):
    """One field of each kind; posted as it stands, two of them are wrong."""

    daily_cap = IntegerField(
        "Daily cap", [InputRequired(), NumberRange(1, 2000)], description="New mailboxes do best below 150."
    )
    reply_address = StringField(
        "Reply address",
        [InputRequired(), Email("The domain has no ending. Did you mean northgate-events.example?")],
    )
    timezone = SelectField(
        "Time zone", choices=[SelectChoice(zone, zone) for zone in ("America/Denver", "Europe/Berlin")]
    )
    script = TextAreaField("Signature")
    known = RadioField(
        "People we already know",
        [InputRequired()],
        choices=[SelectChoice("fill", "Fill in the blanks"), SelectChoice("update", "Update")],
    )
    holidays = BooleanField("Skip public holidays")
    agreed = BooleanField(
        "These people agreed", [InputRequired("Tick this to go on.")], description="Kept as proof of consent."
    )


def navigation() -> dict[str, Any]:
    """A rail with every kind of item: counted, warning, active, in the phone's tabs."""
    groups = [
        (None, [("Dashboard", "layout-dashboard", None), ("Inbox", "inbox", 12)]),
        ("Outreach", [("Campaigns", "speakerphone", None), ("Templates", "sitemap", None)]),
        (
            "People",
            [("Contacts", "users", None), ("Suppression", "ban", None), ("Imports", "file-import", None)],
        ),
        ("Sending", [("Channels", "antenna-bars-5", 2), ("In doubt", "help-circle", None)]),
    ]
    items = [
        {
            "title": title,
            "items": [
                {"label": label, "key": label.lower().replace(" ", "-"), "url": f"#{label}", "icon": icon, "count": count, "active": label == "Campaigns",
                 "warns": label == "Channels", "phone": label in ("Dashboard", "Inbox", "Campaigns", "Contacts")}
                for label, icon, count in rows
            ],
        }
        for title, rows in groups
    ]  # fmt: skip
    return {
        "organization": {"name": "Northgate Events"},
        "organizations": [{"name": "Northgate Events", "switch_url": "#", "active": True}],
        "organization_links": [{"label": "Settings", "url": "#settings", "icon": "settings"}],
        "groups": items,
        "phone": [item for group in items for item in group["items"] if item["phone"]],
        "user": {"id": 4, "name": "Maya Lindqvist"},
        "user_links": [{"label": "Profile", "url": "#profile", "icon": "user"}],
        "sign_out_url": "#out",
        "search_url": "/search",
    }


def bare_app() -> Flask:
    """The app; `/` is the style sheet, `/plain` and `/error` the other layouts."""
    app = Flask(
        "loumass_bare", template_folder=str(PACKAGE / "templates"), static_folder=str(PACKAGE / "static")
    )
    app.config.update(SECRET_KEY="bare", TESTING=True, SERVER_NAME=None)
    CSRFProtect(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(navigation=navigation, part_asked=part_asked)

    @app.get("/")
    def styleguide() -> str:
        form = MailboxForm(reply_address="maya@northgate-events", daily_cap=120, known="fill", holidays=True)
        form.reply_address.errors = ["The domain has no ending. Did you mean northgate-events.example?"]
        return render_template("styleguide/page.html", form=form)

    @app.get("/error")
    def error() -> str:
        return render_template(
            "layouts/error.html", title="This page is gone", sentence="Somebody deleted it.", reference="8f1c"
        )

    @app.after_request
    def secured(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app
