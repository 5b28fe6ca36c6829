"""Conversations, and order among them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from loumass.campaigns.models import Enrollment
from loumass.channels.models import Channel
from loumass.core import clock, storage
from loumass.deliveries.models import Delivery
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
from loumass.messages.models import (
    Attachment,
    Conversation,
    Message,
    MessageCopy,
)
from tests.house import furniture
from tests.house.furnished_senders import voicemail
from tests.house.furniture import Furniture


def conversation(put: Any, house: Furniture, channel: Channel, admin_id: UUID) -> None:
    conversation = put(
        "conversation",
        Conversation(
            contact_id=house.contact,
            channel_id=channel.id,
            medium="email",
            counterpart=f"{furniture.MARK.lower()}@foothill.example",
            thread_key="message:x",
            subject=f"{furniture.MARK} thread",
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
            counterpart=f"{furniture.MARK.lower()}.two@foothill.example",
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
            subject=f"{furniture.MARK} thread",
            text=f"{furniture.MARK} says hello",
            html=f"<p>{furniture.MARK}</p>",
            from_address="x@foothill.example",
        ),
    )
    put(
        "doubtful",
        Message(
            **common,
            direction="out",
            state="in_doubt",
            subject=f"{furniture.MARK} doubt",
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
            subject=f"{furniture.MARK} queued",
            due_at=clock.now(),
            to_address="x@foothill.example",
        ),
    )
    own = common | {"direction": "out", "author_id": admin_id, "to_address": "x@foothill.example"}
    put("own_queued", Message(**own, state="queued", text=f"{furniture.MARK} waits", due_at=clock.now()))
    put("own_failed", Message(**own, state="failed", text=f"{furniture.MARK} failed", reason="refused"))
    voicemail(put, house, channel)
    kept = {
        "content_type": "application/pdf",
        "size": 4,
        "file_key": storage.store(BytesIO(b"%PDF"), limit=10).key,
        "media_id": house.media,
    }
    put("attachment", Attachment(**kept, message_id=house.message, file_name=f"{furniture.MARK}.pdf"))
    put(
        "draft_file",
        Attachment(
            **kept,
            conversation_id=conversation.id,
            uploaded_by_id=admin_id,
            file_name=f"{furniture.MARK} draft.pdf",
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
            channel_id=channel.id,
            identity="item-1",
            body=furniture.MARK.encode(),
            state="failed",
            problem="unreadable",
        ),
    )


def desk(put: Any, session: Any, house: Furniture, channel: Channel, admin_id: UUID) -> None:
    """Order in the inbox: a team, a label, what somebody is told, a kept view, who has seen it, what was split."""
    team = put("team", Team(name=f"{furniture.MARK} team", name_key=f"{furniture.MARK} team".casefold()))
    label = put(
        "label",
        Label(name=f"{furniture.MARK} label", name_key=f"{furniture.MARK} label".casefold(), colour="blue"),
    )
    split_off = put("split_conversation", Conversation(
        contact_id=house.contact, channel_id=channel.id, medium="email", counterpart=f"{furniture.MARK.lower()}@foothill.example",
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
        "saved_view",
        SavedView(user_id=admin_id, name=f"{furniture.MARK} view", is_shared=True, query={"view": "open"}),
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


def written_by_hand(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """What was typed for an answer that waits, and what is written often."""
    words = {"created_by_id": admin_id, "text": f"{furniture.MARK} {{{{contact.first_name}}}}"}
    put("snippet", Snippet(**words, owner_id=admin_id, name=f"{furniture.MARK} thanks", shortcut="thanks"))
    put("shared_snippet", Snippet(**words, name=f"{furniture.MARK} hello", shortcut="hello"))
    session.add(
        MailboxSignature(user_id=admin_id, channel_id=house.channel, text=f"{furniture.MARK} and team")
    )
    session.add(
        MessageCopy(
            message_id=house.own_queued,
            place=0,
            is_blind=True,
            name=furniture.MARK,
            address=f"{furniture.MARK.lower()}.copy@foothill.example",
            address_hash=b"nobody",
        )
    )
    session.add(
        SentDraft(
            message_id=house.own_queued,
            conversation_id=house.conversation,
            user_id=admin_id,
            kind="email",
            text=f"{furniture.MARK} waits",
        )
    )
