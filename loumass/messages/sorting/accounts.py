"""The organization's own judge of answers: connected, tried, disconnected. Every change is audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, or_, select

from loumass.accounts.service import audit
from loumass.core import clock, secrets
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.messages.sorting.models import SorterAccount
from loumass.providers.credentials import Credentials
from loumass.providers.errors import Disconnected, ProviderError, Throttled
from loumass.providers.own_service.client import OwnService
from loumass.providers.sorting import Sorter
from loumass.providers.world import context

#: Who can judge, by kind. A new vendor is one folder and one line here.
SORTERS: dict[str, type[Sorter]] = {sorter.kind: sorter for sorter in (OwnService,)}
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying credentials brought, as a sentence."""

    is_well: bool
    sentence: str


def account(*, lock: bool = False) -> SorterAccount | None:
    """The organization's account, if it has one."""
    wanted = select(SorterAccount).order_by(SorterAccount.created_at, SorterAccount.id).limit(1)
    return db().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def is_asked() -> bool:
    """Whether somebody else judges at the moment. One that failed rests, and ours judges alone meanwhile."""
    rested = or_(SorterAccount.resting_until.is_(None), SorterAccount.resting_until <= clock.now())
    asked = exists().where(
        SorterAccount.organization_id == current_organization_id(), SorterAccount.state == "active", rested
    )
    return bool(db().scalar(select(asked)))


def open_sorter(found: SorterAccount) -> Sorter:
    """The account's vendor, ready to judge. Raises Disconnected when its credentials cannot be read."""
    sorter = SORTERS.get(found.provider)
    if sorter is None:
        raise Disconnected(f"This installation has no judge called {found.provider}.")
    return sorter(credentials_of(found), context())


def credentials_of(found: SorterAccount) -> Credentials:
    """The account's credentials in clear. Raises Disconnected when they cannot be unsealed."""
    if not found.sealed_credentials:
        raise Disconnected("The key was taken away. Enter it again.")
    try:
        plain = secrets.unseal(found.sealed_credentials, _bound_to(found))
        return SORTERS[found.provider].Credentials.model_validate_json(plain)
    except (secrets.Unsealable, ValueError, KeyError) as problem:
        raise Disconnected("The stored key cannot be read. Enter it again.") from problem


def attempt(sorter: type[Sorter], credentials: Credentials) -> Tried:
    """Ask it about an answer that nobody wrote. Touches the network: call outside any transaction."""
    try:
        with sorter(credentials, context()) as opened:
            return Tried(True, opened.check())
    except ProviderError as problem:
        return Tried(False, problem.reason)


def connect(sorter: type[Sorter], credentials: Credentials, tried: Tried) -> SorterAccount:
    """Keep the credentials, new or in the place of older ones, and what trying them brought."""
    found = account(lock=True)
    is_new = found is None
    if found is None:
        found = SorterAccount(id=uuid7(), provider=sorter.kind, sealed_credentials=b"")
        found.organization_id = current_organization_id()
        db().add(found)
    found.provider = sorter.kind
    found.sealed_credentials = secrets.seal(credentials.to_json(), _bound_to(found))
    _take(found, tried)
    db().flush()
    audit(
        "sorter.connected" if is_new else "sorter.reconnected",
        "sorter_account",
        found.id,
        is_well=tried.is_well,
    )
    return found


def note_check(found: SorterAccount, tried: Tried) -> None:
    """What trying the account brought."""
    _take(found, tried)
    audit("sorter.tested", "sorter_account", found.id, is_well=tried.is_well)


def disconnect(found: SorterAccount, by: str) -> None:
    """Forget the key: our own judge goes on alone."""
    found.sealed_credentials = b""
    found.state, found.state_reason = "disconnected", f"Disconnected by {by}."
    audit("sorter.disconnected", "sorter_account", found.id)


def note_answer(problem: ProviderError | None) -> None:
    """What asking said of the account as a whole: well, a pause, or a matter for a person."""
    found = account(lock=True)
    if found is None or found.state != "active":
        return
    if problem is None:
        found.failures_in_a_row, found.resting_until = 0, None
    elif isinstance(problem, Disconnected):
        found.state, found.state_reason = "disconnected", problem.reason
    else:
        found.failures_in_a_row += 1
        pause = min(_FIRST_PAUSE * 2 ** min(found.failures_in_a_row - 1, 6), _LONGEST_PAUSE)
        pause = max(pause, problem.retry_after) if isinstance(problem, Throttled) else pause
        found.resting_until, found.state_reason = clock.now() + pause, problem.reason


def _take(found: SorterAccount, tried: Tried) -> None:
    found.checked_at, found.failures_in_a_row, found.resting_until = clock.now(), 0, None
    found.state, found.state_reason = ("active", "") if tried.is_well else ("disconnected", tried.sentence)


def _bound_to(found: SorterAccount) -> bytes:
    return secrets.associated_data("sorter_account.sealed_credentials", found.organization_id, found.id)
