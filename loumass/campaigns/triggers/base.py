"""What a kind of trigger is: its settings, its words, and whom a batch of news names, as SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from loumass.events.models import Event
from loumass.funnels.kinds.settings import Settings

C = TypeVar("C", bound=Settings)


@dataclass(frozen=True, slots=True)
class Names:
    """What settings name, in words: campaigns by id, steps by `<campaign>/<key>`, segments by id, fields by key."""

    campaigns: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def of_messages(self, about: str) -> str:
        """What `about` (`""`, a campaign, or one of its steps) stands for."""
        if not about:
            return "any campaign"
        campaign_id, _, key = about.partition("/")
        campaign = self.campaigns.get(campaign_id, "a campaign that is gone")
        return f"“{self.steps.get(about, key)}” of {campaign}" if key else campaign

    def of_field(self, key: str) -> str:
        """What people call a field."""
        return self.fields.get(key, key.replace("_", " ").capitalize())


class NoSettings(Settings):
    """There is nothing to set."""


class TriggerKind(ABC, Generic[C]):
    """One kind of trigger. Instances hold no state; the registry keeps one of each.

    ``found`` is SQL over `told` (`entering.TOLD`), with `:kind` bound: rows of trigger_id, contact_id, occasion (what happens
    once must have one name), message_id (what the walk looks back at, or NULL) and from_enrollment_id.
    ``why_not`` is why a kind cannot be had yet, in a sentence.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]  # a Tabler icon
    hint: ClassVar[str]
    #: The news it listens to; none for one that looks by the clock, or is called.
    hears: ClassVar[tuple[str, ...]] = ()
    found: ClassVar[str] = ""
    why_not: ClassVar[str] = ""
    #: Always there, and not to be set up: by hand.
    is_given: ClassVar[bool] = False
    Config: type[C]

    @abstractmethod
    def words(self, config: C, names: Names) -> str:
        """When people come in, as the end of a sentence: `when the tag Lead is added`."""

    def wants(self, config: C) -> Iterable[str]:
        """What of the news it waits for: a tag, a field. At least one thing, or nobody is told."""
        return ("",)

    def subjects(self, event: Event) -> Iterable[str | None]:
        """What the news is about, once for each: `told.subject`."""
        return (None,)

    def flaws(self, config: C, campaign_id: str) -> Mapping[str, str]:
        """What is wrong with settings that can be read: setting -> sentence."""
        return {}


#: The end of `found` for kinds that look at what was sent: what the conditions of the walk look back at.
LOOKS_BACK = "t.config ->> 'looks_at' = 'message'"
LOOKS_AT = {"message": "What was sent there", "own": "What this campaign sends"}
LOOKS_AT_HINT = (
    "Conditions can ask about “the message that started this”, and with follow-ups in one thread the "
    "first message goes on in that thread."
)
Registry = Mapping[str, TriggerKind[Any]]
