"""Cells that no spreadsheet takes for a formula, and back again without loss."""

import re

# OWASP's list of what spreadsheets evaluate, with the full-width forms some of them accept.
_LEADS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_LEADS}]")
_NEUTRALISED = re.compile(f"'+[{_LEADS}]")


def neutralised(cell: str) -> str:
    """``cell`` with an apostrophe before it when a spreadsheet might evaluate it."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def restored(cell: str) -> str:
    """What ``neutralised`` was given. Cells that it leaves alone come back as they are."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell
