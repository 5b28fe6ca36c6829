"""The list of contacts as composable conditions: higher slices add their own and page over the whole.

conditions = contact_conditions(ContactFilter(words="pri", tag=tag_id)) + [theirs]
page(select(Contact).where(*conditions), ...)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from loumass.contacts.models import Contact, ContactImport, ContactTag, ImportedContact, Suppression, Tag
from loumass.contacts.segments import live, members_of
from loumass.contacts.verifying.asking import VERDICT_NAMES, has_verdict
from loumass.core.database import db, set_for_transaction
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id

SORTS = ("name", "-name", "-created", "created")
#: Counting stops here: nobody needs the exact number of a hundred thousand matches to go on.
MOST_COUNTED = 10_000
#: Without a search or filter one index tells, in some 20 ms: "how many have we" deserves the number.
MOST_COUNTED_OF_ALL = 250_000
#: Medium -> what an address of it is known by on the suppression list.
_ADDRESSES = {"email": Contact.email_hash, "sms": Contact.phone_hash, "voicemail": Contact.phone_hash}
_FEWEST_DIGITS = 3
_LAST = "\U0010ffff"
PLANNED_FOR_LISTS = ("SET LOCAL plan_cache_mode = force_custom_plan", "SET LOCAL random_page_cost = 1.1")


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """What a reader asked for. Empty and None mean: no matter."""

    words: str = ""
    tag: UUID | None = None
    brought_by: UUID | None = None
    owner: UUID | None = None
    #: `email`, `sms`, `voicemail`, `any`, or `no` for people who may be written to.
    suppressed: str = ""
    #: One of `VERDICT_NAMES`: what verifying found, or `never`.
    verified: str = ""
    #: A saved rule.
    segment: UUID | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ContactFilter:
        """Returns the filter of a page's query (`q`, `tag`, `import`, `owner`, `suppressed`, `verified`, `segment`);
        nonsense is dropped."""
        suppressed, verified = query.get("suppressed", ""), query.get("verified", "")
        return cls(
            words=" ".join(query.get("q", "").split())[:200],
            tag=id_of(query.get("tag", "")),
            brought_by=id_of(query.get("import", "")),
            owner=id_of(query.get("owner", "")),
            suppressed=suppressed if suppressed in {*_ADDRESSES, "any", "no"} else "",
            verified=verified if verified in VERDICT_NAMES else "",
            segment=id_of(query.get("segment", "")),
        )


def contact_conditions(wanted: ContactFilter) -> list[ColumnElement[bool]]:
    """Returns what a live contact must fulfil; join them with AND. Raises NotFound for a segment that is not here."""
    found: list[ColumnElement[bool]] = [Contact.archived_at.is_(None)]
    if wanted.words:
        found.append(or_(*_begins_with(wanted.words)))
    if wanted.tag:
        found.append(_has(ContactTag, ContactTag.tag_id == wanted.tag))
    if wanted.brought_by:
        found.append(_has(ImportedContact, ImportedContact.import_id == wanted.brought_by))
    if wanted.owner:
        found.append(Contact.owner_id == wanted.owner)
    if wanted.suppressed:
        barred = _is_barred(wanted.suppressed)
        found.append(~barred if wanted.suppressed == "no" else barred)
    if wanted.verified:
        found.append(has_verdict(wanted.verified))
    if wanted.segment:
        found += members_of(live(wanted.segment))
    return found


def contact_page(conditions: Sequence[ColumnElement[bool]], sort: str, cursor: str | None) -> Page[Contact]:
    """Returns a page of contacts by name (`name`, `-name`) or age (`created`, `-created`)."""
    plan_lists()
    keys = [Contact.id] if sort.endswith("created") else [Contact.name_key, Contact.id]
    return page(select(Contact).where(*conditions), keys, cursor, descending=sort.startswith("-"))


def ids_where(conditions: Sequence[ColumnElement[bool]]) -> Select[UUID]:
    """Returns the select of the ids of everybody who matches, for acts on all of them."""
    return select(Contact.id).where(Contact.organization_id == current_organization_id(), *conditions)


def count_of(conditions: Sequence[ColumnElement[bool]]) -> tuple[int, bool]:
    """Returns (how many match, whether that is exact); counting stops at `MOST_COUNTED`, of everybody later."""
    plan_lists()
    most = MOST_COUNTED if len(conditions) > 1 else MOST_COUNTED_OF_ALL
    found = db().scalar(select(func.count()).select_from(ids_where(conditions).limit(most + 1).subquery()))
    number = found or 0
    return min(number, most), number <= most


def plan_lists() -> None:
    """Makes the rest of the transaction's statements be planned for their own values, on data that is in memory.

    A plan made once for every search takes a single letter for a rare find, and reads and sorts a third of the table.
    """
    set_for_transaction(*PLANNED_FOR_LISTS)


def has_contacts() -> bool:
    """Returns whether the organization has anybody at all."""
    return bool(db().scalar(select(exists(ids_where([Contact.archived_at.is_(None)])))))


def tags_of(contact_ids: Sequence[UUID]) -> dict[UUID, list[Tag]]:
    """Returns contact id -> tags by name; one statement."""
    rows = db().execute(
        select(ContactTag.contact_id, Tag)
        .join(Tag, and_(Tag.organization_id == ContactTag.organization_id, Tag.id == ContactTag.tag_id))
        .where(ContactTag.contact_id.in_(contact_ids))
        .order_by(Tag.name_key)
    )
    found: dict[UUID, list[Tag]] = {}
    for contact_id, tag in rows:
        found.setdefault(contact_id, []).append(tag)
    return found


def tag_options() -> list[tuple[UUID, str]]:
    """Returns (id, name) of the organization's tags by name."""
    return [
        (one, name) for one, name in db().execute(select(Tag.id, Tag.name).order_by(Tag.name_key).limit(500))
    ]


def import_name(import_id: UUID) -> str | None:
    """Returns the file name of an import, None where there is none."""
    return db().scalar(select(ContactImport.file_name).where(ContactImport.id == import_id))


def id_of(text: str) -> UUID | None:
    """Returns the id that a query holds, None for nonsense."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _begins_with(words: str) -> list[ColumnElement[bool]]:
    """Prefixes as ranges on C-collated columns: policies leave those fast, unlike LIKE."""
    lower = words.lower()
    columns = (Contact.name_key, Contact.last_name_key, Contact.company_key, Contact.email_key)
    found = [and_(column >= lower, column < lower + _LAST) for column in columns]
    digits = re.sub(r"\D", "", words)
    if len(digits) >= _FEWEST_DIGITS and not re.search(r"[^\d\s()+./-]", words):
        national = digits[1:] if digits.startswith("1") and words.strip()[:1] in {"+", "1"} else digits
        for start in {digits[-10:], national[:10]}:
            found.append(and_(Contact.phone_last_ten >= start, Contact.phone_last_ten < start + _LAST))
    return found


def _has(
    model: type[ContactTag] | type[ImportedContact], condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    return exists(
        select(model.contact_id)
        .where(model.organization_id == current_organization_id(), model.contact_id == Contact.id, condition)
        .correlate(Contact)
    )


def _is_barred(which: str) -> ColumnElement[bool]:
    asked = _ADDRESSES if which in {"any", "no"} else {which: _ADDRESSES[which]}
    return or_(
        *(
            exists(
                select(Suppression.id)
                .where(
                    Suppression.organization_id == current_organization_id(),
                    Suppression.medium == medium,
                    Suppression.address_hash == column,
                )
                .correlate(Contact)
            )
            for medium, column in asked.items()
        )
    )
