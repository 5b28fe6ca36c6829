"""People and rules for the tests of the rule language: facts as rows, and the same facts as plain values."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from loumass.campaigns.models import Enrollment, Step
from loumass.contacts.models import Contact, ContactTag, Suppression, Tag
from loumass.contacts.rules.predicate import Walk
from loumass.contacts.rules.predicates.field import DATES, DAYS, NUMBERS, OPERATORS, TEXTS
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.funnels.facts import Facts
from loumass.funnels.statuses import Status
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Conversation, Message
from tests.campaigns.cast import Run, drafted, send
from tests.campaigns.drawn import HOME, ZONES
from tests.world import World

NOW = World.begins_at
EVENT_AT = NOW + timedelta(days=5)
#: What people write into fields, with the letters and numbers that two languages may see differently.
WRITTEN = (
    "", "Denver", "DENVER", "denver east", "straße", "STRASSE", "İstanbul", "ΟΔΟΣ", "οδος", "é", "É", "1200", "1,200",
    "1,20", "-3.50", "+7", "1e5", "12 000", "2026-03-03", "2026-03-03T10:00", "2026-02-30", "3/9/2026", "13/1/2026",
    "1.3.2026", "28.2.2026", "0000-01-01", "2026-03-02T", "2026-03-02x", "03/03/2026", "3/3/26", "31.12.2025", "31.2.2026", "1.3.2026 noon", "1200.", ".5", "1e3", "٣", "2026-3-1", "a\nb", "100%", "a_b",
)  # fmt: skip
TAG_NAMES = ("Guest", "straße", "VIP")
FIELDS = ("company", "last_name", "full_name", "city", "shoe", "nothing", "email")


@dataclass(frozen=True)
class Somebody:
    """One person inside of the campaign, as plain values."""

    id: UUID
    contact_id: UUID
    facts: Facts


def crowd(world: World, number: int, seed: int = 7) -> tuple[Run, Walk, list[Somebody]]:
    """So many people, each in another mix, in a campaign that nobody advances."""
    run = drafted(world.acme, [send("said"), send("more")], event_at=EVENT_AT)
    walk = Walk(
        campaign_id=run.id,
        steps_called=lambda key: [run.nodes[key]] if key in run.nodes else [],
        event_at=EVENT_AT,
    )
    draw = random.Random(seed)
    with world.acme.acting() as session:
        tags = {name: uuid7() for name in TAG_NAMES}
        session.add_all(Tag(id=tag_id, name=name) for name, tag_id in tags.items())
        session.flush()
        people = [_put(session, run, tags, draw) for _ in range(number)]
        session.commit()
    return run, walk, people


def _put(session: Any, run: Run, tags: dict[str, UUID], draw: random.Random) -> Somebody:
    contact_id, enrollment_id = uuid7(), uuid7()
    email = draw.choice([f"{contact_id}@Twin.example", f"Ann.{contact_id}@bücher.example"])
    first, last, company, city = (draw.choice(WRITTEN) for _ in range(4))
    shoe = draw.choice([None, *WRITTEN])
    timezone = draw.choice(ZONES)
    barred = {
        medium: draw.choice(["bounced", "unsubscribed", "complained"])
        for medium in ("email", "sms")
        if draw.random() < 0.3
    }
    key = email.lower().replace("bücher", "xn--bcher-kva")
    phone = f"+1{contact_id.int % 10**10:010}"
    session.add(
        Contact(
            id=contact_id, first_name=first, last_name=last, company=company, city=city, timezone=timezone, email=email,
            email_key=key, email_hash=keyed_hash(key), phone=phone, phone_hash=keyed_hash(phone),
            fields={} if shoe is None else {"shoe": shoe},
        )
    )  # fmt: skip
    session.flush()
    has = draw.sample(TAG_NAMES, draw.randint(0, 2))
    session.add_all(ContactTag(contact_id=contact_id, tag_id=tags[name]) for name in has)
    for medium, reason in barred.items():
        address = key if medium == "email" else phone
        session.add(
            Suppression(medium=medium, address_hash=keyed_hash(address), address=address, reason=reason)
        )
    status, replied_at, last_sent_at = draw.choice(list(Status)), _past(draw), _past(draw)
    session.add(
        Enrollment(
            id=enrollment_id, campaign_id=run.id, contact_id=contact_id, state="waiting", status=status.value, visit=1,
            replied_at=replied_at, last_sent_at=last_sent_at,
        )
    )  # fmt: skip
    session.flush()
    said_at, hit = _past(draw), draw.choice([None, "opened", "clicked", "machine"])
    if said_at:
        _said(session, run, contact_id, enrollment_id, said_at, hit)
    opened = {"": said_at, "said": said_at} if said_at and hit in ("opened", "clicked") else {}
    clicked = {"": said_at, "said": said_at} if said_at and hit == "clicked" else {}
    facts = Facts(
        enrollment_id=enrollment_id, entered_at=NOW,
        timezone=ZoneInfo(timezone) if timezone and "Not" not in timezone else HOME,
        fields={
            "company": company, "last_name": last, "city": city, "shoe": shoe, "email": email,
            "full_name": f"{first} {last}".strip(" "),
        },
        tags=frozenset(has), status=status.value, replied_at=replied_at, last_sent_at=last_sent_at,
        sent_at={"said": said_at} if said_at else {}, opened_at=opened, clicked_at=clicked, event_at=EVENT_AT,
        bounced_at={medium: NOW for medium, why in barred.items() if why == "bounced"},
        opted_out_at={medium: NOW for medium, why in barred.items() if why != "bounced"},
    )  # fmt: skip
    return Somebody(enrollment_id, contact_id, facts)


def _past(draw: random.Random) -> datetime | None:
    return draw.choice([None, NOW - timedelta(days=draw.choice([0, 1, 2, 3, 30]))])


def _said(
    session: Any, run: Run, contact_id: UUID, enrollment_id: UUID, at: datetime, hit: str | None
) -> None:
    step = Step(
        id=uuid7(), enrollment_id=enrollment_id, campaign_id=run.id, node_id=run.nodes["said"], visit=1
    )
    conversation = Conversation(
        id=uuid7(), contact_id=contact_id, channel_id=run.email.id, medium="email", counterpart="x",
        thread_key=f"enrollment:{enrollment_id}",
    )  # fmt: skip
    session.add_all([step, conversation])
    session.flush()
    message = Message(
        id=uuid7(), conversation_id=conversation.id, contact_id=contact_id, channel_id=run.email.id, stream_id=run.id,
        enrollment_id=enrollment_id, direction="out", medium="email", state="sent", sent_at=at, occurred_at=at,
        step_id=step.id, node_id=step.node_id,
    )  # fmt: skip
    session.add(message)
    if hit:
        session.add(
            HitCount(
                message_id=message.id, link=0 if hit == "opened" else 7, human=1, machine=1, unknown=1,
                first_human_at=None if hit == "machine" else at, last_at=at,
            )
        )  # fmt: skip
    session.flush()


_fields = st.sampled_from(FIELDS)
_texts = st.sampled_from([one for one in WRITTEN if one.strip()]) | st.sampled_from(
    ["d", "s", "SS", "ann.", "i̇"]
)
_steps = st.sampled_from(["", "said", "more", "gone"])
_days = st.none() | st.integers(1, 40)


def _asks(name: str, **settings: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"ask": st.just(name), **settings})


#: Every question that facts alone can answer.
QUESTIONS = st.one_of(
    _asks("field", field=_fields, operator=st.sampled_from(TEXTS), value=_texts),
    _asks("field", field=_fields, operator=st.sampled_from(["is_set", "is_empty"])),
    _asks("field", field=_fields, operator=st.sampled_from(NUMBERS), value=st.sampled_from(["1,200", "-3.5", "0", "7"])),
    _asks("field", field=_fields, operator=st.sampled_from(DATES), date=st.sampled_from(["2026-03-01", "2026-03-03"])),
    _asks("field", field=_fields, operator=st.sampled_from(DAYS), days=st.integers(0, 9)),
    _asks("tag", tag=st.sampled_from(["guest", "STRASSE", "Straße", "vip", "None has it"])),
    _asks("weekday", weekdays=st.lists(st.integers(0, 6), min_size=1, max_size=3)),
    _asks(
        "suppressed",
        medium=st.sampled_from(["any", "email", "sms", "voicemail"]),
        why=st.sampled_from(["any", "said_no", "bounced"]),
    ),
    _asks("status_here", status=st.sampled_from([status.value for status in Status])),
    *(_asks(f"{did}_here", step=_steps) for did in ("replied", "opened", "clicked")),
    _asks("sent_here", step=_steps, days=_days),
    _asks(
        "event",
        when=st.sampled_from(["within", "farther", "past_within", "past", "none"]),
        days=st.integers(0, 9),
    ),
)  # fmt: skip
RULES = st.recursive(
    st.builds(lambda question, is_not: question | {"not": is_not}, QUESTIONS, st.booleans()),
    lambda inner: st.fixed_dictionaries(
        {
            "match": st.sampled_from(["all", "any"]),
            "rules": st.lists(inner, min_size=1, max_size=3),
            "not": st.booleans(),
        }
    ),
    max_leaves=6,
)
assert {*TEXTS, *NUMBERS, *DATES, *DAYS, "is_set", "is_empty"} == set(OPERATORS)
