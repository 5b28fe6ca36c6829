"""One house for all of chaos: the servers are its own, so that nobody else feels what is done to them."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.house import House, opened
from tests.chaos.office import Office

#: How many messages a campaign has; each person gets two.
MESSAGES = int(os.environ.get("CHAOS_MESSAGES", "200"))
#: What every random choice comes from; each test says it.
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
#: So many campaigns at most until one was disturbed just where it matters.
TRIES = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it takes long."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(1_800))


Telling = Callable[[str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Telling:
    """Says a line at once where there is a terminal, and beside the failure if there is one."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")

    def say(line: str) -> None:
        request.node.add_report_section("call", "chaos", line)
        if terminal is not None:
            with capsys.disabled():
                terminal.write_line(line)

    say(f"{request.node.name}: CHAOS_SEED={SEED}")
    return say


@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """Web, workers and clock, PostgreSQL, Redis, a post office; gone before other tests begin, which they would keep waiting."""
    folder = Path(tempfile.mkdtemp(prefix="lm-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with opened(folder) as house:
            yield house
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def office(house: House) -> Office:
    """Summit Events, with a mailbox, people and a template."""
    office = Office(house, "Summit Events")
    office.can_write(MESSAGES // 2)
    return office
