"""What every migration needs: one way to secure a tenant table.

Order matters: under FORCE an owner that adds a foreign key later validates nothing, so tables come
with all their keys, and only then the policy, ENABLE, FORCE and the grants.
"""

from __future__ import annotations

from alembic import op

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::uuid"
USER = "nullif(current_setting('app.user_id', true), '')::uuid"


def secure_tenant_table(table: str, grants: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Bind `table` to the organization that is set, for everyone; `backup` may read all of it."""
    for statement in tenant_policies(table):
        op.execute(statement)
    op.execute(f"GRANT {grants} ON {table} TO loumass_app")
    op.execute(f"GRANT SELECT ON {table} TO loumass_backup")


def tenant_policies(table: str) -> list[str]:
    """The statements that put `table` (or a partition) under its policies."""
    return [
        f"CREATE POLICY organization ON {table} TO loumass_app, loumass_owner "
        f"USING (organization_id = {ORGANIZATION}) WITH CHECK (organization_id = {ORGANIZATION})",
        f"CREATE POLICY backup ON {table} FOR SELECT TO loumass_backup USING (true)",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]


def system_may(table: str, commands: str, columns: str = "") -> None:
    """Let the definer functions' owner run `commands` on `table`, across tenants."""
    for command in commands.split(", "):
        clause = "WITH CHECK (true)" if command == "INSERT" else "USING (true)"
        op.execute(
            f"CREATE POLICY system_{command.lower()} ON {table} FOR {command} TO loumass_system {clause}"
        )
        op.execute(f"GRANT {command}{columns} ON {table} TO loumass_system")


def definer(signature: str, body: str) -> None:
    """A function that runs as `loumass_system` and that only the application may call."""
    name = signature.split("RETURNS", maxsplit=1)[0].strip()
    op.execute(
        f"CREATE FUNCTION {signature} SECURITY DEFINER SET search_path = public, pg_temp AS $body${body}$body$"
    )
    plain = _without_argument_names(name)
    op.execute(f"ALTER FUNCTION {plain} OWNER TO loumass_system")
    op.execute(f"REVOKE ALL ON FUNCTION {plain} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {plain} TO loumass_app")


def _without_argument_names(name: str) -> str:
    function, _, arguments = name.rstrip(")").partition("(")
    types = [argument.strip().split(" ", 1)[1] for argument in arguments.split(",") if argument.strip()]
    return f"{function}({', '.join(types)})"
