"""Send shares of the people different ways, the same person always the same way; and, if asked, the rest the better way.

Exact meaning of the winner, for both sides: after ``people`` the first so many take their shares' ways, and whoever comes later
waits ``patience`` hours from when the last of them came, then goes the way that more were answered on. On a ``date`` (the
organization's time) the shares end and the better way is everybody's. A way nobody was written to on yet never wins; of equal
ways the first one does. ``split_trial.py`` counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import accumulate
from string import ascii_lowercase
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.decisions import Decision, Go, WaitFor
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.settings import OptionalAmount, OptionalWallTime, Settings, setting
from loumass.funnels.kinds.split_trial import Trial, figures_of, trials
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import facts_of
from loumass.funnels.walking.verdict import Leave, Verdict
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import day

MOST_WAYS = 6
_WINNER = "Winner"
_WHEN_TRIED = ("winner", ["people", "date"])
# The same as `place`, where the people are: everybody's place on the line of 100, and whose share it falls into.
_BRANCHES = text("""
    SELECT spot.id, coalesce(
        (SELECT share.letter FROM unnest(CAST(:letters AS text[]), CAST(:ends AS integer[])) AS share(letter, until)
         WHERE spot.place < share.until ORDER BY share.until LIMIT 1), :last) AS branch
    FROM (
        SELECT id, (('x' || encode(substring(sha256(uuid_send(id) || uuid_send(CAST(:node_id AS uuid))) FOR 4), 'hex'))::bit(32)::bigint * 100) >> 32 AS place
        FROM unnest(CAST(:ids AS uuid[])) AS one(id)
    ) spot
