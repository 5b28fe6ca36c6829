"""The filter of the list of contacts as a rule, to be looked at and saved as a segment.

What a list can ask and a rule cannot is asked as nearly as a rule can: the person who saves it reads it first.
"""

from __future__ import annotations

from typing import Any

from loumass.campaigns.people_doing import Doing
from loumass.campaigns.people_list import PeopleFilter
from loumass.contacts.listing import ContactFilter
from loumass.contacts.models import Tag
from loumass.core import clock
from loumass.core.tenancy import get

_NAMES = ("full_name", "last_name", "company", "email")
_FEWEST_DIGITS = 3
_ANY = "any"
#: Days that a rule looks back at most.
_LONGEST = 3650
#: Facts that a rule can ask for as well.
_NEARLY: dict[str, dict[str, Any]] = {
    "sent": {"ask": "sent_count", "than": "at_least", "number": 1},
    "replied": {"ask": "replied"},
    "bounced": {"ask": "bounced"},
    "opened": {"ask": "opened"},
    "clicked": {"ask": "clicked"},
}


def rule_of(wanted: PeopleFilter) -> dict[str, Any]:
    """The rule as JSON; with one question that asks nothing yet where nothing is filtered."""
    rules = [*_of_contacts(wanted.contacts), *_of_campaigns(wanted)]
    return {"match": "all", "rules": rules or [{"ask": "field"}]}


def _of_contacts(wanted: ContactFilter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if wanted.words:
        found.append({"match": "any", "rules": _begins_with(wanted.words)})
    tag = get(Tag, wanted.tag) if wanted.tag else None
    if tag is not None:
        found.append({"ask": "tag", "tag": tag.name})
    if wanted.segment:
        found.append({"ask": "segment", "segment": str(wanted.segment)})
    if wanted.brought_by:
        found.append({"ask": "import", "import_id": str(wanted.brought_by)})
    if wanted.owner:
        found.append({"ask": "owner", "owner": str(wanted.owner)})
    if wanted.suppressed:
        medium = _ANY if wanted.suppressed == "no" else wanted.suppressed
        barred = {"ask": "suppressed", "medium": medium}
        found.append(barred | {"not": True} if wanted.suppressed == "no" else barred)
    if wanted.verified:
        found.append({"ask": "verified", "verdict": wanted.verified})
    return found


def _of_campaigns(wanted: PeopleFilter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    campaign = str(wanted.campaign) if wanted.campaign else _ANY
    if wanted.status:
        found.append({"ask": "status", "campaign": campaign, "status": wanted.status})
    elif wanted.campaign:
        found.append({"ask": "campaign", "campaign": campaign, "how": "ever"})
    if wanted.activity:
        found.append(_activity(wanted))
    if wanted.doing and wanted.doing.did in _NEARLY:
        found.append(_nearly(wanted.doing))
    return found


def _nearly(doing: Doing) -> dict[str, Any]:
    days = max((clock.now() - doing.since).days + 1, 1) if doing.since else _LONGEST + 1
    return _NEARLY[doing.did] | ({"days": days} if days <= _LONGEST else {})


def _activity(wanted: PeopleFilter) -> dict[str, Any]:
    if wanted.activity == "enrolled":
        return {"ask": "campaign", "campaign": _ANY, "how": "ever"}
    days = max((clock.now() - wanted.since).days + 1, 1)
    # Since ever is no number of days.
    lately = {"days": days} if days <= _LONGEST else {}
    if wanted.activity == "messaged":
        return {"ask": "sent_count", "than": "at_least", "number": 1, **lately}
    return {"ask": wanted.activity, **lately}


def _begins_with(words: str) -> list[dict[str, Any]]:
    found = [
        {"ask": "field", "field": name, "operator": "starts_with", "value": words[:200]} for name in _NAMES
    ]
    digits = "".join(letter for letter in words if letter.isdecimal())
    if len(digits) >= _FEWEST_DIGITS and not any(letter.isalpha() for letter in words):
        found.append({"ask": "field", "field": "phone", "operator": "contains", "value": digits})
    return found
