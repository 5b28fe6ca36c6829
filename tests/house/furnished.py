"""Acme with one of everything, so that every route of the application has something to act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from loumass.accounts.days_off.models import DayOff, HolidayCalendar
from loumass.accounts.models import Invitation, OrganizationExport, User, UserSession, VendorAccount
from loumass.accounts.token_models import ApiToken
from loumass.analytics.kinds import NOTHING
from loumass.analytics.models import (
    ContactEngagement,
    DailyCount,
    DailyPart,
    Earning,
    FigureMark,
    QuarterCount,
    StaleQuarter,
)
from loumass.campaigns.models import Campaign, CampaignChange, CampaignSender, Enrollment
from loumass.campaigns.simulating import kept
from loumass.campaigns.simulating.wishes import Wish
from loumass.campaigns.trigger_models import SegmentSeen, Trigger, TriggerCall, TriggerOccasion
from loumass.channels.connecting import sealed
from loumass.channels.models import Brand, BrandChannel, BrandDay, Channel, SendingRule, VendorClient
from loumass.channels.tracking_models import TrackingDomain
from loumass.contacts.importing import uploads
from loumass.contacts.models import (
    Contact,
    ContactImport,
    ContactTag,
    ImportRefusal,
    Suppression,
    Tag,
    Topic,
    TopicRefusal,
)
from loumass.contacts.segment_models import Segment
from loumass.contacts.verification_models import AddressRule, EmailCheck, EmailVerification, MailDomain
from loumass.content.models import (
    Content,
    ContentLink,
    ContentPicture,
    ContentVersion,
    LinkCheck,
    UnsavedWords,
)
from loumass.core import clock, secrets, storage
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.models import ApiAnswer
from loumass.core.tenancy import current_organization_id
from loumass.deliverability.models import DomainBrake, SendingDomain, SoftBounce, TroubleHour
from loumass.deliveries.models import AwaitedReport, Delivery
from loumass.funnels.models import Edge, Graph, Node, NodeTurn, SplitTrial, Template
from loumass.inbox.desk.models import (
    Answering,
    ConversationLabel,
    ConversationSeen,
    Label,
    Notification,
    Regrouping,
    Reminder,
    SavedView,
    Team,
    TeamChannel,
    TeamMember,
)
from loumass.inbox.models import MailboxSignature, SentDraft, Snippet
from loumass.media.models import Media
from loumass.messages.finding.models import WordsMark
from loumass.messages.finding.words import note_words
from loumass.messages.hit_models import Hit, HitCount, HitMark
from loumass.messages.models import (
    Attachment,
    Conversation,
    Message,
    MessageCopy,
    OptOutProposal,
    Stream,
)
from loumass.messages.sorting.models import SortedReply, SorterAccount
from loumass.outgoing.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookHost, WebhookKey
from loumass.providers.elevenlabs.credentials import ElevenLabsCredentials
from loumass.providers.own_service.credentials import OwnServiceCredentials
from loumass.providers.sandbox.credentials import SandboxEmailCredentials
from loumass.speech.models import SpokenText, VoiceAccount
from loumass.tasks.models import Task
from tests.world import Tenant


@dataclass
class Furniture:
    """The ids of what stands in the house, by name."""

    ids: dict[str, UUID] = field(default_factory=dict)

    def __getattr__(self, name: str) -> UUID:
        try:
            return self.ids[name]
        except KeyError:
            raise AttributeError(name) from None


#: What the admin's authenticator was given, and nobody confirmed yet.
SECOND_FACTOR = b"twenty bytes, exactly"[:20]
MARK = "Zanzibar"  # stands in every name: it must never show up on a page of Globex


def furnish(tenant: Tenant) -> Furniture:
    """Put one of everything into `tenant`; every visible name contains MARK."""
    house = Furniture()
    with tenant.acting() as session:

        def put(name: str, row: Any) -> Any:
            session.add(row)
            session.flush()
            house.ids[name] = row.id
            return row

        _people(put, session, house)
        _verifications(put, session, house)
        channel = _channel(put, "channel", f"{MARK.lower()}@acme.example", "active")
        _rules(put, session, channel)
        _channel(put, "paused_channel", f"{MARK.lower()}.two@acme.example", "paused")
        _application(put)
        _funnel(put, session)
        _campaign(put, session, house, channel)
        _changes(put, house)
        _conversation(put, house, channel, tenant.admin.id)
        _tracking(put, session, house)
        _desk(put, session, house, channel, tenant.admin.id)
        _care(put, session, house, channel)
        _figures(put, session, house, channel)
        _by_hand_and_outside(put, session, house, tenant.admin.id)
        _of_programs(put, session, house, tenant.admin.id)
        _written_by_hand(put, session, house, tenant.admin.id)
        put(
            "invitation",
            Invitation(
                organization_id=tenant.id,
                email=f"{MARK}@acme.example",
                email_key=f"{MARK}@acme.example".lower(),
                role="member",
                token_hash=tenant.id.bytes * 2,
                invited_by_id=tenant.admin.id,
                expires_at=clock.now(),
            ),
        )
        _trust(put, session, tenant)
        session.commit()
        _simulation(house)
    house.ids["colleague"], house.ids["member"] = tenant.viewer.id, tenant.member.id
    house.ids["organization"] = tenant.id
    return house


def _trust(put: Any, session: Any, tenant: Tenant) -> None:
    """How the admin signs in, and an archive."""
    admin = session.get_one(User, tenant.admin.id)
    aad = secrets.associated_data("user_account.sealed_second_factor", UUID(int=0), admin.id)
    admin.sealed_second_factor = secrets.seal(SECOND_FACTOR, aad)
    session.get_one(User, tenant.member.id).second_factor_since = clock.now()
    place = {"came_from": "203.0.113.7", "browser": f"{MARK} browser"}
    put("other_session", UserSession(user_id=admin.id, way="password", **place))
    session.add(
        VendorAccount(vendor="google", subject=str(tenant.id), user_id=admin.id, email=f"{MARK}@acme.example")
    )
    kept = storage.store(BytesIO(b"PK"), limit=10)
    done = {"state": "done", "file_key": kept.key, "size": 2, "table_name": "-"}
    put(
        "export",
        OrganizationExport(
            asked_by_id=admin.id, finished_at=clock.now(), ends_at=clock.now() + timedelta(days=7), **done
        ),
    )


def _simulation(house: Furniture) -> None:
    """One that is done and kept, of the template."""
    house.ids["simulation"] = run_id = uuid7()
    now = clock.now().isoformat()
    wish = Wish(graph_id=house.graph)
    report = {
        "name": f"{MARK} template", "home": "America/Denver", "begins": now, "ends": now, "inside": 0, "added": 1,
        "is_partial": False, "is_cut": False, "seconds": 0.1, "left": 1, "did": {}, "ended": {f"{MARK} left": 1},
        "first_sent": now, "last_sent": now, "last_moved": now, "sent": [[now, 0, 1]], "queued": [], "held": [],
        "senders": [{"id": str(house.channel), "name": f"{MARK} mailbox", "medium": "email"}],
        "skipped": [["suppressed", str(house.node), 1, [str(house.contact)]]], "on_hold": [], "steps": [],
    }  # fmt: skip
    kept.keep(run_id, wish, "done", report=report)


def _application(put: Any) -> None:
    made = uuid7()
    aad = secrets.associated_data("vendor_client.sealed_secret", current_organization_id(), made)
    secret = secrets.seal(b"not a real secret", aad)
    client_id = f"{MARK}.apps.example"
    put(
        "vendor_client",
        VendorClient(id=made, vendor="google", client_id=client_id, sealed_secret=secret, options={}),
    )


def _desk(put: Any, session: Any, house: Furniture, channel: Channel, admin_id: UUID) -> None:
    """Order in the inbox: a team, a label, what somebody is told, a kept view, who has seen it, what was split."""
    team = put("team", Team(name=f"{MARK} team", name_key=f"{MARK} team".casefold()))
    label = put("label", Label(name=f"{MARK} label", name_key=f"{MARK} label".casefold(), colour="blue"))
    split_off = put("split_conversation", Conversation(
        contact_id=house.contact, channel_id=channel.id, medium="email", counterpart=f"{MARK.lower()}@foothill.example",
        thread_key="split:x", last_message_at=clock.now(), last_inbound_at=clock.now(),
    ))  # fmt: skip
    split_off.stands_with_id = split_off.id
    mine = {"conversation_id": house.conversation, "user_id": admin_id}
    put("notification", Notification(**mine, kind="mention", message_id=house.message, actor_id=admin_id))
    put(
        "reminder",
        Reminder(**mine, due_at=clock.now() + timedelta(days=2), is_if_silent=True, set_at=clock.now()),
    )
    put(
        "saved_view", SavedView(user_id=admin_id, name=f"{MARK} view", is_shared=True, query={"view": "open"})
    )
    regrouped = Regrouping(
        kind="split", kept_id=house.conversation, other_id=split_off.id, before={}, made_by_id=admin_id
    )
    put("regrouping", regrouped)
    session.add_all([
        TeamMember(team_id=team.id, user_id=admin_id), TeamChannel(team_id=team.id, channel_id=channel.id),
        ConversationLabel(conversation_id=house.conversation, label_id=label.id),
        ConversationSeen(**mine, seen_at=clock.now()),
        Answering(line_id=house.other_contact, user_id=admin_id, until_at=clock.now() + timedelta(minutes=3)),
    ])  # fmt: skip


def _care(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
    put("sending_domain", SendingDomain(name=f"{MARK.lower()}.example"))
    slowed = _channel(put, "slowed_channel", f"{MARK.lower()}.slow@acme.example", "active")
    slowed.brake_gap_seconds, slowed.brake_because = 30, f"{MARK} bounced."
    strict = f"{MARK.lower()}.strict.example"
    until = clock.now() + timedelta(hours=6)
    session.add(DomainBrake(domain=strict, until_at=until, counted_from=until, because=f"{MARK} bounced."))
    session.add(TroubleHour(channel_id=channel.id, hour=clock.now(), domain=strict, bounced=1))
    session.add(SoftBounce(message_id=house.doubtful, medium="email", address_hash=b"t" * 32))
    topic = put("topic", Topic(name=f"{MARK} news"))
    session.add(TopicRefusal(topic_id=topic.id, address_hash=b"u" * 32))
    put(
        "proposal",
        OptOutProposal(
            message_id=house.message,
            conversation_id=house.conversation,
            contact_id=house.contact,
            medium="email",
            phrase=f"{MARK}, remove me",
        ),
    )
    session.add(
        SortedReply(
            message_id=house.message,
            conversation_id=house.conversation,
            kind="question",
            phrase=f"{MARK}, how much?",
            judge="words",
        )
    )
    note_words([house.message])
    session.add(WordsMark(done_at=clock.now()))


def _figures(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
    """What was counted, what somebody reacted to, and what they brought."""
    day, campaign = clock.now().date(), house.running_campaign
    facts = {"kind": "message.sent", "campaign_id": campaign, "count": 3}
    nothing = {"node_id": NOTHING, "channel_id": channel.id, "user_id": NOTHING, "part": ""}
    session.add(QuarterCount(**facts, **nothing, quarter=clock.now(), slice="fact"))
    session.add(DailyCount(**facts, day=day))
    for name, part in (("all", ""), ("sender", str(channel.id)), ("hour", "9")):
        session.add(DailyPart(**facts, slice=name, part=part, day=day))
        session.add(DailyPart(**facts | {"campaign_id": NOTHING}, slice=name, part=part, day=day))
    session.add_all([StaleQuarter(work="count", quarter=clock.now()), FigureMark(timezone="America/Denver")])
    session.add(
        ContactEngagement(contact_id=house.contact, sent=4, read=1, replied=1, reacted_at=clock.now())
    )
    brought = {"contact_id": house.contact, "amount": 25_000, "currency": "EUR", "earned_at": clock.now()}
    put("earning", Earning(**brought, source="by_hand", reference="1", note=f"{MARK} table"))
    session.add(Earning(**brought, source="goal", reference="2", campaign_id=campaign))


def _people(put: Any, session: Any, house: Furniture) -> None:
    email = f"{MARK.lower()}@foothill.example"
    put(
        "contact",
        Contact(
            first_name=MARK,
            last_name="Raman",
            email=email,
            email_key=email,
            email_hash=secrets.keyed_hash(email),
            phone="+13035550164",
            phone_hash=secrets.keyed_hash("+13035550164"),
        ),
    )
    put(
        "other_contact",
        Contact(
            first_name=f"{MARK} Two", phone="+13035550165", phone_hash=secrets.keyed_hash("+13035550165")
        ),
    )
    fresh = f"{MARK.lower()}.fresh@foothill.example"
    put(
        "fresh_contact",
        Contact(
            first_name=f"{MARK} Fresh", email=fresh, email_key=fresh, email_hash=secrets.keyed_hash(fresh)
        ),
    )
    put("tag", Tag(name=f"{MARK} tag"))
    session.add(ContactTag(contact_id=house.contact, tag_id=house.tag))
    rule = {"match": "all", "rules": [{"ask": "tag", "tag": f"{MARK} tag"}]}
    put("segment", Segment(name=f"{MARK} segment", name_key=f"{MARK} segment".lower(), rule=rule))
    put(
        "archived_segment",
        Segment(name=f"{MARK} old", name_key=f"{MARK} old".lower(), rule=rule, archived_at=clock.now()),
    )
    put(
        "suppression",
        Suppression(
            medium="email", address_hash=b"s" * 32, address=f"no@{MARK.lower()}.example", reason="by_hand"
        ),
    )
    for name, state in (
        ("contact_import", "uploaded"),
        ("running_import", "running"),
        ("failed_import", "failed"),
    ):
        put(name, _list(state))
    session.add(
        ImportRefusal(import_id=house.failed_import, line=2, column="E-mail", value=MARK, reason="bad")
    )


def _verifications(put: Any, session: Any, house: Furniture) -> None:
    for name, state in (("verification", "done"), ("running_verification", "running")):
        put(name, EmailVerification(subject=f"{MARK} people", state=state, total=1, finished_at=clock.now()))
    session.add(EmailCheck(contact_id=house.fresh_contact, verification_id=house.running_verification))
    session.add(
        EmailCheck(
            contact_id=house.contact,
            email_hash=secrets.keyed_hash(f"{MARK.lower()}@foothill.example"),
            status="risky",
            reasons=["role"],
            checked_at=clock.now(),
        )
    )
    session.add(MailDomain(domain="foothill.example", standing="accepts", looked_up_at=clock.now()))
    put("address_rule", AddressRule(kind="disposable", value=f"{MARK.lower()}.example", is_listed=True))


def _list(state: str) -> ContactImport:
    row = uploads.receive(
        BytesIO(f"Name,Email\n{MARK} Raman,{MARK}@list.example\n".encode()), f"{MARK}.csv", "US"
    )
    row.state = state
    return row


def _channel(put: Any, name: str, address: str, state: str) -> Channel:
    channel_id = uuid7()
    own = SandboxEmailCredentials(email="mailbox@acme.example")
    credentials = sealed(own, current_organization_id(), channel_id)
    return put(
        name,
        Channel(
            id=channel_id,
            provider="sandbox",
            medium="email",
            name=f"{MARK} mailbox",
            address=address,
            sealed_credentials=credentials,
            state=state,
        ),
    )


def _funnel(put: Any, session: Any) -> None:
    graph = put("graph", Graph(number=1))
    content = put("content", Content(name=f"{MARK} content", medium="email", version_number=1))
    put(
        "content_version",
        ContentVersion(content_id=content.id, number=1, subject=f"{MARK} subject", html="<p>Hi</p>"),
    )
    put(
        "later_version",
        ContentVersion(content_id=content.id, number=2, subject=f"{MARK} later", html="<p>Ho</p>"),
    )
    content.version_number = 2
    voicemail = put("voicemail", Content(name=f"{MARK} voicemail", medium="voicemail", version_number=1))
    session.add(ContentVersion(content_id=voicemail.id, number=1, text=f"{MARK} calls"))
    put("archived_content", Content(name=f"{MARK} old", medium="email", archived_at=clock.now()))
    send = put(
        "node",
        Node(
            graph_id=graph.id,
            key="send",
            kind="email_send",
            name=f"{MARK} send",
            config={},
            content_id=content.id,
        ),
    )
    end = put("end_node", Node(graph_id=graph.id, key="end", kind="end", name=f"{MARK} end", config={}))
    put("edge", Edge(graph_id=graph.id, source_id=send.id, branch="next", target_id=end.id))
    session.add_all([NodeTurn(node_id=send.id, taken=3), SplitTrial(node_id=send.id, taken=5, winner="a")])
    graph.start_node_id = send.id
    graph.template_id = put("template", Template(name=f"{MARK} template", draft_graph_id=graph.id)).id


def _written_by_hand(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """What was typed for an answer that waits, and what is written often."""
    words = {"created_by_id": admin_id, "text": f"{MARK} {{{{contact.first_name}}}}"}
    put("snippet", Snippet(**words, owner_id=admin_id, name=f"{MARK} thanks", shortcut="thanks"))
    put("shared_snippet", Snippet(**words, name=f"{MARK} hello", shortcut="hello"))
    session.add(MailboxSignature(user_id=admin_id, channel_id=house.channel, text=f"{MARK} and team"))
    session.add(
        MessageCopy(
            message_id=house.own_queued,
            place=0,
            is_blind=True,
            name=MARK,
            address=f"{MARK.lower()}.copy@foothill.example",
            address_hash=b"nobody",
        )
    )
    session.add(
        SentDraft(
            message_id=house.own_queued,
            conversation_id=house.conversation,
            user_id=admin_id,
            kind="email",
            text=f"{MARK} waits",
        )
    )


def _unsaved_words(session: Any, house: Furniture) -> None:
    typed = {"subject": f"{MARK} typed", "text": f"https://{MARK.lower()}.example/", "way": "plain"}
    for place in ("content", "node"):
        session.add(UnsavedWords(place_id=house.ids[place], medium="email", words=typed))
    session.add(LinkCheck(place_id=house.content, number=1, href=f"https://{MARK.lower()}.example/"))


def _tracking(put: Any, session: Any, house: Furniture) -> None:
    put("tracking_domain", TrackingDomain(name=f"go.{MARK.lower()}.example"))
    link = ContentLink(source_id=house.content_version, number=1, href=f"https://{MARK.lower()}.example/")
    session.add_all([link, HitMark(classed_until=clock.now())])
    session.flush()
    seen = {"message_id": house.message, "link": link.ref}
    quiet = {"is_head": False, "is_prefetch": False, "ip_hash": b"h" * 32, "network": "", "agent": MARK}
    _unsaved_words(session, house)
    session.add(Hit(**seen, **quiet, happened_at=clock.now() - timedelta(minutes=1)))
    session.add(HitCount(**seen, human=1, machine=0, unknown=0, last_at=clock.now()))


def _rules(put: Any, session: Any, channel: Channel) -> None:
    session.add(SendingRule(contact_per_day=9, contact_per_week=20))
    tomorrow = clock.now().date() + timedelta(days=1)
    session.add(HolidayCalendar(country="US", region="CO", filled_until=tomorrow.year + 2))
    session.add(DayOff(day=tomorrow, source="own", name=f"{MARK} day"))
    brand = put("brand", Brand(name=f"{MARK} brand", segments_per_day=400))
    session.add_all(
        [
            BrandChannel(channel_id=channel.id, brand_id=brand.id),
            BrandDay(brand_id=brand.id, day=clock.now().date(), used=3),
        ]
    )


def _campaign(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
    graph = put("campaign_graph", Graph(cloned_from_id=house.graph))
    node = put(
        "campaign_node", Node(graph_id=graph.id, key="stop", kind="end", name=f"{MARK} stop", config={})
    )
    graph.start_node_id = node.id
    stream = put("stream", Stream())
    put(
        "campaign",
        Campaign(id=stream.id, name=f"{MARK} campaign", graph_id=graph.id, email_channel_id=channel.id),
    )
    session.add(CampaignSender(campaign_id=stream.id, channel_id=house.paused_channel))
    put(
        "enrollment",
        Enrollment(
            campaign_id=stream.id,
            contact_id=house.contact,
            node_id=node.id,
            state="held",
            waiting_for={"for": "person"},
        ),
    )
    put(
        "walking_enrollment",
        Enrollment(campaign_id=stream.id, contact_id=house.other_contact, node_id=node.id, state="active"),
    )
    trigger = put(
        "trigger",
        Trigger(
            campaign_id=stream.id,
            kind="called",
            config={"title": f"{MARK} form", "existing": "fill", "tag": "", "then": ""},
            problem=f"{MARK} came round",
            problem_at=clock.now(),
        ),
    )
    session.add(TriggerOccasion(trigger_id=trigger.id, occasion="once"))
    session.add(SegmentSeen(trigger_id=trigger.id, contact_id=house.contact))
    session.add(TriggerCall(trigger_id=trigger.id, body=b"{}", state="failed", problem=f"{MARK} unread"))
    sequence = put("sequence_graph", Graph())
    says = {
        "key": "say",
        "kind": "email_send",
        "name": f"{MARK} say",
        "config": {},
        "content_id": house.content,
    }
    sequence.start_node_id = put("campaign_send", Node(graph_id=sequence.id, **says)).id
    row = put("sequence_stream", Stream())
    put("sequence_campaign", Campaign(id=row.id, name=f"{MARK} sequence", graph_id=sequence.id))
    for state in ("running", "paused", "scheduled"):
        row = put(f"{state}_stream", Stream(paused_at=clock.now() if state == "paused" else None))
        values = {"name": f"{MARK} {state}", "graph_id": graph.id, "state": state, "starts_at": clock.now()}
        put(f"{state}_campaign", Campaign(id=row.id, **values))
    put(
        "published_template",
        Template(
            name=f"{MARK} published", draft_graph_id=house.graph, published_graph_id=house.campaign_graph
        ),
    )


def _changes(put: Any, house: Furniture) -> None:
    """A campaign with a draft of change, and one that was changed already."""
    for name, values in (("changing", {}), ("changed", {"version": 2})):
        graph, other = (_ending(put, f"{name}_{which}") for which in ("graph", "other"))
        stream = put(f"{name}_stream", Stream())
        campaign = Campaign(id=stream.id, name=f"{MARK} {name}", graph_id=graph, state="running", **values)
        put(f"{name}_campaign", campaign)
        done = {"number": 2, "applied_at": clock.now(), "before_graph_id": other} if values else {}
        change = CampaignChange(campaign_id=stream.id, graph_id=other, base_number=1, **done)
        put(f"{name}_change", change)
    outdated = CampaignChange(
        campaign_id=house.changed_campaign, graph_id=_ending(put, "outdated"), base_number=1
    )
    put("outdated_change", outdated)


def _of_programs(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """A token, an answer that was kept, and addresses that are told of facts."""
    put(
        "api_token",
        ApiToken(
            user_id=admin_id, kind="token", name=f"{MARK} program", token_hash=house.contact.bytes * 2,
            scopes=["contacts.read"],
        ),
    )  # fmt: skip
    answer_id = uuid7()
    aad = secrets.associated_data("api_answer.sealed_answer", current_organization_id(), answer_id)
    session.add(
        ApiAnswer(
            id=answer_id,
            caller_id=admin_id,
            key=MARK,
            asked=b"",
            status=200,
            sealed_answer=secrets.seal(b"{}", aad),
        )
    )
    host = f"{MARK.lower()}.example"
    told = {
        "name": f"{MARK} CRM",
        "url": f"https://{host}/facts",
        "host": f"{host}:443",
        "events": ["message.sent"],
    }
    put("webhook_endpoint", WebhookEndpoint(**told))
    put("closed_endpoint", WebhookEndpoint(**told, is_on=False, problem=MARK, turned_off_at=clock.now()))
    fact = {"host": f"{host}:443", "url": told["url"], "body": f'{{"x": "{MARK}"}}', "is_awaited": False}
    put(
        "endpoint_call",
        WebhookCall(
            **fact, endpoint_id=house.webhook_endpoint, event_id=uuid7(), contact_id=house.contact, state="failed",
            tries_left=0, attempts=1, give_up_at=clock.now(), ended_at=clock.now(), problem=MARK,
        ),
    )  # fmt: skip


def _ending(put: Any, name: str) -> UUID:
    graph = put(name, Graph())
    node = Node(graph_id=graph.id, key="stop", kind="end", name=f"{MARK} {name}", config={})
    graph.start_node_id = put(f"{name}_node", node).id
    return graph.id


def _by_hand_and_outside(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """Tasks, and calls to another system."""
    about = {
        "contact_id": house.contact,
        "stream_id": house.running_campaign,
        "enrollment_id": house.enrollment,
    }
    words = {
        "kind": "call",
        "title": f"Ring {MARK}",
        "script": f"Hello {MARK}",
        "outcomes": [{"branch": "a", "label": "Reached"}],
    }
    task = about | words | {"node_id": house.node, "assignee_id": admin_id, "due_at": clock.now()}
    put("task", Task(**task, step_id=uuid7()))
    put("other_task", Task(**task, step_id=uuid7()))
    put(
        "done_task",
        Task(
            **task,
            step_id=uuid7(),
            state="done",
            outcome="a",
            note=MARK,
            closed_at=clock.now(),
            closed_by_id=admin_id,
        ),
    )
    for name, key_name in (("own_webhook_key", ""), ("webhook_key", f"{MARK} key")):
        key_id = uuid7()
        aad = secrets.associated_data("webhook_key.sealed_secret", current_organization_id(), key_id)
        put(
            name, WebhookKey(id=key_id, name=key_name, sealed_secret=secrets.seal(b"whsec_" + b"A" * 44, aad))
        )
    session.add(WebhookHost(host=f"{MARK.lower()}.example:443"))
    call = about | {
        "host": f"{MARK.lower()}.example:443",
        "url": f"https://{MARK.lower()}.example/in",
        "body": f'{{"x": "{MARK}"}}',
    }
    call |= {
        "node_id": house.node,
        "is_awaited": True,
        "tries_left": 0,
        "give_up_at": clock.now(),
        "state": "failed",
        "attempts": 1,
    }
    put("webhook_call", WebhookCall(**call, step_id=uuid7(), ended_at=clock.now(), problem=MARK))
    session.add(
        WebhookAttempt(
            call_id=house.webhook_call, number=1, started_at=clock.now(), ended_at=clock.now(), answer=MARK
        )
    )
    settings = {"url": "https://127.0.0.1:9/in"}
    tells = put(
        "webhook_node",
        Node(graph_id=house.graph, key="tell", kind="webhook", name=f"{MARK} tell", config=settings),
    )
    # Between the two that are there, so that the template is whole.
    session.get_one(Edge, (current_organization_id(), house.edge)).target_id = tells.id
    put(
        "webhook_edge",
        Edge(graph_id=house.graph, source_id=tells.id, branch="next", target_id=house.end_node),
    )
    session.flush()


def _voicemail(put: Any, house: Furniture, channel: Channel) -> None:
    sound = {"content_type": "audio/mpeg", "size": 4, "sha256": b"z" * 32, "seconds": 12.0}
    put("media", Media(**sound, file_key=storage.store(BytesIO(b"ID3z"), limit=10).key))
    account_id = uuid7()
    own = ElevenLabsCredentials.model_validate({"api_key": MARK})
    aad = secrets.associated_data("voice_account.sealed_credentials", current_organization_id(), account_id)
    account = {"provider": "elevenlabs", "voices": [{"id": "x", "name": MARK}], "state": "active"}
    put(
        "voice_account",
        VoiceAccount(id=account_id, sealed_credentials=secrets.seal(own.to_json(), aad), **account),
    )
    judge_id = uuid7()
    judge = OwnServiceCredentials.model_validate({"url": "https://judge.example/", "api_key": MARK})
    aad = secrets.associated_data("sorter_account.sealed_credentials", current_organization_id(), judge_id)
    connected = {"provider": "own_service", "state": "disconnected", "state_reason": MARK}
    put(
        "sorter_account",
        SorterAccount(id=judge_id, sealed_credentials=secrets.seal(judge.to_json(), aad), **connected),
    )
    db().add(ContentPicture(source_id=house.content_version, media_id=house.media))
    db().add(SpokenText(key=b"k" * 32, media_id=house.media, characters=12))
    db().add(AwaitedReport(message_id=house.message, channel_id=channel.id, look_at=clock.now()))
    db().flush()


def _conversation(put: Any, house: Furniture, channel: Channel, admin_id: UUID) -> None:
    conversation = put(
        "conversation",
        Conversation(
            contact_id=house.contact,
            channel_id=channel.id,
            medium="email",
            counterpart=f"{MARK.lower()}@foothill.example",
            thread_key="message:x",
            subject=f"{MARK} thread",
            last_message_at=clock.now(),
            last_inbound_at=clock.now(),
            needs_reply_since=clock.now(),
        ),
    )
    put(
        "closed_conversation",
        Conversation(
            contact_id=house.other_contact,
            channel_id=channel.id,
            medium="email",
            counterpart=f"{MARK.lower()}.two@foothill.example",
            thread_key="message:y",
            last_message_at=clock.now(),
            closed_at=clock.now(),
        ),
    )
    common = {
        "conversation_id": conversation.id,
        "contact_id": house.contact,
        "channel_id": channel.id,
        "medium": "email",
    }
    put(
        "message",
        Message(
            **common,
            direction="in",
            state="received",
            subject=f"{MARK} thread",
            text=f"{MARK} says hello",
            html=f"<p>{MARK}</p>",
            from_address="x@foothill.example",
        ),
    )
    put(
        "doubtful",
        Message(
            **common,
            direction="out",
            state="in_doubt",
            subject=f"{MARK} doubt",
            attempted_at=clock.now(),
            to_address="x@foothill.example",
        ),
    )
    put(
        "queued",
        Message(
            **common,
            direction="out",
            state="queued",
            subject=f"{MARK} queued",
            due_at=clock.now(),
            to_address="x@foothill.example",
        ),
    )
    own = common | {"direction": "out", "author_id": admin_id, "to_address": "x@foothill.example"}
    put("own_queued", Message(**own, state="queued", text=f"{MARK} waits", due_at=clock.now()))
    put("own_failed", Message(**own, state="failed", text=f"{MARK} failed", reason="refused"))
    _voicemail(put, house, channel)
    kept = {
        "content_type": "application/pdf",
        "size": 4,
        "file_key": storage.store(BytesIO(b"%PDF"), limit=10).key,
        "media_id": house.media,
    }
    put("attachment", Attachment(**kept, message_id=house.message, file_name=f"{MARK}.pdf"))
    put(
        "draft_file",
        Attachment(
            **kept, conversation_id=conversation.id, uploaded_by_id=admin_id, file_name=f"{MARK} draft.pdf"
        ),
    )
    put(
        "held_enrollment",
        Enrollment(
            campaign_id=house.running_campaign,
            contact_id=house.other_contact,
            state="held",
            waiting_for={"for": "person"},
        ),
    )
    put(
        "delivery",
        Delivery(
            channel_id=channel.id, identity="item-1", body=MARK.encode(), state="failed", problem="unreadable"
        ),
    )
