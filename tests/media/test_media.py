"""The same bytes once per organization, and public links that cannot be made, guessed or kept for ever."""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from loumass.core import clock, secrets, storage
from loumass.core.errors import Refused, TooLarge
from loumass.core.storage import StorageUnavailable
from loumass.media import links, service
from loumass.media.models import Media
from tests.fakes.sounds import mp3
from tests.world import Tenant, World

LIMIT = 10_000_000


def _kept(tenant: Tenant, content: bytes, limit: int = LIMIT) -> UUID:
    with tenant.acting() as session:
        stream = BytesIO(content)
        found = service.keep(stream, service.weigh(stream, limit=limit))
        session.commit()
    return found


def _path(tenant: Tenant, media_id: UUID, **lasts: float) -> str:
    until = clock.now() + timedelta(**(lasts or {"hours": 2}))
    return links.media_path(tenant.organization.number, media_id, "audio/mpeg", until)


def test_the_same_bytes_are_stored_once_in_each_organization(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    store = storage.store
    monkeypatch.setattr(
        storage, "store", lambda stream, *, limit: written.append("") or store(stream, limit=limit)
    )
    content = mp3(6)
    first = _kept(world.acme, content)
    assert _kept(world.acme, content) == first
    assert _kept(world.globex, content) != first
    assert _kept(world.acme, mp3(7)) != first
    assert len(written) == 3


def test_two_who_bring_the_same_bytes_at_once_leave_one_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = mp3(6)
    first = _kept(world.acme, content)
    before = set(storage.every_key())
    with monkeypatch.context() as patch:
        patch.setattr(service, "_known", lambda hashes: {})
        assert _kept(world.acme, content) == first
    assert set(storage.every_key()) == before
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 1


def test_what_is_no_recording_or_too_large_is_refused_and_nothing_is_kept(world: World) -> None:
    before = set(storage.every_key())
    with pytest.raises(Refused, match="no MP3, WAV or M4A"):
        _kept(world.acme, b"<html>" + mp3(6))
    with pytest.raises(TooLarge):
        _kept(world.acme, mp3(60), limit=100_000)
    assert set(storage.every_key()) == before


def test_when_storage_fails_nothing_points_at_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "store", fail)
        with pytest.raises(StorageUnavailable):
            _kept(world.acme, mp3(6))
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0
    assert _kept(world.acme, mp3(6))


def test_a_link_gives_the_bytes_and_nothing_that_a_browser_would_run(world: World) -> None:
    content = mp3(6)
    answer = world.stranger().get(_path(world.acme, _kept(world.acme, content)))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, content, "audio/mpeg")
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == 'inline; filename="sound.mp3"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Set-Cookie" not in answer.headers


def test_what_is_no_sound_and_no_picture_is_only_saved(world: World) -> None:
    content = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    with world.acme.acting() as session:
        stored = storage.store(BytesIO(content), limit=1000)
        row = Media(
            sha256=bytes.fromhex(stored.sha256),
            size=stored.size,
            content_type="image/svg+xml",
            file_key=stored.key,
        )
        session.add(row)
        session.commit()
    answer = world.stranger().get(_path(world.acme, row.id))
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="file.bin"'


def test_head_and_ranges_are_answered_as_the_rfc_says(world: World) -> None:
    content = os.urandom(3000)
    content = mp3(0.1) + content
    path, size = _path(world.acme, _kept(world.acme, content)), len(content)
    ask = world.stranger()
    head = ask.head(path)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(size))
    etag = head.headers["ETag"]
    for asked, (start, stop) in {
        "bytes=0-0": (0, 1), "bytes=10-99": (10, 100), f"bytes={size - 5}-": (size - 5, size),
        "bytes=-7": (size - 7, size), f"bytes=5-{size * 2}": (5, size),
    }.items():  # fmt: skip
        part = ask.get(path, headers={"Range": asked})
        assert (part.status_code, part.data) == (206, content[start:stop]), asked
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
    for whole in ("bytes=0-1,5-6", "pages=1-2", "bytes=x"):
        assert ask.get(path, headers={"Range": whole}).data == content
    beyond = ask.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert ask.get(path, headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert ask.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).data == content
    assert ask.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert ask.head(path, headers={"Range": "bytes=0-9"}).headers["Content-Length"] == "10"


def test_links_end_and_nobody_can_make_one(world: World) -> None:
    media_id = _kept(world.acme, mp3(6))
    ask = world.stranger()
    path = _path(world.acme, media_id, hours=2)
    assert len(path.removeprefix(links.PATH)) <= 55
    assert ask.get(path).status_code == 200
    token = path.removeprefix(links.PATH).partition(".")[0]
    changed = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "B" + token[1:],
        token[:20],
        "",
        "é",
        token + "A",
    ]
    payload = world.acme.organization.number.to_bytes(5) + media_id.bytes + (2**31).to_bytes(4)
    for wrong in [*changed, secrets.sign("unsubscribe", payload), secrets.sign(links.PURPOSE, payload[:-1])]:
        assert ask.get(f"{links.PATH}{wrong}.mp3").status_code == 404
    elsewhere = links.media_path(
        world.globex.organization.number, media_id, "audio/mpeg", clock.now() + timedelta(days=1)
    )
    assert ask.get(elsewhere).status_code == 404
    assert ask.get(_path(world.acme, uuid4())).status_code == 404
    clock.advance(timedelta(hours=4))
    assert ask.get(path).status_code == 404
