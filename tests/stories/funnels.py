"""Funnels of the stories, as the CSV files that people share."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from typing import Any

COLUMNS: tuple[str, ...] = (
    "row",
    "key",
    "kind",
    "name",
    "settings",
    "branch",
    "to",
    "subject",
    "preheader",
    "html",
    "text",
)

INVITATION_HTML = (
    '<p>Hi {{contact.first_name|fallback:"there"}},</p><p>We keep a seat for {{contact.company|fallback:"you"}} at '
    "{{campaign.event_name}}.</p><p>Can you make it?</p>"
)
FOLLOW_UP = 'Hi {{contact.first_name|fallback:"there"}}, did my last note reach you?'
NUDGE = 'Hi {{contact.first_name|fallback:"there"}}, Rosa here about {{campaign.event_name}}. Reply STOP to hear no more.'


def funnel(name: str, *steps: dict[str, Any], ways: str = "") -> str:
    """A template's file. Steps follow each other by `next` unless `ways` (`a yes > b, ...`) says otherwise."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, restval="")
    rows.writeheader()
    rows.writerow(
        {"row": "template", "key": steps[0]["key"], "name": name, "text": "A funnel of the stories"}
    )
    for one in steps:
        rows.writerow({"row": "step", **one})
    for way in filter(None, (way.strip() for way in ways.split(","))) if ways else _one_after_another(steps):
        source, target = (part.strip() for part in way.split(">"))
        key, _, branch = source.partition(" ")
        rows.writerow({"row": "way", "key": key, "branch": branch or "next", "to": target})
    return out.getvalue()


def _one_after_another(steps: tuple[dict[str, Any], ...]) -> list[str]:
    return [f"{one['key']} > {following['key']}" for one, following in pairwise(steps)]


def step(
    key: str, kind: str, name: str = "", *, subject: str = "", html: str = "", text: str = "", **settings: Any
) -> dict[str, Any]:
    """One step; what is not words is its settings."""
    words = {"subject": subject, "html": html, "text": text}
    return {
        "key": key,
        "kind": kind,
        "name": name or key.capitalize(),
        "settings": json.dumps(settings),
        **words,
    }


def pause(key: str, days: int) -> dict[str, Any]:
    """Some days after the last message really went."""
    return step(key, "wait", f"Wait {days} days", amount=days, unit="days", after="sent")


INVITATION = funnel(
    "Dinner invitation",
    step("inviting", "stage", "Inviting"),
    step("invitation", "email_send", "Invitation", subject="A seat for you at {{campaign.event_name}}", html=INVITATION_HTML),
    pause("pause", 3),
    step("follow-up", "email_send", "Follow-up", subject="Re: A seat for you at {{campaign.event_name}}", text=FOLLOW_UP),
    pause("pause-2", 2),
    step("nudge", "sms_send", "Nudge text", text=NUDGE),
    pause("quiet", 3),
    step("over", "end", "No answer", reason="No answer"),
)  # fmt: skip
