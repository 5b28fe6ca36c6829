"""Tracking: domains, the links of what was said, hits and what they come to."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from migrations.support import secure_tenant_table, tenant_policies

revision = "0004"
down_revision = "0003"

#: What the application may do in each new tenant table. Raw hits and links are only added; domains are never deleted,
#: since the bytes of what was sent name them.
TENANT = {
    "tracking_domain": "SELECT, INSERT, UPDATE",
    "content_link": "SELECT, INSERT",
    "hit": "SELECT, INSERT",
    "hit_count": "SELECT, INSERT, UPDATE",
    "hit_mark": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    written = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in written.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute("GRANT SELECT, INSERT, UPDATE ON tracking_host TO loumass_app")
    op.execute("GRANT SELECT ON tracking_host TO loumass_backup")
    for table, grants in TENANT.items():
        secure_tenant_table(table, grants)
    hit_partitions()
    op.execute(KEEP_HITS)
    op.execute("REVOKE ALL ON FUNCTION keep_hits FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION keep_hits TO loumass_app")


def hit_partitions() -> None:
    """As those of `event`: made, and forgotten, by the owner through definers."""
    policies = "; ".join(tenant_policies("%1$I")).replace("'", "''")
    op.execute(
        "CREATE FUNCTION prepare_hit_month(month date) RETURNS void LANGUAGE plpgsql "
        "SECURITY DEFINER SET search_path = public, pg_temp AS $body$ "
        "DECLARE first date := date_trunc('month', month); partition text := 'hit_' || to_char(month, 'YYYY_MM'); BEGIN "
        "IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF; "
        "EXECUTE format('CREATE TABLE %I PARTITION OF hit FOR VALUES FROM (%L) TO (%L)', "
        "partition, first, first + interval '1 month'); "
        f"EXECUTE format('{policies}', partition); "
        "END $body$"
    )
    op.execute(FORGET_HIT_MONTHS)
    for function in ("prepare_hit_month(date)", "forget_hit_months()"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO loumass_app")
    op.execute("CREATE TABLE hit_other PARTITION OF hit DEFAULT")
    for statement in tenant_policies("hit_other"):
        op.execute(statement)
    op.execute(
        "SELECT prepare_hit_month((date_trunc('month', now()) + n * interval '1 month')::date) FROM generate_series(0, 3) AS n"
    )


#: Whole months that ended 13 months ago. It asks the server's own clock and takes no argument: whoever calls it cannot
#: make it forget anything younger.
FORGET_HIT_MONTHS = """
    CREATE FUNCTION forget_hit_months() RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $body$
    DECLARE
        partition text;
        forgotten integer := 0;
    BEGIN
        FOR partition IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'hit'::regclass AND c.relname ~ '^hit_[0-9]{4}_[0-9]{2}$'
              AND to_date(substr(c.relname, 5), 'YYYY_MM') < date_trunc('month', now()) - interval '13 months'
        LOOP
            EXECUTE format('DROP TABLE %I', partition);
            forgotten := forgotten + 1;
        END LOOP;
        RETURN forgotten;
    END $body$
"""

#: Hits of one moment, of any organizations, in one trip and one commit. It runs as whoever calls it: each organization's
#: hits are written under that organization's own policies, one after the other. What it returns are the addresses of
#: the links that are asked for, and the values they need.
KEEP_HITS = """
    CREATE FUNCTION keep_hits(p_organizations uuid[], p_messages uuid[], p_links bigint[], p_moments timestamptz[],
        p_are_heads boolean[], p_are_prefetches boolean[], p_ip_hashes bytea[], p_networks text[], p_agents text[],
        p_are_asked boolean[])
    RETURNS TABLE (nth integer, href text, merge_values jsonb) LANGUAGE plpgsql SET enable_sort = off AS $body$
    #variable_conflict use_column
    DECLARE
        org uuid;
    BEGIN
        FOR org IN SELECT DISTINCT one FROM unnest(p_organizations) AS one LOOP
            PERFORM enter(org, NULL);
            INSERT INTO hit (organization_id, happened_at, message_id, link, is_head, is_prefetch, ip_hash, network, agent)
            SELECT org, came.at, came.message_id, came.link, came.is_head, came.is_prefetch, came.ip_hash, came.network, came.agent
            FROM unnest(p_organizations, p_messages, p_links, p_moments, p_are_heads, p_are_prefetches, p_ip_hashes, p_networks, p_agents)
                AS came(organization_id, message_id, link, at, is_head, is_prefetch, ip_hash, network, agent)
            WHERE came.organization_id = org;
            IF true = ANY(p_are_asked) THEN
                RETURN QUERY
                SELECT came.nth::integer, found.href, said.merge_values
                FROM unnest(p_organizations, p_messages, p_links, p_are_asked) WITH ORDINALITY
                    AS came(organization_id, message_id, link, is_asked, nth)
                CROSS JOIN LATERAL (
                    SELECT l.href FROM content_link l WHERE l.organization_id = org AND l.ref = came.link
                    ORDER BY l.organization_id, l.ref LIMIT 1) found
                LEFT JOIN LATERAL (
                    SELECT m.merge_values FROM message m
                    WHERE position('{{' IN found.href) > 0
                      AND m.organization_id = org AND m.id BETWEEN came.message_id AND came.message_id
                    ORDER BY m.organization_id, m.id LIMIT 1) said ON true
                WHERE came.organization_id = org AND came.is_asked;
            END IF;
        END LOOP;
        PERFORM enter(NULL, NULL);
    END $body$
"""


def downgrade() -> None:
    raise RuntimeError("What was tracked cannot be untracked; restore a backup instead.")
