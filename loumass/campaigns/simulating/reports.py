"""What came of a simulation, as JSON: it is kept for a day and shown by pages that know nothing of ledgers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.campaigns.simulating.reading import Ready
from loumass.funnels.graph import branches_of
from loumass.funnels.simulating.ledger import Came, Ledger
from loumass.funnels.simulating.stops import Stop


def report_of(ready: Ready, seconds: float) -> dict[str, Any]:
    """Of a simulation that has run."""
    simulation, ledger = ready.simulation, ready.simulation.ledger
    places = {one.id: place for place, one in enumerate(ready.senders)}
    return {
        "wish": ready.wish.as_json(),
        "name": ready.subject.name,
        "home": ready.home.key,
        "begins": simulation.plan.begins.isoformat(),
        "ends": simulation.plan.ends.isoformat(),
        "inside": ready.inside,
        "added": ready.added,
        "is_partial": ready.is_cut,
        "is_cut": simulation.is_cut,
        "seconds": round(seconds, 2),
        "left": simulation.left,
        "did": dict(ledger.did),
        "ended": dict(ledger.ended.most_common()),
        "first_sent": _iso(ledger.first_sent),
        "last_sent": _iso(ledger.last_sent),
        "last_moved": _iso(ledger.last_moved),
        "senders": [{"id": str(one.id), "name": one.name, "medium": one.medium} for one in ready.senders],
        "sent": [
            [_iso(hour), places[sender], count] for (hour, sender), count in sorted(ledger.sent.items())
        ],
        "queued": [
            [_iso(hour), places[sender], change] for (hour, sender), change in sorted(ledger.queued.items())
        ],
        "held": [
            [places[sender], gate, day.isoformat(), held.messages, _iso(held.since), _iso(held.until)]
            for (sender, gate, day), held in sorted(ledger.held.items(), key=lambda one: one[1].since)
        ],
        "skipped": [
            [reason, str(node_id), skipped.messages, [str(one) for one in skipped.people]]
            for (reason, node_id), skipped in sorted(ledger.skipped.items(), key=lambda one: -one[1].messages)
        ],
        "on_hold": [
            [reason, _id(node_id), count] for (reason, node_id), count in ledger.on_hold.most_common()
        ],
        "steps": [
            _step(one, ledger, simulation.plan.older.get(one.node.id))
            for one in simulation.stops.by_id.values()
            if one.node.id not in simulation.plan.older or _matters(one, ledger)
        ],
    }


def _matters(stop: Stop, ledger: Ledger) -> bool:
    """Whether anybody walks over a step of an older version."""
    return stop.node.id in ledger.came or bool(ledger.sent_by_step[stop.node.id])


def _step(stop: Stop, ledger: Ledger, version: int | None) -> dict[str, Any]:
    came = ledger.came.get(stop.node.id, Came())
    return {
        "id": str(stop.node.id),
        "name": stop.node.name if version is None else f"{stop.node.name} (version {version})",
        "kind": stop.node.kind,
        "came": came.people,
        "first": _iso(came.first),
        "last": _iso(came.last),
        "sent": ledger.sent_by_step[stop.node.id],
        "assumed": ledger.assumed[stop.node.id],
        "key": stop.node.key,
        "ways": {one.name: one.label for one in branches_of(stop.node) or ()},
        "left": dict(came.left.most_common()),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _id(node_id: UUID | None) -> str:
    return str(node_id) if node_id is not None else ""
