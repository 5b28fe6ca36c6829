"""The left rail and the phone's tabs: which pages there are, for whom, with their counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for

from loumass.accounts.guards import permitted
from loumass.accounts.members import organizations_of
from loumass.inbox.counts import needing_reply
from loumass.inbox.desk import notifying
from loumass.inbox.task_pages.counting import due_today


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the rail; `count` is asked once per page view. `on_phone`: has a tab there."""

    label: str
    endpoint: str
    icon: str
    permission: str
    count: Callable[[], int] | None = None
    warns: bool = False
    on_phone: bool = False


def _unread() -> int:
    return g.unread_notifications if "unread_notifications" in g else notifying.unread(g.user.id)


#: Group title -> entries. A page that does not exist yet or is not permitted is left out.
PAGES: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (
        Entry("Dashboard", "analytics.dashboard", "layout-dashboard", "dashboard.read", on_phone=True),
        Entry("Inbox", "inbox.index", "inbox", "inbox.read", needing_reply, on_phone=True),
        Entry("Notifications", "inbox.notifications", "bell", "inbox.read", _unread),
        Entry("Figures", "figures.overview", "chart-bar", "dashboard.read"),
    )),
    ("Outreach", (
        Entry("Campaigns", "campaigns.index", "speakerphone", "campaigns.read", on_phone=True),
        Entry("Tasks", "tasks.index", "checkbox", "tasks.read", due_today),
        Entry("Templates", "funnels.index", "sitemap", "templates.read"),
        Entry("Content", "content.index", "template", "content.read"),
    )),
    ("People", (
        Entry("Contacts", "people.index", "users", "contacts.read", on_phone=True),
        Entry("Segments", "segments.index", "adjustments-horizontal", "contacts.read"),
        Entry("Imports", "imports.index", "file-import", "contacts.import"),
        Entry("Verification", "verification.index", "shield-half", "contacts.import"),
        Entry("Suppression", "suppression.index", "ban", "contacts.read"),
        Entry("Topics", "topics.index", "bookmark", "contacts.read"),
    )),
    ("Sending", (
        Entry("Channels", "channels.index", "antenna-bars-5", "channels.read"),
        Entry("Tracking", "tracking.index", "click", "channels.read"),
        Entry("Deliverability", "deliverability.index", "certificate", "channels.read"),
        Entry("In doubt", "messages.in_doubt", "help-circle", "messages.settle"),
    )),
)  # fmt: skip
#: Pages that belong to another entry than the one their blueprint says.
_STANDS_UNDER = {
    "inbox.person": "people.index",
    "inbox.stop": "people.index",
    "analytics.show_usage": "analytics.show_usage",
    "account.show_reference": "account.programs",
    "account.make_token": "account.programs",
    "inbox.notifications": "inbox.notifications",
    "inbox.show_sorting": "inbox.show_sorting",
    "inbox.change_sorting": "inbox.show_sorting",
    "inbox.connect_sorter": "inbox.show_sorting",
}
ORGANIZATION_PAGES = (
    Entry("Members", "account.members", "users-group", "team.manage"),
    Entry("Organization", "account.organization", "building", "organization.manage"),
    Entry("Answers", "inbox.show_sorting", "message-reply", "organization.manage"),
    Entry("Days off", "account.days_off", "calendar-off", "organization.manage"),
    Entry("API", "account.programs", "code", "tokens.write"),
    Entry("Webhooks", "outgoing.index", "webhook", "webhooks.manage"),
    Entry("Usage", "analytics.show_usage", "gauge", "dashboard.read"),
    Entry("Audit", "account.audit", "history", "audit.read"),
    Entry("Exports", "account.exports", "download", "organization.export"),
)
USER_PAGES = (
    Entry("Profile", "account.profile", "user", "profile.write"),
    Entry("Security", "account.security", "shield-half", "profile.write"),
)


def navigation() -> dict[str, Any]:
    """What the rail and the phone's tabs draw; asked once per page."""
    if "navigation" not in g:
        g.navigation = _drawn()
    return g.navigation


def _drawn() -> dict[str, Any]:
    groups = [{"title": title, "items": _items(entries)} for title, entries in PAGES]
    groups = [group for group in groups if group["items"]]
    return {
        "organization": g.organization,
        "organizations": _organizations(),
        "organization_links": _items(ORGANIZATION_PAGES),
        "groups": groups,
        "phone": [item for group in groups for item in group["items"] if item["phone"]][:4],
        "user": g.user,
        "user_links": _items(USER_PAGES),
        "sign_out_url": url_for("account.logout"),
        "search_url": _url("people.index"),
        "palette_url": _url("inbox.palette"),
        "live": _live() if permitted("inbox.read") else None,
        "place": g.get("live_place", ""),
    }


def _live() -> dict[str, str]:
    """Where the counts hear of news, and where they and the words of notices are asked for."""
    return {
        "url": url_for("inbox.live", topic="inbox", event=["notification", "message.received"]),
        "counts_url": url_for("inbox.counts"),
        "words_url": url_for("inbox.notification_words"),
    }


def _organizations() -> list[dict[str, Any]]:
    """Where else the person works; nothing to choose for most."""
    belongs = organizations_of(g.user.id)
    return [
        {"name": one.name, "switch_url": url_for("account.visit", id=one.id), "active": one.id == g.organization.id}
        for one, _ in belongs
    ] if len(belongs) > 1 else []  # fmt: skip


def _items(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    return [_item(entry) for entry in entries if _is_open(entry)]


def _is_open(entry: Entry) -> bool:
    return entry.endpoint in current_app.view_functions and permitted(entry.permission)


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.endpoint.replace(".", "-"),
        "label": entry.label,
        "url": url_for(entry.endpoint),
        "icon": entry.icon,
        "active": request.endpoint == entry.endpoint or _is_within(entry),
        "count": entry.count() if entry.count else None,
        "warns": entry.warns,
        "phone": entry.on_phone,
    }


def _is_within(entry: Entry) -> bool:
    if request.endpoint in _STANDS_UNDER:
        return entry.endpoint == _STANDS_UNDER[request.endpoint]
    if entry.endpoint == "inbox.notifications":
        return False
    blueprint = entry.endpoint.partition(".")[0]
    return g.get("within", request.blueprint) == blueprint and blueprint not in ("account", "messages")


def _url(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
