"""Which worker runs a test: any that is free, but all tests of a folder with a house of its own in one."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

#: Each is one unit of work: what its tests share is started once.
TOGETHER = ("tests/chaos/",)


class HousesTogether(LoadScopeScheduling):
    """xdist hands out units of work; here nearly each test is one.

    Its own groups are written into the names of tests, which pytest 9.2 does not let anybody change
    (https://github.com/pytest-dev/pytest-xdist/issues/1386): the mark is taken and nothing is grouped.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """The name of the unit of work that a test belongs to."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)
