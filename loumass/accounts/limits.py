"""How often one may try: counted in Redis, by address and by whom is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from loumass.accounts import addresses
from loumass.config import Settings
from loumass.core.secrets import keyed_hash

#: Without Redis each process counts by itself: still a limit, and nobody is locked out.
limiter = Limiter(
    key_func=get_remote_address,
    strategy="moving-window",
    in_memory_fallback_enabled=True,
    headers_enabled=False,
    key_prefix="limit",
)
View = Callable[..., Any]


def install(app: Flask, settings: Settings) -> None:
    """Count in the installation's Redis. Tests sign in often: they count only where they ask for it."""
    url = settings.redis_url
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{url}" if url.startswith("unix://") else url
    limiter.init_app(app)
    limiter.enabled = settings.environment != "test"


def tries(view: View) -> View:
    """Limits what was refused: 10 tries in 15 minutes for one e-mail address, 50 from one place.

    Counted alike whether somebody has that address or not. What succeeds is not counted.
    """
    for limit, key in (("50 per 15 minutes", get_remote_address), ("10 per 15 minutes", _tried_address)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_was_refused)(view)
    return view


def requests_of_mail(view: View) -> View:
    """Limits what makes us send mail to an address somebody typed: 5 an hour to one, 20 from one place."""
    for limit, key in (("20 per hour", get_remote_address), ("5 per hour", _tried_address)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_succeeded)(view)
    return view


def new_organizations(view: View) -> View:
    """Limits founding to 10 an hour from one place, and asking which addresses are known to 50 in 15 minutes."""
    for limit, counts in (("10 per hour", _succeeded), ("50 per 15 minutes", _was_refused)):
        view = limiter.limit(limit, key_func=get_remote_address, methods=["POST"], deduct_when=counts)(view)
    return view


def _tried_address() -> str:
    """The e-mail address of the form (or the token of the link), hashed: Redis holds no personal text."""
    tried = request.form.get("email") or str(sorted((request.view_args or {}).items()))
    return f"{request.endpoint}:{keyed_hash(addresses.key(tried)).hex()[:32]}"


def _was_refused(response: Response) -> bool:
    return response.status_code >= 400


def _succeeded(response: Response) -> bool:
    return response.status_code < 400