""")


def _share(letter: str, default: int | None) -> Any:
    hint = "Empty is no such way." if letter == "f" else ""
    return setting(default, f"Per cent to {letter.upper()}", hint=hint, ge=1, le=100)


class SplitConfig(Settings):
    """Whole per cents; an empty share is a way that is not offered."""

    a: OptionalAmount = _share("a", 50)
    b: OptionalAmount = _share("b", 50)
    c: OptionalAmount = _share("c", None)
    d: OptionalAmount = _share("d", None)
    e: OptionalAmount = _share("e", None)
    f: OptionalAmount = _share("f", None)
    winner: Literal["none", "people", "date"] = setting(
        "none",
        "The better one takes the rest",
        choices={"none": "no, the shares stay", "people": "after so many people", "date": "on a date"},
        group=_WINNER,
    )
    by: Literal["replies", "clicks"] = setting(
        "replies",
        "Better is who gets more",
        choices={"replies": "replies", "clicks": "clicks"},
        group=_WINNER,
        only_when=_WHEN_TRIED,
    )
    after_people: int = setting(
        200, "After how many people", group=_WINNER, only_when=("winner", ["people"]), ge=2, le=1_000_000
    )
    patience: int = setting(
        24,
        "Hours to answer",
        hint="Whoever comes meanwhile waits.",
        group=_WINNER,
        only_when=("winner", ["people"]),
        ge=0,
        le=24 * 30,
    )
    on: OptionalWallTime = setting(
        None, "On", hint="Your organization's time.", group=_WINNER, only_when=("winner", ["date"])
    )

    @property
    def shares(self) -> dict[str, int]:
        """Per cents by branch, in the order a, b, ... ."""
        given = ((letter, getattr(self, letter)) for letter in ascii_lowercase[:MOST_WAYS])
        return {letter: share for letter, share in given if share is not None}


def place(enrollment_id: UUID, node_id: UUID) -> int:
    """Where the enrollment stands on this split's line of 100 places, 0 to 99, for ever.

    The first four bytes of SHA-256 over the two ids, read big-endian, times 100, over 2^32. The node's id
    takes part so that two splits in a row are independent.
    """
    digest = sha256(enrollment_id.bytes + node_id.bytes).digest()
    return int.from_bytes(digest[:4], "big") * 100 >> 32


def branch_for(config: SplitConfig, enrollment_id: UUID, node_id: UUID) -> str:
    """The way this enrollment goes. Shares that add up to less than 100 leave the rest to the last way.

    Raises ValueError when there is no way at all; validation refuses both.
    """
    spot = place(enrollment_id, node_id)
    shares = config.shares
    if not shares:
        raise ValueError("A split without shares leads nowhere.")
    for letter, end in zip(shares, accumulate(shares.values()), strict=True):
        if spot < end:
            return letter
    return list(shares)[-1]


class Split(Kind[SplitConfig]):
    name = "split"
    label = "Split"
    icon = "arrows-split"
    tone = "teal"
    group = "Decide"
    hint = "Sends shares of the people different ways. A person always goes the same way."
    Config = SplitConfig

    def branches(self, config: SplitConfig) -> tuple[Branch, ...]:
        return tuple(Branch(letter, f"{letter.upper()} {share}%") for letter, share in config.shares.items())

    def decide(self, node: Node, config: SplitConfig, facts: Facts, now: datetime) -> Decision:
        """Needs ``facts.enrollment_id``, and of a split with a winner ``facts.own``, a Trial."""
        here: Trial = facts.own or Trial()
        if config.winner == "none" or here.is_tried:
            return Go(branch_for(config, facts.enrollment_id, node.id))
        if here.winner is not None:
            # A way that was taken out since it won leaves everybody to the shares.
            is_there = here.winner in config.shares
            return Go(here.winner if is_there else branch_for(config, facts.enrollment_id, node.id))
        until = f", until {day(here.decides_at, facts.timezone)}" if here.decides_at else ""
        return WaitFor("winner", here.decides_at, f"Waits which way does better{until}")

    def advance(self, ground: Ground, node: Node, config: SplitConfig, walkers: Sequence[Walker]) -> Verdict:
        if not config.shares:
            raise ValueError("A split without shares leads nowhere.")
        if config.winner == "none":
            return _by_shares(ground, node, config, walkers)
        verdict, tried = Verdict(), []
        for walker, here in trials(ground, node, config, walkers):
            if here.is_tried:
                tried.append(walker)
            else:
                verdict.take(
                    [walker.id], self.decide(node, config, facts_of(ground, walker, own=here), ground.now)
                )
        verdict.leave |= _by_shares(ground, node, config, tried).leave if tried else {}
        return verdict

    def describe(self, node: Node, config: SplitConfig, names: Names) -> str:
        shares = " / ".join(f"{share}%" for share in config.shares.values()) or "No shares"
        if config.winner == "none":
            return shares
        when = f"after {config.after_people:,} people" if config.winner == "people" else _on(config)
        return f"{shares}, {when} the one with more {config.by}"

    def figures(self, node: Node, config: SplitConfig) -> list[str]:
        return figures_of(node, config) if config.winner != "none" else []

    def flaws(self, config: SplitConfig) -> Iterable[Flaw]:
        total = sum(config.shares.values())
        if total != 100:
            yield Flaw("shares", f"shares out {total}%.", "Make the shares add up to 100%.")
        if config.winner == "date" and config.on is None:
            yield Flaw(
                "no_date", "lets the better way win on a date, but has none.", "Give the date and the time."
            )


def _on(config: SplitConfig) -> str:
    return f"from {day(config.on)} on" if config.on else "from a date that is missing"


def _by_shares(ground: Ground, node: Node, config: SplitConfig, walkers: Sequence[Walker]) -> Verdict:
    shares = config.shares
    parameters = ground.bound(
        ids=uuid_array(walker.id for walker in walkers),
        node_id=node.id,
        letters=list(shares),
        ends=list(accumulate(shares.values())),
        last=list(shares)[-1],
    )
    rows = db().execute(_BRANCHES, parameters)
    return Verdict(leave={row.id: Leave(Go(row.branch), row.branch) for row in rows})
