"""What the API says of accounts, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from loumass.accounts.models import AuditEntry, Invitation, Membership, Organization, User
from loumass.accounts.passwords import MAXIMUM_LENGTH
from loumass.accounts.token_models import ApiToken
from loumass.core.api.models import BLANK, PLAIN, WHOLE, ApiModel, Id, Line, Name, PageQuery

Email = Annotated[str, Field(min_length=3, max_length=254, pattern=rf"^[^{BLANK}@]+@[^{BLANK}@]+$")]
#: What is typed to prove who one is: any letters, no more than a password may have.
Password = Annotated[str, Field(min_length=1, max_length=MAXIMUM_LENGTH)]
#: Of an authenticator, or a recovery code.
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
Role = Literal["admin", "member", "agent", "viewer"]
Scope = Annotated[str, Field(max_length=60, pattern=r"^[a-z_]+\.[a-z_]+$")]


class SignInBody(ApiModel):
    """Who signs in, and where: at the organization they joined first, unless said otherwise.

    `code`: of the authenticator, or a recovery code, where the account has a second factor.
    """

    email: Line
    password: Password
    code: Code | None = None
    organization_id: Id | None = None


class RegisterBody(ApiModel):
    """A new organization and its first admin."""

    name: Name
    email: Email
    organization: Name
    password: Password


class OrganizationOut(ApiModel):
    """An organization."""

    id: UUID
    number: int
    name: str
    timezone: str
    country: str
    postal_address: str

    @classmethod
    def of(cls, row: Organization) -> OrganizationOut:
        return cls(
            id=row.id,
            number=row.number,
            name=row.name,
            timezone=row.timezone,
            country=row.country,
            postal_address=row.postal_address,
        )


class ProfileOut(ApiModel):
    """A person about themselves."""

    id: UUID
    email: str
    name: str
    phone: str | None
    timezone: str | None
    signature: str

    @classmethod
    def of(cls, user: User) -> ProfileOut:
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            phone=user.phone,
            timezone=user.timezone,
            signature=user.signature,
        )


class PlaceOut(ApiModel):
    """An organization that a person belongs to, and as what."""

    id: UUID
    name: str
    role: str


class MeOut(ApiModel):
    """Who asks, where, and what they may do: less than the person where a token was made for less."""

    user: ProfileOut
    organization: OrganizationOut
    role: str
    permissions: list[str]
    organizations: list[PlaceOut]


class SignedInOut(ApiModel):
    """What a program sends along from now on, as `Authorization: Bearer <token>`."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the word, not a secret
    expires_at: datetime
    user: ProfileOut
    organization: OrganizationOut


class ProfileBody(ApiModel):
    """What a person says of themselves."""

    name: Name
    phone: Annotated[str, Field(max_length=40, pattern=r"^[0-9+() ./-]*$")] = ""
    timezone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]*$")] = ""
    signature: Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")] = ""


class PasswordBody(ApiModel):
    """A new password, with the one until now."""

    current: Password
    password: Password


class AddressBody(ApiModel):
    """Another address to sign in with."""

    email: Email
    current: Password


class OrganizationBody(ApiModel):
    """What holds for everybody in it."""

    name: Name
    timezone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+$")]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    postal_address: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


class MemberOut(ApiModel):
    """Somebody who works here."""

    id: UUID
    name: str
    email: str
    role: str
    sees_everything: bool
    since: datetime
    last_login_at: datetime | None

    @classmethod
    def of(cls, pair: tuple[Membership, User]) -> MemberOut:
        membership, user = pair
        return cls(
            id=user.id,
            name=user.name,
            email=user.email,
            role=membership.role,
            sees_everything=membership.sees_everything,
            since=membership.created_at,
            last_login_at=user.last_login_at,
        )


class RoleBody(ApiModel):
    """A member's new role."""

    role: Role


class InvitationBody(ApiModel):
    """Whom to invite, as what."""

    email: Email
    role: Role = "member"


class InvitationOut(ApiModel):
    """An offer that was not taken up yet. `link` is told once, to whoever made it."""

    id: UUID
    email: str
    role: str
    expires_at: datetime
    link: str | None = None

    @classmethod
    def of(cls, row: Invitation, link: str | None = None) -> InvitationOut:
        return cls(id=row.id, email=row.email, role=row.role, expires_at=row.expires_at, link=link)


class AuditFilter(ApiModel):
    """Lines that say some words, of one kind, of one person, of the last so many days."""

    q: Line | None = None
    action: Line | None = None
    user_id: Id | None = None
    days: Annotated[int, Field(ge=1, le=36_500), WHOLE] | None = None


class AuditQuery(PageQuery, AuditFilter):
    """The same, page by page."""


class AuditOut(ApiModel):
    """Who did what that matters."""

    id: UUID
    happened_at: datetime
    user_id: UUID | None
    action: str
    sentence: str
    subject_kind: str | None
    subject_id: UUID | None
    facts: dict[str, Any]
    came_from: str
    browser: str

    @classmethod
    def of(cls, row: AuditEntry, sentence: str) -> AuditOut:
        return cls(
            id=row.id,
            happened_at=row.happened_at,
            user_id=row.user_id,
            action=row.action,
            sentence=sentence,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            facts=row.facts,
            came_from=row.came_from,
            browser=row.browser,
        )


class TokenBody(ApiModel):
    """A new token. `scopes` are permissions; without `days` it holds until somebody ends it."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=3_650), WHOLE] | None = None


class TokenOut(ApiModel):
    """A token. `token` itself is told once, when it is made."""

    id: UUID
    name: str
    user_id: UUID
    user_name: str
    ending: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    token: str | None = None

    @classmethod
    def of(cls, row: ApiToken, user: User, secret: str | None = None) -> TokenOut:
        return cls(
            id=row.id,
            name=row.name,
            user_id=user.id,
            user_name=user.name,
            ending=row.ending,
            scopes=list(row.scopes or ()),
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            created_at=row.created_at,
            token=secret,
        )
