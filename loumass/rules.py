"""What rules can ask: every predicate, and every kind of thing that questions name. The one place where both are added."""

from __future__ import annotations

from typing import Any

import loumass.campaigns.rules as campaigns
import loumass.campaigns.rules_of_walks as walks
import loumass.contacts.segments
import loumass.funnels.segment_uses
import loumass.messages.rules as messages
from loumass.contacts.rules.predicate import Predicate, Reference
from loumass.contacts.rules.predicates import addresses, columns, field, origins, segments, tags
from loumass.contacts.segments import User

#: In the order in which forms offer them; `group` puts them together.
PREDICATES: tuple[Predicate[Any], ...] = (
    field.Field(),
    tags.HasTag(),
    segments.InSegment(),
    origins.Weekday(),
    addresses.Suppressed(),
    addresses.HasConsent(),
    addresses.Verified(),
    origins.Added(),
    origins.Imported(),
    origins.Owned(),
    messages.Replied(),
    messages.Answered(),
    messages.Opened(),
    messages.Clicked(),
    messages.Bounced(),
    messages.SentCount(),
    messages.LastWritten(),
    campaigns.InCampaign(),
    campaigns.StatusIn(),
    walks.StatusHere(),
    walks.RepliedHere(),
    walks.OpenedHere(),
    walks.ClickedHere(),
    walks.BouncedHere(),
    walks.SentHere(),
    walks.EventNear(),
)

REFERENCES: tuple[Reference, ...] = (
    columns.FIELDS,
    tags.TAGS,
    segments.SEGMENTS,
    origins.IMPORTS,
    origins.OWNERS,
    campaigns.CAMPAIGNS,
)

#: The rows that questions about one walk look at.
WALKS = walks.walks

#: Who else asks for segments: none is put away while one of these names it.
SEGMENT_USERS: tuple[User, ...] = (
    loumass.contacts.segments.other_segments,
    loumass.funnels.segment_uses.steps_asking,
)
