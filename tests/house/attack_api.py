"""What each endpoint of the API needs to be called for real: which furniture its ids name, and its JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from loumass.accounts.second_factor import SECONDS, code_at
from loumass.core import clock
from loumass.core.api import ENDPOINTS
from tests.fakes.sounds import mp3
from tests.house.furniture import SECOND_FACTOR, Furniture

Body = dict[str, Any]
_TESTS = Path(__file__).parents[1]
#: Argument -> furniture, where nothing else is said.
ARGUMENTS = {
    "suppression_id": "suppression",
    "segment_id": "segment",
    "topic_id": "topic",
    "proposal_id": "proposal",
    "task_id": "task",
    "user_id": "colleague",
    "invitation_id": "invitation",
    "token_id": "api_token",
    "domain_id": "tracking_domain",
    "channel_id": "channel",
    "step_id": "campaign_send",
    "call_id": "webhook_call",
    "key_id": "webhook_key",
    "endpoint_id": "webhook_endpoint",
    "kind": "sandbox",
    "medium": "email",
    "slug": "welcome",
    "snippet_id": "snippet",
    "value_id": "earning",
    "number": "1",
}
_CHANGING = {"campaign_id": "changing_campaign"}
_CHANGED = {"campaign_id": "changed_campaign"}
_RUNNING = {"campaign_id": "running_campaign"}
_GMAIL = {"kind": "gmail"}
_TABLES = ("days", "steps", "ways", "senders", "hours", "ends")
_SENDING = {"domain_id": "sending_domain"}
#: Endpoint -> argument -> furniture.
NAMED: dict[str, dict[str, str]] = {
    "contacts_api.cancel_import": {"import_id": "running_import"},
    "contacts_api.go_on_importing": {"import_id": "failed_import"},
    "contacts_api.export_refusals": {"import_id": "failed_import"},
    "contacts_api.cancel_verification": {"verification_id": "running_verification"},
    "contacts_api.restore_segment": {"segment_id": "archived_segment"},
    "content_api.restore_content": {"content_id": "archived_content"},
    "campaigns_api.pause": {"campaign_id": "running_campaign"},
    "campaigns_api.begin_change": {"campaign_id": "running_campaign"},
    **{f"campaigns_api.{one}": _CHANGING for one in ("review_change", "apply_change", "discard_change")},
    "campaigns_api.carry_on_change": {"campaign_id": "changed_campaign"},
    "campaigns_api.undo_change": {"campaign_id": "changed_campaign"},
    "campaigns_api.resume": {"campaign_id": "paused_campaign"},
    "campaigns_api.unschedule": {"campaign_id": "scheduled_campaign"},
    "campaigns_api.move_sender": {"channel_id": "paused_channel"},
    "channels_api.resume_channel": {"channel_id": "paused_channel"},
    "deliverability_api.release_channel": {"channel_id": "slowed_channel"},
    **{f"deliverability_api.{one}": _SENDING for one in ("read_sending_domain", "check_sending_domain", "change_selectors")},
    "inbox_api.reopen": {"conversation_id": "closed_conversation"},
    "inbox_api.withdraw": {"message_id": "own_queued"},
    "inbox_api.send_again": {"message_id": "own_failed"},
    "inbox_api.let_go_on": {"enrollment_id": "held_enrollment"},
    "webhooks_api.switch_on": {"endpoint_id": "closed_endpoint"},
    **{f"campaigns_api.{one}": _CHANGED for one in ("review_undoing", "compare_versions")},
    "analytics_api.figures_of_campaign": _RUNNING,
    **{f"analytics_api.export_campaign_{one}": _RUNNING for one in _TABLES},
    **{f"channels_api.{one}": _GMAIL for one in ("read_application", "enter_application", "forget_application")},
    "content_api.save_voicemail": {"content_id": "voicemail"},
    "funnels_api.try_call": {"node_id": "webhook_node"},
    "inbox_api.plan": {"message_id": "own_queued"},
    "inbox_api.put_label": {"conversation_id": "closed_conversation"},
    "inbox_api.read_waiting": {"message_id": "queued"},
    "inbox_api.remove_file": {"attachment_id": "draft_file"},
}  # fmt: skip
_PASSWORD = "correct horse battery"
_LATER = "2026-03-05T16:00:00Z"
_RULE = {"match": "all", "rules": [{"ask": "tag", "tag": "vip"}]}
_WORDS = {"name": "New", "subject": "s", "text": "t"}
_NAMED = {"name": "New", "description": ""}
_SAID = {"subject": "s", "text": "t"}
_SCRIPT = {"name": "New", "text": "Hello there", "voice": "some-voice"}
_SNIPPET = {"name": "Hi", "shortcut": "hi", "text": "Hi"}


def _tomorrow() -> str:
    return str(clock.now().date() + timedelta(days=1))


BODIES: dict[str, Callable[[Furniture], Body]] = {
    "accounts_api.change_profile": lambda _: {"name": "Ada", "signature": "Best"},
    "accounts_api.change_password": lambda _: {"current": _PASSWORD, "password": "another long sentence"},
    "accounts_api.change_address": lambda _: {"email": "ada@acme.example", "current": _PASSWORD},
    "accounts_api.change_organization": lambda _: {"name": "More", "timezone": "America/Denver", "country": "US"},
    "accounts_api.change_role": lambda _: {"role": "agent"},
    "accounts_api.invite": lambda _: {"email": "new@acme.example", "role": "member"},
    "accounts_api.make_token": lambda _: {"name": "New", "scopes": ["contacts.read"]},
    "campaigns_api.create_campaign": lambda house: {
        "name": "New", "template_id": house.published_template, "email_channel_id": house.channel,
    },
    "campaigns_api.change_campaign": lambda house: {"name": "More", "pool": [house.slowed_channel]},
    "campaigns_api.clone_campaign": lambda _: {"name": "New"},
    "campaigns_api.begin_change": lambda _: {},
    "campaigns_api.apply_change": lambda _: {},
    "campaigns_api.undo_change": lambda _: {"number": 2},
    "campaigns_api.tag_told": lambda _: {"tags": ["told"]},
    "campaigns_api.add_told": lambda house: {"campaign_id": house.paused_campaign},
    "campaigns_api.add_people": lambda house: {"contact_ids": [house.fresh_contact]},
    "campaigns_api.mark_people": lambda house: {"ids": [house.enrollment], "status": "Attended"},
    "campaigns_api.hold_people": lambda house: {"ids": [house.walking_enrollment]},
    "campaigns_api.release_people": lambda house: {"ids": [house.enrollment]},
    "campaigns_api.end_people": lambda house: {"ids": [house.enrollment]},
    "campaigns_api.merge_contacts": lambda house: {"other_id": house.other_contact},
    "campaigns_api.resume": lambda _: {},
    "campaigns_api.execute": lambda _: {},
    "campaigns_api.schedule": lambda _: {"at": _LATER},
    "campaigns_api.override": lambda _: {"reason": "Our own customers"},
    "campaigns_api.choose_topic": lambda house: {"topic_id": house.topic},
    "campaigns_api.verify_people": lambda _: {"skips_invalid": True, "also_fresh": True},
    "campaigns_api.add_message": lambda _: _WORDS | {"delay_days": 3},
    "campaigns_api.change_message": lambda _: _WORDS,
    "campaigns_api.add_trigger": lambda _: {"kind": "tag_added", "settings": {"tag": "Lead"}},
    "campaigns_api.change_trigger": lambda _: {
        "settings": {"title": "Form", "existing": "fill", "tag": "", "then": ""}, "repeats": "every", "pause_days": 3,
    },
    "campaigns_api.switch_trigger": lambda _: {"is_on": False},
    "contacts_api.match": lambda _: {"targets": ["ignore", "email"], "tags": ["vip"]},
    "contacts_api.add_topic": lambda _: _NAMED,
    "contacts_api.create_contact": lambda house: {"email": "new@person.example", "owner_id": house.member, "tags": ["vip"]},
    "contacts_api.change_contact": lambda _: {"first_name": "Changed"},
    "contacts_api.delete_contacts": lambda house: {"ids": [house.contact]},
    "contacts_api.restore_contacts": lambda _: {"deleted_at": "2026-03-03T16:00:00Z"},
    "contacts_api.tag_contacts": lambda house: {"ids": [house.contact], "tags": ["vip"]},
    "contacts_api.tag_contact": lambda _: {"tags": ["vip"]},
    "contacts_api.note_consent": lambda _: {"medium": "email", "is_granted": True, "source": "On the phone"},
    "contacts_api.add_segment": lambda _: _NAMED | {"rule": _RULE},
    "contacts_api.preview_rule": lambda _: {"rule": _RULE},
    "contacts_api.change_segment": lambda _: _NAMED | {"rule": _RULE},
    "contacts_api.bar_addresses": lambda _: {"medium": "email", "addresses": ["no@more.example"]},
    "contacts_api.lift_suppression": lambda _: {"why": "They asked for it"},
    "contacts_api.verify": lambda house: {"ids": [house.contact], "also_fresh": True},
    "contacts_api.change_list": lambda _: {"kind": "disposable", "values": ["burner.example"]},
    "channels_api.change_limits": lambda _: {"daily_cap": 50, "window_weekdays": [1, 2]},
    "channels_api.rename_channel": lambda _: {"name": "Renamed"},
    "channels_api.resume_channel": lambda _: {},
    "channels_api.toggle": lambda _: {"is_active": False},
    "channels_api.connect": lambda _: {"credentials": {"email": "new@acme.example"}},
    "channels_api.connect_smtp": lambda _: {"credentials": {
        "email": "new@acme.example", "smtp_username": "x", "smtp_password": "x", "smtp_host": "127.0.0.1",
    }},
    "channels_api.enter_credentials": lambda _: {"credentials": {"email": "zanzibar@acme.example"}},
    "channels_api.save_rules": lambda _: {"contact_per_day": 2, "quiet_until": 540, "quiet_from": 1200},
    "channels_api.add_domain": lambda _: {"name": "go.more.example"},
    "channels_api.change_defaults": lambda _: {
        "is_open_tracked": True, "is_click_tracked": False, "is_answer_tracked": False,
    },
    "content_api.create_content": lambda _: _WORDS | {"medium": "email"},
    "content_api.save_content": lambda _: _WORDS,
    "deliverability_api.change_selectors": lambda _: {"selectors": "k1"},
    "deliverability_api.release_recipients": lambda _: {"domain": "zanzibar.strict.example"},
    "funnels_api.save": lambda house: {
        "revision": 1,
        "start": str(house.node),
        "nodes": [
            {"id": str(house.node), "kind": "email_send", "name": "Renamed", "content_id": str(house.content)},
            {"id": str(house.end_node), "kind": "end", "name": "End"},
        ],
        "edges": [{"source": str(house.node), "branch": "next", "target": str(house.end_node)}],
    },
    "funnels_api.create_template": lambda _: _NAMED,
    "funnels_api.rename_template": lambda _: _NAMED,
    "inbox_api.reply": lambda _: {"text": "Gladly"},
    "inbox_api.sort_reply": lambda _: {"kind": "not_now"},
    "inbox_api.change_sorting": lambda _: {"positive_status": "Attended"},
    "inbox_api.connect_judge": lambda _: {"url": "http://127.0.0.1:9/", "api_key": "another key"},
    "inbox_api.add_note": lambda _: {"text": "A note"},
    "inbox_api.snooze": lambda _: {"until": _LATER},
    "inbox_api.assign": lambda house: {"user_id": house.member},
    "inbox_api.change_chosen": lambda house: {"ids": [house.conversation], "act": "close"},
    "inbox_api.settle": lambda house: {"ids": [house.doubtful], "decision": "drop"},
    "inbox_api.add_note_about": lambda _: {"text": "A note"},
    "inbox_api.write": lambda _: {"text": "Hello", "medium": "email", "subject": "Hello"},
    "inbox_api.change_status": lambda _: {"status": "Attended"},
    "inbox_api.complete_task": lambda _: {"outcome": "a", "note": "Glad"},
    "inbox_api.snooze_task": lambda _: {"until": _LATER},
    "inbox_api.assign_task": lambda house: {"user_id": house.member},
    "webhooks_api.add_key": lambda _: {"name": "New", "host": "api.example", "headers": {"A": "b"}},
    "webhooks_api.add_endpoint": lambda _: {
        "name": "New", "url": "https://crm.example/in", "events": ["message.replied"],
    },
    "webhooks_api.change_endpoint": lambda _: {
        "name": "More", "url": "https://crm.example/in", "events": ["message.sent"],
    },
    "webhooks_api.replay": lambda _: {"since": "2026-03-01T00:00:00Z"},
    "accounts_api.begin_second_factor": lambda _: {"current": _PASSWORD},
    "accounts_api.confirm_second_factor": lambda _: {
        "code": code_at(SECOND_FACTOR, int(clock.now().timestamp()) // SECONDS),
    },
    "accounts_api.renew_recovery_codes": lambda _: {"current": _PASSWORD},
    "accounts_api.take_second_factor_off": lambda _: {"current": _PASSWORD},
    "accounts_api.change_sight": lambda _: {"sees_everything": True},
    "accounts_api.change_trust": lambda _: {"shows_only_own": True, "needs_second_factor": False},
    "accounts_api.delete_organization": lambda _: {"name": "Acme", "current": _PASSWORD},
    "accounts_api.choose_calendar": lambda _: {"country": "DE", "region": "BY"},
    "accounts_api.add_days_off": lambda _: {"name": "Retreat", "first": _tomorrow()},
    "accounts_api.change_day_off": lambda _: {"day": _tomorrow(), "act": "remove"},
    "analytics_api.add_value": lambda house: {
        "contact_id": house.contact, "amount": "250", "currency": "EUR", "day": "2026-03-02",
    },
    "campaigns_api.simulate": lambda house: {"sample": 5, "channels": {"email": house.channel}},
    "channels_api.connect_voices": lambda _: {"api_key": "another key"},
    "channels_api.enter_application": lambda _: {"client_id": "1.apps.example", "client_secret": "a secret"},
    "contacts_api.reshape_import": lambda _: {"has_header": False},
    "content_api.check_words": lambda house: _SAID | {"medium": "email", "contact_id": house.contact},
    "content_api.create_voicemail": lambda _: _SCRIPT,
    "content_api.save_voicemail": lambda _: _SCRIPT,
    "content_api.keep_unsaved": lambda _: _SAID | {"revision": 1},
    "content_api.keep_unsaved_new": lambda _: _SAID | {"medium": "email", "revision": 0, "place_id": UUID(int=7)},
    "funnels_api.keep_unsaved_of_step": lambda _: _SAID | {"revision": 1},
    "inbox_api.try_content": lambda house: {"contact_id": house.contact},
    "inbox_api.forward": lambda _: {"to": "new@lakeside.example", "text": "See below"},
    "inbox_api.plan": lambda _: {"at": _LATER},
    "inbox_api.keep_draft": lambda _: {"kind": "email", "text": "Glad"},
    "inbox_api.add_label": lambda _: {"name": "Pricing", "colour": "blue"},
    "inbox_api.change_label": lambda _: {"name": "Pricing", "colour": "teal"},
    "inbox_api.put_label": lambda house: {"label_id": house.label},
    "inbox_api.add_team": lambda _: {"name": "East"},
    "inbox_api.man_team": lambda house: {
        "name": "East", "user_ids": [house.member], "channel_ids": [house.channel],
    },
    "inbox_api.set_presence": lambda _: {"is_there": False},
    "inbox_api.give_to_team": lambda house: {"team_id": house.team},
    "inbox_api.save_view": lambda _: {"name": "Hers and open", "view": "open"},
    "inbox_api.remind": lambda _: {"at": _LATER, "is_if_silent": True},
    "inbox_api.merge_conversations": lambda house: {"other_id": house.closed_conversation},
    "inbox_api.split_conversation": lambda house: {"message_id": house.own_queued},
    "inbox_api.make_snippet": lambda _: _SNIPPET,
    "inbox_api.change_snippet": lambda _: _SNIPPET,
    "inbox_api.keep_signature": lambda _: {"text": "Ann"},
    "inbox_api.change_tasks": lambda house: {"ids": [house.other_task], "act": "skip"},
    "webhooks_api.retry_deliveries": lambda house: {"ids": [house.delivery]},
}  # fmt: skip
#: Endpoint -> query string.
QUERIES: dict[str, Callable[[Furniture], Body]] = {
    "campaigns_api.list_sequences": lambda house: {"campaign_id": house.campaign},
    "campaigns_api.list_skipped": lambda house: {"reason": "suppressed", "step": house.node},
    "campaigns_api.compare_versions": lambda _: {"before": "1", "after": "2"},
    "content_api.list_merge_values": lambda house: {"contact": house.contact},
    "funnels_api.compare_template": lambda _: {"before": "draft"},
    "content_api.upload_recording": lambda _: {"file_name": "hello.mp3"},
    "inbox_api.attach": lambda _: {"file_name": "leads.csv"},
    "inbox_api.find": lambda _: {"q": "zan"},
}
#: Endpoint -> the file that it takes.
FILES = {
    "contacts_api.upload": b"Name,Email\nNadia,nadia@lakeside.example\n",
    "content_api.upload_picture": (_TESTS / "content" / "dot.png").read_bytes(),
    "content_api.upload_recording": mp3(12),
    "funnels_api.import_template": (_TESTS / "funnels" / "no_show.csv").read_bytes(),
    "inbox_api.attach": b"Name,Email\nNadia,nadia@lakeside.example\n",
}
#: Endpoint -> who of Acme asks for it with success: the only admin cannot leave, and only a member has a second factor.
ASKED_BY = {"accounts_api.leave": "viewer", "accounts_api.renew_recovery_codes": "member"}
#: Asked for by who signed in through the API: a browser's session is no token.
BY_SIGN_IN = {"accounts_api.logout", "accounts_api.refresh"}
#: They answer and change nothing here: there is nothing left to do, or nothing is ever kept.
CHANGES_NOTHING = {
    "inbox_api.mark_read",
    "webhooks_api.test_endpoint",
    "campaigns_api.take_calls_again",
    "channels_api.connect_gmail",
    "channels_api.connect_outlook",
    "contacts_api.preview_rule",
    "contacts_api.restore_contacts",
    "accounts_api.undo_deletion",
    "campaigns_api.cancel_simulation",
    "campaigns_api.simulate",
    "content_api.check_words",
    "funnels_api.try_call",
    "webhooks_api.make_own_key",
}


def kind_of_file(endpoint: str) -> str:
    """The media type that an endpoint takes."""
    return next(one.uploads[0] for one in ENDPOINTS if one.name == endpoint)
