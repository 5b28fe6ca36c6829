"""Full-text search under row-level security.

`@@` is not leakproof: under a policy no index answers it, and a search would read every message. So the words of
messages stand in a table of their own, `message_words`, and one function of `loumass_system` asks its index. It knows the
organization that is set and no other, and returns ids; who may see what they lead to, the policies of `message` say when
the rows are fetched.

Each word begins with six letters of its organization: of a word that others write as well, only one's own rows are read.
"""

from __future__ import annotations

from alembic import op

from migrations.support import ORGANIZATION, definer, system_may

#: Small letters without marks: "Müller" and "MULLER" are one. The collation is PostgreSQL's own, on every host the same.
_FOLDED = """
    CREATE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        SELECT regexp_replace(normalize(replace(replace(replace(lower(said COLLATE pg_c_utf8), 'ß', 'ss'), 'ø', 'o'), 'æ', 'ae'), NFKD),
            '[\\u0300-\\u036f]', '', 'g')
    $body$
"""
#: The same with ä, ö and ü written out.
_WRITTEN_OUT = """
    CREATE FUNCTION written_out(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        SELECT public.folded(replace(replace(replace(lower(said COLLATE pg_c_utf8), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'))
    $body$
"""
#: Words as they stand there, umlauts written out, the ends of long words (compounds), and the last digits of numbers.
_WORDS = """
    CREATE FUNCTION search_words(organization uuid, said text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        WITH read AS MATERIALIZED (SELECT left(said, 100000) AS said),
        word AS MATERIALIZED (
            SELECT DISTINCT left(m[1], 40) AS word
            FROM read, regexp_matches(public.folded(read.said) COLLATE pg_c_utf8, '[[:alnum:]]+', 'g') AS m
        ),
        number AS MATERIALIZED (
            SELECT DISTINCT regexp_replace(m[1], '[^0-9]', '', 'g') AS digits
            FROM read, regexp_matches(read.said, '[+]?[0-9][0-9 ()./-]{5,20}[0-9]', 'g') AS m
        )
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT right(organization::text, 6) || one.word), '{}')) FROM (
            SELECT word FROM word
            UNION ALL
            SELECT left(m[1], 40) FROM read, regexp_matches(public.written_out(read.said) COLLATE pg_c_utf8, '[[:alnum:]]+', 'g') AS m
            WHERE read.said ~ '[äöüÄÖÜ]'
            UNION ALL
            SELECT substr(word.word, n) FROM word, generate_series(4, length(word.word) - 4) AS n
            WHERE length(word.word) >= 12 AND word.word ~ '^[a-z]+$'
            UNION ALL
            SELECT right(digits, n) FROM number, unnest(ARRAY[7, 10]) AS n WHERE length(digits) BETWEEN n AND 15
        ) AS one
    $body$
"""
#: Each term with all its words, by their beginnings; a term with an umlaut either way; a number by its last digits.
_SOUGHT = """
    CREATE FUNCTION sought(organization uuid, terms text[]) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        SELECT CAST(string_agg('(' || asked.said || ')', ' & ') AS tsquery) FROM (
            SELECT term, (
                SELECT string_agg(DISTINCT spelt.said, ' | ') FROM (
                    SELECT (
                        SELECT string_agg(right(organization::text, 6) || left(m[1], 40) || CASE WHEN length(m[1]) > 1 THEN ':*' ELSE '' END, ' & ')
                        FROM regexp_matches(way.spelt COLLATE pg_c_utf8, '[[:alnum:]]+', 'g') AS m
                    ) AS said FROM unnest(ARRAY[public.folded(term), public.written_out(term)]) AS way(spelt)
                    WHERE NOT is_number
                    UNION ALL
                    SELECT right(organization::text, 6) || right(digits, CASE WHEN length(digits) >= 10 THEN 10 ELSE 7 END) WHERE is_number
                ) AS spelt
            ) AS said
            FROM unnest(terms) AS given(term)
            CROSS JOIN LATERAL (SELECT regexp_replace(term, '[^0-9]', '', 'g') AS digits) AS counted
            CROSS JOIN LATERAL (SELECT term ~ '^[+0-9 ()./-]+$' AND length(digits) BETWEEN 7 AND 15 AS is_number) AS told
        ) AS asked WHERE asked.said IS NOT NULL
    $body$
"""
#: Of a rare word all hits are sorted; of a common one the newest messages are walked through until there are enough: a glance
#: at the very newest, and a look at more where that tells too little, says which it is. What only the index of words can answer
#: is written so that no other can: an organization that came after the last ANALYZE has nobody in the planner's eyes, and any
#: index seems as good.
_GLANCE, _LOOK, _OFTEN, _FEW, _WALKED = 400, 1_000, 4, 4_000, 50_000
_NEWEST = """
            SELECT said.message_id, said.occurred_at, said.words FROM message_words AS said
            WHERE said.organization_id = org AND (said.occurred_at, said.message_id) < (before_at, before_id)
            ORDER BY said.occurred_at DESC, said.message_id DESC"""
