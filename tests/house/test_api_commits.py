"""What an endpoint did is committed with its answer, by the registry. Those that commit by themselves are named here, with why."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

import pytest
from flask import request
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from loumass.accounts import vendor_signing
from loumass.core.api import registry
from loumass.core.api.once import once
from loumass.providers.oauth import Client
from tests.house.attack_api import ASKED_BY
from tests.house.standing import Standing
from tests.house.url_map import attacks, guard_of, send

#: They talk to a vendor, another server or the DNS, or write to storage: no transaction is open meanwhile, and
#: nothing was written yet, so that a crash after it leaves nothing half done.
CALLS = {
    "channels_api.check_domain", "channels_api.connect", "channels_api.connect_smtp", "channels_api.connect_voices",
    "channels_api.disconnect_channel", "channels_api.enter_credentials", "channels_api.remove_channel",
    "channels_api.test_voices", "channels_api.try_channel", "content_api.upload_picture", "content_api.upload_recording",
    "funnels_api.try_call", "inbox_api.attach", "inbox_api.connect_judge", "inbox_api.test_judge",
    "webhooks_api.test_endpoint",
}  # fmt: skip
#: They only read, so that the registry commits nothing; that a file was taken is noted before its first byte leaves.
NOTES = {
    "accounts_api.audit_csv", "accounts_api.download_export", "campaigns_api.export_consent",
    "campaigns_api.export_contacts", "campaigns_api.export_people", "campaigns_api.export_person",
    "contacts_api.export_refusals", "contacts_api.export_suppressions", "funnels_api.export_template",
    "webhooks_api.download_delivery", *(f"analytics_api.export_{table}" for table in (
        "campaign_days", "campaign_ends", "campaign_hours", "campaign_senders", "campaign_steps", "campaign_ways",
        "campaigns", "colleagues", "days", "engagement", "hours", "machines", "messages", "people", "replies", "senders",
        "values",
    )),
}  # fmt: skip
#: Whoever says `commit()` in the rooms of endpoints, also where no request of this page comes by: `keep` holds the words of
#: somebody whose answer is refused, `_signed_in` has a session of its own.
SAYS_SO = {
    "accounts/api/signing": ["_signed_in"],
    "analytics/api/overview": ["export_messages"],
    "campaigns/api/contacts": ["export_contacts"],
    "campaigns/api/inside": ["export_people"],
    "campaigns/api/person": ["export_person"],
    "channels/api/connecting": ["_tried"],
    "channels/api/tracking": ["check_domain"],
    "contacts/api/imports": ["export_refusals"],
    "contacts/api/suppression": ["export_suppressions"],
    "funnels/api/graphs": ["try_call"],
    "inbox/api/sending": ["keep"],
    "webhooks/api/outgoing": ["test_endpoint"],
}
ROOT = Path(__file__).parents[2]


@contextmanager
def commits() -> Iterator[dict[str, set[str]]]:
    """Endpoint of the API -> `read` or `wrote`, of whoever commits before the registry does."""
    found: dict[str, set[str]] = {}

    def note(session: Session) -> None:
        if session.in_nested_transaction():
            return
        callers = [frame.f_code for frame in _frames(sys._getframe(1))]
        if registry._answered.__code__ not in callers:
            return
        nearest = next(code for code in callers if code.co_filename.startswith(f"{ROOT}/loumass/"))
        if nearest is not once.__code__:
            wrote = session.connection().scalar(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL"))
            is_dirty = bool(session.new or session.dirty or session.deleted)
            found.setdefault(str(request.endpoint), set()).add("wrote" if wrote or is_dirty else "read")

    event.listen(Session, "before_commit", note)
    try:
        yield found
    finally:
        event.remove(Session, "before_commit", note)


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


@pytest.mark.slow
@pytest.mark.parametrize(("way", "named"), [("reads", NOTES), ("changes", CALLS)])
def test_only_those_that_are_named_commit_by_themselves(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, way: str, named: set[str]
) -> None:
    google = Client(client_id="1.apps.example", client_secret="a secret")
    monkeypatch.setattr(vendor_signing, "_clients", {"google": google})
    refused = []
    with commits() as found:
        for rule, attack in list(attacks(standing.world.app, standing.house)):
            if guard_of(rule) == "api" and (attack.method == "GET") == (way == "reads"):
                with standing.put_back() if way == "changes" else nullcontext():
                    answer = send(standing.world.acme.people[ASKED_BY.get(rule.endpoint, "admin")], attack)
                    answer.get_data()  # what streams holds its session until the end
                if answer.status_code >= 400:
                    refused.append((rule.endpoint, answer.status_code))
    assert refused == []
    assert found.keys() == named, "say above why it commits by itself"
    # What was done before a call would stay when the process dies in the call.
    assert {one for did in found.values() for one in did} == {"wrote" if way == "reads" else "read"}


def test_no_other_function_of_endpoints_says_commit() -> None:
    rooms = [*ROOT.glob("loumass/*/api.py"), *ROOT.glob("loumass/*/api/*.py")]
    found = {
        str(room.relative_to(ROOT / "loumass").with_suffix("")): _committing(room)
        for room in rooms
        if room.parts[-3:-1] != ("core", "api")
    }
    assert {room: names for room, names in found.items() if names} == SAYS_SO


def _committing(room: Path) -> list[str]:
    functions = [one for one in ast.walk(ast.parse(room.read_text())) if isinstance(one, ast.FunctionDef)]
    return [
        one.name
        for one in functions
        if any(isinstance(part, ast.Attribute) and part.attr == "commit" for part in ast.walk(one))
    ]
