"""A part of the installation is away: pages say so, `/health` says so, and all goes on once it is back."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, create_engine, select, text

from loumass.config import Settings
from loumass.contacts.models import Contact
from loumass.core import database, jobs, keyvalue, live, outages, schema, storage
from tests.contacts.lists import start, upload
from tests.house.furnished import furnish
from tests.world import World

PERSON = {"first_name": "Nadia", "last_name": "Petrov", "email": "nadia@lakeside.example"}
LIST = b"First name,Email\nNadia,nadia@lakeside.example\n"


class Mute:
    """A server that takes connections and never says a word; it counts them."""

    def __init__(self) -> None:
        self.taken: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        """Cut everybody off."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.taken:
            one.close()


@pytest.fixture
def mute() -> Iterator[Mute]:
    server = Mute()
    yield server
    server.close()


@pytest.fixture
def _redis(settings: Settings) -> None:
    """What was noted of outages before is none of ours."""
    Redis.from_url(settings.redis_url).delete("outage:database", "outage:files")


pytestmark = pytest.mark.usefixtures("_redis")


@contextmanager
def redis_at(world: World, client: Redis) -> Iterator[None]:
    """The whole application asks `client`."""
    before = world.app.extensions["loumass.redis"]
    _ask(world, client)
    jobs.use(jobs.RedisBell(client))
    try:
        yield
    finally:
        _ask(world, before)
        jobs.use(world.bell)


def _ask(world: World, client: Redis) -> None:
    world.app.extensions["loumass.redis"] = client
    live.use(client)
    outages.use(client)


@contextmanager
def database_at(url: str) -> Iterator[None]:
    """The whole application asks the database at `url`."""
    before = database.engine()
    elsewhere = database.connect(url)
    database.use(elsewhere)
    try:
        yield
    finally:
        database.use(before)
        elsewhere.dispose()


@contextmanager
def no_folder(settings: Settings) -> Iterator[None]:
    """A file stands where the folder of the files should be: root too can write nothing there."""
    folder = Path(settings.storage_url.removeprefix("file://"))
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("not a folder")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


@contextmanager
def refusing(superuser: Engine, table: str, sqlstate: str, words: str) -> Iterator[None]:
    """The server answers with `sqlstate` whoever writes to `table`."""
    for statement in (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = '{sqlstate}'; END $$",
        f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()",
    ):
        with superuser.begin() as connection:
            connection.execute(text(statement))
    try:
        yield
    finally:
        with superuser.begin() as connection:
            connection.execute(text("DROP FUNCTION refuse CASCADE"))


def full_disk(superuser: Engine, table: str) -> AbstractContextManager[None]:
    """The server says of `table` what it says when its disk is full."""
    return refusing(superuser, table, "53100", "could not extend file: No space left on device")


@pytest.fixture
def superuser(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def health(world: World) -> dict[str, Any]:
    """What `/health` says; that it is not well."""
    answer = world.stranger().get("/health")
    assert answer.status_code == 503
    assert answer.json is not None
    return answer.json


def people(world: World) -> list[str | None]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Contact.email)))


