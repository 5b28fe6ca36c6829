"""What the database's own catalogue says of the laws: policies, keys, triggers, delete actions, grants."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from loumass.core.database import connect
from loumass.models import GLOBAL_TABLES, metadata
from tests.world import World

TENANT_TABLES = sorted(set(metadata.tables) - GLOBAL_TABLES)
#: Global, yet with policies of their own.
GUARDED_GLOBALS = {"membership", "invitation"}


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


def test_every_tenant_table_and_partition_has_enable_force_and_the_policy(catalogue: Engine) -> None:
    partitions = [
        name
        for (name,) in _rows(catalogue, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    ]
    assert len(partitions) >= 5
    for table in [*TENANT_TABLES, *partitions, *GUARDED_GLOBALS]:
        [(enabled, forced)] = _rows(
            catalogue,
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = :table",
            table=table,
        )
        policies = dict(
            _rows(catalogue, "SELECT policyname, qual FROM pg_policies WHERE tablename = :table", table=table)
        )
        assert enabled, f"{table} lacks ENABLE"
        assert forced, f"{table} lacks FORCE"
        assert "app.organization_id" in policies["organization"], table
        assert "select" not in policies["organization"].lower(), (
            f"{table}: a policy must not hold a sub-select"
        )


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
        "SELECT c.conname, a.attname, c.confdeltype::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "JOIN pg_class f ON f.oid = c.confrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] "
        "WHERE c.contype = 'f' AND t.relname = ANY(:tables) AND f.relname = ANY(:tables)",
        tables=TENANT_TABLES,
    )
    assert len(keys) > 30
    for name, first_column, on_delete in keys:
        assert first_column == "organization_id", name
        assert on_delete in ("a", "c"), f"{name}: SET NULL would blank organization_id"


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
    for table in ("event", "audit_entry", "content_version", "consent"):
        grants = {
            row[0]
            for row in _rows(
                catalogue,
                "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = 'loumass_app' AND table_name = :table",
                table=table,
            )
        }
        assert grants == {"SELECT", "INSERT"}, table


def test_raw_sql_without_a_tenant_sees_nothing(world: World, database_url: str) -> None:
    world.acme.contact("Priya Raman")
    engine = connect(database_url)
    with engine.connect() as connection:
        for table in [*TENANT_TABLES, *GUARDED_GLOBALS]:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    engine.dispose()


def test_raw_sql_as_globex_sees_and_changes_nothing_of_acme(world: World, database_url: str) -> None:
    priya = world.acme.contact("Priya Raman")
    engine = connect(database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.globex.id})
        assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
        assert connection.execute(text("UPDATE contact SET first_name = 'x'")).rowcount == 0
        assert connection.execute(text("DELETE FROM contact")).rowcount == 0
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
