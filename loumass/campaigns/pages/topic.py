"""What a campaign writes about: chosen in its settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages
from loumass.contacts.models import Topic
from loumass.contacts.topics import topics
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get, get_or_404
from loumass.messages.models import Stream


@pages.context_processor
def _topics() -> dict[str, Any]:
    return {"topics_offered": topics, "topic_of": topic_of}


def topic_of(campaign: Campaign) -> UUID | None:
    """The topic of a campaign; None where it has none."""
    stream = get(Stream, campaign.id)
    return stream.topic_id if stream else None


@pages.post("/campaigns/<uuid:id>/topic")
@requires("campaigns.write")
def choose_topic(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """From now on nobody gets its messages who does not want this topic."""
    campaign = get_or_404(Campaign, id)
    typed = request.form.get("topic", "")
    topic = get_or_404(Topic, _id_of(typed)) if typed else None
    if topic is not None and topic.archived_at is not None:
        raise Refused("This topic was archived. Choose another one. Nothing was changed.")
    get_or_404(Stream, campaign.id, lock=True).topic_id = topic.id if topic else None
    audit("campaign.changed", "campaign", campaign.id, settings=["topic"])
    db().commit()
    flash(f"{campaign.name} writes about {topic.name} now." if topic else "It has no topic now.", "done")
    return redirect(url_for(".settings", id=id), 303)


def _id_of(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as problem:
        raise Refused("There is no such topic. Nothing was changed.") from problem
