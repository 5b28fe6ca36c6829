"""What is asked of an application at a vendor."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from loumass.channels.forms import one_line
from loumass.channels.models import VendorClient
from loumass.providers.oauth import Client

_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ClientForm(FlaskForm):
    """Client id and secret, and what the vendor wants besides."""

    client_id = StringField(
        "Client ID", [InputRequired("The client ID is missing."), Length(max=300), one_line], render_kw=_TYPED
    )
    client_secret = PasswordField(
        "Client secret", [Length(max=300), one_line], render_kw={"autocomplete": "new-password"}
    )
    options: tuple[str, ...] = ()

    def show(self, own: VendorClient | None) -> None:
        """Fill in what is stored; the secret is never shown."""
        if own is None:
            return
        self.client_id.data = own.client_id
        self.client_secret.description = "Empty keeps the one that is stored."
        for name in self.options:
            self[name].data = own.options.get(name, "")

    def client(self) -> Client:
        """What was entered; call after validation."""
        given = {name: (self[name].data or "").strip() for name in self.options}
        secret = (self.client_secret.data or "").strip()
        return Client(client_id=(self.client_id.data or "").strip(), client_secret=secret, options=given)


class GoogleForm(ClientForm):
    """An OAuth client of a Google project."""

    topic = StringField(
        "Topic", [Optional(), Regexp(r"projects/[^/\s]+/topics/[^/\s]+$", message="Write it like projects/acme/topics/gmail.")],
        description="Without it, mail is fetched once a minute.", render_kw=_TYPED,
    )  # fmt: skip
    pusher = StringField(
        "Service account", [Optional(), Regexp(r"[^@\s]+@[^@\s]+$", message="Write its e-mail address.")],
        description="Whom the push subscription authenticates as.", render_kw=_TYPED,
    )  # fmt: skip
    options = ("topic", "pusher")


class MicrosoftForm(ClientForm):
    """An application in Microsoft Entra."""

    tenant = StringField(
        "Directory (tenant) ID", [Optional(), Regexp(r"[A-Za-z0-9.-]{1,100}$", message="Write the directory's ID or domain.")],
        description="Empty: accounts of any organization, and personal ones.", render_kw=_TYPED,
    )  # fmt: skip
    options = ("tenant",)

    def client(self) -> Client:
        """Without a tenant, everybody's."""
        entered = super().client()
        tenant = entered.options["tenant"] or "common"
        return Client(
            client_id=entered.client_id, client_secret=entered.client_secret, options={"tenant": tenant}
        )


FORMS: dict[str, type[ClientForm]] = {"google": GoogleForm, "microsoft": MicrosoftForm}
