"""The merge tags that exist: what an author may write, and what each stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Tag:
    """One merge tag: its name, what it stands for, and an invented value for previews."""

    name: str
    meaning: str
    example: str


TAGS = (
    Tag("contact.first_name", "First name", "Ada"),
    Tag("contact.last_name", "Last name", "Lovelace"),
    Tag("contact.full_name", "First and last name", "Ada Lovelace"),
    Tag("contact.email", "E-mail address", "ada@example.com"),
    Tag("contact.phone", "Phone number", "+1 303 555 0142"),
    Tag("contact.company", "Company", "Analytical Engines"),
    Tag("contact.title", "Job title", "Head of Research"),
    Tag("contact.city", "City", "Denver"),
    Tag("contact.state", "State", "Colorado"),
    Tag("contact.country", "Country", "United States"),
    Tag("campaign.name", "Name of the campaign", "Spring invitations"),
    Tag("campaign.event_name", "Name of the event", "Founders' dinner"),
    Tag("campaign.event_date", "Day of the event", "Thursday, 12 June 2025"),
    Tag("campaign.event_time", "Time of the event, at its place", "18:30"),
    Tag("campaign.event_place", "Place of the event", "Denver Art Museum"),
    Tag("sender.name", "Name of the person who writes", "Grace Hopper"),
    Tag("sender.first_name", "First name of the person who writes", "Grace"),
    Tag("sender.email", "Address that the message comes from", "grace@example.com"),
    Tag("sender.phone", "Phone number of the person who writes", "+1 303 555 0177"),
    Tag("sender.signature", "Signature of the person who writes", "Grace Hopper, Acme"),
    Tag("organization.name", "Name of your organization", "Acme"),
    Tag(
        "organization.postal_address",
        "Postal address of your organization",
        "1 Main Street, Denver, CO 80202",
    ),
    Tag("unsubscribe_url", "Personal link to unsubscribe", "https://example.com/u/example"),
)
NAMES = frozenset(tag.name for tag in TAGS)
EXAMPLES: Mapping[str, str] = {tag.name: tag.example for tag in TAGS}
_CUSTOM = "contact.fields."


def canonical(name: str) -> str:
    """The name that values are kept under: `contact.shoe_size` is `contact.fields.shoe_size`."""
    if name in NAMES or name.startswith(_CUSTOM) or not name.startswith("contact."):
        return name
    return _CUSTOM + name.removeprefix("contact.")


def custom_tag(key: str) -> str:
    """The canonical merge tag of the custom field `key`."""
    return _CUSTOM + key


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one organization's authors may write: the tags above and its custom contact fields."""

    custom: frozenset[str] = frozenset()

    @classmethod
    def of(cls, custom: Iterable[str]) -> Vocabulary:
        """The vocabulary with the custom field keys `custom`."""
        return cls(frozenset(custom))

    def knows(self, name: str) -> bool:
        """Whether `name` may be written."""
        name = canonical(name)
        return name in NAMES or (name.startswith(_CUSTOM) and name.removeprefix(_CUSTOM) in self.custom)

    def suggestion(self, name: str) -> str | None:
        """The known tag that the author of `name` probably meant, or None."""
        wanted = name.lower().replace("-", "_").replace(" ", "_")
        known = [tag.name for tag in TAGS] + [_CUSTOM + key for key in sorted(self.custom)]
        for candidate in known:
            if candidate.rpartition(".")[2] == wanted or candidate.startswith(f"{wanted}_"):
                return candidate
        by_last_word = {candidate.rpartition(".")[2]: candidate for candidate in reversed(known)}
        close = get_close_matches(wanted, known, 1, 0.72)
        if close:
            return close[0]
        close = get_close_matches(wanted.rpartition(".")[2], list(by_last_word), 1, 0.72)
        return by_last_word[close[0]] if close else None
