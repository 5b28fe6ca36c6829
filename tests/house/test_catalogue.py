"""What the database's own catalogue says of the laws: policies, keys, triggers, delete actions, grants."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import Engine, ForeignKeyConstraint, create_engine, text
from sqlalchemy.exc import IntegrityError, NotSupportedError, ProgrammingError

from loumass.core.database import BACKUP, connect
from loumass.models import GLOBAL_TABLES, metadata
from tests.house.declared_keys import keys_that_lead_nowhere
from tests.house.furnished import furnish
from tests.house.url_map import rows_of
from tests.world import World

TENANT_TABLES = sorted(set(metadata.tables) - GLOBAL_TABLES)
#: Global, yet with policies of their own.
GUARDED_GLOBALS = {"membership", "invitation"}
#: `agenda` is made anew from other rows each minute; a check gives each message a conversation or a person; facts and hits
#: have no keys at all, since they outlive what they tell of, and figures are made anew from facts. Keys of steps are declared, and `visited_node` keeps what they lead to.
#: A call to another system has a stream or an endpoint, and the key to whichever it has.
PROVEN_OTHERWISE = {
    "agenda", "daily_part", "event", "hit", "message", "quarter_count", "step", "webhook_attempt", "webhook_call",
}  # fmt: skip
#: As PostgreSQL spells it back. No sub-select: the plan and Citus need it plain.
PLAIN = "(organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)"


@pytest.fixture
def catalogue(database_url: str):
    """A superuser's engine, to read the catalogue."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def _rows(engine: Engine, sql: str, **values: object) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), values)]


def test_every_table_is_either_global_by_name_or_owned_by_an_organization(catalogue: Engine) -> None:
    tables = _rows(
        catalogue,
        "SELECT relname, EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organization_id' AND attnotnull) "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'",
    )
    assert tables
    for name, has_organization in tables:
        assert name in GLOBAL_TABLES or has_organization, f"{name} is in neither group"


def test_every_tenant_table_and_partition_has_enable_and_force(catalogue: Engine) -> None:
    partitions = _partitions(catalogue)
    assert len(partitions) >= 5
    for table in [*TENANT_TABLES, *partitions, *GUARDED_GLOBALS]:
        [(enabled, forced)] = _rows(
            catalogue,
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = :table AND relkind IN ('r', 'p')",
            table=table,
        )
        assert enabled, f"{table} lacks ENABLE"
        assert forced, f"{table} lacks FORCE"


def test_the_application_has_exactly_the_plain_policy(catalogue: Engine) -> None:
    """One permissive policy more, and the tenants are together."""
    by_table: dict[str, list[tuple]] = {}
    for table, *policy in _rows(
        catalogue,
        "SELECT tablename, policyname, cmd, permissive, qual, with_check FROM pg_policies "
        "WHERE roles && ARRAY['loumass_app', 'loumass_owner', 'public']::name[] ORDER BY tablename, policyname",
    ):
        by_table.setdefault(table, []).append(tuple(policy))
    own = by_table["membership"].pop()
    assert own == ("own", "SELECT", "PERMISSIVE", PLAIN.replace("organization_id", "user_id"), None)
    for table in [*TENANT_TABLES, *_partitions(catalogue), *GUARDED_GLOBALS]:
        assert by_table.pop(table) == [("organization", "ALL", "PERMISSIVE", PLAIN, PLAIN)], table
    assert by_table == {}


def test_system_reaches_only_what_its_functions_need(catalogue: Engine) -> None:
    """Across tenants it sees what is due, which organization invites and the words of messages; all else only where it is set."""
    policies = _rows(
        catalogue,
        "SELECT tablename, cmd, coalesce(qual, with_check) FROM pg_policies WHERE 'loumass_system' = ANY(roles)",
    )
    everywhere = {(table, command) for table, command, condition in policies if condition == "true"}
    # A policy that asks something would keep `@@` from its index; `find_messages` knows the organization itself.
    assert everywhere == {("agenda", "SELECT"), ("invitation", "SELECT"), ("message_words", "SELECT")}
    assert {condition for *_, condition in policies} == {"true", PLAIN}
    granted = _rows(
        catalogue,
        "SELECT table_name, privilege_type FROM information_schema.table_privileges WHERE grantee = 'loumass_system'",
    )
    assert set(granted) == {(table, command) for table, command, _ in policies}


