"""An organization's account with a vendor of one trade: tried, kept, tried again, disconnected. Every change is audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.core import clock, secrets
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.providers.base import Vendor
from loumass.providers.credentials import Credentials
from loumass.providers.errors import Disconnected, ProviderError
from loumass.providers.world import context
from loumass.vendors.models import OwnAccount

Row = TypeVar("Row", bound=OwnAccount)
Opened = TypeVar("Opened", bound=Vendor)


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying credentials brought: a sentence for people, and what the account keeps of it where it is well."""

    is_well: bool
    sentence: str
    kept: Mapping[str, Any] = field(default_factory=dict)


class Accounts(Generic[Row, Opened]):
    """The accounts of one trade. A trade with a way of its own says so in `look` and `become`."""

    def __init__(
        self, model: type[Row], vendors: Sequence[type[Opened]], *, trade: str, audited: str, key: str
    ) -> None:
        """`trade` is what people call such a vendor, `key` what they enter; actions are audited under `audited`."""
        self._model, self._trade, self._key = model, trade, key
        self.audited = audited
        #: Who there is, by kind.
        self.vendors: Mapping[str, type[Opened]] = {one.kind: one for one in vendors}

    def account(self, *, lock: bool = False) -> Row | None:
        """The organization's account, if it has one."""
        wanted = select(self._model).order_by(self._model.created_at, self._model.id).limit(1)
        return db().scalars(wanted.with_for_update() if lock else wanted).one_or_none()

    def open(self, found: Row) -> Opened:
        """The account's vendor, ready to be asked. Raises Disconnected when its credentials cannot be read."""
        vendor = self.vendors.get(found.provider)
        if vendor is None:
            raise Disconnected(f"This installation has no {self._trade} of the kind {found.provider}.")
        return vendor(self.credentials_of(found), context())

    def credentials_of(self, found: Row) -> Credentials:
        """The account's credentials in clear. Raises Disconnected when they cannot be unsealed."""
        if not found.sealed_credentials:
            raise Disconnected(f"The {self._key} was taken away. Enter it again.")
        try:
            plain = secrets.unseal(found.sealed_credentials, _bound_to(found))
            return self.vendors[found.provider].Credentials.model_validate_json(plain)
        except (secrets.Unsealable, ValueError, KeyError) as problem:
            raise Disconnected(f"The stored {self._key} cannot be read. Enter it again.") from problem

    def readable_credentials(self, found: Row | None) -> Credentials | None:
        """The same, or None where there are none that can be read."""
        try:
            return self.credentials_of(found) if found else None
        except Disconnected:
            return None

    def try_and_keep(self, vendor: type[Opened], credentials: Credentials) -> tuple[Row, Tried]:
        """Try credentials and keep them, also where that failed. What was open until now is committed; the rest is not."""
        tried = self.attempt(vendor, credentials)
        return self.connect(vendor, credentials, tried), tried

    def try_again(self, vendor: type[Opened], credentials: Credentials) -> tuple[Row | None, Tried]:
        """Try what is stored, and note how it went, unless the account has gone meanwhile. Commits as `try_and_keep`."""
        tried = self.attempt(vendor, credentials)
        if (current := self.account(lock=True)) is not None:
            self._take(current, tried)
            audit(f"{self.audited}.tested", current.__tablename__, current.id, is_well=tried.is_well)
        return current, tried

    def attempt(self, vendor: type[Opened], credentials: Credentials) -> Tried:
        """How `credentials` fare at the vendor, who is asked with no transaction open: what was open is committed."""
        db().commit()
        try:
            with vendor(credentials, context()) as opened:
                return self.look(opened)
        except ProviderError as problem:
            return Tried(False, problem.reason)

    def look(self, opened: Opened) -> Tried:
        """What there is to see of an account that works. Raises ProviderError."""
        return Tried(True, opened.check())

    def connect(self, vendor: type[Opened], credentials: Credentials, tried: Tried) -> Row:
        """Keep the credentials, new or in the place of older ones, and what trying them brought."""
        found = self.account(lock=True)
        what = "connected" if found is None else "reconnected"
        if found is None:
            found = self._model(id=uuid7(), organization_id=current_organization_id())
            db().add(found)
        found.provider = vendor.kind
        found.sealed_credentials = secrets.seal(credentials.to_json(), _bound_to(found))
        self._take(found, tried)
        db().flush()
        audit(f"{self.audited}.{what}", found.__tablename__, found.id, is_well=tried.is_well)
        return found

    def disconnect(self, found: Row, by: str) -> None:
        """Forget the key."""
        found.sealed_credentials = b""
        self.become(found, "disconnected", f"Disconnected by {by}.")
        audit(f"{self.audited}.disconnected", found.__tablename__, found.id)

    def become(self, found: Row, state: str, reason: str) -> None:
        """Work, or not and why."""
        found.state, found.state_reason = state, reason

    def _take(self, found: Row, tried: Tried) -> None:
        found.checked_at, found.failures_in_a_row, found.resting_until = clock.now(), 0, None
        for name, value in tried.kept.items():
            setattr(found, name, value)
        self.become(found, *(("active", "") if tried.is_well else ("disconnected", tried.sentence)))


def _bound_to(found: OwnAccount) -> bytes:
    return secrets.associated_data(
        f"{found.__tablename__}.sealed_credentials", found.organization_id, found.id
    )
