"""A program that speaks to the API with a token, as customers' programs do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loumass.accounts import sign_in_tokens, tokens
from loumass.accounts.sign_in_tokens import Claims
from loumass.core import clock
from loumass.core.tenancy import acting_for
from tests.world import Person, World


def token_of(person: Person, *scopes: str, days: int | None = None) -> str:
    """A token that `person` made, for everything they may where no scopes are named."""
    with acting_for(person.organization_id, person.id) as session:
        wanted: Sequence[str] = scopes or tokens.scopes_of(person.role, None)
        _, secret = tokens.make(person.id, person.role, None, "A program", wanted, days)
        session.commit()
    return secret


def signed_in(person: Person) -> str:
    """What `person` is given for signing in by the API."""
    with acting_for(person.organization_id, person.id) as session:
        row = tokens.sign_in(person.id)
        session.commit()
    claims = Claims(person.organization_id, person.id, person.user.epoch, row.id)
    return sign_in_tokens.signed(claims, row.expires_at or clock.now())


class Program:
    """Sends JSON with a token and no cookie."""

    def __init__(self, world: World, token: str) -> None:
        self._client, self.token = world.app.test_client(use_cookies=False), token

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer. `path` below `/api/v1`, or a whole one that begins with `/api`."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        sent = {} if body is None else {"json": body}
        return self._client.open(url, method=method, headers=headers, **sent, **options)

    def got(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self("GET", path, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def did(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a request that must succeed."""
        answer = self(method, path, body, **options)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.json


def program_of(person: Person, *scopes: str, days: int | None = None) -> Program:
    """A program with a token of `person`'s."""
    return Program(person.world, token_of(person, *scopes, days=days))
