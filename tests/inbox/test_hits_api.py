"""Who opened a message and clicked in it, by programs: people, machines, whom nobody knows, and what says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import update

from loumass.accounts.models import Organization
from loumass.contacts.models import Contact
from loumass.content.models import ContentLink
from loumass.core import clock
from loumass.core.tenancy import globally
from loumass.messages.hit_models import Hit
from loumass.messages.hits_classing import class_messages
from loumass.messages.models import Message
from tests.api import program_of
from tests.campaigns.cast import Run, running, send, step
from tests.world import Tenant, World

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
HREF = "https://acme.example/dinner?who={{contact.first_name}}"


def mailed(tenant: Tenant, *people: Contact) -> Run:
    """A campaign whose first mail went to them."""
    run = running(tenant, [send("hello", ways={"next": "done"}), step("done", "end")], *people)
    run.told("sent", tracked=3)
    return run


def link_of(tenant: Tenant, message: Message) -> int:
    with tenant.acting() as session:
        link = ContentLink(source_id=message.content_version_id or uuid4(), number=7, href=HREF)
        session.add(link)
        session.commit()
        return link.ref


def hit(tenant: Tenant, message: Message, at: datetime, link: int = 0, **also: object) -> None:
    known = {"is_head": False, "is_prefetch": False, "ip_hash": b"a" * 32, "network": "", "agent": CHROME}
    with tenant.acting() as session:
        session.add(Hit(message_id=message.id, happened_at=at, link=link, **(known | also)))
        session.commit()


def test_a_program_reads_who_opened_and_clicked_and_why_we_think_so(world: World) -> None:
    acme, priya = world.acme, world.acme.contact("Priya Raman", "priya@lake.example")
    [message] = mailed(acme, priya).messages(priya)
    assert message.sent_at is not None
    link, sent = link_of(acme, message), message.sent_at
    hit(acme, message, sent + timedelta(seconds=3), link, network="scanner/proofpoint")
    hit(acme, message, sent + timedelta(hours=1), network="proxy/google")
    hit(acme, message, sent + timedelta(hours=2), link)
    world.later(hours=3)
    hit(acme, message, clock.now(), link)
    ben = program_of(acme.member)
    whole = f"/messages/{message.id}/hits"
    found = ben.got(whole)
    assert (found["next"], found["previous"]) == (None, None)
    told = [(one["what"], one["by"], one["reason"], one["link"], one["network"]) for one in found["items"]]
    assert told == [
        ("clicked", "human", "person", HREF, ""),
        ("opened", "unknown", "proxy", None, "proxy/google"),
        ("clicked", "machine", "network", HREF, "scanner/proofpoint"),
    ], "what came this moment is not classed yet"
    assert found["items"][2]["why"].startswith("It comes from a mail filter's network")
    assert [one["by"] for one in ben.got(whole, what="clicked")["items"]] == ["human", "machine"]
    assert [one["what"] for one in ben.got(whole, by="unknown")["items"]] == ["opened"]
    assert ben.got(whole, by="human", what="opened")["items"] == []
    world.later(minutes=1)
    assert len(ben.got(whole)["items"]) == 4


def test_the_hits_are_those_that_the_page_counts(world: World) -> None:
    acme, priya = world.acme, world.acme.contact("Priya Raman", "priya@lake.example")
    [message] = mailed(acme, priya).messages(priya)
    assert message.sent_at is not None
    link = link_of(acme, message)
    for hours in range(1, 8):
        hit(
            acme,
            message,
            message.sent_at + timedelta(hours=hours),
            link if hours % 2 else 0,
            is_head=hours > 5,
        )
    with acme.acting() as session:
        class_messages({message.id})
        session.commit()
    world.later(days=1)
    ben = program_of(acme.member)
    shown, cursor = [], None
    while True:
        found = ben.got(f"/messages/{message.id}/hits", limit=3, **({"cursor": cursor} if cursor else {}))
        shown += found["items"]
        if (cursor := found["next"]) is None:
            break
    assert [one["at"] for one in shown] == sorted((one["at"] for one in shown), reverse=True)
    assert len({one["id"] for one in shown}) == 7
    [said] = ben.got(f"/contacts/{priya.id}/messages")["messages"]
    assert said["read"] == "Opened 3 times, 1 by a machine, clicked 4 times, 1 by a machine"
    counted = [(one["what"], one["by"]) for one in shown]
    assert (counted.count(("opened", "machine")), counted.count(("clicked", "machine"))) == (1, 1)
    assert (counted.count(("opened", "human")), counted.count(("clicked", "human"))) == (2, 3)


def test_hits_are_told_to_those_alone_who_may_read_the_message(world: World) -> None:
    acme = world.acme
    hers, his = (acme.contact(name, f"{name}@lake.example") for name in ("hers", "his"))
    run = mailed(acme, hers, his)
    [of_hers], [of_his] = run.messages(hers), run.messages(his)
    for message in (of_hers, of_his):
        hit(acme, message, clock.now())
    world.later(minutes=1)
    with acme.acting() as session:
        session.execute(update(Contact).where(Contact.id == his.id).values(owner_id=acme.agent.id))
        session.commit()
    with globally() as session:
        session.execute(update(Organization).where(Organization.id == acme.id).values(shows_only_own=True))
        session.commit()
    ben, ada = program_of(acme.agent), program_of(acme.admin)
    assert len(ben.got(f"/messages/{of_his.id}/hits")["items"]) == 1
    assert ben("GET", f"/messages/{of_hers.id}/hits").status_code == 404
    assert len(ada.got(f"/messages/{of_hers.id}/hits")["items"]) == 1
    assert program_of(acme.agent, "contacts.read")("GET", f"/messages/{of_his.id}/hits").status_code == 403
    assert program_of(world.globex.admin)("GET", f"/messages/{of_hers.id}/hits").status_code == 404
    assert ada("GET", f"/messages/{UUID(int=5)}/hits").status_code == 404
    for wrong in ({"by": "anybody"}, {"what": "read"}, {"cursor": "x"}):
        assert ada("GET", f"/messages/{of_hers.id}/hits", query_string=wrong).status_code in (400, 422)
