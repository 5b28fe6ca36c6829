"""Topics that people may want or not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from loumass.accounts.guards import requires
from loumass.contacts import topics
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import NamedBody
from loumass.contacts.models import Topic
from loumass.core.api import endpoint
from loumass.core.api.models import Done, ListOut, RowModel, listed
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404


class TopicOut(RowModel):
    """Something that an organization writes about."""

    id: UUID
    name: str
    description: str
    created_at: datetime


@endpoint(api, "GET", "/topics", answers=ListOut[TopicOut])
@requires("contacts.read")
def list_topics() -> ListOut[TopicOut]:
    """Every topic in use."""
    return listed(topics.topics(), TopicOut.of)


@endpoint(api, "POST", "/topics", takes=NamedBody, answers=TopicOut, status=201)
@requires("campaigns.write")
def add_topic(body: NamedBody) -> TopicOut:
    """One more; an archived one of the same name comes back."""
    return TopicOut.of(topics.add(body.name, body.description))


@endpoint(api, "DELETE", "/topics/<uuid:topic_id>", answers=Done)
@requires("campaigns.write")
def archive_topic(topic_id: UUID) -> Done:
    """Nobody is asked about it any more."""
    topic = get_or_404(Topic, topic_id, lock=True)
    if topic.archived_at is not None:
        raise NotFound("This topic was archived already.")
    topics.archive(topic)
    return Done(done=f"{topic.name} is archived.", count=1)
