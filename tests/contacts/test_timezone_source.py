"""Where somebody's timezone is known from: what was given outranks the area of the number, whenever either comes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from loumass.contacts.models import Contact
from tests.contacts.lists import bring_in
from tests.world import World


def known(world: World) -> tuple[str | None, str | None]:
    with world.acme.acting() as session:
        one = session.scalars(select(Contact)).one()
        return one.timezone, one.timezone_source


def listed(phone: str, zone: str) -> str:
    # A column that is empty is not taken, and would not be taken in the next list that looks alike.
    names, values = ["Name", "Email"], ["Priya Raman", "priya@foothill.example"]
    for name, value in (("Cell", phone), ("Timezone", zone)):
        if value:
            names, values = [*names, name], [*values, value]
    return f"{','.join(names)}\n{','.join(values)}\n"


DENVER, NEW_YORK = "+13035550164", "+12125550164"


@pytest.mark.parametrize(
    ("first", "existing", "second", "found"),
    [
        ((DENVER, ""), "fill", (DENVER, "America/Chicago"), ("America/Chicago", "given")),
        ((DENVER, ""), "fill", (NEW_YORK, ""), ("America/Denver", "phone")),
        ((DENVER, "America/Chicago"), "fill", (DENVER, "Europe/Berlin"), ("America/Chicago", "given")),
        ((DENVER, ""), "update", (NEW_YORK, ""), ("America/New_York", "phone")),
        ((DENVER, "America/Chicago"), "update", (NEW_YORK, ""), ("America/Chicago", "given")),
        ((DENVER, "America/Chicago"), "update", (NEW_YORK, "Europe/Berlin"), ("Europe/Berlin", "given")),
        (("", ""), "fill", (DENVER, ""), ("America/Denver", "phone")),
        (("", ""), "update", ("", ""), (None, None)),
    ],
)
def test_lists(
    world: World,
    first: tuple[str, str],
    existing: str,
    second: tuple[str, str],
    found: tuple[str | None, str | None],
) -> None:
    bring_in(world, world.acme, listed(*first))
    bring_in(world, world.acme, listed(*second), existing=existing)
    assert known(world) == found
    again = bring_in(world, world.acme, listed(*second), existing=existing)
    assert again.counts[:2] == (0, 0)
    assert known(world) == found


def test_by_hand(world: World) -> None:
    form = {"first_name": "Priya", "phone": DENVER}
    world.acme.agent.post("/contacts/new", form)
    assert known(world) == ("America/Denver", "phone")
    with world.acme.acting() as session:
        url = f"/contacts/{session.scalars(select(Contact.id)).one()}/edit"
    # What was read off the number is not offered as if somebody had said it: another number is read again.
    assert 'selected value="America/Denver"' not in world.acme.agent.get(url).text
    world.acme.agent.post(url, {**form, "phone": NEW_YORK})
    assert known(world) == ("America/New_York", "phone")
    world.acme.agent.post(url, {**form, "timezone": "America/Chicago"})
    assert known(world) == ("America/Chicago", "given")
