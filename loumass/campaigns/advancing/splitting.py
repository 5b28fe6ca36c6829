"""Split: everybody's place on the line of 100, computed where the people are."""

from __future__ import annotations

from itertools import accumulate

from sqlalchemy import text

from loumass.campaigns.advancing.ground import Ground, Walker
from loumass.campaigns.advancing.verdict import Leave, Verdict
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.decisions import Go
from loumass.funnels.kinds.split import SplitConfig
from loumass.funnels.node import Node

# The same as funnels.kinds.split.place: the first four bytes of SHA-256 over both ids, times 100, over 2^32.
_BRANCHES = text("""
    SELECT spot.id, coalesce(
        (SELECT share.letter FROM unnest(CAST(:letters AS text[]), CAST(:ends AS integer[])) AS share(letter, until)
         WHERE spot.place < share.until ORDER BY share.until LIMIT 1), :last) AS branch
    FROM (
        SELECT id, (('x' || encode(substring(sha256(uuid_send(id) || uuid_send(CAST(:node_id AS uuid))) FOR 4), 'hex'))::bit(32)::bigint * 100) >> 32 AS place
        FROM unnest(CAST(:ids AS uuid[])) AS one(id)
    ) spot
""")


def split(ground: Ground, node: Node, config: SplitConfig, walkers: list[Walker]) -> Verdict:
    """Everybody leaves by the letter of their place. Raises ValueError when there is no way at all."""
    shares = config.shares
    if not shares:
        raise ValueError("A split without shares leads nowhere.")
    rows = db().execute(
        _BRANCHES,
        {
            "ids": uuid_array(walker.id for walker in walkers),
            "node_id": node.id,
            "letters": list(shares),
            "ends": list(accumulate(shares.values())),
            "last": list(shares)[-1],
        },
    )
    return Verdict(leave={row.id: Leave(Go(row.branch), row.branch) for row in rows})
