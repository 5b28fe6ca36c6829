"""Real servers go away and come back: pages and `/health` say so, no process ends, and work goes on by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.stories.outages import House, Servers
from tests.stories.processes import HttpCarrier
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One for all: each outage leaves it as it was."""
    folder = Path(tempfile.mkdtemp(prefix="lm-", dir="/tmp"))
    folder.chmod(0o711)
    servers = Servers(folder)
    house = House(folder, servers)
    try:
        house.opens()
        yield house
        house.processes.all_run()
    finally:
        house.processes.stop()
        servers.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_redis_ends_and_comes_back_empty(house: House) -> None:
    with house.servers.without_redis():
        assert house.health()["redis"] == "does not answer: ConnectionError"
        address = house.starts_a_list("adele")
        assert "went in" not in house.browser.get(address).text
    house.goes_in(address)
    until(house.is_well, "the installation is well again")


def test_redis_freezes_for_a_while(house: House) -> None:
    with house.servers.frozen_redis():
        assert house.health()["redis"].startswith("does not answer")
        address = house.starts_a_list("bruno")
    house.goes_in(address)
    until(house.is_well, "the installation is well again")


def test_postgres_ends_and_comes_back(house: House) -> None:
    proxy = HTTPConnection("127.0.0.1", house.port)
    assert asked(proxy, "/health") == 200
    # Whoever stands between closes a connection that rested; one that we close may be in use in that moment.
    proxy.auto_open = 0
    address = house.starts_a_list("clara")
    with house.servers.without_postgres():
        told = house.browser.get("/contacts", expect=503)
        assert "The database does not answer. Nothing was changed. Try again in a minute." in told.text
        assert told.answer.headers["retry-after"] == "30"
        assert house.health()["database"] == "does not answer: OperationalError"
        house.processes.all_run()
    house.goes_in(address)
    house.goes_in(house.starts_a_list("dario"))
    until(house.is_well, "the installation is well again")
    assert asked(proxy, "/health") == 200
    proxy.close()


def asked(connection: HTTPConnection, path: str) -> int:
    """The status of what is asked over this connection."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_a_page_that_waits_for_the_database_holds_up_nobody_else(house: House) -> None:
    with ThreadPoolExecutor(1) as others:
        with house.servers.locked("contact"):
            slow = others.submit(house.browser.get, "/contacts", expect=200)
            until(house.servers.somebody_waits_for_a_lock, "the page waits for the table")
            assert house.is_well()
            assert HttpCarrier(house.url).fetch("GET", "/login").status == 200
            assert not slow.done()
        assert "Contacts" in slow.result(30).text


def test_the_folder_goes_and_comes_back(house: House) -> None:
    aside = house.files.rename(house.files.with_name("aside"))
    house.files.write_text("a file stands where the folder should be")
    try:
        assert house.health()["files"] == "cannot be written: not a directory"
        form = house.browser.get("/imports/new").form("/imports")
        told = form.send(files={"file": [("eva.csv", b"Email\neva@list.example\n", "text/csv")]}, expect=503)
        assert "The file could not be kept" in told.text
    finally:
        house.files.unlink()
        aside.rename(house.files)
    house.goes_in(house.starts_a_list("eva"))
    until(house.is_well, "the installation is well again")
