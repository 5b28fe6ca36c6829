"""Templates, campaigns that walk them, what people do by hand, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

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
from loumass.channels.models import Channel
from loumass.content.models import (
    Content,
    ContentVersion,
)
from loumass.core import clock, secrets
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.funnels.models import Edge, Graph, Node, NodeTurn, SplitTrial, Template
from loumass.messages.models import (
    Stream,
)
from loumass.outgoing.models import WebhookAttempt, WebhookCall, WebhookHost, WebhookKey
from loumass.tasks.models import Task
from tests.house import furniture
from tests.house.furniture import Furniture


def funnel(put: Any, session: Any) -> None:
    graph = put("graph", Graph(number=1))
    content = put("content", Content(name=f"{furniture.MARK} content", medium="email", version_number=1))
    put(
        "content_version",
        ContentVersion(
            content_id=content.id, number=1, subject=f"{furniture.MARK} subject", html="<p>Hi</p>"
        ),
    )
    put(
        "later_version",
        ContentVersion(content_id=content.id, number=2, subject=f"{furniture.MARK} later", html="<p>Ho</p>"),
    )
    content.version_number = 2
    voicemail = put(
        "voicemail", Content(name=f"{furniture.MARK} voicemail", medium="voicemail", version_number=1)
    )
    session.add(ContentVersion(content_id=voicemail.id, number=1, text=f"{furniture.MARK} calls"))
    put("archived_content", Content(name=f"{furniture.MARK} old", medium="email", archived_at=clock.now()))
    send = put(
        "node",
        Node(
            graph_id=graph.id,
            key="send",
            kind="email_send",
            name=f"{furniture.MARK} send",
            config={},
            content_id=content.id,
        ),
    )
    end = put(
        "end_node", Node(graph_id=graph.id, key="end", kind="end", name=f"{furniture.MARK} end", config={})
    )
    put("edge", Edge(graph_id=graph.id, source_id=send.id, branch="next", target_id=end.id))
    session.add_all([NodeTurn(node_id=send.id, taken=3), SplitTrial(node_id=send.id, taken=5, winner="a")])
    graph.start_node_id = send.id
    graph.template_id = put(
        "template", Template(name=f"{furniture.MARK} template", draft_graph_id=graph.id)
    ).id


def campaign(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
    graph = put("campaign_graph", Graph(cloned_from_id=house.graph))
    node = put(
        "campaign_node",
        Node(graph_id=graph.id, key="stop", kind="end", name=f"{furniture.MARK} stop", config={}),
    )
    graph.start_node_id = node.id
    stream = put("stream", Stream())
    put(
        "campaign",
        Campaign(
            id=stream.id, name=f"{furniture.MARK} campaign", graph_id=graph.id, email_channel_id=channel.id
        ),
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
            config={"title": f"{furniture.MARK} form", "existing": "fill", "tag": "", "then": ""},
            problem=f"{furniture.MARK} came round",
            problem_at=clock.now(),
        ),
    )
    session.add(TriggerOccasion(trigger_id=trigger.id, occasion="once"))
    session.add(SegmentSeen(trigger_id=trigger.id, contact_id=house.contact))
    session.add(
        TriggerCall(trigger_id=trigger.id, body=b"{}", state="failed", problem=f"{furniture.MARK} unread")
    )
    sequence = put("sequence_graph", Graph())
    says = {
        "key": "say",
        "kind": "email_send",
        "name": f"{furniture.MARK} say",
        "config": {},
        "content_id": house.content,
    }
    sequence.start_node_id = put("campaign_send", Node(graph_id=sequence.id, **says)).id
    row = put("sequence_stream", Stream())
    put("sequence_campaign", Campaign(id=row.id, name=f"{furniture.MARK} sequence", graph_id=sequence.id))
    for state in ("running", "paused", "scheduled"):
        row = put(f"{state}_stream", Stream(paused_at=clock.now() if state == "paused" else None))
        values = {
            "name": f"{furniture.MARK} {state}",
            "graph_id": graph.id,
            "state": state,
            "starts_at": clock.now(),
        }
        put(f"{state}_campaign", Campaign(id=row.id, **values))
    put(
        "published_template",
        Template(
            name=f"{furniture.MARK} published",
            draft_graph_id=house.graph,
            published_graph_id=house.campaign_graph,
        ),
    )


def changes(put: Any, house: Furniture) -> None:
    """A campaign with a draft of change, and one that was changed already."""
    for name, values in (("changing", {}), ("changed", {"version": 2})):
        graph, other = (_ending(put, f"{name}_{which}") for which in ("graph", "other"))
        stream = put(f"{name}_stream", Stream())
        campaign = Campaign(
            id=stream.id, name=f"{furniture.MARK} {name}", graph_id=graph, state="running", **values
        )
        put(f"{name}_campaign", campaign)
        done = {"number": 2, "applied_at": clock.now(), "before_graph_id": other} if values else {}
        change = CampaignChange(campaign_id=stream.id, graph_id=other, base_number=1, **done)
        put(f"{name}_change", change)
    outdated = CampaignChange(
        campaign_id=house.changed_campaign, graph_id=_ending(put, "outdated"), base_number=1
    )
    put("outdated_change", outdated)


def _ending(put: Any, name: str) -> UUID:
    graph = put(name, Graph())
    node = Node(graph_id=graph.id, key="stop", kind="end", name=f"{furniture.MARK} {name}", config={})
    graph.start_node_id = put(f"{name}_node", node).id
    return graph.id


def simulation(house: Furniture) -> None:
    """One that is done and kept, of the template."""
    house.ids["simulation"] = run_id = uuid7()
    now = clock.now().isoformat()
    wish = Wish(graph_id=house.graph)
    report = {
        "name": f"{furniture.MARK} template", "home": "America/Denver", "begins": now, "ends": now, "inside": 0, "added": 1,
        "is_partial": False, "is_cut": False, "seconds": 0.1, "left": 1, "did": {}, "ended": {f"{furniture.MARK} left": 1},
        "first_sent": now, "last_sent": now, "last_moved": now, "sent": [[now, 0, 1]], "queued": [], "held": [],
        "senders": [{"id": str(house.channel), "name": f"{furniture.MARK} mailbox", "medium": "email"}],
        "skipped": [["suppressed", str(house.node), 1, [str(house.contact)]]], "on_hold": [], "steps": [],
    }  # fmt: skip
    kept.keep(run_id, wish, "done", report=report)


def figures(put: Any, session: Any, house: Furniture, channel: Channel) -> None:
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
    put("earning", Earning(**brought, source="by_hand", reference="1", note=f"{furniture.MARK} table"))
    session.add(Earning(**brought, source="goal", reference="2", campaign_id=campaign))


def by_hand_and_outside(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """Tasks, and calls to another system."""
    about = {
        "contact_id": house.contact,
        "stream_id": house.running_campaign,
        "enrollment_id": house.enrollment,
    }
    words = {
        "kind": "call",
        "title": f"Ring {furniture.MARK}",
        "script": f"Hello {furniture.MARK}",
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
            note=furniture.MARK,
            closed_at=clock.now(),
            closed_by_id=admin_id,
        ),
    )
    for name, key_name in (("own_webhook_key", ""), ("webhook_key", f"{furniture.MARK} key")):
        key_id = uuid7()
        aad = secrets.associated_data("webhook_key.sealed_secret", current_organization_id(), key_id)
        put(
            name, WebhookKey(id=key_id, name=key_name, sealed_secret=secrets.seal(b"whsec_" + b"A" * 44, aad))
        )
    session.add(WebhookHost(host=f"{furniture.MARK.lower()}.example:443"))
    call = about | {
        "host": f"{furniture.MARK.lower()}.example:443",
        "url": f"https://{furniture.MARK.lower()}.example/in",
        "body": f'{{"x": "{furniture.MARK}"}}',
    }
    call |= {
        "node_id": house.node,
        "is_awaited": True,
        "tries_left": 0,
        "give_up_at": clock.now(),
        "state": "failed",
        "attempts": 1,
    }
    put("webhook_call", WebhookCall(**call, step_id=uuid7(), ended_at=clock.now(), problem=furniture.MARK))
    session.add(
        WebhookAttempt(
            call_id=house.webhook_call,
            number=1,
            started_at=clock.now(),
            ended_at=clock.now(),
            answer=furniture.MARK,
        )
    )
    settings = {"url": "https://127.0.0.1:9/in"}
    tells = put(
        "webhook_node",
        Node(
            graph_id=house.graph, key="tell", kind="webhook", name=f"{furniture.MARK} tell", config=settings
        ),
    )
    # Between the two that are there, so that the template is whole.
    session.get_one(Edge, (current_organization_id(), house.edge)).target_id = tells.id
    put(
        "webhook_edge",
        Edge(graph_id=house.graph, source_id=tells.id, branch="next", target_id=house.end_node),
    )
    session.flush()
