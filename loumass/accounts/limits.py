"""How often one may try: counted in Redis, by address and by whom is tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, make_response, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import Redis

from loumass.accounts import addresses
from loumass.config import Settings
from loumass.core.api import is_asked
from loumass.core.api.asking import whole_body
from loumass.core.errors import Refused
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
_PERSON = "person"


def install(app: Flask, settings: Settings, redis: Redis) -> None:
    """Count in the installation's Redis. Tests sign in often: they count only where they ask for it."""
    url = settings.redis_url
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{url}" if url.startswith("unix://") else url
    # The same patience as everywhere: a store that hangs must not hold up who signs in.
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"connection_pool": redis.connection_pool}
    limiter.init_app(app)
    limiter.enabled = settings.environment != "test"


def tries(view: View) -> View:
    """Limits what is refused: 10 tries in 15 minutes for one e-mail address, 50 from one place.

    Counted alike whether somebody has that address or not. What succeeds wipes the count of its address.
    """
    # Counted when a try begins: a hundred at once are a hundred tries, not one.
    one = limiter.limit("10 per 15 minutes", key_func=_tried, scope=_PERSON, methods=["POST"])
    place = limiter.limit(
        "50 per 15 minutes", key_func=get_remote_address, methods=["POST"], deduct_when=_was_refused
    )
    return place(one(_wiping(view)))


def requests_of_mail(view: View) -> View:
    """Limits what makes us send mail to an address somebody typed: 5 an hour to one, 20 from one place."""
    place = limiter.limit(
        "20 per hour", key_func=get_remote_address, methods=["POST"], deduct_when=_succeeded
    )
    return place(_letters_to_one(view))


def invitations(view: View) -> View:
    """Limits mail that a member makes us send: 5 an hour to one address, 200 from one organization."""
    many = limiter.limit("200 per hour", key_func=_organization, methods=["POST"], deduct_when=_succeeded)
    return many(_letters_to_one(view))


def new_organizations(view: View) -> View:
    """Limits founding to 10 an hour from one place, and asking which addresses are known to 50 in 15 minutes."""
    for limit, counts in (("10 per hour", _succeeded), ("50 per 15 minutes", _was_refused)):
        view = limiter.limit(limit, key_func=get_remote_address, methods=["POST"], deduct_when=counts)(view)
    return view


def vendor_returns(view: View) -> View:
    """Limits coming back from vendors, which makes us ask them: 60 in 15 minutes from one place."""
    return limiter.limit("60 per 15 minutes", key_func=get_remote_address)(view)


def _letters_to_one(view: View) -> View:
    return limiter.limit("5 per hour", key_func=_written_to, methods=["POST"])(view)


def _wiping(view: View) -> View:
    """`view`, which forgets the tries for its address when it lets somebody in."""

    @wraps(view)
    def viewed(*arguments: Any, **named: Any) -> Response:
        response = make_response(view(*arguments, **named))
        if request.method == "POST" and _succeeded(response):
            for counted in limiter.current_limits:
                if counted.request_args[-1].endswith(f":{_PERSON}"):
                    limiter.limiter.clear(counted.limit, *counted.request_args)
        return response

    return viewed


def _tried() -> str:
    """Whose password is tried: of the link, of who is signed in, of the form's e-mail address.

    In this order, so that a field which the page does not ask for cannot start a new count.
    """
    if request.view_args:
        return _counted(str(request.view_args))
    guard = current_app.extensions["loumass.guards"][request.blueprint]
    if guard == "api":
        return _counted(str(g.user.id))
    if guard == "member":
        return _counted(session.get("_user_id", ""))
    if half := session.get("half"):
        return _counted(str(half[0]))
    if kept := session.get("to_connect"):
        return _counted(addresses.key(kept["who"]["email"]))
    return _written_to()


def _written_to() -> str:
    """Who would get the mail: the form's e-mail address, or what the page's address names."""
    if request.view_args:
        return _counted(str(request.view_args))
    typed = _address_in_json() if is_asked() else request.form.get("email", "")
    try:
        return _counted(addresses.key(addresses.normal(typed)))
    except Refused:
        return _counted(addresses.key(typed))


def _counted(whom: str) -> str:
    """`whom` hashed: Redis holds no personal text and no tokens."""
    return f"{request.endpoint}:{keyed_hash(whom).hex()[:32]}"


def _address_in_json() -> str:
    """What a program sends as its e-mail address."""
    try:
        said = json.loads(whole_body())
    except ValueError:
        return ""
    return str(said.get("email", "")) if isinstance(said, dict) else ""


def _organization() -> str:
    return str(g.organization.id) if "organization" in g else session.get("organization", "")


def _was_refused(response: Response) -> bool:
    return response.status_code >= 400


def _succeeded(response: Response) -> bool:
    return response.status_code < 400
