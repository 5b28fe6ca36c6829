"""The way out of every campaign message: a GET only asks, a POST acts, and it can be taken back."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from loumass.contacts.models import Consent, Contact, Suppression
from loumass.contacts.suppression import suppress
from loumass.core import secrets
from loumass.messages.unsubscribing_links import read, unsubscribe_url
from tests.messages.sending import (
    Postbox,
    campaign,
    events,
    handing_to,
    mailbox,
    message,
    queue,
    states,
    stream,
)
from tests.world import World


def written_to(world: World) -> tuple[str, UUID]:
    """Priya got a campaign mail from Acme; the path of its link, and the message."""
    with handing_to(Postbox()):
        (message_id,) = campaign(world.acme, mailbox(world.acme), [world.acme.contact()], stream(world.acme))
        world.work()
    url = unsubscribe_url(world.acme.organization.number, message_id)
    return url.removeprefix("https://loumass.example"), message_id


def barred(world: World) -> list[tuple[str, str | None, str]]:
    with world.acme.acting() as session:
        return [(one.medium, one.address, one.reason) for one in session.scalars(select(Suppression))]


def page(browser: FlaskClient, path: str, method: str = "GET", **options: object) -> str:
    answer = browser.open(path, method=method, **options)  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_get_asks_and_changes_nothing(world: World) -> None:
    path, _ = written_to(world)
    for method in ("GET", "HEAD"):
        page(world.stranger(), path, method)
    shown = page(world.stranger(), path)
    assert "Stop e-mails from Acme?" in shown
    assert "p•••a@foothill.example" in shown
    assert "priya@" not in shown
    assert barred(world) == []


def test_the_button_unsubscribes_and_the_next_step_is_not_sent(world: World) -> None:
    path, message_id = written_to(world)
    assert "You are unsubscribed" in page(world.stranger(), path, "POST")
    assert barred(world) == [("email", "priya@foothill.example", "unsubscribed")]
    (fact,) = events(world.acme, "contact.unsubscribed")
    assert fact.contact_id == message(world.acme, message_id).contact_id
    assert fact.facts == {"medium": "email"}
    with world.acme.acting() as session:
        (line,) = session.scalars(select(Consent)).all()
    assert (line.is_granted, line.medium, line.source) == (False, "email", "on the unsubscribe page")
    channel = mailbox(world.acme, "other@acme.example")
    with world.acme.acting() as session:
        priya = session.scalars(select(Contact)).one()
    ids = queue(world.acme, channel, [priya])
    world.work()
    assert states(world.acme, ids) == ["cancelled"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_programs_one_click_needs_neither_cookie_nor_page(world: World, content_type: str) -> None:
    path, _ = written_to(world)
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = world.app.test_client(use_cookies=False).post(
            path, data={"List-Unsubscribe": "One-Click"}, content_type=content_type
        )
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert [reason for _, _, reason in barred(world)] == ["unsubscribed"]


def test_the_second_time_changes_nothing(world: World) -> None:
    path, _ = written_to(world)
    for _ in range(3):
        page(world.stranger(), path, "POST")
    assert len(barred(world)) == 1
    assert len(events(world.acme, "contact.unsubscribed")) == 1
    assert "You are unsubscribed" in page(world.stranger(), path)


def test_it_can_be_taken_back(world: World) -> None:
    path, _ = written_to(world)
    page(world.stranger(), path, "POST")
    assert "Subscribe again" in page(world.stranger(), path)
    assert "Welcome back" in page(world.stranger(), f"{path}/return", "POST")
    assert barred(world) == []
    assert len(events(world.acme, "contact.resubscribed")) == 1


def test_a_bounce_is_not_theirs_to_take_back(world: World) -> None:
    path, _ = written_to(world)
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "bounced")
        session.commit()
    assert "Subscribe again" not in page(world.stranger(), path)
    page(world.stranger(), f"{path}/return", "POST")
    assert len(barred(world)) == 1


def test_the_mails_own_address_counts_not_the_persons_new_one(world: World) -> None:
    path, _ = written_to(world)
    with world.acme.acting() as session:
        priya = session.scalars(select(Contact)).one()
        priya.email = priya.email_key = "new@foothill.example"
        session.commit()
    page(world.stranger(), path, "POST")
    assert barred(world) == [("email", "priya@foothill.example", "unsubscribed")]


def test_a_made_up_link_leads_nowhere(world: World) -> None:
    path, message_id = written_to(world)
    number = world.acme.organization.number
    foreign = unsubscribe_url(world.globex.organization.number, message_id).removeprefix(
        "https://loumass.example"
    )
    assert "nothing left to stop" in page(world.stranger(), foreign, "POST")
    for token in (
        path[3:-1],
        path[3:] + "A",
        "x",
        "A" * 42,
        secrets.sign("other", number.to_bytes(5) + message_id.bytes),
    ):
        answer = world.stranger().post(f"/u/{token}")
        assert answer.status_code == 404
        assert "not complete" in answer.get_data(as_text=True)
    assert barred(world) == []


def test_the_token_is_short_and_says_only_which_message(world: World) -> None:
    path, message_id = written_to(world)
    assert len(path) <= 45
    found = read(path[3:])
    assert found is not None
    assert (found.organization_number, found.message_id) == (world.acme.organization.number, message_id)
    assert unsubscribe_url(world.acme.organization.number, message_id).endswith(path)
