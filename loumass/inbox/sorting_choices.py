"""What an organization chose for its answers: the statuses that they make, and a judge of its own. For pages and programs."""

from __future__ import annotations

from collections.abc import Mapping

from loumass.accounts.models import Organization
from loumass.accounts.service import audit_change
from loumass.core.errors import Conflict
from loumass.funnels.statuses import Status
from loumass.messages.sorting.accounts import SORTERS
from loumass.providers.credentials import Credentials
from loumass.providers.errors import Disconnected
from loumass.providers.own_service.client import OwnService
from loumass.vendors.accounts import Tried

#: The statuses that an answer can make.
MADE = tuple(str(one) for one in Status if one not in (Status.NO_ACTIVITY, Status.MESSAGED))
#: What of the organization says which.
NAMES = ("positive_status", "declined_status")
_NONE = "No service is connected. Nothing was changed."


def change_statuses(organization: Organization, chosen: Mapping[str, str]) -> None:
    """Other statuses from now on, by `NAMES`; empty: the answer leaves it as it is."""
    audit_change(
        "organization.replies_changed", {name: getattr(organization, name) for name in chosen}, chosen
    )
    for name, value in chosen.items():
        setattr(organization, name, value)


def connect_judge(credentials: Credentials) -> Tried:
    """Try the service and keep it. What was open is committed before it is asked."""
    return SORTERS.try_and_keep(OwnService, credentials)[1]


def test_judge() -> Tried:
    """Ask it about an answer that nobody wrote. What was open is committed. Raises Conflict where there is none."""
    return SORTERS.try_again(OwnService, stored_key())[1]


def disconnect_judge(by: str) -> None:
    """Forget it: answers are sorted by their words. Raises Conflict."""
    found = SORTERS.account(lock=True)
    if found is None:
        raise Conflict(_NONE)
    SORTERS.disconnect(found, by)


def stored_key() -> Credentials:
    """What the judge is asked with. Raises Conflict."""
    found = SORTERS.account()
    if found is None:
        raise Conflict(_NONE)
    try:
        return SORTERS.credentials_of(found)
    except Disconnected as problem:
        raise Conflict(f"{problem.reason} Nothing was changed.") from problem
