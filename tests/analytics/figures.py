"""What tests of the dashboard name: campaigns, channels and messages in numbers, and what the page says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lxml import html

from loumass.campaigns.models import Campaign, Enrollment
from loumass.channels.models import Channel
from loumass.funnels.models import Graph
from loumass.messages.models import Stream
from tests.world import Person, Tenant


def page_of(person: Person, url: str = "/dashboard") -> html.HtmlElement:
    answer = person.get(url)
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def number(page: html.HtmlElement, label: str) -> str:
    box = page.xpath("//*[contains(@class, 'figure-box')][.//*[contains(text(), $label)]]", label=label)
    return box[0].xpath(".//*[contains(@class, 'figure-number')]")[0].text_content().strip()


def attention_of(page: html.HtmlElement) -> list[str]:
    return [words(line) for line in page.xpath("//li[@class='notice']")]


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def campaign_of(tenant: Tenant, name: str = "Denver Broker Night", **also: Any) -> Campaign:
    with tenant.acting() as session:
        graph = Graph()
        session.add(graph)
        session.flush()
        campaign = Campaign(name=name, graph_id=graph.id, **({"state": "running"} | also))
        stream = Stream()
        session.add(stream)
        session.flush()
        campaign.id = stream.id
        session.add(campaign)
        session.commit()
    return campaign


def enrolled(tenant: Tenant, campaign: Campaign, number: int, **also: Any) -> UUID:
    person = tenant.contact(f"Person {number}", email=f"p{number}.{campaign.id}@x.example")
    with tenant.acting() as session:
        session.add(Enrollment(campaign_id=campaign.id, contact_id=person.id, **also))
        session.commit()
    return person.id


def channel_of(tenant: Tenant, address: str = "ben@acme.example", **also: Any) -> Channel:
    with tenant.acting() as session:
        channel = Channel(
            provider="sandbox", medium="email", name=address, address=address, sealed_credentials=b"-", **also
        )
        session.add(channel)
        session.commit()
    return channel
