"""What the installation itself writes to people."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, url_for

from loumass.accounts import mail
from loumass.accounts.models import Organization, User
from loumass.core import links


def reset(user: User, link: str, *, is_decoy: bool = False) -> None:
    """The link that sets a new password; a decoy costs the same and goes nowhere."""
    _keep(
        user.email,
        "Set a new password for Loumass",
        [
            f"Hello {user.name},",
            "somebody, probably you, asked for a new password. The link works once, for two hours.",
        ],
        link=(link, "Set a new password"),
        footer="Did you not ask for it? Then do nothing: your password stays as it is.",
        is_decoy=is_decoy,
    )


def invitation(email: str, organization: Organization, inviter: User, role: str, link: str) -> None:
    """The link that makes somebody a member."""
    _keep(
        email,
        f"{inviter.name} invites you to {organization.name}",
        [
            f"{inviter.name} ({inviter.email}) invites you to work with {organization.name} in Loumass, as {role}.",
            "The link works for 7 days.",
        ],
        link=(link, "Join"),
        footer="Do you not know the sender? Then ignore this mail.",
    )


def password_changed(user: User) -> None:
    """A warning in case it was somebody else."""
    _keep(
        user.email,
        "Your password for Loumass was changed",
        [f"Hello {user.name},", "your password was changed just now, and all other sessions have ended."],
        link=(links.absolute(url_for("accounts.forgotten")), "Set a new password"),
        footer="Was it you? Then there is nothing to do. If not, set a new password at once.",
    )


def address_changed(before: str, user: User) -> None:
    """A warning to the old address."""
    _keep(
        before,
        "Your address for Loumass was changed",
        [f"Hello {user.name},", f"from now on you sign in to Loumass with {user.email}."],
        link=(links.absolute(url_for("accounts.login")), "Open Loumass"),
        footer="Was it not you? Then write to an admin of your organization at once.",
    )


def _keep(
    to: str,
    subject: str,
    sentences: Sequence[str],
    *,
    link: tuple[str, str],
    footer: str,
    is_decoy: bool = False,
) -> None:
    """`link` is (address, what its button says)."""
    html = render_template(
        "accounts/letter.html", subject=subject, sentences=sentences, link=link, footer=footer
    )
    parts = [*sentences, link[0], footer]
    text = "\n\n".join(part for part in parts if part) + "\n"
    mail.keep(to, " ".join(subject.split()), text, html, is_decoy=is_decoy)
