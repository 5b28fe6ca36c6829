"""What each role may do. A permission is `<noun>.<verb>`."""

from __future__ import annotations

_VIEWER = frozenset({
    "dashboard.read", "contacts.read", "templates.read", "content.read", "campaigns.read", "channels.read",
    "tasks.read", "profile.write",
})  # fmt: skip
_AGENT = _VIEWER | {"inbox.read", "inbox.reply", "contacts.write"}
_MEMBER = _AGENT | {
    "contacts.import", "contacts.export", "contacts.delete", "suppression.write", "segments.write",
    "templates.write", "content.write", "campaigns.write", "campaigns.launch", "messages.settle", "tasks.do",
    "tokens.write",
}  # fmt: skip
_ADMIN = _MEMBER | {
    "campaigns.override", "contacts.erase", "suppression.remove", "channels.write", "webhooks.manage", "team.manage", "organization.manage", "audit.read",
}  # fmt: skip

PERMISSIONS: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "agent": frozenset(_AGENT),
    "member": frozenset(_MEMBER),
    "admin": frozenset(_ADMIN),
}


def may(role: str, permission: str) -> bool:
    """Whether `role` has `permission`. Raises KeyError for an unknown role."""
    return permission in PERMISSIONS[role]
