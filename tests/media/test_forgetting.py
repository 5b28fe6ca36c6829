"""Bytes that nothing uses go after a day; whatever points at them keeps them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.core import clock, storage
from loumass.core.storage import StorageUnavailable
from loumass.core.tenancy import serving
from loumass.media import forgetting, service
from loumass.media.jobs import forget
from loumass.media.models import Media
from loumass.messages.attachments import attach, keep
from loumass.messages.models import Attachment, Message
from loumass.providers.events import Attachment as File
from tests.inbox.desk import PRIYA
from tests.messages.letters import brings, email, mailbox, rows
from tests.world import Tenant, World


def _kept(tenant: Tenant, content: bytes) -> UUID:
    with tenant.acting() as session:
        stream = BytesIO(content)
        found = service.keep(stream, service.weigh(stream, limit=1_000, kinds=None))
        session.commit()
    return found


def _forget(tenant: Tenant) -> bool | None:
    with serving(tenant.organization.id):
        return forget()


def _media(tenant: Tenant) -> set[UUID]:
    return {row.id for row in rows(tenant, Media)}


def _brought(world: World) -> UUID:
    """A message of Priya's."""
    brings(world.acme, mailbox(world.acme), email(PRIYA))
    return rows(world.acme, Message)[-1].id


def test_everything_that_points_at_media_counts_as_its_user() -> None:
    assert forgetting.users() == [
        ("attachment", "media_id"),
        ("content_picture", "media_id"),
        ("content_version", "recording_id"),
        ("message", "sound_id"),
        ("spoken_text", "media_id"),
    ]


def test_what_nothing_uses_goes_after_a_day_and_what_is_brought_again_stays(world: World) -> None:
    lonely, wanted = _kept(world.acme, b"nobody's"), _kept(world.acme, b"wanted")
    foreign = _kept(world.globex, b"nobody's")
    clock.advance(timedelta(hours=20))
    assert _kept(world.acme, b"wanted") == wanted
    clock.advance(timedelta(hours=5))
    before = set(storage.every_key())
    assert not _forget(world.acme)
    assert _media(world.acme) == {wanted}
    assert _media(world.globex) == {foreign}
    assert len(before - set(storage.every_key())) == 1
    assert _kept(world.acme, b"nobody's") != lonely


def test_the_same_attachment_of_many_mails_is_stored_once(world: World) -> None:
    before = set(storage.every_key())
    box = mailbox(world.acme)
    for name in ("logo.png", "image001.png"):
        twice = [
            File(name, "image/png", b"\x89PNG\r\n\x1a\nlogo"),
            File("plan.pdf", "application/pdf", b"%PDF" + name.encode()),
        ]
        brings(world.acme, box, email(PRIYA, attachments=tuple(twice)))
    assert len(rows(world.acme, Attachment)) == 4
    assert len(set(storage.every_key()) - before) == 3
    clock.advance(timedelta(days=2))
    assert not _forget(world.acme)
    assert len(_media(world.acme)) == 3


def test_whoever_points_at_bytes_while_they_are_forgotten_does_not_lose_them(world: World) -> None:
    _kept(world.acme, b"almost gone")
    clock.advance(timedelta(days=2))
    with serving(world.acme.organization.id):
        (again,) = keep([File("a.txt", "text/plain", b"almost gone")])
    _forget(world.acme)
    message_id = _brought(world)
    with world.acme.acting() as session:
        attach(message_id, [again])
        session.commit()
        assert session.scalars(select(Attachment.media_id)).one() == again.media_id


def test_a_store_that_does_not_answer_leaves_a_file_and_a_line_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kept(world.acme, b"gone")
    clock.advance(timedelta(days=2))

    def away(key: str) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(storage, "delete", away)
    assert not _forget(world.acme)
    assert _media(world.acme) == set()
