"""Signing in to a mailbox at its vendor, by the organization's own application or the installation's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.channels.connecting import context, credentials_of, sealed
from loumass.channels.models import Channel, VendorClient
from loumass.config import Settings
from loumass.core import clock, secrets
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.ids import uuid7
from loumass.core.links import absolute
from loumass.core.tenancy import current_organization_id
from loumass.providers.base import Provider
from loumass.providers.errors import Disconnected, ProviderError
from loumass.providers.oauth import Client, SignedIn, SignIn, TokenEndpoint, Tokens, authorize_url
from loumass.providers.registry import all_providers
from loumass.providers.signed_in import accounts_url

ORGANIZATION, INSTALLATION = "organization", "installation"
_installation: Mapping[str, Client] = {}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is remembered of a sign-in while the person is at the vendor."""

    state: str
    secret: str
    kind: str
    client_of: str
    channel_id: str = ""


def use(settings: Settings) -> None:
    """Take the installation's own applications for this process."""
    global _installation  # noqa: PLW0603  one installation, one set of applications
    _installation = {
        vendor: Client(client_id=one.client_id, client_secret=one.client_secret, options=one.options)
        for vendor, one in settings.vendor_clients.items()
    }


def return_address() -> str:
    """Where vendors send people back to: registered with every application."""
    return absolute("/channels/sign-in/return")


def own_client(vendor: str) -> VendorClient | None:
    """The organization's application at `vendor`."""
    return db().scalars(select(VendorClient).where(VendorClient.vendor == vendor)).one_or_none()


def clients(vendor: str) -> dict[str, Client]:
    """The applications that one may sign in by, the organization's first: whose it is -> what it is."""
    own = own_client(vendor)
    found = {ORGANIZATION: _opened(own)} if own and _is_readable(own) else {}
    return found | ({INSTALLATION: _installation[vendor]} if vendor in _installation else {})


def save_client(vendor: str, client: Client) -> None:
    """Keep the organization's application; an empty secret keeps the stored one. Mailboxes that signed in by it go on with
    its new secret and options. Raises Refused without any secret."""
    own = own_client(vendor) or VendorClient(id=uuid7(), vendor=vendor, client_id="", sealed_secret=b"")
    if not client.client_secret and (not own.sealed_secret or own.client_id != client.client_id):
        raise Refused("The client secret is missing.")
    own.client_id, own.options, own.changed_at = client.client_id, dict(client.options), clock.now()
    if client.client_secret:
        own.sealed_secret = secrets.seal(client.client_secret.encode(), _aad(own))
    db().add(own)
    db().flush()
    audit("vendor_client.changed", "vendor_client", own.id, vendor=vendor)
    _pass_on(vendor, _opened(own))


def forget_client(vendor: str) -> None:
    """Take the organization's application away. Mailboxes that signed in by it go on until the vendor ends that."""
    own = own_client(vendor)
    if own is not None:
        audit("vendor_client.removed", "vendor_client", own.id, vendor=vendor)
        db().delete(own)


def begin(sign_in: SignIn, client: Client, ticket: Ticket, hint: str = "") -> str:
    """Where the person's browser goes."""
    return authorize_url(
        sign_in, client, accounts_url(sign_in, context()),
        redirect=return_address(), state=ticket.state, secret=ticket.secret, hint=hint,
    )  # fmt: skip


def finish(provider: type[Provider], client: Client, ticket: Ticket, code: str) -> tuple[SignedIn, Tokens]:
    """The credentials that `code` stands for. Touches the network: call outside any transaction. Raises ProviderError."""
    sign_in = _sign_in_of(provider)
    with context().open_http() as http:
        endpoint = TokenEndpoint(sign_in, client, accounts_url(sign_in, context()), http, clock.now)
        tokens = endpoint.exchange(code, return_address(), ticket.secret)
    if not tokens.refresh_token:
        raise Disconnected(
            f"{sign_in.label} gave no lasting sign-in. Take our access away there, then sign in again."
        )
    fresh = provider.Credentials.model_validate({
        "mailbox": "?", "client_id": client.client_id, "client_secret": client.client_secret,
        "client_of": ticket.client_of, "refresh_token": tokens.refresh_token, **client.options,
    })  # fmt: skip
    if not isinstance(fresh, SignedIn):
        raise TypeError(f"{provider.kind} signs in and has other credentials")
    return provider.of_sign_in(fresh.with_tokens(tokens), tokens.scopes, context()), tokens


def try_client(sign_in: SignIn, client: Client) -> str:
    """What the vendor says of an application; empty when all is well. Touches the network."""
    try:
        with context().open_http() as http:
            endpoint = TokenEndpoint(sign_in, client, accounts_url(sign_in, context()), http, clock.now)
            if endpoint.knows_client():
                return ""
    except ProviderError as problem:
        return problem.reason
    return f"{sign_in.label} does not know this client id and secret."


def providers_of(vendor: str) -> Sequence[type[Provider]]:
    """Those that one signs in to at `vendor`."""
    return [one for one in all_providers() if one.signs_in is not None and one.signs_in.vendor == vendor]


def _sign_in_of(provider: type[Provider]) -> SignIn:
    if provider.signs_in is None:
        raise TypeError(f"nobody signs in to {provider.kind}")
    return provider.signs_in


def _is_readable(own: VendorClient) -> bool:
    """Whether we still have the key that sealed its secret: otherwise it has to be entered anew."""
    try:
        _opened(own)
    except secrets.Unsealable:
        return False
    return True


def _opened(own: VendorClient) -> Client:
    secret = secrets.unseal(own.sealed_secret, _aad(own)).decode()
    return Client(client_id=own.client_id, client_secret=secret, options=dict(own.options))


def _aad(own: VendorClient) -> bytes:
    return secrets.associated_data("vendor_client.sealed_secret", current_organization_id(), own.id)


def _pass_on(vendor: str, client: Client) -> None:
    """A sign-in belongs to the application that asked for it: only mailboxes of the very same one change."""
    kinds = [one.kind for one in providers_of(vendor)]
    mine = select(Channel).where(Channel.provider.in_(kinds), Channel.archived_at.is_(None)).with_for_update()
    for channel in db().scalars(mine):
        changed = _with_client(channel, client)
        if changed is not None:
            channel.sealed_credentials = sealed(changed, channel.organization_id, channel.id)
            channel.watched_until, channel.watch = None, {}


def _with_client(channel: Channel, client: Client) -> SignedIn | None:
    try:
        known = credentials_of(channel)
    except Disconnected:
        return None
    if not isinstance(known, SignedIn):
        return None
    if (known.client_of, known.client_id) != (ORGANIZATION, client.client_id):
        return None
    changes: dict[str, Any] = {**known.model_dump(), "client_secret": client.client_secret, **client.options}
    return type(known).model_validate(changes)