def test_definer_functions_belong_to_system(catalogue: Engine) -> None:
    owners = dict(
        _rows(
            catalogue,
            "SELECT proname, rolname FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace",
        )
    )
    # Whoever makes a partition, analyzes a table, or deletes what nobody else may, must own it.
    for function in (
        "prepare_event_month", "prepare_hit_month", "forget_hit_months", "refresh_figures", "remove_rows", "loosen_rows",
        "forget_organization",
    ):  # fmt: skip
        assert owners.pop(function) == "loumass_owner"
    assert set(owners.values()) == {"loumass_system"}


def test_backup_reads_everything_and_writes_nothing(
    world: World, catalogue: Engine, database_url: str
) -> None:
    furnish(world.acme)
    furnish(world.globex)
    engine = connect(database_url, role=BACKUP)
    with catalogue.connect() as whole, engine.connect() as backup:
        for table in metadata.tables:
            count = text(f"SELECT count(*) FROM {table}")
            assert backup.scalar(count) == whole.scalar(count), table
    engine.dispose()
    privileges = _rows(
        catalogue,
        "SELECT DISTINCT privilege_type FROM information_schema.table_privileges WHERE grantee = 'loumass_backup'",
    )
    assert privileges == [("SELECT",)]


def _keys() -> list[ForeignKeyConstraint]:
    return [
        key
        for name in TENANT_TABLES
        for key in metadata.tables[name].foreign_key_constraints
        if key.referred_table.name in TENANT_TABLES
    ]


def _partitions(catalogue: Engine) -> list[str]:
    found = _rows(catalogue, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    return [name for (name,) in found]


def test_every_key_and_unique_index_of_a_tenant_table_starts_with_the_organization(catalogue: Engine) -> None:
    indexes = _rows(
        catalogue,
        "SELECT t.relname, i.relname, a.attname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] "
        "WHERE x.indisunique AND t.relname = ANY(:tables)",
        tables=TENANT_TABLES,
    )
    assert {table for table, _, _ in indexes} == set(TENANT_TABLES)
    assert [row for row in indexes if row[2] != "organization_id"] == []


def test_every_foreign_key_between_tenant_tables_carries_the_organization(catalogue: Engine) -> None:
    keys = _rows(
        catalogue,
        "SELECT c.conname, a.attname, b.attname, c.confdeltype::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "JOIN pg_class f ON f.oid = c.confrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] "
        "JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = c.confkey[1] WHERE c.contype = 'f' AND t.relname = ANY(:tables) AND f.relname = ANY(:tables)",
        tables=TENANT_TABLES,
    )
    assert len(keys) > 30
    for name, first_column, its_target, on_delete in keys:
        assert first_column == its_target == "organization_id", name
        assert on_delete in ("a", "c"), f"{name}: SET NULL would blank organization_id"


def test_keys_prove_the_organization_of_every_tenant_row(catalogue: Engine) -> None:
    """Directly, or by a parent that every row must have: then a key of its own would prove the same thing twice."""
    keys = _rows(
        catalogue,
        "SELECT t.relname, f.relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "JOIN pg_class f ON f.oid = c.confrelid WHERE c.contype = 'f' AND c.convalidated AND t.relname = ANY(:tables) "
        "AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(c.conkey) AND NOT a.attnotnull) "
        "AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(c.conkey) AND a.attname = 'organization_id')",
        tables=TENANT_TABLES,
    )
    proven, before = {"organization"}, set[str]()
    while proven != before:
        before = set(proven)
        proven |= {table for table, parent in keys if parent in before}
    assert set(TENANT_TABLES) - proven <= PROVEN_OTHERWISE


def test_keys_are_enforced_or_declared_as_the_models_say(catalogue: Engine) -> None:
    enforced = dict(_rows(catalogue, "SELECT conname, conenforced FROM pg_constraint WHERE contype = 'f'"))
    said = {key.name: key.info.get("is_enforced", True) for key in _keys()}
    assert {name: enforced[name] for name in said} == said
    assert list(said.values()).count(False) == 12


