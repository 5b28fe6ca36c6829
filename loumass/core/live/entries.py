"""One piece of news: a topic that pages look at again for, or a fact with ids and figures. Pure."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

#: What a fact says of itself, beside its kind.
IDS = (
    "campaign_id",
    "contact_id",
    "conversation_id",
    "message_id",
    "channel_id",
    "import_id",
    "notification_id",
    "user_id",
)
#: Facts that happen by the hundred a second while a campaign runs: told as a number for each campaign and channel.
COUNTED = frozenset({"message.sent"})
#: So many of one kind about one campaign are told one by one; more become a number.
ONE_BY_ONE = 10
#: Somebody's rights are others now: their streams end, and come back by what holds then. No fact: nobody can ask for it.
ENDS = "ends"
_NO_ID = (None, "")


class Place(NamedTuple):
    """Where somebody is in an organization's log. Within one `epoch` nothing is missing between two numbers."""

    epoch: int
    number: int

    @property
    def text(self) -> str:
        """As an event's id."""
        return f"{self.epoch}-{self.number}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """None for what no stream of ours ever said."""
        epoch, dash, number = text.partition("-")
        is_one = dash and all(
            part.isascii() and part.isdecimal() and len(part) <= 15 for part in (epoch, number)
        )
        return cls(int(epoch), int(number)) if is_one else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of news at its place. `kind` is empty where only a topic is told; `to` are the people it is for, everybody
    where nobody is named."""

    place: Place
    at: float
    topic: str
    kind: str
    body: Mapping[str, Any]
    to: frozenset[str]
    frame: str

    def ends(self, user_id: str) -> bool:
        """Whether the streams of that user end here."""
        return self.kind == ENDS and (not self.to or user_id in self.to)

    def again(self) -> Entry:
        """The same without its place: whoever comes back must not be led behind where they are."""
        return replace(self, frame=f"event: {self.topic}\ndata: {_json(self.topic)}\n\n")

    def narrowed(self, hidden: Iterable[str]) -> Entry:
        """The same without these of its ids."""
        body = {name: value for name, value in self.body.items() if name not in set(hidden)}
        return replace(self, body=body, frame=_frame(self.kind, body, self.place))


def topic(name: str) -> str:
    """How a topic is written down."""
    return _json({"t": name, "at": round(time.time(), 3)})


def facts(kind: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How facts of one kind are written down: each alone, or counted where they are many."""
    groups: dict[tuple[Any, Any], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row.get("campaign_id"), row.get("channel_id")].append(row)
    told = []
    for (campaign_id, channel_id), alike in groups.items():
        if campaign_id and (kind in COUNTED or len(alike) > ONE_BY_ONE):
            count = sum(row.get("count", 1) for row in alike)
            told.append(
                _written(kind, {"campaign_id": campaign_id, "channel_id": channel_id, "count": count})
            )
        else:
            told += [_written(kind, row) for row in alike]
    return told


def read(place: Place, written: str) -> Entry | None:
    """What was written down; None for the beginning of a log, which says nothing."""
    said = json.loads(written) if written else {}
    if name := said.get("t"):
        return Entry(
            place,
            said["at"],
            name,
            "",
            {},
            frozenset(),
            f"event: {name}\ndata: {_json(name)}\nid: {place.text}\n\n",
        )
    if kind := said.get("k"):
        body = said["body"]
        return Entry(
            place, said["at"], "", kind, body, frozenset(said.get("to", ())), _frame(kind, body, place)
        )
    return None


def merged(entries: Sequence[Entry]) -> list[Entry]:
    """Of each topic the last; facts of one kind about one campaign and channel as one number where they are many."""
    last = {entry.topic: entry for entry in entries if entry.topic}
    groups: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind:
            alone = entry.place if entry.to or not entry.body.get("campaign_id") else None
            groups[entry.kind, entry.body.get("campaign_id"), entry.body.get("channel_id"), alone].append(
                entry
            )
    kept = list(last.values())
    for alike in groups.values():
        kept += alike if len(alike) <= ONE_BY_ONE and alike[0].kind not in COUNTED else [_summed(alike)]
    return sorted(kept, key=lambda entry: entry.place)


def _summed(alike: Sequence[Entry]) -> Entry:
    last = alike[-1]
    body = {
        "count": sum(entry.body["count"] for entry in alike),
        **{name: last.body[name] for name in ("campaign_id", "channel_id") if name in last.body},
    }
    return replace(last, body=body, frame=_frame(last.kind, body, last.place))


def _written(kind: str, row: Mapping[str, Any]) -> str:
    now = time.time()
    happened = row.get("happened_at")
    body: dict[str, Any] = {"count": row.get("count", 1)}
    body |= {name: str(row[name]) for name in IDS if row.get(name) not in _NO_ID}
    if happened is not None:
        body["happened_at"] = happened.isoformat()
    if row.get("facts"):
        body["facts"] = row["facts"]
    said = {"k": kind, "at": round(now, 3), "body": body}
    if row.get("to"):
        said["to"] = [str(one) for one in row["to"]]
    return _json(said)


def _frame(kind: str, body: Mapping[str, Any], place: Place) -> str:
    return f"event: {kind}\ndata: {_json(body)}\nid: {place.text}\n\n"


def _json(said: Any) -> str:
    return json.dumps(said, separators=(",", ":"), default=str)
