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


def account_connected(user: User, label: str, theirs: str) -> None:
    """A warning in case it was somebody else."""
    _keep(
        user.email,
        f"{label} signs you in to Loumass from now on",
        [
            f"Hello {user.name},",
            f"the account {theirs or 'that was chosen'} at {label} signs you in to Loumass from now on.",
        ],
        link=(links.absolute(url_for("account.security")), "Look at it"),
        footer="Was it not you? Then take it off there, and set a new password at once.",
    )


def second_factor_changed(user: User, *, is_on: bool) -> None:
    """A warning in case it was somebody else."""
    _keep(
        user.email,
        f"Your second factor for Loumass is {'on' if is_on else 'off'}",
        [
            f"Hello {user.name},",
            "from now on you sign in with your password and a code."
            if is_on
            else "your password alone signs you in from now on.",
        ],
        link=(links.absolute(url_for("account.security")), "Look at it"),
        footer="Was it you? Then there is nothing to do. If not, set a new password at once.",
    )


def recovery_code_used(user: User, left: int) -> None:
    """A warning, and how many are left."""
    _keep(
        user.email,
        "A recovery code of yours was used at Loumass",
        [
            f"Hello {user.name},",
            f"somebody signed in with your password and a recovery code. {left} are left.",
        ],
        link=(links.absolute(url_for("account.security")), "Look at it"),
        footer="Was it not you? Then set a new password and make new codes at once.",
    )


def deletion_asked(to: User, organization: Organization, who: str, day: str) -> None:
    """To every admin: when everything goes, and how to undo that."""
    _keep(
        to.email,
        f"{organization.name} will be deleted on {day}",
        [
            f"Hello {to.name},",
            f"{who} asked to delete {organization.name} with everything in it: people, messages, campaigns and files. "
            f"That happens on {day}. Until then any admin can undo it.",
        ],
        link=(links.absolute(url_for("account.organization")), "Look at it"),
        footer="After that day nobody can bring it back.",
    )


def deletion_undone(to: User, organization: Organization, who: str) -> None:
    """To every admin."""
    _keep(
        to.email,
        f"{organization.name} stays",
        [f"Hello {to.name},", f"{who} took the deletion of {organization.name} back. Nothing was deleted."],
        link=(links.absolute(url_for("account.organization")), "Open it"),
        footer="There is nothing to do.",
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