def test_what_declared_keys_point_at_is_never_deleted(catalogue: Engine) -> None:
    """What was visited keeps the nodes that people stood on: its key is enforced. Media go when no message says them."""
    parents = {key.referred_table.name for key in _keys() if not key.info.get("is_enforced", True)}
    deleted = _rows(
        catalogue,
        "SELECT table_name FROM information_schema.table_privileges "
        "WHERE privilege_type = 'DELETE' AND grantee IN ('loumass_app', 'loumass_system') AND table_name = ANY(:tables)",
        tables=sorted(parents),
    )
    assert sorted(set(deleted)) == [("media",), ("node",)]
    assert ("visited_node", "node") in {
        (key.table.name, key.referred_table.name) for key in _keys() if key.info.get("is_enforced", True)
    }


def test_a_declared_key_that_leads_nowhere_is_found(world: World, catalogue: Engine) -> None:
    furnish(world.acme)
    with catalogue.connect() as connection:
        assert keys_that_lead_nowhere(connection) == []
        connection.execute(text("UPDATE message SET contact_id = uuidv7() WHERE contact_id IS NOT NULL"))
        found = keys_that_lead_nowhere(connection)
        assert [one.rpartition(":")[0] for one in found] == ["message.contact_id"]
        connection.rollback()


def test_no_index_sees_what_an_attempt_changes(catalogue: Engine) -> None:
    """So a message that is taken out of the queue stays on its page, and no index takes in another version of it."""
    changed = {
        "state", "lease_token", "lease_until", "waiting_for", "attempts", "attempted_at", "from_address", "from_name",
    }  # fmt: skip
    indexed = _rows(
        catalogue,
        "SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        "WHERE i.indrelid = 'message'::regclass AND (a.attnum = ANY(i.indkey) "
        "OR pg_get_expr(i.indpred, i.indrelid) ~ ('\\m' || a.attname || '\\M'))",
    )
    assert {"is_open", "due_at"} <= {name for (name,) in indexed}
    assert not changed & {name for (name,) in indexed}


def test_there_are_no_triggers(catalogue: Engine) -> None:
    assert _rows(catalogue, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []


def test_the_application_can_neither_bypass_nor_own_nor_truncate(catalogue: Engine) -> None:
    assert (
        _rows(
            catalogue,
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname IN ('loumass_app', 'loumass_owner', 'loumass_system', 'loumass_backup')",
        )
        == [(False, False, False)] * 4
    )
    assert _rows(catalogue, "SELECT relname FROM pg_class WHERE relowner = 'loumass_app'::regrole") == []
    assert (
        _rows(
            catalogue,
            "SELECT table_name FROM information_schema.table_privileges WHERE grantee = 'loumass_app' AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')",
        )
        == []
    )


def test_definer_functions_fix_their_search_path_and_are_not_public(catalogue: Engine) -> None:
    functions = _rows(
        catalogue,
        "SELECT proname, coalesce(array_to_string(proconfig, ','), ''), has_function_privilege('public', oid, 'EXECUTE') "
        "FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace",
    )
    assert functions
    for name, config, is_public in functions:
        assert "search_path" in config, name
        assert not is_public, name


def test_facts_and_versions_cannot_be_changed_by_the_application(catalogue: Engine) -> None:
    for table in ("event", "audit_entry", "content_version", "content_link", "consent", "hit"):
        grants = {
            row[0]
            for row in _rows(
                catalogue,
                "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = 'loumass_app' AND table_name = :table",
                table=table,
            )
        }
        assert grants == {"SELECT", "INSERT"}, table


def test_raw_sql_sees_only_the_organization_that_is_set(
    world: World, catalogue: Engine, database_url: str
) -> None:
    furnish(world.acme)
    furnish(world.globex)
    engine = connect(database_url)
    tables = sorted({*TENANT_TABLES, *GUARDED_GLOBALS})
    with engine.connect() as nobody, catalogue.connect() as whole:
        full = [table for table in tables if whole.scalar(text(f"SELECT count(*) FROM {table}"))]
        assert len(full) > 20, "the house is furnished"
        for table in tables:
            assert nobody.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    with engine.connect() as globex:
        globex.execute(text("SELECT enter(:id, NULL)"), {"id": world.globex.id})
        for table in tables:
            strange = f"SELECT count(*) FROM {table} WHERE organization_id <> :own"
            assert globex.scalar(text(strange), {"own": world.globex.id}) == 0, table
            seen = globex.scalar(text(f"SELECT count(*) FROM {table}"))
            assert bool(seen) == (table in full), table
    engine.dispose()


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE {table} SET organization_id = organization_id", "DELETE FROM {table}",
        "INSERT INTO {table} SELECT * FROM {table}", "TRUNCATE {table}", "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "DROP POLICY organization ON {table}", "SET LOCAL row_security = off; SELECT * FROM {table}",
        "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; DELETE FROM {table}",
    ],
)  # fmt: skip
def test_raw_sql_changes_nothing_of_a_stranger(
    world: World, ledger: Engine, database_url: str, attempt: str
) -> None:
    furnish(world.acme)
    before = rows_of(ledger, world.acme.id)
    globex = {"id": world.globex.id, "user": world.globex.admin.id}
    engine = connect(database_url)
    for table in before:
        with engine.connect() as connection, suppress(ProgrammingError, IntegrityError, NotSupportedError):
            connection.execute(text("SELECT enter(:id, :user)"), globex)
            connection.execute(text(attempt.format(table=table)))
            connection.commit()
    engine.dispose()
    assert rows_of(ledger, world.acme.id) == before


