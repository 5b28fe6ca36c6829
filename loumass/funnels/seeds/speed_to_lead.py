"""Somebody asked: they hear from us within a minute, and from a person the same day.

Whoever answers belongs to a person from then on, and no message follows.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import (
    answered_meanwhile,
    awaits_reply,
    call,
    email,
    office_hours,
    sms,
    step,
    ways,
)

_AT_ONCE = """
Hi {{contact.first_name|fallback:"there"}},

Your request has reached me; I am the person who answers it, not a queue.

So that our call is short, two questions. Answer as briefly as you like:

1. What made you look for this now?
2. What would have to be different in three months, so that it was worth it?

I call you today during office hours. If a time suits you better, reply with it.

Best regards,
{{sender.signature}}
"""
_NEXT_DAY = """
Hi {{contact.first_name|fallback:"there"}},

I tried to reach you and did not want to leave three messages.

What is easier for you: ten minutes by phone, or shall I answer in writing? Reply "call" with a time, or simply ask. Both reach me.

Best regards,
{{sender.signature}}
"""
_DAY_FOUR = """
Hi {{contact.first_name|fallback:"there"}},

People who ask us usually compare two or three ways to solve the same thing. Here is what I would compare, whoever you choose:

- How long until it runs with your own data, not with an example.
- Who answers when it does not, and how fast.
- What you pay when you grow, and what it costs to leave.

I answer all three for us in one e-mail, with numbers. Shall I?

Best regards,
{{sender.signature}}
"""
_LAST = """
Hi {{contact.first_name|fallback:"there"}},

You asked us something some days ago and I have not reached you since, so I close your request today. Nothing is lost: reply to this e-mail, whenever it is, and I open it again where we stopped.

Best regards,
{{sender.signature}}
"""
_CALL = """
Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name}} from {{organization.name}}. You asked us something today, and I would rather answer you than send you a brochure. Do you have three minutes?

1. What made you look for this now?
2. What have you tried so far?
3. Who else decides with you?

Then: propose one next step and a time for it. No answer: say who called and that the e-mail has the questions, nothing more.
"""

SPEED_TO_LEAD = WrittenTemplate(
    name="Inbound lead, answered within a minute",
    description=(
        "For people who asked by form or call. An e-mail and a text at once, a call task for the owner the same day, three more "
        "touches over a week. An answer hands the person over to the owner."
    ),
    start="new",
    steps=(
        step("new", "stage", "New lead"),
        step("hot", "set_status", "A BDR is needed", status="Needs BDR"),
        email(
            "at-once",
            "Answer at once",
            "Your request, and two questions",
            _AT_ONCE,
            preheader="I call you today.",
        ),
        sms(
            "text",
            "Text at once",
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we write"}} from {{organization.name}}. Your
            request is with me and I call you today. Does a certain time suit you? STOP to opt out.""",
        ),
        call(
            "call",
            "Call today",
            "Call {{contact.full_name}} about their request",
            _CALL,
            due_in=0,
            priority="high",
        ),
        step("contact", "stage", "First contact"),
        awaits_reply("replied-1", "Reply within a day?", 1),
        office_hours("before-second"),
        answered_meanwhile("meanwhile-1"),
        email("second", "Call or writing?", "By phone, or in writing?", _NEXT_DAY),
        awaits_reply("replied-2", "Reply to the second?", 3),
        office_hours("before-third"),
        answered_meanwhile("meanwhile-2"),
        email("third", "What to compare", "What I would compare, whoever you choose", _DAY_FOUR),
        awaits_reply("replied-3", "Reply to the third?", 4),
        office_hours("before-last"),
        answered_meanwhile("meanwhile-3"),
        email("last", "I close your request", "I close your request today", _LAST),
        awaits_reply("replied-4", "Reply to the last?", 5),
        step("cold", "end", "No answer", reason="Asked, then no answer"),
        step("talks", "stage", "In conversation"),
        step("handed-over", "end", "Handed over", reason="In conversation with the owner"),
    ),
    ways=ways(
        "new > hot, hot > at-once, at-once > text, text > call, call a > talks, call next > contact,"
        "contact > replied-1, replied-1 yes > talks, replied-1 timeout > before-second, before-second > meanwhile-1,"
        "meanwhile-1 yes > talks, meanwhile-1 no > second, second > replied-2, replied-2 yes > talks,"
        "replied-2 timeout > before-third, before-third > meanwhile-2, meanwhile-2 yes > talks, meanwhile-2 no > third,"
        "third > replied-3, replied-3 yes > talks, replied-3 timeout > before-last, before-last > meanwhile-3,"
        "meanwhile-3 yes > talks, meanwhile-3 no > last, last > replied-4, replied-4 yes > talks, replied-4 timeout > cold,"
        "talks > handed-over"
    ),
)
