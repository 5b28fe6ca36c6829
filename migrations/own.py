"""What a person may see where "members see only their own" is on: the one place that says it (docs/people.md).

Each table of which people own rows has a view of the same name in the schema `own`. A session that is bound to one person's
own rows looks there first (`core/tenancy.py`), whoever wrote the statement; everybody else never meets them. The
views see what their reader may: row-level security holds below them as ever.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_ME = "nullif(current_setting('app.user_id', true), '')::uuid"
_HERE = "current_organization()"


def _is_own(view: str, column: str, table: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM own.{view} AS mine WHERE mine.organization_id = {table}.organization_id "
        f"AND mine.id = {table}.{column})"
    )


_MY_CAMPAIGN = f"(k.owner_id = {_ME} OR (k.owner_id IS NULL AND k.created_by_id = {_ME}))"


def _is_of_others(column: str) -> str:
    """A graph that somebody else's campaign runs on, or is being changed to."""
    return (
        f"SELECT 1 FROM public.campaign AS k LEFT JOIN public.campaign_change AS c "
        f"ON c.organization_id = k.organization_id AND c.campaign_id = k.id "
        f"WHERE k.organization_id = graph.organization_id AND {column} = graph.id AND {_MY_CAMPAIGN} IS NOT TRUE"
    )


#: Table -> which of its rows are a person's own. In this order: later ones ask earlier ones.
OWN: dict[str, str] = {
    "campaign": f"campaign.owner_id = {_ME} OR (campaign.owner_id IS NULL AND campaign.created_by_id = {_ME})",
    # An array, so that both sides of OR have their index.
    "contact": f"""contact.owner_id = {_ME} OR contact.id = ANY (ARRAY(
        SELECT talk.contact_id FROM public.conversation AS talk
        WHERE talk.organization_id = {_HERE} AND talk.assignee_id = {_ME} AND talk.contact_id IS NOT NULL))""",
    "conversation": f"""conversation.assignee_id = {_ME}
        OR EXISTS (SELECT 1 FROM public.contact AS c WHERE c.organization_id = conversation.organization_id
            AND c.id = conversation.contact_id AND c.owner_id = {_ME})
        OR (conversation.assignee_id IS NULL AND conversation.contact_id IS NULL AND EXISTS (
            SELECT 1 FROM public.channel AS way WHERE way.organization_id = conversation.organization_id
                AND way.id = conversation.channel_id AND way.owner_id = {_ME}))""",
    "enrollment": f"{_is_own('campaign', 'campaign_id', 'enrollment')} OR {_is_own('contact', 'contact_id', 'enrollment')}",
    "message": f"""{_is_own("conversation", "conversation_id", "message")}
        OR (message.direction = 'out' AND {_is_own("campaign", "stream_id", "message")})
        OR (message.conversation_id IS NULL AND {_is_own("contact", "contact_id", "message")})""",
    "task": f"""task.assignee_id = {_ME} OR {_is_own("contact", "contact_id", "task")}
        OR {_is_own("campaign", "stream_id", "task")}""",
    "attachment": f"""{_is_own("message", "message_id", "attachment")}
        OR (attachment.message_id IS NULL AND {_is_own("conversation", "conversation_id", "attachment")})
        OR (attachment.message_id IS NULL AND attachment.uploaded_by_id = {_ME})""",
    "opt_out_proposal": _is_own("conversation", "conversation_id", "opt_out_proposal"),
    "sorted_reply": _is_own("conversation", "conversation_id", "sorted_reply"),
    "trigger": _is_own("campaign", "campaign_id", "trigger"),
    "contact_import": f"contact_import.created_by_id = {_ME}",
    "email_verification": f"email_verification.created_by_id = {_ME}",
    "graph": f"""NOT EXISTS ({_is_of_others("k.graph_id")}) AND NOT EXISTS ({_is_of_others("c.graph_id")})
        AND NOT EXISTS ({_is_of_others("c.before_graph_id")})""",
    "daily_count": _is_own("campaign", "campaign_id", "daily_count"),
    "daily_part": f"""(daily_part.slice = 'colleague' AND daily_part.part = current_setting('app.user_id', true))
        OR {_is_own("campaign", "campaign_id", "daily_part")}""",
    "contact_engagement": _is_own("contact", "contact_id", "contact_engagement"),
    "earning": _is_own("contact", "contact_id", "earning"),
}
_GRANTS = """
    DO $grants$ DECLARE command text; BEGIN
        FOREACH command IN ARRAY ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] LOOP
            IF has_table_privilege('loumass_app', 'public.{table}', command) THEN
                EXECUTE 'GRANT ' || command || ' ON own.{table} TO loumass_app';
            END IF;
        END LOOP;
    END $grants$
"""


def renew_views(connection: Connection) -> None:
    """Make the views have every column that their tables have by now. After each migration; repeatable."""
    if connection.scalar(text("SELECT to_regclass('own.campaign')")) is None:
        connection.execute(text("GRANT USAGE ON SCHEMA own TO loumass_app"))
    for table, condition in OWN.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE VIEW own.{table} WITH (security_invoker = true) AS "
            f"SELECT {table}.* FROM public.{table} WHERE {condition}"
        )
        connection.exec_driver_sql(_GRANTS.format(table=table))
