"""Whether addresses are worth writing to."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import VerificationOut, VerifyBody
from loumass.contacts.api.person import known
from loumass.contacts.verification_models import EmailVerification
from loumass.contacts.verifying import asking, lists
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import ListOut, PageOut, PageQuery, listed, paged
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

Kind = Literal["disposable", "role", "free"]


class RuleOut(ApiModel):
    """Values of a list that the organization put on it (`is_listed`) or took off."""

    kind: str
    is_listed: bool
    values: list[str]


class ListBody(ApiModel):
    """Domains (or names of departments) to put on a list, or to take off."""

    kind: Kind
    values: Annotated[
        list[Annotated[str, Field(max_length=200, pattern=r"^[^\x00,\n\r]+$")]],
        Field(min_length=1, max_length=500),
    ]
    is_listed: bool = True


@endpoint(api, "GET", "/verifications", asks=PageQuery, answers=PageOut[VerificationOut])
@requires("contacts.import")
def list_verifications(query: PageQuery) -> PageOut[VerificationOut]:
    """What was verified, the latest first."""
    keys = [EmailVerification.created_at, EmailVerification.id]
    found = page(select(EmailVerification), keys, query.cursor, descending=True, size=query.limit)
    return paged(found, VerificationOut.of)


@endpoint(
    api,
    "POST",
    "/verifications",
    takes=VerifyBody,
    answers=VerificationOut,
    status=201,
    also=["/leads/verify-emails"],
)
@requires("contacts.import")
def verify(body: VerifyBody) -> VerificationOut:
    """Verify the addresses of people."""
    words = plural(len(body.ids), "chosen person", "chosen people")
    return VerificationOut.of(
        asking.begin(known(body.ids), words, author_id=g.user.id, also_fresh=body.also_fresh)
    )


@endpoint(api, "GET", "/verifications/<uuid:verification_id>", answers=VerificationOut)
@requires("contacts.import")
def read_verification(verification_id: UUID) -> VerificationOut:
    """How far it is, or what it found."""
    return VerificationOut.of(get_or_404(EmailVerification, verification_id))


@endpoint(api, "POST", "/verifications/<uuid:verification_id>/cancel", answers=VerificationOut)
@requires("contacts.import")
def cancel_verification(verification_id: UUID) -> VerificationOut:
    """Stop before the next addresses; results stay."""
    row = get_or_404(EmailVerification, verification_id, lock=True)
    asking.cancel(row)
    audit("contacts.verification_cancelled", "email_verification", row.id)
    return VerificationOut.of(row)


@endpoint(api, "GET", "/verifications/lists", answers=ListOut[RuleOut])
@requires("contacts.import")
def read_lists() -> ListOut[RuleOut]:
    """What the organization changed on the lists that addresses are judged by."""
    rows = [
        (kind, listed_, values) for kind, both in lists.rules().items() for listed_, values in both.items()
    ]
    return listed(rows, lambda row: RuleOut(kind=row[0], is_listed=row[1], values=row[2]))


@endpoint(api, "POST", "/verifications/lists", takes=ListBody, answers=ListOut[RuleOut])
@requires("contacts.import")
def change_list(body: ListBody) -> ListOut[RuleOut]:
    """Put values on a list, or take them off."""
    changed = lists.change(body.kind, "\n".join(body.values), is_listed=body.is_listed)
    audit("contacts.lists_changed", list=body.kind, is_listed=body.is_listed, values=changed[:20])
    return read_lists()
