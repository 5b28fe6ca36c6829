"""What each route needs to be called for real: which of Acme's rows its ids name, and its form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from werkzeug.routing import Rule

from loumass.accounts.second_factor import SECONDS, code_at
from loumass.core import clock
from tests.house import attack_api
from tests.house.furnished import SECOND_FACTOR, Furniture
from tests.world import PASSWORD

Form = dict[str, Any]

#: Argument of a rule -> furniture, where the name alone tells.
BY_ARGUMENT = {
    "graph_id": "graph",
    "node_id": "node",
    "edge_id": "edge",
    "template_id": "template",
    "campaign_id": "campaign",
    "content_id": "content",
    "place_id": "content",
    "contact_id": "contact",
    "tag_id": "tag",
    "enrollment_id": "enrollment",
    "message_id": "message",
    "attachment_id": "attachment",
    "conversation_id": "conversation",
    "delivery_id": "delivery",
    "import_id": "contact_import",
    "suppression_id": "suppression",
    "trigger_id": "trigger",
    "verification_id": "verification",
    "run_id": "simulation",
    "export_id": "export",
    "session_id": "other_session",
    "vendor": "google",
    "label_id": "label",
    "team_id": "team",
    "view_id": "saved_view",
    "regrouping_id": "regrouping",
}
#: Blueprint -> furniture that its `<uuid:id>` names.
BY_BLUEPRINT = {
    "people": "contact",
    "contacts": "contact",
    "imports": "contact_import",
    "suppression": "suppression",
    "content": "content",
    "channels": "channel",
    "deliveries": "delivery",
    "campaigns": "campaign",
    "inbox": "conversation",
    "messages": "doubtful",
    "tracking": "tracking_domain",
    "deliverability": "sending_domain",
    "tasks": "task",
    "outgoing": "webhook_call",
    "topics": "topic",
    "segments": "segment",
}
#: Endpoint -> argument -> furniture, where neither tells.
BY_ENDPOINT: dict[str, dict[str, str]] = {
    "imports.progress": {"import_id": "running_import"},
    "imports.cancel": {"import_id": "running_import"},
    "imports.refused": {"import_id": "failed_import"},
    "imports.again": {"import_id": "failed_import"},
    "verification.progress": {"verification_id": "running_verification"},
    "verification.cancel": {"verification_id": "running_verification"},
    "account.remove_member": {"id": "colleague"},
    "account.change_role": {"id": "colleague"},
    "account.change_sight": {"id": "colleague"},
    "account.invite_again": {"id": "invitation"},
    "account.withdraw_invitation": {"id": "invitation"},
    "account.visit": {"id": "organization"},
    **{
        key: {"id": "contact"}
        for key in (
            "inbox.person",
            "inbox.stop",
            "inbox.add_tags",
            "inbox.remove_tag",
            "inbox.add_note",
        )
    },
    "graphs.test_call": {"node_id": "webhook_node"},
    "funnels.use_example": {"slug": "welcome"},
    **{
        f"outgoing.{one}_endpoint": {"id": "webhook_endpoint"}
        for one in ("show", "change", "test", "switch", "replay", "remove")
    },
    "account.end_token": {"id": "api_token"},
    **{f"outgoing.{one}": {"id": "webhook_key"} for one in ("show_secret", "change_over", "remove_key")},
    "inbox.confirm_opt_out": {"id": "proposal"},
    "inbox.sort_reply": {"id": "message"},
    "inbox.dismiss_opt_out": {"id": "proposal"},
    "deliverability.release": {"id": "slowed_channel"},
    "inbox.write": {"id": "fresh_contact"},
    "inbox.reopen": {"id": "closed_conversation"},
    "content.restore": {"id": "archived_content"},
    "segments.restore": {"id": "archived_segment"},
    "graphs.edit_rule": {"prefix": "rule"},
    "inbox.change_status": {"id": "enrollment"},
    "inbox.let_go_on": {"id": "held_enrollment"},
    "inbox.body": {"id": "message"},
    "inbox.withdraw": {"id": "own_queued"},
    "inbox.plan": {"id": "own_queued"},
    **{f"inbox.{name}": {"id": "snippet"} for name in ("edit_snippet", "change_snippet", "remove_snippet")},
    "inbox.keep_signature": {"id": "channel"},
    "inbox.offer_snippets": {"id": "conversation"},
    "inbox.send_again": {"id": "own_failed"},
    "inbox.download": {"id": "attachment"},
    "inbox.remove_file": {"id": "draft_file"},
    "campaigns.pause": {"id": "running_campaign"},
    "campaigns.begin_change": {"id": "running_campaign"},
    **{
        f"campaigns.{name}": {"id": "changing_campaign"}
        for name in ("change", "review_change", "apply_change", "ask_discard", "discard_change")
    },
    "campaigns.carry_on_change": {"id": "changed_campaign"},
    "campaigns.ask_undo": {"id": "changed_campaign"},
    "campaigns.undo_change": {"id": "changed_campaign"},
    "campaigns.ask_resume": {"id": "paused_campaign"},
    "campaigns.resume": {"id": "paused_campaign"},
    "campaigns.unschedule": {"id": "scheduled_campaign"},
    "messages.settle": {"decision": "drop"},
    "channels.connect": {"kind": "sandbox", "medium": "email"},
    "channels.resume": {"id": "paused_channel"},
    "channels.sign_in": {"kind": "gmail"},
    "channels.start_signing_in": {"kind": "gmail"},
    "channels.forget_application": {"kind": "gmail"},
    "channels.ask_resume": {"id": "paused_channel"},
    "campaigns.move_sender": {"id": "campaign", "channel_id": "paused_channel"},
    "figures.campaign": {"id": "running_campaign"},
    "figures.campaign_csv": {"id": "running_campaign", "what": "steps"},
    "figures.remove_value": {"id": "earning"},
    "content.new": {"medium": "email"},
    "content.create": {"medium": "email"},
    "content.keep_unsaved_new": {"medium": "email"},
    "content.show_preview": {"medium": "email"},
    "content.version": {"number": "1"},
    "content.use_again": {"number": "1"},
}


def _tomorrow() -> date:
    return clock.now().date() + timedelta(days=1)


_RULE: Form = {"rule-0-match": "all", "rule-0_0-ask": "tag", "rule-0_0-tag": "vip"}
#: Endpoint -> the form of its POST, given Acme's furniture. An empty form is said as well: {}.
FORMS: dict[str, Callable[[Furniture], Form]] = {
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
    "segments.create": lambda _: _RULE | {"name": "New"},
    "segments.change": lambda _: _RULE | {"name": "Renamed"},
    "segments.copy": lambda _: {},
    "segments.archive": lambda _: {},
    "segments.restore": lambda _: {},
    "segments.edit_rule": lambda _: _RULE | {"rule-act": "question:0"},
    "segments.preview": lambda _: _RULE,
    "graphs.edit_rule": lambda _: _RULE | {"rule-act": "question:0"},
    "tracking.add": lambda _: {"name": "go.more.example"},
    "tracking.change_defaults": lambda _: {"is_open_tracked": "y"},
    "tracking.check": lambda _: {},
    "tracking.remove": lambda _: {},
    "contacts.create": lambda _: {"first_name": "New", "email": "new@person.example"},
    "contacts.change": lambda _: {"first_name": "Changed", "email": "changed@person.example"},
    "contacts.delete": lambda _: {},
    "contacts.consent": lambda _: {"medium": "email", "is_granted": "1", "source": "On the phone"},
    "campaigns.create": lambda house: {
        "name": "New",
        "template": house.published_template,
        "event_type": "",
        "owner": house.member,
        "email_channel": house.channel,
        "sms_channel": "",
    },
    "campaigns.change_settings": lambda house: {
        "name": "Renamed",
        "event_type": "",
        "owner": house.member,
        "email_channel": house.channel,
        "sms_channel": "",
    },
    "campaigns.add_people": lambda house: {"ids": [house.fresh_contact]},
    "campaigns.mark": lambda house: {"ids": [house.enrollment], "status": "Attended"},
    "campaigns.hold": lambda house: {"ids": [house.walking_enrollment]},
    "campaigns.release": lambda house: {"ids": [house.enrollment]},
    "campaigns.end": lambda house: {"ids": [house.enrollment], "is_sure": "1"},
    "campaigns.start": lambda _: {},
    "simulations.simulate": lambda house: {
        "sample": "5",
        "email_channel": house.channel,
        "reply": "5",
        "open": "40",
        "click": "4",
        "bounce": "2",
        "seed": "1",
        "task_hours": "24",
    },
    "simulations.cancel": lambda _: {},
    "figures.add_value": lambda _: {
        "email": "zanzibar@foothill.example",
        "amount": "250",
        "currency": "EUR",
        "day": "2026-03-02",
        "note": "A table",
    },
    "figures.remove_value": lambda _: {},
    "campaigns.schedule": lambda _: {"at": "2026-03-05T09:00"},
    "campaigns.unschedule": lambda _: {},
    "campaigns.override": lambda _: {"reason": "Our own customers"},
    "campaigns.choose_topic": lambda house: {"topic": house.topic},
    "deliverability.check": lambda _: {},
    "deliverability.selectors": lambda _: {"selectors": "k1"},
    "deliverability.release": lambda _: {},
    "deliverability.release_domain": lambda _: {"domain": "zanzibar.strict.example"},
    "topics.add": lambda _: {"name": "More", "description": ""},
    "topics.archive": lambda _: {},
    "inbox.confirm_opt_out": lambda _: {},
    "inbox.sort_reply": lambda _: {"kind": "not_now"},
    "inbox.change_sorting": lambda _: {"positive_status": "Attended", "declined_status": ""},
    "inbox.connect_sorter": lambda _: {"url": "http://127.0.0.1:9/", "api_key": "another key"},
    "inbox.test_sorter": lambda _: {},
    "inbox.disconnect_sorter": lambda _: {},
    "inbox.dismiss_opt_out": lambda _: {},
    "campaigns.pause": lambda _: {},
    "campaigns.resume": lambda _: {},
    "campaigns.cancel": lambda _: {},
    "campaigns.begin_change": lambda _: {},
    "campaigns.review_change": lambda house: {f"removed-{house.changing_graph_node}": "finish"},
    "campaigns.apply_change": lambda _: {},
    "campaigns.carry_on_change": lambda _: {},
    "campaigns.discard_change": lambda _: {},
    "campaigns.undo_change": lambda _: {"number": "2"},
    "campaigns.tag_told": lambda _: {"tags": "told"},
    "campaigns.add_told": lambda house: {"campaign": house.paused_campaign},
    "campaigns.add_trigger": lambda _: {"kind": "tag_added", "set-tag": "Lead", "repeats": "once"},
    "campaigns.change_trigger": lambda _: {
        "set-title": "Form",
        "set-existing": "fill",
        "set-tag": "",
        "set-then": "",
        "repeats": "every",
        "pause_days": "3",
    },
    "campaigns.switch_trigger": lambda _: {"is_on": "0"},
    "campaigns.remove_trigger": lambda _: {},
    "campaigns.renew_address": lambda _: {},
    "campaigns.take_calls_again": lambda _: {},
    "campaigns.see_problem": lambda _: {},
    "campaigns.move_sender": lambda _: {},
    "people.tag": lambda house: {"ids": [house.contact], "tags": "vip"},
    "people.choose_campaign": lambda house: {"ids": [house.fresh_contact], "campaign_id": house.campaign},
    "people.verify": lambda house: {"ids": [house.contact], "is_sure": "1", "also_fresh": "1"},
    "campaigns.verify": lambda _: {"skips_invalid": "1"},
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
    "funnels.use_example": lambda _: {},
    "graphs.keep_unsaved": lambda _: {"subject": "s", "text": "t", "unsaved_revision": "1"},
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
    "funnels.create": lambda _: {"name": "New", "description": ""},
    "funnels.add_examples": lambda _: {},
    "funnels.save": lambda _: {"name": "Renamed", "description": ""},
    "funnels.duplicate": lambda _: {},
    "funnels.archive": lambda _: {},
    "funnels.restore": lambda _: {},
    "funnels.publish": lambda _: {},
    "funnels.take": lambda _: {
        "file": (str(Path(__file__).parents[1] / "funnels" / "no_show.csv"), "no_show.csv")
    },
    "graphs.add": lambda _: {"kind": "wait", "name": "", "place": ""},
    "graphs.begin": lambda house: {"node_id": house.end_node},
    "graphs.save": lambda house: {
        "set-opens": "campaign",
        "set-clicks": "campaign",
        "name": "Hello",
        "subject": "Hi",
        "text": "There",
        "way-next": house.end_node,
    },
    "graphs.save_panel": lambda _: {
        "set-opens": "campaign",
        "set-clicks": "campaign",
        "name": "Hello",
        "subject": "Hi",
        "text": "There",
    },
    "graphs.remove": lambda _: {},
    "graphs.test_call": lambda _: {
        "name": "Tell",
        "set-url": "https://127.0.0.1:9/in",
        "set-event": "x",
        "set-waits": "wait",
    },
    "tasks.complete": lambda _: {"outcome": "a", "note": "Glad"},
    "tasks.skip": lambda _: {},
    "tasks.snooze": lambda _: {"until": "3d"},
    "tasks.assign": lambda house: {"user": house.member},
    "tasks.change_chosen": lambda house: {"act": "snooze", "ids": [house.other_task]},
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


@dataclass(frozen=True, slots=True)
class Attack:
    """One request. `names_acme`: it carries an id of Acme's, so that Globex must be refused."""

    method: str
    url: str
    form: Form | None
    query: Form | None
    names_acme: bool = field(default=False)
    body: Form | None = None
    file: bytes | None = None
    kind_of_file: str = ""
    #: Whether a program sends it that signed in, instead of a browser.
    by_sign_in: bool = False

    @property
    def sent(self) -> dict[str, Any]:
        """What the test client sends: a form, JSON, or a file as it is."""
        if self.file is not None:
            return {"data": self.file, "content_type": self.kind_of_file}
        return {"data": self.form} if self.body is None else {"json": self.body}


