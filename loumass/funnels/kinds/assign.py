"""Give the person an owner: a colleague, the next of several in turn, or nobody.

Exact meaning, for both sides: who has an owner already keeps them unless the step says otherwise. In turn means one counter for
this step, whoever comes: the n-th person goes to the n-th of those who still work here, round and round. Where nobody of
them works here any more, the person stays as they were.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.members import WORKING_ROLES
from loumass.contacts.telling import CHANGED, OWNER
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.ids import ids_among
from loumass.events.service import hearers_of
from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.telling import tell_changed
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import listed

_WORKING = text("""
    SELECT user_id FROM membership
    WHERE organization_id = :organization_id AND user_id = ANY(CAST(:members AS uuid[])) AND role = ANY(CAST(:roles AS text[]))
""")
_OWNER = """
    SELECT id, owner_id FROM contact
    WHERE organization_id = :organization_id AND id = ANY(CAST(:contacts AS uuid[]))
"""
_OWNED = text(_OWNER)
# Locked in id order, so that nobody who writes the same people is waited for in a circle.
_OWNERS = text(f"{_OWNER} ORDER BY id FOR UPDATE")
_TURNS = text("""
    INSERT INTO node_turn (organization_id, node_id, taken) VALUES (:organization_id, :node_id, :people)
    ON CONFLICT (organization_id, node_id) DO UPDATE SET taken = node_turn.taken + excluded.taken
    RETURNING taken
""")
_GIVE = text("""
    UPDATE contact SET owner_id = one.owner_id, updated_at = :now
    FROM unnest(CAST(:contacts AS uuid[]), CAST(:owners AS uuid[])) AS one(id, owner_id)
    WHERE contact.organization_id = :organization_id AND contact.id = one.id
""")


@dataclass(frozen=True, slots=True)
class Assign(Act):
    """The contact belongs to ``owner_id``; None: to nobody."""

    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the step looks at: who owns the person now, which of the chosen work here, and which turn this one is."""

    owner_id: UUID | None = None
    working: tuple[UUID, ...] = ()
    turn: int = 0


class AssignConfig(Settings):
    how: Literal["one", "turns", "nobody"] = setting(
        "turns",
        "To whom",
        choices={"one": "One colleague", "turns": "Several, in turn", "nobody": "Nobody"},
    )
    member: Text = setting(
        "", "Colleague", chooses="members", only_when=("how", ["one"]), max_length=LONGEST_TEXT
    )
    members: tuple[Text, ...] = setting((), "Colleagues", chooses="members", only_when=("how", ["turns"]))
    if_owned: Literal["keep", "replace"] = setting(
        "keep",
        "If somebody owns them already",
        choices={"keep": "leave it so", "replace": "assign them anew"},
        only_when=("how", ["one", "turns"]),
    )

    @property
    def chosen(self) -> tuple[str, ...]:
        """Whom it may go to, as ids in text."""
        return {"one": (self.member,) if self.member else (), "turns": self.members, "nobody": ()}[self.how]

    def is_in_turn(self, here: Standing) -> bool:
        """Whether somebody takes a turn who stands so."""
        is_free = here.owner_id is None or self.if_owned == "replace"
        return self.how == "turns" and bool(here.working) and is_free


class AssignStep(Kind[AssignConfig]):
    name = "assign"
    label = "Assign"
    icon = "user-share"
    tone = "green"
    group = "Do"
    hint = "Gives the person an owner: one colleague, or several in turn."
    Config = AssignConfig
    changes_people = True

    def decide(self, node: Node, config: AssignConfig, facts: Facts, now: datetime) -> Assign:
        """Needs ``facts.own``, a Standing."""
        here: Standing = facts.own or Standing()
        if config.how == "nobody":
            return Assign(None)
        if not here.working or (here.owner_id and config.if_owned == "keep"):
            return Assign(here.owner_id)
        return Assign(here.working[here.turn % len(here.working)])

    def look_up(self, ground: Ground, node: Node, config: AssignConfig, walkers: Sequence[Walker]) -> Answers:
        """A Standing for each, without a turn: asked by those who only look on, so nobody is locked."""
        contacts = uuid_array(sorted({walker.contact_id for walker in walkers}))
        working = self._working(ground, config)
        rows = db().execute(_OWNED, ground.bound(contacts=contacts))
        found = {row.id: Standing(row.owner_id, working) for row in rows}
        return Answers(found, lambda one: {"own": one or Standing()})

    def advance(self, ground: Ground, node: Node, config: AssignConfig, walkers: Sequence[Walker]) -> Verdict:
        contacts = uuid_array(sorted({walker.contact_id for walker in walkers}))
        owners: dict[UUID, UUID | None] = {
            row.id: row.owner_id for row in db().execute(_OWNERS, ground.bound(contacts=contacts))
        }
        working = self._working(ground, config)
        free = [one for one, owner in owners.items() if owner is None or config.if_owned == "replace"]
        first = self._turns(ground, node, len(free)) if config.how == "turns" and working and free else 0
        turns = {one: first + number for number, one in enumerate(free)}
        self._give(ground, node, config, {
            one: Standing(owner, working, turns.get(one, 0)) for one, owner in owners.items()
        }, walkers)  # fmt: skip
        return everybody_leaves(walkers)

    def _working(self, ground: Ground, config: AssignConfig) -> tuple[UUID, ...]:
        chosen = ids_among(config.chosen)
        bound = ground.bound(members=uuid_array(chosen), roles=list(WORKING_ROLES))
        here = set(db().scalars(_WORKING, bound)) if chosen else set()
        return tuple(one for one in chosen if one in here)

    def _turns(self, ground: Ground, node: Node, people: int) -> int:
        """The first of as many turns as there are people; nobody else gets them."""
        bound = ground.bound(node_id=node.id, people=people)
        return int(db().execute(_TURNS, bound).scalar_one()) - people

    def _give(
        self,
        ground: Ground,
        node: Node,
        config: AssignConfig,
        standing: dict[UUID, Standing],
        walkers: Sequence[Walker],
    ) -> None:
        nobody = Facts(enrollment_id=UUID(int=0), entered_at=ground.now, timezone=ground.home)
        given = {
            one: self.decide(node, config, replace(nobody, own=here), ground.now).owner_id
            for one, here in standing.items()
        }
        changed = {one: owner for one, owner in given.items() if owner != standing[one].owner_id}
        if changed:
            bound = ground.bound(
                contacts=uuid_array(changed), owners=uuid_array(changed.values()), now=ground.now
            )
            db().execute(_GIVE, bound)
            self._tell(ground, node, changed, walkers)

    def _tell(
        self, ground: Ground, node: Node, given: dict[UUID, UUID | None], walkers: Sequence[Walker]
    ) -> None:
        for walker in walkers:
            if walker.contact_id in given:
                ground.tell("contact.assigned", walker, to=str(given[walker.contact_id] or ""))
        hearers = hearers_of(CHANGED)
        if OWNER in hearers.wanted:
            tell_changed(ground, node, walkers, dict.fromkeys(given, (OWNER,)), hearers)

    def describe(self, node: Node, config: AssignConfig, names: Names) -> str:
        if config.how == "nobody":
            return "To nobody"
        called = [names.chosen.get(one, "somebody who left") for one in config.chosen]
        if not called:
            return "Nobody chosen"
        return f"To {called[0]}" if config.how == "one" else f"In turn to {listed(called)}"

    def flaws(self, config: AssignConfig) -> Iterable[Flaw]:
        if config.how != "nobody" and not config.chosen:
            yield Flaw("nobody_chosen", "is to assign people, but to nobody.", "Choose the colleagues.")
