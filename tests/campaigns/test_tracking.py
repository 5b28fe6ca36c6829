"""A tracked campaign from the mail that arrived to the funnel that goes on: links, hits, classes, facts, conditions."""

from __future__ import annotations

import email
import re
import time
from dataclasses import dataclass
from email import policy
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.tracked import step_tracks
from loumass.contacts.models import Contact, Suppression
from loumass.content.composing import Draft, compile_written, links_written
from loumass.content.linking import Tracking
from loumass.content.models import ContentVersion
from loumass.core import clock, metrics
from loumass.events.models import Event
from loumass.inbox.reading import read_words
from loumass.messages import hits_keeping
from loumass.messages.hit_models import Hit, HitCount
from loumass.messages.hits_classing import class_again
from loumass.messages.rendering_shown import original
from loumass.messages.tracking import tracked_in_answers
from tests.campaigns import cast
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


@pytest.mark.usefixtures("html_contents")
def test_a_storm_of_a_filter_half_a_minute_after_sending_moves_nothing(
    world: World, vendor: SmtpVendor
) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    run = waiting(world, vendor, priya)
    mail = sent(world, run, priya)
    world.later(seconds=30)
    unsubscribe = re.findall(r"https://loumass\.example(/u/[\w-]+)", mail.part("html"))
    for path in [mail.pixel, *mail.links, *unsubscribe]:
        assert get(world, path, ip="20.0.0.7").status_code in (200, 302)
    world.later(minutes=5)
    assert counts(world) == {0: (0, 1, 0), 1: (0, 1, 0), 2: (0, 1, 0)}
    assert run.at(priya) == "asked"
    with world.acme.acting() as session:
        assert session.scalars(select(Suppression)).all() == []
        assert session.scalar(select(func.count()).select_from(Hit)) == 3
    assert (facts(world, "message.opened"), facts(world, "message.clicked")) == (0, 0)
    page = world.acme.member.get(f"/campaigns/{run.id}/reading").text
    assert "Opened by machines" in page
    assert ">opened<" not in page
    world.later(days=4)
    assert run.path(priya)[1] == ("asked", "timeout")


@pytest.mark.usefixtures("html_contents")
def test_what_is_no_link_to_follow_stays_as_it_was(world: World, vendor: SmtpVendor) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    with_menu = world.acme.contact("Max", "max@people.example", fields={"menu": "menu.example/today"})
    run = waiting(world, vendor, priya, with_menu)
    mail = sent(world, run, priya)
    for kept in (
        'href="mailto:maya@acme.example"', 'href="tel:+13035550100"', 'href="#top"', 'href="#">The menu',
        '<!--[if mso]><v:roundrect href="https://acme.example/dinner"><![endif]-->',
    ):  # fmt: skip
        assert kept in mail.part("html")
    assert re.search(r'href="https://loumass\.example/u/[\w-]+"', mail.part("html"))
    assert len(mail.links) == 2
    assert [link in mail.part("plain") for link in mail.links] == [True, True]
    assert "https://acme.example" not in mail.part("plain")
    *_, menu = sent(world, run, with_menu).links
    assert get(world, menu).headers["Location"] == "https://menu.example/today"


@pytest.mark.parametrize(
    ("by_default", "campaign", "step_says", "expected"),
    [
        ((False, False), (None, None), {}, None),
        ((False, False), (None, None), {"opens": "on"}, 1),
        ((False, False), (None, True), {}, 2),
        ((True, True), (None, None), {"opens": "campaign"}, 3),
        ((True, True), (None, None), {"clicks": "off"}, 1),
        ((True, True), (False, False), {}, None),
        ((True, True), (False, False), {"clicks": "on"}, 2),
    ],
)
def test_a_step_a_campaign_and_an_organization_say_what_is_tracked(
    by_default: tuple[bool, bool], campaign: tuple[bool | None, bool | None], step_says: dict[str, str], expected: int | None
) -> None:  # fmt: skip
    organization = Organization(is_open_tracked=by_default[0], is_click_tracked=by_default[1])
    one = Campaign(is_open_tracked=campaign[0], is_click_tracked=campaign[1])
    assert step_tracks(one, organization, "email_send", step_says) == expected
    assert step_tracks(one, organization, "sms_send", step_says) is None


@pytest.mark.usefixtures("html_contents")
def test_without_tracking_nothing_leads_through_us(world: World, vendor: SmtpVendor) -> None:
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    run = waiting(world, vendor, priya)
    [message] = run.messages(priya)
    mail = sent(world, run, priya)
    assert (message.tracked, mail.links) == (None, [])
    assert "/o/" not in mail.part("html")
    assert 'href="https://acme.example/place"' in mail.part("html")