def fill_in(
    rule: Rule, method: str, house: Furniture, *, only: str | None = None, otherwise: Furniture | None = None
) -> Attack:
    """The request for `rule`. Fails when an argument or form is not known here.

    With `only`, that argument alone comes from `house` and the rest from `otherwise`.
    """
    values = {
        argument: (house if otherwise is None or argument == only else otherwise).ids.get(name, name)
        for argument, name in arguments_of(rule).items()
    }
    form, body = None, attack_api.BODIES[rule.endpoint](house) if rule.endpoint in attack_api.BODIES else None
    if method != "GET" and body is None and not rule.rule.startswith("/api/"):
        assert rule.endpoint in FORMS, (
            f"{rule.endpoint} has no form in attack_fixtures.FORMS: say what it is called with"
        )
        form = FORMS[rule.endpoint](house)
    asks = rule.endpoint in QUERIES and (method == "GET" or rule.endpoint in attack_api.FILES)
    query = QUERIES[rule.endpoint](house) if asks else None
    built = rule.build(values, append_unknown=False)
    assert built is not None, f"{rule} cannot be built from {values}"
    named = [*values.values(), *_flat(form), *_flat(query), *_flat(body)]
    return Attack(
        method,
        built[1],
        form,
        query,
        any(str(one) in {str(known) for known in house.ids.values()} for one in named),
        json.loads(json.dumps(body, default=str)),
        attack_api.FILES.get(rule.endpoint),
        attack_api.kind_of_file(rule.endpoint) if rule.endpoint in attack_api.FILES else "",
        rule.endpoint in attack_api.BY_SIGN_IN,
    )


