"""E-mail addresses of people who sign in."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from loumass.core.errors import Refused


def normal(address: str) -> str:
    """`address` as it is kept and written to. Raises Refused with what is wrong."""
    try:
        return validate_email(address.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as problem:
        raise Refused(str(problem)) from problem


def key(address: str) -> str:
    """`address` as it is compared: "Ada@Acme.example" and "ada@acme.example" are one person."""
    return address.strip().lower()