def says_so(answer: Any, sentence: str) -> str:
    """The page is a 503 for people, with `sentence`, and says when to come again."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert sentence in page
    assert int(answer.headers["Retry-After"]) > 0
    assert "Content-Security-Policy" in answer.headers
    return page


def test_a_redis_that_takes_calls_and_never_answers_is_asked_once(world: World, mute: Mute) -> None:
    with redis_at(world, keyvalue.connect(f"redis://127.0.0.1:{mute.port}")):
        assert world.acme.member.post("/contacts/new", PERSON).status_code == 303
        assert len(mute.taken) == 1
        assert world.acme.member.get("/contacts").status_code == 200
        assert health(world)["redis"].startswith("does not answer")
        assert len(mute.taken) == 1
    assert people(world) == ["nadia@lakeside.example"]


def test_a_job_whose_bell_cannot_be_taken_off_is_done_all_the_same(world: World, mute: Mute) -> None:
    start(world.acme, upload(world.acme, LIST))
    with redis_at(world, keyvalue.connect(f"redis://127.0.0.1:{mute.port}")):
        for ring in list(world.bell.rings):
            jobs.run(ring.job, str(ring.organization_id), ring.key)
    assert people(world) == ["nadia@lakeside.example"]


def test_a_database_that_refuses_is_told_on_every_page_and_nothing_typed_is_lost(world: World) -> None:
    member = world.acme.member
    with database_at("postgresql+psycopg://nobody@127.0.0.1:1/nowhere"):
        says_so(member.get("/contacts"), "The database does not answer. Nothing was changed.")
        page = says_so(member.post("/contacts/new", PERSON), "The database does not answer.")
        told = health(world)
    assert told["database"] == "does not answer: OperationalError"
    assert told["tick_age_seconds"] is None
    for name, value in PERSON.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert 'action="/contacts/new"' in page
    assert member.post("/contacts/new", PERSON).status_code == 303


def test_passwords_and_files_are_not_sent_back_when_the_database_is_away(world: World) -> None:
    with database_at("postgresql+psycopg://nobody@127.0.0.1:1/nowhere"):
        secret = {"email": "ada@acme.example", "password": "correct horse battery"}
        page = says_so(world.stranger().post("/login", data=secret), "The database does not answer.")
        assert "correct horse" not in page
        assert "Send it again" not in page
        upload = {"file": (io.BytesIO(LIST), "leads.csv")}
        page = says_so(world.acme.member.post("/imports", upload), "The database does not answer.")
        assert "Send it again" not in page


def test_a_database_that_takes_calls_and_never_answers_is_given_up(world: World, mute: Mute) -> None:
    url = f"postgresql+psycopg://nobody@127.0.0.1:{mute.port}/nowhere"
    with database_at(url):
        says_so(world.acme.member.get("/contacts"), "The database does not answer.")
    assert mute.taken


def test_a_full_database_disk_is_told_by_pages_and_by_health(world: World, superuser: Engine) -> None:
    member = world.acme.member
    with full_disk(superuser, "contact"):
        page = says_so(member.post("/contacts/new", PERSON), "no room left on its disk")
        assert PERSON["email"] in page
        assert health(world)["database"] == "has no room left on its disk"
        assert 'loumass_part_works{part="database"} 0.0' in world.stranger().get("/metrics").text
        assert member.get("/contacts").status_code == 200
    assert member.post("/contacts/new", PERSON).status_code == 303


def test_an_import_that_met_a_full_disk_goes_on_when_there_is_room(world: World, superuser: Engine) -> None:
    start(world.acme, upload(world.acme, LIST))
    with full_disk(superuser, "contact"), pytest.raises(Exception, match="No space left"):
        world.work()
    assert people(world) == []
    world.later(minutes=2)
    assert people(world) == ["nadia@lakeside.example"]


def test_two_who_change_the_same_thing_are_not_told_that_the_database_is_away(
    world: World, superuser: Engine
) -> None:
    with refusing(superuser, "contact", "40P01", "deadlock detected"):
        says_so(world.acme.member.post("/contacts/new", PERSON), "Somebody else was changing the same thing.")


def test_a_folder_that_cannot_be_written_is_told_and_taken_up_again(world: World, settings: Settings) -> None:
    member = world.acme.member
    with no_folder(settings):
        upload = {"file": (io.BytesIO(LIST), "leads.csv")}
        says_so(member.post("/imports", upload), "The file could not be kept")
        assert health(world)["files"] == "cannot be written: not a directory"
        assert 'loumass_part_works{part="files"} 0.0' in world.stranger().get("/metrics").text
        assert member.get("/contacts").status_code == 200
    again = {"file": (io.BytesIO(LIST), "leads.csv")}
    assert member.post("/imports", again).status_code == 303


def test_what_was_typed_beside_a_file_that_cannot_be_kept_stays_in_the_draft(
    world: World, settings: Settings
) -> None:
    conversation = furnish(world.acme).conversation
    form = {"kind": "email", "text": "Half a sentence", "files": (io.BytesIO(b"%PDF"), "brochure.pdf")}
    with no_folder(settings):
        says_so(world.acme.admin.post(f"/inbox/{conversation}/files", form), "The file could not be kept")
    assert "Half a sentence" in world.acme.admin.get(f"/inbox/{conversation}").get_data(as_text=True)


def test_an_import_whose_file_cannot_be_read_for_a_while_goes_on_when_it_can(
    world: World, settings: Settings
) -> None:
    start(world.acme, upload(world.acme, LIST))
    with no_folder(settings), pytest.raises(storage.StorageUnavailable):
        world.work()
    assert people(world) == []
    world.later(minutes=2)
    assert people(world) == ["nadia@lakeside.example"]


def test_a_process_starts_although_its_folder_cannot_be_made(world: World, settings: Settings) -> None:
    with no_folder(settings):
        storage.use(f"{settings.storage_url}/files")
        with world.acme.acting(), pytest.raises(storage.StorageUnavailable):
            storage.store(io.BytesIO(b"x"), limit=10)
    storage.use(settings.storage_url)
    with world.acme.acting():
        assert storage.store(io.BytesIO(b"x"), limit=10).size == 1


def test_a_file_that_is_gone_is_no_outage(world: World) -> None:
    with pytest.raises(storage.StorageUnavailable):
        list(storage.chunks(f"{world.acme.id}/gone"))
    assert outages.noted("files") is None


def test_what_is_wrong_with_the_code_is_not_blamed_on_the_database(world: World, superuser: Engine) -> None:
    assert outages.sentence(_mistake(superuser)) is None
    assert schema.lacks() is None


def _mistake(engine: Engine) -> Any:
    with engine.connect() as connection, pytest.raises(Exception, match="nowhere") as caught:
        connection.execute(text("SELECT * FROM nowhere"))
    return caught.value
