"""Members see only their own: every way in, called by somebody of the same organization who owns nothing, somebody who owns
everything, and somebody who looks after others. The cases come from the URL map, so a new route is tried by itself."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine
from werkzeug.routing import Rule

from loumass.accounts.permissions import may
from loumass.core import live
from migrations.own import OWN
from tests.house.attack_fixtures import Attack
from tests.house.standing import Standing
from tests.house.url_map import attacks, permission_of, send
from tests.world import Person

#: Stands in all that belongs to people, once it is renamed: whoever owns nothing must never read it.
SECRET = "Quokka"
#: Table -> the columns that say something about somebody.
_SAYS = {
    "contact": ("first_name", "last_name", "email", "company"),
    "campaign": ("name",),
    "conversation": ("subject", "counterpart"),
    "message": ("subject", "text", "html", "reply_text", "from_address", "to_address"),
    "task": ("title", "script"),
    "attachment": ("file_name",),
    "contact_import": ("file_name",),
    "email_verification": ("subject",),
    "opt_out_proposal": ("phrase",),
    "sorted_reply": ("phrase",),
}
#: Those that go by another name than `id`.
_KEYS = {"sorted_reply": "message_id"}
#: Furniture that belongs to nobody of the members.
_THINGS = (
    "contact", "other_contact", "fresh_contact", "campaign", "running_campaign", "paused_campaign", "scheduled_campaign",
    "changing_campaign", "changed_campaign", "conversation", "closed_conversation", "message", "doubtful", "queued",
    "own_queued", "own_failed", "attachment", "draft_file", "enrollment", "walking_enrollment", "held_enrollment", "task",
    "other_task", "done_task", "proposal", "contact_import", "running_import", "failed_import", "verification",
    "running_verification", "trigger",
)  # fmt: skip
#: After these whoever asked is nobody any more.
_ENDS = ("account.logout", "accounts_api.end_sessions", "accounts_api.leave")
#: Who an organization may not write to, whoever's people they are: everybody needs to see that (docs/people.md).
_EVERYBODYS = ("suppression.", "topics.")


#: Text of a person's that is theirs to have changed: they ask for nothing of anybody else.
def _renamed(table: str) -> str:
    """Every word of `table` that says something about somebody is the secret one, and the row's own name."""
    key = _KEYS.get(table, "id")
    said = ", ".join(f"{column} = '{SECRET}' || {key}" for column in _SAYS[table])
    return f"UPDATE {table} SET {said} WHERE organization_id = '{{acme}}'"


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)


def _switch_on(ledger: Engine, acme: UUID) -> None:
    with ledger.connect() as connection:
        connection.exec_driver_sql("UPDATE organization SET shows_only_own = true WHERE id = %s", (acme,))
        for statement in map(_renamed, _SAYS):
            connection.exec_driver_sql(statement.replace("{acme}", str(acme)))


def _give(ledger: Engine, acme: UUID, person: Person) -> None:
    """All that can belong to somebody is theirs."""
    owned = {
        "contact": "owner_id",
        "campaign": "owner_id",
        "contact_import": "created_by_id",
        "email_verification": "created_by_id",
    }
    with ledger.connect() as connection:
        for table, column in owned.items():
            connection.exec_driver_sql(
                f"UPDATE {table} SET {column} = %s WHERE organization_id = %s", (person.id, acme)
            )


def _kept(ledger: Engine, acme: UUID) -> dict[str, dict[str, str]]:
    """Table -> row -> its digest, of all that can be somebody's own."""
    found: dict[str, dict[str, str]] = {}
    with ledger.connect() as connection:
        for table in (*OWN, "contact_tag", "step", "node", "stream", "campaign_change", "campaign_sender"):
            # Templates are everybody's.
            column = {"graph": "id", "node": "graph_id"}.get(table)
            only = f"AND {column} IN (SELECT graph_id FROM campaign)" if column else ""
            rows = connection.exec_driver_sql(
                f"SELECT md5(t::text) FROM {table} t WHERE organization_id = %s {only}", (acme,)
            )
            found[table] = {row[0]: row[0] for row in rows}
    return found


def _permitted(standing: Standing, person: Person) -> Iterator[tuple[Rule, Attack]]:
    for rule, attack in attacks(standing.world.app, standing.house):
        if may(person.role, permission_of(standing.world.app, rule)) and rule.endpoint not in _ENDS:
            yield rule, attack


def _named(attack: Attack, standing: Standing) -> bool:
    """Whether the address names a thing of a colleague's."""
    return any(str(standing.house.ids[name]) in attack.url for name in _THINGS)


def test_who_owns_nothing_reads_nothing_and_changes_nothing(standing: Standing, ledger: Engine) -> None:
    acme, ben = standing.world.acme, standing.world.acme.member
    _switch_on(ledger, acme.id)
    before = _kept(ledger, acme.id)
    let_in, told, broken, tried = [], [], [], 0
    for rule, attack in _permitted(standing, ben):
        answer = send(ben, attack)
        tried += 1
        if answer.status_code >= 500:
            broken.append((attack.method, str(rule)))
        if _named(attack, standing) and answer.status_code != 404:
            let_in.append((attack.method, str(rule), answer.status_code))
        if SECRET in answer.get_data(as_text=True) and not rule.endpoint.startswith(_EVERYBODYS):
            told.append((attack.method, str(rule)))
    assert broken == []
    assert let_in == []
    assert told == []
    assert tried > 150
    after = _kept(ledger, acme.id)
    assert {table: rows.keys() - after[table].keys() for table, rows in before.items()} == {
        table: set() for table in before
    }


@pytest.mark.parametrize("way", ["owns", "looks after others"])
def test_who_owns_it_or_looks_after_others_sees_all_as_before(
    standing: Standing, ledger: Engine, way: str
) -> None:
    acme, ben = standing.world.acme, standing.world.acme.member
    pages = [attack for _, attack in _permitted(standing, ben) if attack.method == "GET"]
    _give(ledger, acme.id, ben)
    usual = [_read(ben, attack)[0] for attack in pages]
    _switch_on(ledger, acme.id)
    if way != "owns":
        with ledger.connect() as connection:
            for statement in ("UPDATE contact SET owner_id = NULL", "UPDATE campaign SET owner_id = NULL"):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(
                "UPDATE membership SET sees_everything = true WHERE user_id = %s", (ben.id,)
            )
    seen = [_read(ben, attack) for attack in pages]
    assert [
        (attack.url, was, status)
        for attack, was, (status, _) in zip(pages, usual, seen, strict=True)
        if was != status
    ] == []
    assert sum(SECRET in page for _, page in seen) > 30


def _read(person: Person, attack: Attack) -> tuple[int, str]:
    """The answer to its end: what streams holds its session until then."""
    answer = send(person, attack)
    return answer.status_code, answer.get_data(as_text=True)
