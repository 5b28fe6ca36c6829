"""The organization's own judge of answers, and what asking it says of the account."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, or_, select

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.sorting.models import SorterAccount
from loumass.providers.errors import Disconnected, ProviderError, Throttled
from loumass.providers.own_service.client import OwnService
from loumass.providers.sorting import Sorter
from loumass.vendors.accounts import Accounts

#: Who can judge. A new vendor is one folder and one more here.
SORTERS = Accounts[SorterAccount, Sorter](
    SorterAccount, [OwnService], trade="judge", audited="sorter", key="key"
)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


def is_asked() -> bool:
    """Whether somebody else judges at the moment. One that failed rests, and ours judges alone meanwhile."""
    rested = or_(SorterAccount.resting_until.is_(None), SorterAccount.resting_until <= clock.now())
    asked = exists().where(
        SorterAccount.organization_id == current_organization_id(), SorterAccount.state == "active", rested
    )
    return bool(db().scalar(select(asked)))


def note_answer(problem: ProviderError | None) -> None:
    """What asking said of the account as a whole: well, a pause, or a matter for a person."""
    found = SORTERS.account(lock=True)
    if found is None or found.state != "active":
        return
    if problem is None:
        found.failures_in_a_row, found.resting_until = 0, None
    elif isinstance(problem, Disconnected):
        SORTERS.become(found, "disconnected", problem.reason)
    else:
        found.failures_in_a_row += 1
        pause = min(_FIRST_PAUSE * 2 ** min(found.failures_in_a_row - 1, 6), _LONGEST_PAUSE)
        pause = max(pause, problem.retry_after) if isinstance(problem, Throttled) else pause
        found.resting_until, found.state_reason = clock.now() + pause, problem.reason
