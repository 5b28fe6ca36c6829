"""What the API says of people, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from loumass.contacts.bulk import LONGEST_TAG, MOST_TAGS
from loumass.contacts.models import Contact, Tag
from loumass.contacts.validation import MAX_FIELD, MAX_TEXT
from loumass.core.api.models import BLANK, SAID, ApiModel, Id, Ids, Line, Medium, Moment, RowModel

Value = Annotated[str, Field(max_length=MAX_TEXT, pattern=r"^[^\x00]*$")]
Key = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_]+$")]
TagName = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TAG, pattern=rf"^[^\x00,]*[^,{BLANK}][^\x00,]*$")
]
TagNames = Annotated[list[TagName], Field(min_length=1, max_length=MOST_TAGS)]


class TagOut(RowModel):
    """A word that people are sorted by."""

    id: UUID
    name: str


class ContactOut(ApiModel):
    """A person. `fields` are the organization's own columns."""

    id: UUID
    external_id: str | None
    email: str | None
    phone: str | None
    first_name: str
    last_name: str
    company: str
    title: str
    city: str
    state: str
    country: str
    timezone: str | None
    owner_id: UUID | None
    fields: dict[str, Any]
    tags: list[TagOut]
    #: Medium -> why nothing may be sent on it.
    suppressed: dict[str, str]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Contact, tags: list[Tag], suppressed: dict[str, str]) -> ContactOut:
        plain = {name: getattr(row, name) for name in cls.model_fields if name not in ("tags", "suppressed")}
        return cls(**plain, tags=[TagOut.of(tag) for tag in tags], suppressed=suppressed)


class ContactBody(ApiModel):
    """A person as they are to be: what is left out stays (or is empty, for a new one); an empty text deletes."""

    external_id: Value | None = None
    email: Value | None = None
    phone: Value | None = None
    first_name: Value | None = None
    last_name: Value | None = None
    company: Value | None = None
    title: Value | None = None
    city: Value | None = None
    state: Value | None = None
    country: Value | None = None
    timezone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]*$")] | None = None
    owner_id: Id | None = None
    fields: Annotated[
        dict[Key, Annotated[str, Field(max_length=MAX_FIELD, pattern=r"^[^\x00]*$")]],
        Field(default_factory=dict, max_length=200),
    ]
    tags: Annotated[list[TagName], Field(default_factory=list, max_length=MOST_TAGS)]


class TagsBody(ApiModel):
    """Tags to give; unknown ones come to be."""

    tags: TagNames


class TagManyBody(Ids):
    """The same for many people."""

    tags: TagNames


class ConsentBody(ApiModel):
    """What a person allowed or forbade, and what proves it."""

    medium: Medium
    is_granted: bool
    source: Annotated[str, Field(min_length=1, max_length=500, pattern=SAID)]
    wording: Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")] = ""
    is_synthetic_voice: bool = False


class ConsentOut(RowModel):
    """A line of the ledger that proves we may, or may not, write."""

    id: UUID
    medium: str
    technique: str
    is_granted: bool
    source: str
    wording: str
    evidence: dict[str, Any]
    recorded_by_id: UUID | None
    recorded_at: datetime


class RestoreBody(ApiModel):
    """Which deletion to take back: by its moment."""

    deleted_at: Moment


class DeletedOut(ApiModel):
    """How many people were deleted, and the moment that takes it back."""

    count: int
    deleted_at: datetime | None


class FieldOut(ApiModel):
    """A column of the organization's own."""

    key: str
    label: str


class VerifyBody(Ids):
    """Whose addresses to verify; `also_fresh` asks for those as well that were verified lately."""

    also_fresh: bool = False


class VerificationOut(RowModel):
    """Addresses being verified, or what was found."""

    id: UUID
    subject: str
    state: str
    total: int
    done_count: int
    valid_count: int
    risky_count: int
    invalid_count: int
    unknown_count: int
    import_id: UUID | None
    created_at: datetime
    finished_at: datetime | None


class Why(ApiModel):
    """A reason, which is kept."""

    why: Annotated[str, Field(min_length=1, max_length=500, pattern=SAID)]


class NamedBody(ApiModel):
    """A name, and a line about it."""

    name: Line
    description: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
