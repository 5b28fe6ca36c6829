"""Tokens for programs: made, listed, ended."""

from __future__ import annotations

from uuid import UUID

from flask import g

from loumass.accounts import tokens
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import TokenBody, TokenOut
from loumass.accounts.guards import permitted, requires
from loumass.accounts.token_models import ApiToken
from loumass.core.api import endpoint
from loumass.core.api.models import Done, PageOut, PageQuery, paged


@endpoint(api, "GET", "/tokens", asks=PageQuery, answers=PageOut[TokenOut])
@requires("tokens.write")
def list_tokens(query: PageQuery) -> PageOut[TokenOut]:
    """Your tokens; admins see everybody's."""
    found = tokens.tokens(query.cursor, of=whose(), size=query.limit)
    return paged(found, lambda row: TokenOut.of(row[0], row[1]))


@endpoint(api, "POST", "/tokens", takes=TokenBody, answers=TokenOut, status=201)
@requires("tokens.write")
def make_token(body: TokenBody) -> TokenOut:
    """Make one, with no more scopes than whoever asks has. It is told once, here."""
    own: ApiToken | None = g.get("token")
    scopes = own.scopes if own else None
    row, secret = tokens.make(g.user.id, g.membership.role, scopes, body.name, body.scopes, body.days)
    return TokenOut.of(row, g.user, secret)


@endpoint(api, "GET", "/tokens/<uuid:token_id>", answers=TokenOut)
@requires("tokens.write")
def read_token(token_id: UUID) -> TokenOut:
    """One of them."""
    return TokenOut.of(*tokens.token_or_404(token_id, of=whose()))


@endpoint(api, "DELETE", "/tokens/<uuid:token_id>", answers=Done)
@requires("tokens.write")
def end_token(token_id: UUID) -> Done:
    """It opens nothing from now on."""
    tokens.end(token_id, of=whose())
    return Done(done="The token opens nothing any more.", count=1)


def whose() -> UUID | None:
    """Whose tokens may be seen: one's own; everybody's by whoever manages the team."""
    return None if permitted("team.manage") else g.user.id
