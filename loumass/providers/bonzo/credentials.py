"""What a customer is asked for to text by Bonzo. Addresses are asked for too: Bonzo publishes few of them."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked
from loumass.providers.texting import is_e164

_PATH = re.compile(r"/[\w./{}-]{1,200}")
#: Stands for the prospect's number in a path.
PROSPECT = "{prospect}"
_ADDRESSES = "Addresses at Bonzo"


class BonzoCredentials(Credentials):
    """One user of Bonzo and the number that texts come from."""

    folded = frozenset({_ADDRESSES})

    api_token: SecretStr = asked(
        "API token", "In Bonzo: Settings, API; of a user who may see these prospects"
    )
    number: str = asked("Number", "The Bonzo number people see, like +13035550142")
    on_behalf_of: str = asked(
        "On behalf of",
        "E-mail of the Bonzo user who sends, if not the token's own",
        default="",
        group="Optional",
    )
    send_as: str = asked(
        "Send as",
        default="owner",
        choices={"owner": "The prospect's owner", "me": "The token's user"},
        group="Optional",
    )
    first_name: str = asked(
        "Name of new prospects",
        "Bonzo wants a first name for whom it does not know yet",
        default="Contact",
        group="Optional",
    )
    hook_secret: SecretStr = asked(
        "Shared secret",
        "When given, calls must carry it in the header X-Bonzo-Token; without it their secret address is the proof",
        default=SecretStr(""),
        group="Optional",
    )
    base_url: str = asked("Base address", "Empty: https://app.getbonzo.com/api", default="", group=_ADDRESSES)
    send_path: str = asked(
        "Path for texts", default="/v3/prospects/create-or-update-and-message", group=_ADDRESSES
    )
    search_path: str = asked("Path for searching prospects", default="/v3/prospects", group=_ADDRESSES)
    prospect_path: str = asked("Path of a prospect", default="/v3/prospects/{prospect}", group=_ADDRESSES)
    messages_path: str = asked(
        "Path of a prospect's messages",
        "Read to settle texts in doubt",
        default="/v3/prospects/{prospect}/messages",
        group=_ADDRESSES,
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.api_token.get_secret_value():
            raise ValueError("API token is missing.")
        if not is_e164(self.number):
            raise ValueError("Number must be international, like +13035550142.")
        if self.send_as not in ("owner", "me"):
            raise ValueError("Send as must be one of the choices.")
        if self.base_url and not _is_https(self.base_url):
            raise ValueError("Base address must begin with https:// and name a server.")
        for path in (self.send_path, self.search_path, self.prospect_path, self.messages_path):
            if not _PATH.fullmatch(path):
                raise ValueError(
                    f"{path or 'An empty path'} cannot be a path: it begins with / and has no query."
                )
        for path in (self.prospect_path, self.messages_path):
            if PROSPECT not in path:
                raise ValueError(f"{path} must say where the prospect's number stands: {PROSPECT}.")
        return self

    @property
    def address(self) -> str:
        """The number people see."""
        return self.number


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname) and not parts.query and not parts.username
