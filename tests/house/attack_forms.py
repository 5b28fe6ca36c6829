"""What each form is filled in with, and what pages are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from loumass.accounts.second_factor import SECONDS, code_at
from loumass.core import clock
from tests.house import attack_api, attack_forms_campaigns
from tests.house.furniture import SECOND_FACTOR, Furniture
from tests.world import PASSWORD

Form = dict[str, Any]


def _tomorrow() -> date:
    return clock.now().date() + timedelta(days=1)


#: Endpoint -> the form of its POST, given Acme's furniture. An empty form is said as well: {}.
FORMS: dict[str, Callable[[Furniture], Form]] = {
    **attack_forms_campaigns.FORMS,
    "account.ask_for_export": lambda _: {},
    "account.begin_second_factor": lambda _: {"current": PASSWORD},
    "account.change_sight": lambda _: {"sight": "everything"},
    "account.change_trust": lambda _: {"trust-shows_only_own": "y"},
    "account.confirm_second_factor": lambda _: {
        "code": code_at(SECOND_FACTOR, int(clock.now().timestamp()) // SECONDS)
    },
    "account.connect_account": lambda _: {},
    "account.delete": lambda _: {"name": "Acme", "current": PASSWORD},
    "account.disconnect_account": lambda _: {},
    "account.end_other_sessions": lambda _: {},
    "account.end_session": lambda _: {},
    "account.renew_recovery_codes": lambda _: {"current": PASSWORD},
    "account.take_second_factor_off": lambda _: {"current": PASSWORD},
    "account.undo_deletion": lambda _: {},
    "imports.create": lambda _: {
        "file": (str(Path(__file__).parents[1] / "contacts" / "leads.csv"), "leads.csv")
    },
    "imports.match": lambda _: {
        "target": ["ignore", "email"],
        "existing": "fill",
        "tags": "vip",
        "source": "",
    },
    "imports.reshape": lambda _: {"has_header": "1"},
    "channels.sign_in": lambda _: {"client_id": "1.apps.example", "client_secret": "a secret"},
    "channels.forget_application": lambda _: {},
    "imports.start": lambda _: {},
    "imports.cancel": lambda _: {},
    "imports.again": lambda _: {},
    "imports.discard": lambda _: {},
    "suppression.add": lambda _: {"medium": "email", "addresses": "no@more.example", "note": ""},
    "suppression.remove": lambda _: {"why": "They asked for it"},
    "tracking.add": lambda _: {"name": "go.more.example"},
    "tracking.change_defaults": lambda _: {"is_open_tracked": "y"},
    "tracking.check": lambda _: {},
    "tracking.remove": lambda _: {},
    "contacts.create": lambda _: {"first_name": "New", "email": "new@person.example"},
    "contacts.change": lambda _: {"first_name": "Changed", "email": "changed@person.example"},
    "contacts.delete": lambda _: {},
    "contacts.consent": lambda _: {"medium": "email", "is_granted": "1", "source": "On the phone"},
    "inbox.confirm_opt_out": lambda _: {},
    "inbox.sort_reply": lambda _: {"kind": "not_now"},
    "inbox.change_sorting": lambda _: {"positive_status": "Attended", "declined_status": ""},
    "inbox.connect_sorter": lambda _: {"url": "http://127.0.0.1:9/", "api_key": "another key"},
    "inbox.test_sorter": lambda _: {},
    "inbox.disconnect_sorter": lambda _: {},
    "inbox.dismiss_opt_out": lambda _: {},
    "people.tag": lambda house: {"ids": [house.contact], "tags": "vip"},
    "people.choose_campaign": lambda house: {"ids": [house.fresh_contact], "campaign_id": house.campaign},
    "people.verify": lambda house: {"ids": [house.contact], "is_sure": "1", "also_fresh": "1"},
    "verification.cancel": lambda _: {},
    "verification.change_lists": lambda _: {
        "kind": "disposable",
        "values": "burner.example",
        "is_listed": "1",
    },
    "people.delete": lambda house: {"ids": [house.contact], "is_sure": "1"},
    "people.restore": lambda _: {"at": "2026-03-03T16:00:00+00:00"},
    "person.become_one": lambda house: {"other": house.other_contact},
    "person.erase": lambda _: {},
    "channels.connect": lambda _: {
        "email": "new@acme.example",
        "seed": "",
        "channel_name": "",
        "sender_name": "",
    },
    "channels.credentials": lambda _: {"email": "zanzibar@acme.example", "seed": ""},
    "channels.test_connection": lambda _: {},
    "channels.connect_voices": lambda _: {"api_key": "another key"},
    "channels.test_voices": lambda _: {},
    "channels.disconnect_voices": lambda _: {},
    "channels.change_limits": lambda _: {
        "daily_cap": "50",
        "window_weekdays": ["1", "2"],
        "window_from": "8:00",
        "window_until": "17:00",
    },
    "channels.rename": lambda _: {"channel_name": "Renamed", "sender_name": ""},
    "channels.pause": lambda _: {},
    "channels.resume": lambda _: {},
    "channels.change_rules_now": lambda _: {
        "contact_per_day": "2",
        "quiet_until": "9:00",
        "quiet_from": "20:00",
    },
    "channels.disconnect": lambda _: {},
    "channels.remove": lambda _: {},
    "deliveries.retry": lambda house: {"ids": [house.delivery]},
    "content.create": lambda _: {"name": "New", "subject": "s", "text": "t"},
    "content.save": lambda _: {"name": "Renamed", "subject": "s", "text": "t"},
    "content.archive": lambda _: {},
    "content.restore": lambda _: {},
    "content.use_again": lambda _: {},
    "content.count_segments": lambda _: {"text": "Hi"},
    "content.show_preview": lambda _: {"subject": "s", "text": "t"},
    "content.keep_unsaved": lambda _: {"subject": "s", "text": "t", "unsaved_revision": "1"},
    "content.keep_unsaved_new": lambda _: {
        "place": str(UUID(int=7)),
        "subject": "s",
        "unsaved_revision": "0",
    },
    "content.discard_unsaved": lambda _: {},
    "content.ask_links": lambda _: {},
    "content.upload_picture": lambda _: {
        "picture": (str(Path(__file__).parents[1] / "content" / "dot.png"), "dot.png")
    },
    "inbox.reply": lambda _: {"kind": "email", "act": "send", "text": "Gladly"},
    "inbox.draft": lambda _: {"kind": "email", "text": "Glad"},
    "inbox.attach": lambda _: {
        "kind": "email",
        "files": (str(Path(__file__).parents[1] / "contacts" / "leads.csv"), "leads.csv"),
    },
    "inbox.remove_file": lambda _: {},
    "inbox.withdraw": lambda _: {},
    "inbox.plan": lambda _: {"at": "tomorrow 9:00"},
    "inbox.make_snippet": lambda _: {"name": "Hi", "shortcut": "hi", "text": "Hi"},
    "inbox.change_snippet": lambda _: {"name": "Hi", "shortcut": "hi", "text": "Hi"},
    "inbox.remove_snippet": lambda _: {},
    "inbox.keep_signature": lambda _: {"text": "Ann"},
    "inbox.send_again": lambda _: {},
    "inbox.close": lambda _: {},
    "inbox.reopen": lambda _: {},
    "inbox.snooze": lambda _: {"until": "3d"},
    "inbox.assign": lambda house: {"user": house.member},
    "inbox.mark_unread": lambda _: {},
    "inbox.label": lambda house: {"label": house.label, "off": "1"},
    "inbox.add_label": lambda _: {"name": "Pricing", "colour": "blue"},
    "inbox.change_label": lambda _: {"name": "Pricing", "colour": "teal"},
    "inbox.remove_label": lambda _: {},
    "inbox.add_team": lambda _: {"name": "East"},
    "inbox.man_team": lambda house: {"name": "East", "users": [house.member], "channels": [house.channel]},
    "inbox.archive_team": lambda _: {},
    "inbox.set_presence": lambda _: {"there": "0"},
    "inbox.give_to_team": lambda house: {"team": house.team},
    "inbox.read_notifications": lambda _: {},
    "inbox.remind": lambda _: {"until": "silent-2"},
    "inbox.forget_reminder": lambda _: {},
    "inbox.save_view": lambda _: {"name": "Hers and open", "view": "open"},
    "inbox.remove_view": lambda _: {},
    "inbox.take_over": lambda _: {},
    "inbox.merge": lambda house: {"other": house.closed_conversation},
    "inbox.split": lambda house: {"message": house.own_queued},
    "inbox.undo_regrouping": lambda _: {},
    "inbox.need_no_reply": lambda _: {},
    "inbox.change_chosen": lambda house: {"act": "close", "ids": [house.conversation]},
    "inbox.add_tags": lambda _: {"tags": "vip"},
    "inbox.remove_tag": lambda _: {},
    "inbox.add_note": lambda _: {"text": "A note"},
    "inbox.stop": lambda _: {},
    "inbox.write": lambda _: {"medium": "email"},
    "inbox.change_status": lambda _: {"status": "Attended"},
    "inbox.let_go_on": lambda _: {},
    "messages.send_test": lambda _: {},
    "messages.settle": lambda house: {"ids": [house.doubtful]},
    "account.logout": lambda _: {},
    "account.remove_member": lambda _: {},
    "account.change_role": lambda _: {"role": "agent"},
    "account.invite": lambda _: {"email": "new@acme.example", "role": "member"},
    "account.invite_again": lambda _: {},
    "account.withdraw_invitation": lambda _: {},
    "account.organization": lambda _: {
        "name": "Renamed",
        "timezone": "America/Denver",
        "country": "US",
        "postal_address": "2 Side Street",
    },
    "account.visit": lambda _: {},
    "account.choose_calendar": lambda _: {"country": "DE", "region": "BY"},
    "account.add_days_off": lambda _: {"name": "Retreat", "first": str(_tomorrow()), "last": ""},
    "account.change_day_off": lambda _: {"act": "remove", "day": str(_tomorrow())},
    "account.profile": lambda _: {
        "profile-name": "Ada",
        "profile-timezone": "",
        "profile-phone": "",
        "profile-signature": "",
    },
    "account.change_address": lambda _: {
        "address-email": "ada@acme.example",
        "address-current": "correct horse battery",
    },
    "outgoing.resend": lambda _: {},
    "outgoing.add_endpoint": lambda _: {
        "name": "New",
        "url": "https://crm.example/in",
        "events": ["message.sent"],
    },
    "outgoing.change_endpoint": lambda _: {
        "name": "More",
        "url": "https://crm.example/in",
        "events": ["message.sent"],
    },
    "outgoing.test_endpoint": lambda _: {},
    "outgoing.switch_endpoint": lambda _: {"is_on": "0"},
    "outgoing.replay_endpoint": lambda _: {"days": "7"},
    "outgoing.remove_endpoint": lambda _: {},
    "account.make_token": lambda _: {"name": "New", "scopes": ["contacts.read"], "days": "90"},
    "account.end_token": lambda _: {},
    "outgoing.add_key": lambda _: {"name": "New", "host": "api.example", "secret": "", "headers": "A: b"},
    "outgoing.make_own_key": lambda _: {},
    "outgoing.show_secret": lambda _: {},
    "outgoing.change_over": lambda _: {},
    "outgoing.remove_key": lambda _: {},
    "account.change_password": lambda _: {
        "password-current": "correct horse battery",
        "password-password": "another long sentence",
    },
}
#: Endpoint -> query string of its GET.
QUERIES: dict[str, Callable[[Furniture], Form]] = {
    "inbox.live": lambda _: {"topic": "inbox"},
    "inbox.notification_words": lambda house: {"kind": "reply", "id": house.message},
    "person.merge": lambda house: {"other": house.other_contact},
    "simulations.people": lambda house: {"reason": "suppressed", "step": house.node},
    "walks.show": lambda house: {"contact": house.contact},
    **attack_api.QUERIES,
}
