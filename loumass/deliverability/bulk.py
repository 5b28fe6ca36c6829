"""From how many recipients on a campaign counts as bulk mail: what the installation says."""

from __future__ import annotations

#: Gmail's number: about so many messages to personal accounts within a day.
USUAL = 5_000
_recipients = USUAL


def use(recipients: int) -> None:
    """Take `recipients` for this process."""
    global _recipients  # noqa: PLW0603  one installation, one number
    _recipients = recipients


def recipients() -> int:
    """From so many people on the rules for bulk mail are asked for before a campaign starts."""
    return _recipients
