"""What the pages of accounts ask for."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from loumass.accounts import addresses
from loumass.accounts.models import ROLES
from loumass.accounts.passwords import MINIMUM_LENGTH, why_weak
from loumass.accounts.place_choices import KeptOptions, country_choices, zone_choices
from loumass.core.errors import Refused

ROLE_NAMES = {"admin": "Admin", "member": "Member", "agent": "Agent", "viewer": "Viewer"}
ROLE_HINTS = {
    "admin": "Everything, with people, channels and settings",
    "member": "Imports people, builds and launches campaigns, answers",
    "agent": "Answers in the inbox and keeps contacts up to date",
    "viewer": "Looks at campaigns and figures, changes nothing",
}
PASSWORD_HINT = f"{MINIMUM_LENGTH} characters or more. A few words are easy to keep in mind."


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def an_address(_form: FlaskForm, field: EmailField) -> None:
    """Refuses what is no e-mail address, and normalises what is."""
    try:
        field.data = addresses.normal(field.data or "")
    except Refused as problem:
        raise ValidationError(problem.sentence) from problem


def one_line(_form: FlaskForm, field: StringField) -> None:
    """Refuses line breaks and control characters: names go into mail headers."""
    if any(ord(character) < 32 or ord(character) == 127 for character in field.data or ""):
        raise ValidationError("Use one line without control characters.")


def name_field(label: str, question: str) -> StringField:
    """A name on one line."""
    return StringField(label, [DataRequired(question), Length(max=120), one_line], filters=[_stripped])


class FounderMixin:
    """Who founds what. Stands first: problems are listed in the order of the page."""

    name = name_field("Your name", "Enter your name; people you write to see it.")
    organization = name_field("Organization", "Enter the name of your company or team.")


class EmailMixin:
    """An e-mail address."""

    email = EmailField(
        "E-mail",
        [DataRequired("Enter your e-mail address."), Length(max=254), an_address],
        filters=[_stripped],
        render_kw={"autocomplete": "username"},
    )


class NewPasswordMixin:
    """A password that will be kept."""

    password = PasswordField(
        "Password",
        [InputRequired("Choose a password.")],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )

    def known_facts(self) -> tuple[str, ...]:
        """What others know of the person."""
        fields: Any = self
        return tuple(fields[name].data or "" for name in ("email", "name") if name in fields)

    def validate_password(self, field: PasswordField) -> None:
        """Refuses a weak one."""
        if reason := why_weak(field.data or "", *self.known_facts()):
            raise ValidationError(reason)


class SignInForm(FlaskForm):
    """E-mail and password. What is malformed is refused like what is wrong."""

    email = EmailField(
        "E-mail", [InputRequired("Enter your e-mail address.")], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        "Password", [InputRequired("Enter your password.")], render_kw={"autocomplete": "current-password"}
    )
    stays = BooleanField("Keep me signed in for 30 days")


class SignUpForm(FounderMixin, EmailMixin, NewPasswordMixin, FlaskForm):
    """A new organization and its first admin."""


class ForgottenForm(EmailMixin, FlaskForm):
    """Where to send the link."""


class NewPasswordForm(NewPasswordMixin, FlaskForm):
    """A new password, from a link."""


class JoinForm(NewPasswordMixin, FlaskForm):
    """An invited person who is new here."""

    name = name_field("Your name", "Enter your name; people you write to see it.")


class JoinKnownForm(FlaskForm):
    """An invited person who has an account."""

    password = PasswordField(
        "Password", [InputRequired("Enter your password.")], render_kw={"autocomplete": "current-password"}
    )


class InvitationForm(EmailMixin, FlaskForm):
    """Whom to invite, as what."""

    role = RadioField(
        "Role", choices=[SelectChoice(role, ROLE_NAMES[role]) for role in ROLES], default="member"
    )


class RoleForm(FlaskForm):
    """A member's new role."""

    role = SelectField("Role", choices=[SelectChoice(role, ROLE_NAMES[role]) for role in ROLES])


class ProfileForm(FlaskForm):
    """What a person says of themselves."""

    name = name_field("Name", "Enter your name; people you write to see it.")
    phone = TelField("Phone", [Optional(), Length(max=40), one_line], filters=[_stripped])
    timezone = SelectField(
        "Time zone",
        choices=[],
        widget=KeptOptions(),
        description="For times that are yours, not the organization's.",
    )
    signature = TextAreaField(
        "Signature",
        [Optional(), Length(max=2_000)],
        description="Stands where an e-mail says {{sender.signature}}",
    )

    def __init__(self, *given: Any, **also: Any) -> None:
        super().__init__(*given, **also)
        self.timezone.choices = [SelectChoice("", "The organization's"), *zone_choices()]


class AddressForm(EmailMixin, FlaskForm):
    """A new address to sign in with."""

    current = PasswordField(
        "Your password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class PasswordForm(NewPasswordMixin, FlaskForm):
    """A new password of somebody who is signed in."""

    current = PasswordField(
        "Current password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class OwnPasswordForm(FlaskForm):
    """The password of whoever is signed in, before what matters."""

    current = PasswordField(
        "Your password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(FlaskForm):
    """A code of an authenticator, or a recovery code."""

    code = StringField(
        "Code",
        [InputRequired("Enter the code."), Length(max=40)],
        filters=[_stripped],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "off"},
    )


class TrustForm(FlaskForm):
    """Who sees what, and how people sign in."""

    shows_only_own = BooleanField(
        "Members see only their own",
        description="Members, agents and viewers see the campaigns, contacts and conversations that are theirs. Admins see everything, and so does whoever you let.",
    )
    needs_second_factor = BooleanField(
        "Everybody needs a second factor",
        description="Whoever has none sets one up before they see anything else.",
    )


class DeletionForm(FlaskForm):
    """Deleting an organization: its name, and the password of whoever asks."""

    name = StringField("Name of the organization", [InputRequired("Enter the name of the organization.")])
    current = PasswordField(
        "Your password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class OrganizationForm(FlaskForm):
    """What holds for everybody in it."""

    name = name_field("Name", "Enter the name of your company or team.")
    timezone = SelectField(
        "Time zone", choices=[], widget=KeptOptions(), description="Pages and reports speak in it."
    )
    country = SelectField(
        "Country",
        choices=[],
        widget=KeptOptions(),
        description="Phone numbers without a country code belong there.",
    )
    postal_address = TextAreaField(
        "Postal address",
        [Optional(), Length(max=500)],
        filters=[_stripped],
        description="Street, town and postcode. Stands below your name in every campaign e-mail; the law asks for it (CAN-SPAM).",
    )

    def __init__(self, *given: Any, **also: Any) -> None:
        super().__init__(*given, **also)
        self.timezone.choices = [*zone_choices()]
        self.country.choices = [*country_choices()]