def may_name_rows(rule: Rule, method: str) -> bool:
    """Whether a request for `rule` can carry an id: in its path, its form or its query."""
    form = FORMS.get(rule.endpoint) or attack_api.BODIES.get(rule.endpoint)
    query = QUERIES.get(rule.endpoint)
    given = form if method != "GET" else query
    # Of the API there are hundreds: with one id and nothing else in it, the request would be the one that names all of Acme's.
    fewest = 2 if rule.rule.startswith("/api/") else 1
    return len(rule.arguments) >= fewest or (
        given is not None and given.__code__.co_varnames[:1] == ("house",)
    )


def arguments_of(rule: Rule) -> dict[str, str]:
    """What each argument of `rule` names: furniture, or else the word itself."""
    return {argument: _named(rule, argument) for argument in sorted(rule.arguments)}


def _named(rule: Rule, argument: str) -> str:
    blueprint = rule.endpoint.rpartition(".")[0]
    of_api = attack_api.ARGUMENTS if rule.rule.startswith("/api/") else {}
    of_endpoint = {**BY_ENDPOINT, **attack_api.NAMED}.get(rule.endpoint, {})
    name = of_endpoint.get(argument) or BY_ARGUMENT.get(argument) or of_api.get(argument)
    if name is None and argument == "id":
        name = BY_BLUEPRINT.get(blueprint)
    assert name is not None, f"{rule.endpoint}: say in attack_fixtures what <{argument}> names"
    return name


def _flat(form: Form | None) -> list[UUID | str]:
    values: list[Any] = []
    for value in (form or {}).values():
        values += value if isinstance(value, list) else [value]
    return [one for one in values if not isinstance(one, dict)]