_BY_WORD = """
        SELECT said.message_id, said.occurred_at FROM message_words AS said
        WHERE said.words @@ wanted AND said.organization_id::text = org::text
            AND (said.occurred_at + interval '0', said.message_id) < (before_at, before_id)"""


def _search(looks_further: str) -> str:
    """The body; `looks_further`: whether what was `given` at a glance tells too little."""
    return f"""
#variable_conflict use_column
DECLARE
    org uuid := {ORGANIZATION};
    wanted tsquery := public.sought(org, p_terms);
    before_at timestamptz := coalesce(p_before, 'infinity');
    before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    given integer := 0;
    ids uuid[];
    moments timestamptz[];
    walked record;
BEGIN
    IF wanted IS NULL THEN RETURN; END IF;
    SELECT count(*) INTO given FROM ({_NEWEST} LIMIT {_GLANCE}) AS newest WHERE newest.words @@ wanted;
    IF {looks_further} THEN
        SELECT count(*) INTO given FROM ({_NEWEST} LIMIT {_LOOK}) AS newest WHERE newest.words @@ wanted;
    END IF;
    IF given < {_OFTEN} THEN
        SELECT array_agg(hit.message_id ORDER BY hit.occurred_at DESC, hit.message_id DESC),
            array_agg(hit.occurred_at ORDER BY hit.occurred_at DESC, hit.message_id DESC)
        INTO ids, moments FROM ({_BY_WORD} LIMIT {_FEW} + 1) AS hit;
        IF coalesce(cardinality(ids), 0) <= {_FEW} THEN
            RETURN QUERY SELECT * FROM unnest(ids[1:p_most], moments[1:p_most]);
            RETURN;
        END IF;
    END IF;
    RETURN QUERY SELECT newest.message_id, newest.occurred_at FROM ({_NEWEST} LIMIT {_WALKED}) AS newest
        WHERE newest.words @@ wanted LIMIT p_most;
    GET DIAGNOSTICS given = ROW_COUNT;
    IF given >= p_most THEN RETURN; END IF;
    SELECT last.message_id, last.occurred_at INTO walked FROM ({_NEWEST} OFFSET {_WALKED} - 1 LIMIT 1) AS last;
    IF NOT FOUND THEN RETURN; END IF;
    before_at := walked.occurred_at; before_id := walked.message_id;
    RETURN QUERY {_BY_WORD} ORDER BY said.occurred_at DESC, said.message_id DESC LIMIT p_most - given;
END
"""


_SIGNATURE = (
    "(p_terms text[], p_before timestamptz, p_before_id uuid, p_most integer) "
    "RETURNS TABLE (message_id uuid, occurred_at timestamptz) LANGUAGE plpgsql STABLE ROWS 50"
)


def make_search() -> None:
    """Create the functions; `message_words` is there and under its policies."""
    for statement in (_FOLDED, _WRITTEN_OUT, _WORDS, _SOUGHT):
        op.execute(statement)
    system_may("message_words", "SELECT")
    _make("search_messages", looks_further=f"given BETWEEN 1 AND {_OFTEN} - 1")


def make_find() -> None:
    """`find_messages` in the place of `search_messages`: where the newest few show none, more are looked at as well. Of two common words
    that rarely meet there may be none among four hundred and four thousand in all, which were fetched in vain."""
    _make("find_messages", looks_further=f"given < {_OFTEN}")


def _make(name: str, *, looks_further: str) -> None:
    definer(f"{name}{_SIGNATURE}", _search(looks_further))
    op.execute(f"ALTER FUNCTION {name}(text[], timestamptz, uuid, integer) SET enable_seqscan = off")