@pytest.mark.usefixtures("html_contents")
def test_forged_and_foreign_links_lead_nowhere(world: World, vendor: SmtpVendor) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    mail = sent(world, waiting(world, vendor, priya), priya)
    link = mail.links[0]
    for path in (link[:-1] + ("A" if link[-1] != "A" else "E"), link.replace("/c/", "/o/"), mail.pixel.replace("/o/", "/c/"),
                 link + "/", "/c/", "/c/https://evil.example/", link + "?to=https://evil.example"):  # fmt: skip
        answer = get(world, path)
        assert "evil" not in answer.headers.get("Location", "")
        assert answer.status_code == (302 if "?" in path else 404)
    assert get(world, link, method="POST").status_code == 405
    head = get(world, mail.pixel, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    pixel = get(world, mail.pixel)
    assert (pixel.mimetype, pixel.data[:6], pixel.headers["Cache-Control"]) == (
        "image/gif", b"GIF89a", "no-store, private",
    )  # fmt: skip


@pytest.mark.usefixtures("html_contents")
def test_nobody_is_kept_from_where_they_go_while_the_database_is_away(
    world: World, vendor: SmtpVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    personal, alike = (mail := sent(world, waiting(world, vendor, priya), priya)).links
    get(world, alike)
    before = _lost()

    def away(*_: Any) -> Any:
        raise psycopg.OperationalError("the server went away")

    monkeypatch.setattr(hits_keeping._Connection, "ready", away)
    assert get(world, alike).headers["Location"] == "https://acme.example/place"
    assert get(world, mail.pixel).status_code == 200
    answer = get(world, personal)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert _lost() - before == 3
    monkeypatch.undo()
    monkeypatch.setattr(hits_keeping.time, "monotonic", lambda base=time.monotonic: base() + 60)
    assert get(world, personal).status_code == 302


def _lost() -> float:
    return sum(metrics.HITS.labels(kind, "lost")._value.get() for kind in ("open", "click"))


@pytest.mark.usefixtures("html_contents")
def test_who_was_erased_is_led_to_what_is_everybodys_and_nowhere_else(
    world: World, vendor: SmtpVendor
) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example", fields={"menu": "menu.example/z"})
    run = waiting(world, vendor, priya)
    personal, alike, menu = sent(world, run, priya).links
    with world.acme.acting() as session:
        session.execute(text("SELECT * FROM erase_contact(:id, :now)"), {"id": priya.id, "now": clock.now()})
        session.commit()
    assert get(world, menu).status_code == 410
    assert get(world, alike).status_code == 302
    assert "Zo" not in get(world, personal).headers["Location"]


@pytest.mark.usefixtures("html_contents")
def test_classing_can_be_done_again_and_raw_hits_stay(world: World, vendor: SmtpVendor) -> None:
    tracking(world.acme)
    priya = world.acme.contact("Zoë Raman", "priya@people.example")
    run = waiting(world, vendor, priya, test="opened")
    mail = sent(world, run, priya)
    world.later(hours=1)
    for _ in range(2):
        get(world, mail.pixel)
        world.later(minutes=2)
    get(world, mail.pixel, agent="Mozilla/5.0", ip="17.0.0.9")
    world.later(minutes=2)
    assert counts(world) == {0: (2, 1, 0)}
    assert run.path(priya)[1] == ("asked", "yes")
    with world.acme.acting() as session:
        assert read_words([run.messages(priya)[0].id] if False else [_only(session)]) == {
            _only(session): "Opened 3 times, 1 by a machine"
        }
        class_again(World.begins_at)
        session.commit()
    world.work()
    assert counts(world) == {0: (2, 1, 0)}
    assert facts(world, "message.opened") == 1
    card = world.acme.agent.get(f"/contacts/{priya.id}").text
    assert "Opened 3 times, 1 by a machine" in card
    strip = world.acme.member.get(f"/campaigns/{run.id}").text
    assert "opened</a>" in strip
    with world.globex.acting() as session:
        assert session.scalars(select(Hit)).all() == []


def _only(session: Any) -> UUID:
    return session.scalars(select(HitCount.message_id)).one()


def test_answers_of_people_are_tracked_only_where_that_was_switched_on(world: World) -> None:
    words = "Look at https://acme.example/place, {{or}} (https://acme.example/a_(b)) call"
    assert links_written(words) == ("https://acme.example/place", "https://acme.example/a_(b)")
    tracked = Tracking("https://go.acme.example", True, (("https://acme.example/place", 4),))
    html = '<p>Look at <a href="https://acme.example/place">https://acme.example/place</a></p>'
    made = compile_written(Draft("Hi {{x}}", "", html, words), tracked)
    values = {"link<4": "T" * 43, "link<0": "P" * 43}
    assert made.text.render(values).startswith(f"Look at https://go.acme.example/c/{'T' * 43}, {{{{or}}}}")
    assert made.html is not None
    assert f'href="https://go.acme.example/c/{"T" * 43}">https://acme.example/place<' in made.html.render(
        values
    )
    tracking(world.acme)
    with world.acme.acting() as session:
        organization = session.get_one(Organization, world.acme.id)
        assert tracked_in_answers(organization) is None
        organization.is_answer_tracked = True
        assert tracked_in_answers(organization) == 3
