"""What each role may do, and whose things a member sees. A permission is `<noun>.<verb>`."""

from __future__ import annotations

from collections.abc import Mapping

from loumass.accounts.models import Membership, Organization

_VIEWER = frozenset({
    "dashboard.read", "contacts.read", "templates.read", "content.read", "campaigns.read", "channels.read",
    "tasks.read", "profile.write",
})  # fmt: skip
_AGENT = _VIEWER | {"inbox.read", "inbox.reply", "contacts.write"}
_MEMBER = _AGENT | {
    "contacts.import", "contacts.export", "contacts.delete", "suppression.write", "segments.write",
    "templates.write", "content.write", "campaigns.write", "campaigns.launch", "messages.settle", "tasks.do", "values.write",
    "tokens.write",
}  # fmt: skip
_ADMIN = _MEMBER | {
    "campaigns.override", "contacts.erase", "suppression.remove", "channels.write", "webhooks.manage", "team.manage",
    "organization.manage", "organization.export", "organization.delete", "audit.read", "others.read",
}  # fmt: skip

PERMISSIONS: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "agent": frozenset(_AGENT),
    "member": frozenset(_MEMBER),
    "admin": frozenset(_ADMIN),
}
#: Sees what belongs to others where members see only their own. Anybody may be given it by name (`Membership.sees_everything`).
OTHERS = "others.read"
#: Group -> permission -> what it allows, for the page that shows who may what.
WORDS: Mapping[str, Mapping[str, str]] = {
    "Looking": {
        "dashboard.read": "See the dashboard and its figures",
        "campaigns.read": "See campaigns and the people in them",
        "contacts.read": "See contacts, segments and the suppression list",
        "templates.read": "See templates",
        "content.read": "See content",
        "channels.read": "See channels, tracking and deliverability",
        "tasks.read": "See tasks",
        "inbox.read": "Read the inbox",
        OTHERS: "See what belongs to others, where members see only their own",
        "audit.read": "Read and export the audit",
    },
    "Answering": {
        "inbox.reply": "Answer, assign and close conversations",
        "contacts.write": "Add and change contacts, tags and statuses",
        "tasks.do": "Do tasks and hand them on",
        "messages.settle": "Decide on messages in doubt",
    },
    "People": {
        "contacts.import": "Import lists and verify addresses",
        "contacts.export": "Export contacts",
        "contacts.delete": "Delete contacts and bring them back",
        "contacts.erase": "Erase people for good",
        "segments.write": "Make and change segments and topics",
        "suppression.write": "Bar addresses",
        "suppression.remove": "Take addresses off the suppression list",
    },
    "Campaigns": {
        "templates.write": "Build templates",
        "content.write": "Write content",
        "campaigns.write": "Build campaigns and put people in",
        "campaigns.launch": "Start, pause and cancel campaigns",
        "campaigns.override": "Start a campaign against the rules for bulk mail",
        "values.write": "Write down what people brought",
    },
    "Organization": {
        "channels.write": "Connect and change channels",
        "webhooks.manage": "See calls to and from other systems, and their keys",
        "team.manage": "Invite members, change roles, remove members",
        "organization.manage": "Change the organization's settings",
        "organization.export": "Export the whole organization",
        "organization.delete": "Delete the organization, or undo that",
        "tokens.write": "Make tokens for programs",
        "profile.write": "Change one's own profile and sessions",
    },
}


def may(role: str, permission: str) -> bool:
    """Whether `role` has `permission`. Raises KeyError for an unknown role."""
    return permission in PERMISSIONS[role]


def sees_everything(place: Membership, house: Organization) -> bool:
    """Whether somebody at `place` sees what belongs to others of the same organization."""
    return not house.shows_only_own or place.sees_everything or may(place.role, OTHERS)