@pytest.mark.parametrize(
    "attempt",
    [
        "INSERT INTO membership (organization_id, user_id, role, created_at) VALUES (:acme, :gus, 'admin', now())",
        "UPDATE membership SET organization_id = :acme WHERE user_id = :gus",
    ],
)
@pytest.mark.parametrize("is_inside", [True, False])
def test_nobody_makes_themselves_a_member_of_a_strange_organization(
    world: World, ledger: Engine, database_url: str, attempt: str, is_inside: bool
) -> None:
    gus = world.globex.admin.id
    before = rows_of(ledger, world.acme.id)["membership"]
    engine = connect(database_url)
    with engine.connect() as connection, suppress(ProgrammingError):
        inside = {"id": world.globex.id if is_inside else None, "gus": gus}
        connection.execute(text("SELECT enter(:id, :gus)"), inside)
        connection.execute(text(attempt), {"acme": world.acme.id, "gus": gus})
        connection.commit()
    engine.dispose()
    assert rows_of(ledger, world.acme.id)["membership"] == before


def test_the_application_is_no_member_of_a_stronger_role(catalogue: Engine) -> None:
    members = _rows(
        catalogue,
        "SELECT m.rolname, r.rolname FROM pg_auth_members JOIN pg_roles r ON r.oid = roleid "
        "JOIN pg_roles m ON m.oid = member WHERE m.rolname LIKE 'loumass%'",
    )
    assert members == [("loumass_owner", "loumass_system")]


def test_raw_sql_as_globex_sees_and_changes_nothing_of_acme(world: World, database_url: str) -> None:
    priya = world.acme.contact("Priya Raman")
    engine = connect(database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.globex.id})
        assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
        assert connection.execute(text("UPDATE contact SET first_name = 'x'")).rowcount == 0
        assert connection.execute(text("DELETE FROM tag")).rowcount == 0
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text("DELETE FROM contact"))
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.execute(
                text("INSERT INTO tag (organization_id, name) VALUES (:acme, 'stolen')"),
                {"acme": world.acme.id},
            )
    stolen = text("INSERT INTO contact_tag (contact_id, tag_id) VALUES (:contact, :contact)")
    with engine.connect() as connection:
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.globex.id})
        connection.execute(text("INSERT INTO tag (id, name) VALUES (:id, 'mine')"), {"id": priya.id})
        with pytest.raises(IntegrityError):
            connection.execute(stolen, {"contact": priya.id})
    engine.dispose()


def test_the_tenant_ends_with_the_transaction(world: World, database_url: str) -> None:
    engine = connect(database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.acme.id})
        connection.commit()
        assert connection.scalar(text("SELECT current_setting('app.organization_id', true)")) == ""
    engine.dispose()
