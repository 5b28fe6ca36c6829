"""`erase_contact`: the one function that may blank what is otherwise append-only.

It runs as `loumass_system`, inside the organization that is set: its policies reach no further. `consent` lines stay
(they hold ids and where consent came from, never an address), `event` holds ids only.
"""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

from migrations.support import ORGANIZATION, definer

_NEEDS = {
    "contact": ("SELECT", "UPDATE"),
    "contact_tag": ("SELECT", "DELETE"),
    "suppression": ("SELECT", "INSERT", "UPDATE"),
    "conversation": ("SELECT", "UPDATE"),
    "message": ("SELECT", "UPDATE"),
    "attachment": ("SELECT", "DELETE"),
    "draft": ("SELECT", "DELETE"),
    "delivery": ("SELECT", "UPDATE"),
    "import_refusal": ("SELECT", "DELETE"),
}
_SIGNATURE = (
    "erase_contact(p_contact_id uuid, p_now timestamptz) "
    "RETURNS TABLE (people integer, messages integer, file_keys text[]) LANGUAGE plpgsql"
)
#: Names tables that come with later revisions: looked at when it is called.
_BODY = """
#variable_conflict use_column
DECLARE
    org uuid := current_organization();
    ids uuid[];
    talks uuid[];
    needles text[];
    held uuid[];
    alone text[];
BEGIN
    SELECT array_agg(id) INTO ids FROM contact
    WHERE organization_id = org AND (id = p_contact_id OR merged_into_id = p_contact_id) AND erased_at IS NULL;
    IF ids IS NULL THEN
        people := 0; messages := 0; file_keys := '{}';
        RETURN NEXT;
        RETURN;
    END IF;
    people := cardinality(ids);
    SELECT array_agg(DISTINCT needle) INTO needles FROM (
        SELECT email_key AS needle FROM contact WHERE organization_id = org AND id = ANY(ids) AND email_key IS NOT NULL
        UNION ALL
        SELECT email FROM contact WHERE organization_id = org AND id = ANY(ids) AND email IS NOT NULL
        UNION ALL
        SELECT ltrim(phone, '+') FROM contact WHERE organization_id = org AND id = ANY(ids) AND phone IS NOT NULL
    ) AS said;
    INSERT INTO suppression (organization_id, medium, address_hash, address, reason, note, created_at)
    SELECT DISTINCT org, way.medium, way.hash, NULL::text, 'erased', '', p_now
    FROM contact, LATERAL (VALUES ('email', email_hash), ('sms', phone_hash), ('voicemail', phone_hash)) AS way(medium, hash)
    WHERE contact.organization_id = org AND contact.id = ANY(ids) AND way.hash IS NOT NULL
    ON CONFLICT (organization_id, medium, address_hash) DO UPDATE SET address = NULL, reason = 'erased', note = '', created_at = excluded.created_at;
    SELECT array_agg(id) INTO talks FROM conversation WHERE organization_id = org AND contact_id = ANY(ids);
    WITH gone AS (
        DELETE FROM attachment WHERE organization_id = org AND (conversation_id = ANY(talks) OR message_id IN (
            SELECT id FROM message WHERE message.organization_id = org AND (message.contact_id = ANY(ids) OR message.conversation_id = ANY(talks))))
        RETURNING media_id, file_key
    ), spoken AS (
        SELECT DISTINCT sound_id FROM message
        WHERE organization_id = org AND sound_id IS NOT NULL AND (contact_id = ANY(ids) OR conversation_id = ANY(talks))
    )
    SELECT array_agg(media_id) FILTER (WHERE media_id IS NOT NULL), array_agg(file_key) FILTER (WHERE media_id IS NULL AND file_key <> '')
    INTO held, alone FROM (SELECT media_id, file_key FROM gone UNION SELECT sound_id, '' FROM spoken) AS said;
    UPDATE delivery SET body = '', meta = '{}'
    WHERE organization_id = org AND (id IN (
            SELECT delivery_id FROM message
            WHERE message.organization_id = org AND delivery_id IS NOT NULL AND (message.contact_id = ANY(ids) OR message.conversation_id = ANY(talks)))
        OR EXISTS (SELECT 1 FROM unnest(needles) AS needle WHERE position(convert_to(needle, 'UTF8') IN body) > 0));
    UPDATE message SET to_address = '', from_address = CASE WHEN direction = 'in' THEN '' ELSE from_address END,
        from_name = CASE WHEN direction = 'in' THEN '' ELSE from_name END, cc = '[]', subject = '', text = '', html = '', reply_text = '',
        merge_values = NULL, rfc_message_id = CASE WHEN direction = 'in' THEN NULL ELSE rfc_message_id END,
        in_reply_to = NULL, reference_ids = '[]', reason = NULL, sound_id = NULL
    WHERE organization_id = org AND (contact_id = ANY(ids) OR conversation_id = ANY(talks));
    GET DIAGNOSTICS messages = ROW_COUNT;
    -- What others have of the same bytes, or say with the same words, stays theirs.
    PERFORM 1 FROM media WHERE organization_id = org AND id = ANY(held) ORDER BY id FOR UPDATE;
    DELETE FROM spoken_text WHERE organization_id = org AND media_id = ANY(held)
        AND NOT EXISTS (SELECT 1 FROM message WHERE organization_id = org AND sound_id = spoken_text.media_id);
    WITH gone AS (
        DELETE FROM media WHERE organization_id = org AND id = ANY(held)
            AND NOT EXISTS (SELECT 1 FROM attachment WHERE organization_id = org AND media_id = media.id)
            AND NOT EXISTS (SELECT 1 FROM spoken_text WHERE organization_id = org AND media_id = media.id)
            AND NOT EXISTS (SELECT 1 FROM content_version WHERE organization_id = org AND recording_id = media.id)
            AND NOT EXISTS (SELECT 1 FROM content_picture WHERE organization_id = org AND media_id = media.id)
        RETURNING file_key
    ) SELECT array_agg(file_key) || alone INTO file_keys FROM gone;
    DELETE FROM draft WHERE organization_id = org AND conversation_id = ANY(talks);
    DELETE FROM sent_draft WHERE organization_id = org AND conversation_id = ANY(talks);
    UPDATE sorted_reply SET phrase = '', back_on = NULL WHERE organization_id = org AND message_id IN (
        SELECT id FROM message WHERE message.organization_id = org AND (message.contact_id = ANY(ids) OR message.conversation_id = ANY(talks)));
    DELETE FROM message_words WHERE organization_id = org AND message_id IN (
        SELECT id FROM message WHERE message.organization_id = org AND (message.contact_id = ANY(ids) OR message.conversation_id = ANY(talks)));
    DELETE FROM message_copy WHERE organization_id = org AND (lower(address) = ANY(needles) OR message_id IN (
        SELECT id FROM message WHERE message.organization_id = org AND (message.contact_id = ANY(ids) OR message.conversation_id = ANY(talks))));
    UPDATE conversation SET counterpart = '', subject = '', thread_key = 'erased:' || id, provider_thread_id = NULL
    WHERE organization_id = org AND id = ANY(talks);
    DELETE FROM import_refusal WHERE organization_id = org AND EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(cells) AS cell, unnest(needles) AS needle
        WHERE lower(trim(cell)) = lower(needle) OR regexp_replace(cell, '[^0-9]', '', 'g') IN (needle, right(needle, 10)));
    UPDATE task SET title = '', script = '', note = '' WHERE organization_id = org AND contact_id = ANY(ids);
    UPDATE earning SET note = '' WHERE organization_id = org AND contact_id = ANY(ids);
    UPDATE webhook_attempt SET answer = '' WHERE organization_id = org AND call_id IN (
        SELECT id FROM webhook_call WHERE webhook_call.organization_id = org AND contact_id = ANY(ids));
    UPDATE webhook_call SET body = '', state = CASE WHEN state IN ('queued', 'calling') THEN 'cancelled' ELSE state END,
        ended_at = coalesce(ended_at, p_now), due_at = NULL, waiting_for = NULL, lease_until = NULL
    WHERE organization_id = org AND contact_id = ANY(ids);
    DELETE FROM contact_tag WHERE organization_id = org AND contact_id = ANY(ids);
    UPDATE contact SET external_id = NULL, email = NULL, email_key = NULL, email_hash = NULL, phone = NULL, phone_hash = NULL,
        first_name = '', last_name = '', company = '', title = '', city = '', state = '', country = '', timezone = NULL,
        fields = '{}', owner_id = NULL, source = '', archived_at = coalesce(archived_at, p_now), erased_at = p_now, updated_at = p_now
    WHERE organization_id = org AND id = ANY(ids);
    RETURN NEXT;
END
"""


def create_erase_contact() -> None:
    """Create the function and what it needs of the first tables, bound to the organization that is set."""
    let_erase(_NEEDS)
    definer(_SIGNATURE, _BODY)


def renew_erase_contact() -> None:
    """Give an installation of before the function as it is now."""
    op.execute("DROP FUNCTION erase_contact(uuid, timestamptz)")
    definer(_SIGNATURE, _BODY)


def let_erase(needs: Mapping[str, tuple[str, ...]]) -> None:
    """Let the function run these commands on these tables, inside the organization that is set."""
    mine = f"organization_id = {ORGANIZATION}"
    for table, commands in needs.items():
        for command in commands:
            clause = f"WITH CHECK ({mine})" if command == "INSERT" else f"USING ({mine})"
            op.execute(
                f"CREATE POLICY erasing_{command.lower()} ON {table} FOR {command} TO loumass_system {clause}"
            )
            op.execute(f"GRANT {command} ON {table} TO loumass_system")
