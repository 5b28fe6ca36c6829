"""A tracked campaign from the mail that arrived to the funnel that goes on: links, hits, classes, facts, conditions."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email import policy
from typing import Any

import pytest
from sqlalchemy import func, select

from loumass.accounts.models import Organization
from loumass.contacts.models import Contact
from loumass.events.models import Event
from loumass.messages.hit_models import Hit, HitCount
from loumass.messages.rendering_shown import original
from tests.campaigns.cast import Planned, Run, ask, running, step
from tests.messages.test_delivering_by_smtp import mailbox_at, vendor
from tests.providers.test_smtp_contract import SmtpVendor
from tests.world import Tenant, World

__all__ = ["vendor"]

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
HTML = """<p>Hello {{contact.first_name}}</p>
<!--[if mso]><v:roundrect href="https://acme.example/dinner"><![endif]-->
<p><a href="https://acme.example/dinner?from=mail&amp;who={{contact.first_name}}">Who else comes</a>
<a href="https://acme.example/place">The place</a> <a href="mailto:maya@acme.example">Write to me</a>
<a href="tel:+13035550100">Call me</a> <a href="#top">Top</a> <a href="{{contact.fields.menu}}">The menu</a></p>"""


def tracking(tenant: Tenant, **also: bool) -> None:
    """The organization tracks by default."""
    with tenant.acting() as session:
        organization = session.get_one(Organization, tenant.id)
        organization.is_open_tracked = also.get("opens", True)
        organization.is_click_tracked = also.get("clicks", True)
        organization.is_answer_tracked = also.get("answers", False)
        session.commit()


@dataclass
class Mail:
    """A mail as its receiver has it."""

    raw: bytes

    def part(self, kind: str) -> str:
        """Its text of that kind."""
        parsed: Any = email.message_from_bytes(self.raw, policy=policy.default)
        return parsed.get_body((kind,)).get_content()

    @property
    def links(self) -> list[str]:
        """Paths of its tracked links, in order, each once."""
        return list(dict.fromkeys(re.findall(r"https://loumass\.example(/c/[\w-]{43})", self.part("html"))))

    @property
    def pixel(self) -> str:
        """The path of its picture."""
        [path] = re.findall(r"https://loumass\.example(/o/[\w-]{43})", self.part("html"))
        return path


def written(html: str = HTML) -> Planned:
    return Planned("hello", "email_send", says=html)


@pytest.fixture
def html_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps say HTML."""
    from loumass.content.models import ContentVersion
    from tests.campaigns import cast

    def made(**values: Any) -> ContentVersion:
        return ContentVersion(**(values | {"html": values["text"], "text": ""}))

    monkeypatch.setattr(cast, "ContentVersion", made)


def sent(world: World, run: Run, contact: Contact) -> Mail:
    """What `contact` got, made again."""
    [message] = run.messages(contact)
    with world.acme.acting():
        return Mail(original(message.id))


def get(world: World, path: str, agent: str = CHROME, **also: Any) -> Any:
    headers = {"User-Agent": agent, **also.pop("headers", {})}
    return world.stranger().open(
        path, method=also.pop("method", "GET"), headers=headers, environ_base={"REMOTE_ADDR": also.pop("ip", "203.0.113.9")}
    )  # fmt: skip


def counts(world: World) -> dict[int, tuple[int, int, int]]:
    """Link -> human, machine, unknown; 0 is the picture, links count from 1 as they came."""
    with world.acme.acting() as session:
        rows = session.execute(select(HitCount).order_by(HitCount.link)).scalars().all()
    return {place: (row.human, row.machine, row.unknown) for place, row in enumerate(rows)}


def facts(world: World, kind: str) -> int:
    with world.acme.acting() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0


OPENED = {"test": "clicked", "wait_up_to": 3, "wait_unit": "days"}


def waiting(world: World, vendor: SmtpVendor, *people: Contact, **config: Any) -> Run:
    """A campaign whose people wait for what `config` asks, written to by a real mail server."""
    mailbox = mailbox_at(world, vendor)
    steps = [
        written(),
        ask("asked", {"yes": "warm", "timeout": "cold"}, **{**OPENED, **config}),
        step("warm", "set_status", status="Needs BDR", ways={"next": "done"}),
        step("cold", "end"),
        step("done", "end"),
    ]
    return running(world.acme, steps, *people, email_channel_id=mailbox.id)


@pytest.mark.usefixtures("html_contents")
def test_a_click_in_a_mail_that_arrived_moves_its_reader_on(world: World, vendor: SmtpVendor) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    run = waiting(world, vendor, priya)
    mail = sent(world, run, priya)
    assert Mail(vendor.smtp.received[0].content).raw.strip() == mail.raw.strip()
    first, second = mail.links
    assert run.at(priya) == "asked"
    world.later(minutes=30)
    answer = get(world, first)
    assert (answer.status_code, answer.headers["Location"]) == (
        302, "https://acme.example/dinner?from=mail&who=Zo%C3%AB",
    )  # fmt: skip
    assert "Set-Cookie" not in answer.headers
    with world.acme.acting() as session:
        [hit] = session.scalars(select(Hit)).all()
    assert (hit.agent, hit.network, len(hit.ip_hash)) == (CHROME, "", 32)
    world.later(seconds=30)
    assert counts(world) == {0: (1, 0, 0)}
    assert run.at(priya) == "ended: finished"
    assert run.path(priya)[1] == ("asked", "yes")
    assert get(world, second).headers["Location"] == "https://acme.example/place"
    world.later(seconds=30)
    assert get(world, first).status_code == 302
    world.later(seconds=30)
    assert counts(world) == {0: (2, 0, 0), 1: (1, 0, 0)}
    assert (facts(world, "message.clicked"), facts(world, "message.opened")) == (2, 0)
