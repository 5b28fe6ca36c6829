"""Signing in at a vendor: OAuth 2.0 by code with PKCE (RFC 6749, RFC 7636), and tokens that renew themselves.

Authlib writes the requests; they go through the guarded client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import httpx2
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import SecretStr

from loumass.core.http import whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.credentials import Credentials, asked
from loumass.providers.errors import Disconnected, Throttled, Unavailable

#: A token that ends so soon is renewed before it is used.
_SOON = timedelta(minutes=2)
#: What token endpoints say when nothing helps but signing in again (RFC 6749, 5.2), and when the client is wrong.
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_WRONG_CLIENT = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How people sign in at one vendor."""

    #: `google` or `microsoft`: clients are registered per vendor, and `base_urls` may lead elsewhere under `<vendor>_accounts`.
    vendor: str
    label: str
    base_url: str
    authorize_path: str
    token_path: str
    scopes: tuple[str, ...]
    #: What else the vendor wants to hear so that the sign-in lasts.
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An application as it is registered at a vendor. `options` are the vendor's own (tenant, topic)."""

    client_id: str
    client_secret: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a vendor gave. `refresh_ends_in` is in seconds, where the vendor says that the sign-in itself ends."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]
    refresh_ends_in: int | None = None
    #: Who signed in, where that was asked (`openid.py`).
    id_token: str = field(default="", repr=False)


class SignedIn(Credentials):
    """Credentials that signing in gave. Nobody types them."""

    mailbox: str = asked("Mailbox")
    client_id: str = asked("Client")
    client_secret: SecretStr = asked("Client secret")
    refresh_token: SecretStr = asked("Refresh token")
    access_token: SecretStr = asked("Access token", default=SecretStr(""))
    #: Seconds since 1970.
    expires_at: float = asked("Token ends", default=0.0)
    #: Whose application it is: `organization` or `installation`.
    client_of: str = asked("Application", default="organization")

    @property
    def address(self) -> str:
        """The mailbox that signed in."""
        return self.mailbox

    @property
    def options(self) -> dict[str, str]:
        """What else the application is registered with."""
        return {}

    def with_tokens(self, tokens: Tokens) -> Self:
        """The same, signed in anew. A vendor that gives no new refresh token lets the old one go on."""
        changed = {
            "access_token": SecretStr(tokens.access_token),
            "expires_at": tokens.expires_at.timestamp(),
        }
        if tokens.refresh_token:
            changed["refresh_token"] = SecretStr(tokens.refresh_token)
        return self.model_copy(update=changed)


def verifier() -> str:
    """A new PKCE secret."""
    return generate_token(64)


def authorize_url(
    sign_in: SignIn, client: Client, base_url: str, *, redirect: str, state: str, secret: str, hint: str = ""
) -> str:
    """Where the person's browser goes. `secret` is what `verifier` gave."""
    more = {**sign_in.parameters, **({"login_hint": hint} if hint else {})}
    return prepare_grant_uri(
        _filled(base_url + sign_in.authorize_path, client),
        client.client_id,
        "code",
        redirect,
        list(sign_in.scopes),
        state,
        code_challenge=create_s256_code_challenge(secret),
        code_challenge_method="S256",
        **more,
    )


class TokenEndpoint:
    """One vendor's token endpoint, asked as one client."""

    def __init__(
        self, sign_in: SignIn, client: Client, base_url: str, http: httpx2.Client, now: Callable[[], datetime]
    ) -> None:
        self._sign_in, self._client, self._http, self._now = sign_in, client, http, now
        self._url = _filled(base_url + sign_in.token_path, client)

    def exchange(self, code: str, redirect: str, secret: str) -> Tokens:
        """The tokens for a code. Raises Disconnected with a sentence, Throttled, Unavailable."""
        return self._asked(
            prepare_token_request(
                "authorization_code", redirect_uri=redirect, code=code, code_verifier=secret
            )
        )

    def renewed(self, refresh_token: str) -> Tokens:
        """New tokens. Raises Disconnected when the sign-in has ended, Throttled, Unavailable."""
        return self._asked(prepare_token_request("refresh_token", refresh_token=refresh_token))

    def knows_client(self) -> bool:
        """Whether the vendor takes client id and secret: a code that nobody gave is refused only after them.

        Raises Throttled, Unavailable.
        """
        try:
            self.exchange("none", "https://loumass.invalid/", "none")
        except Disconnected as problem:
            return not isinstance(problem, WrongClient)
        return True

    def _asked(self, body: str) -> Tokens:
        login = {"client_id": self._client.client_id, "client_secret": self._client.client_secret}
        try:
            answer = whole_answer(
                self._http,
                "POST",
                self._url,
                content=f"{body}&{httpx2.QueryParams(login)}",
                headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            )
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except httpx2.TransportError as problem:
            raise Unavailable(f"{self._sign_in.label} cannot be reached to sign in: {problem}") from problem
        content = _json(answer)
        if answer.status_code == 200 and content.get("access_token"):
            return self._tokens(content)
        raise self._refused(answer, content)

    def _tokens(self, content: Mapping[str, Any]) -> Tokens:
        ends_in = content.get("refresh_token_expires_in")
        return Tokens(
            str(content["access_token"]),
            str(content.get("refresh_token") or ""),
            self._now() + timedelta(seconds=_number(content.get("expires_in"), 3600)),
            frozenset(str(content.get("scope") or "").split()),
            _number(ends_in, 0) or None,
            str(content.get("id_token") or ""),
        )

    def _refused(self, answer: httpx2.Response, content: Mapping[str, Any]) -> Exception:
        label, error = self._sign_in.label, str(content.get("error") or "")
        said = str(content.get("error_description") or error or answer.status_code).splitlines()[0]
        if error in _WRONG_CLIENT:
            return WrongClient(f"{label} does not know this client id and secret: {said}")
        if error in _ENDED:
            return Disconnected(f"The sign-in at {label} has ended. Sign in again.")
        if answer.status_code == 429:
            return Throttled(f"{label} asks us to sign in less often.")
        if answer.status_code >= 500 or error in ("temporarily_unavailable", "server_error"):
            return Unavailable(f"{label} cannot sign us in just now: {said}")
        if answer.status_code == 400:
            return Disconnected(f"{label} refused the sign-in: {said}")
        return Unavailable(f"{label} gave no readable answer to the sign-in.")


class WrongClient(Disconnected):
    """The vendor does not know the application, or its secret."""


def is_over(credentials: SignedIn, now: datetime) -> bool:
    """Whether the access token ends soon, or has."""
    return not credentials.access_token.get_secret_value() or (
        credentials.expires_at <= (now + _SOON).timestamp()
    )


def _filled(url: str, client: Client) -> str:
    """`url` with the client's options in its place (Microsoft's tenant)."""
    for name, value in client.options.items():
        url = url.replace("{" + name + "}", value)
    return url


def _json(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _number(value: object, otherwise: int) -> int:
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else otherwise
