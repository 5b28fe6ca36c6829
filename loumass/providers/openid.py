"""Who signs in, said by Google or Microsoft: OpenID Connect by code, with PKCE, state and nonce.

What an id token says is believed only when the vendor's key signed it for us, now, and in answer to this very question.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from loumass.core.http import whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.errors import Forged, Unavailable
from loumass.providers.gmail.credentials import GOOGLE as GOOGLE_MAIL
from loumass.providers.oauth import Client, SignIn, TokenEndpoint, authorize_url
from loumass.providers.outlook.credentials import MICROSOFT as MICROSOFT_MAIL
from loumass.providers.signed_in import accounts_url
from loumass.providers.world import context

_SCOPES = ("openid", "email", "profile")
_LEEWAY_SECONDS, _KEYS_SECONDS, _AGAIN_SECONDS = 60, 3600.0, 30.0
_GOOGLE_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_GMAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where people sign in, and where the keys are that sign what is said of them."""

    sign_in: SignIn
    keys_url: str
    keys_path: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in. `subject` is the vendor's own id of them, and never changes. `is_proven`: the vendor itself answers for
    the address being theirs now; otherwise it is only what they say."""

    vendor: str
    subject: str
    email: str
    name: str
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is remembered while somebody is at the vendor. All of it is random, and used once."""

    state: str
    nonce: str
    secret: str


def _asking_who(mail: SignIn) -> SignIn:
    return SignIn(
        vendor=mail.vendor, label=mail.label, base_url=mail.base_url, authorize_path=mail.authorize_path,
        token_path=mail.token_path, scopes=_SCOPES, parameters={"prompt": "select_account"},
    )  # fmt: skip


VENDORS: Mapping[str, Vendor] = {
    # https://developers.google.com/identity/openid-connect/openid-connect
    "google": Vendor(_asking_who(GOOGLE_MAIL), "https://www.googleapis.com", "/oauth2/v3/certs"),
    # https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
    "microsoft": Vendor(
        _asking_who(MICROSOFT_MAIL), "https://login.microsoftonline.com", "/{tenant}/discovery/v2.0/keys"
    ),
}


def begin(vendor: Vendor, client: Client, redirect: str, question: Question) -> str:
    """Where the person's browser goes."""
    url = authorize_url(
        vendor.sign_in, client, accounts_url(vendor.sign_in, context()),
        redirect=redirect, state=question.state, secret=question.secret,
    )  # fmt: skip
    return f"{url}&{httpx2.QueryParams({'nonce': question.nonce})}"


def finish(vendor: Vendor, client: Client, redirect: str, question: Question, code: str) -> Identity:
    """Who `code` stands for. Touches the network: call outside any transaction. Raises ProviderError, Forged."""
    with context().open_http() as http:
        endpoint = TokenEndpoint(
            vendor.sign_in, client, accounts_url(vendor.sign_in, context()), http, context().now
        )
        token = endpoint.exchange(code, redirect, question.secret).id_token
        if not token:
            raise Forged(f"{vendor.sign_in.label} did not say who signed in")
        keys = _keys_of(vendor, client, http, token)
    return told(vendor, client, keys, token, question.nonce)


def told(vendor: Vendor, client: Client, keys: KeySet, token: str, nonce: str) -> Identity:
    """Who an id token is about. Raises Forged for one that is not the vendor's, for us, valid now, and asked for by `nonce`."""
    try:
        claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    except (JoseError, ValueError) as problem:
        raise Forged(f"the id token is not {vendor.sign_in.label}'s: {type(problem).__name__}") from problem
    now = context().now().timestamp()
    if claims.get("aud") != client.client_id or claims.get("azp", client.client_id) != client.client_id:
        raise Forged("the id token is for somebody else")
    if not nonce or claims.get("nonce") != nonce:
        raise Forged("the id token answers another question")
    if not _is_number(claims.get("exp")) or claims["exp"] + _LEEWAY_SECONDS < now:
        raise Forged("the id token has ended")
    if not _is_number(claims.get("iat")) or claims["iat"] - _LEEWAY_SECONDS > now:
        raise Forged("the id token comes from the future")
    return _google(claims) if vendor.sign_in.vendor == "google" else _microsoft(claims, client)


def _google(claims: Mapping[str, Any]) -> Identity:
    if claims.get("iss") not in _GOOGLE_ISSUERS:
        raise Forged("the id token comes from somebody else")
    email = _text(claims, "email")
    # Google answers for an address of Gmail, or of a company whose accounts it keeps (`hd`). Any other was verified once,
    # long ago perhaps, by whoever had it then.
    is_googles = email.rpartition("@")[2].lower() in _GMAIL or bool(_text(claims, "hd"))
    is_proven = claims.get("email_verified") is True and is_googles
    return Identity("google", _subject(claims, "sub"), email, _text(claims, "name"), is_proven)


def _microsoft(claims: Mapping[str, Any], client: Client) -> Identity:
    tenant = _text(claims, "tid")
    if not tenant or claims.get("iss") != f"https://login.microsoftonline.com/{tenant}/v2.0":
        raise Forged("the id token comes from somebody else")
    wanted = client.options.get("tenant", "common")
    if _is_one_directory(wanted) and wanted.lower() != tenant.lower():
        raise Forged("the id token comes from another directory")
    # `email` is whatever the directory's own admins wrote there. Only `xms_edov` says that they own its domain.
    is_proven = claims.get("xms_edov") in (True, 1, "1", "true")
    subject = f"{tenant}:{_subject(claims, 'oid' if claims.get('oid') else 'sub')}"
    return Identity("microsoft", subject, _text(claims, "email"), _text(claims, "name"), is_proven)


class _Keys:
    """A vendor's public keys, as this process last got them."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[float, KeySet]] = {}

    def lately(self, url: str, key_id: str) -> KeySet | None:
        """Those at hand, unless they are old or lack the key that signed."""
        asked_at, found = self.known.get(url, (0.0, None))
        if found is None:
            return None
        age = time.monotonic() - asked_at
        is_known = any(key.kid == key_id for key in found.keys)
        return None if age > _KEYS_SECONDS or (not is_known and age > _AGAIN_SECONDS) else found


_kept = _Keys()


def _keys_of(vendor: Vendor, client: Client, http: httpx2.Client, token: str) -> KeySet:
    base = context().base_urls.get(f"{vendor.sign_in.vendor}_accounts", vendor.keys_url).rstrip("/")
    url = base + vendor.keys_path.replace("{tenant}", client.options.get("tenant", "common"))
    found = _kept.lately(url, _key_id(token))
    if found is not None:
        return found
    try:
        fresh = KeySet.import_key_set(whole_answer(http, "GET", url, timeout=context().timeout).json())
    except (httpx2.TransportError, AddressRefused, ValueError, KeyError, JoseError) as problem:
        raise Unavailable(f"The keys of {vendor.sign_in.label} cannot be read.") from problem
    _kept.known[url] = (time.monotonic(), fresh)
    return fresh


def _key_id(token: str) -> str:
    try:
        return str(jws.extract_compact(token.encode()).headers().get("kid", ""))
    except (JoseError, ValueError):
        return ""


def _is_one_directory(tenant: str) -> bool:
    return len(tenant) == 36 and tenant.count("-") == 4


def _subject(claims: Mapping[str, Any], name: str) -> str:
    subject = _text(claims, name)
    if not subject or len(subject) > 255:
        raise Forged("the id token names nobody")
    return subject


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and "\0" not in value else ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
