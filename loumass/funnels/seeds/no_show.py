"""For people who said they would come and did not: kind, short, by text and e-mail, with a way back in.

Who answers is never asked again, also when the answer comes in the night before the next message.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import (
    answered_meanwhile,
    awaits_reply,
    email,
    office_hours,
    sms,
    step,
    ways,
)

_MISSED = """
<p>Hi {{contact.first_name|fallback:"there"}},</p>
<p>We had a seat for you at <strong>{{campaign.event_name|fallback:"our event"}}</strong> and did not see you. These things
happen, and there are two easy ways back in:</p>
<ul>
<li><strong>The next date</strong>: you hear of it before the invitations go out.</li>
<li><strong>A call</strong>: fifteen minutes by phone about what matters most for {{contact.company|fallback:"your work"}}.</li>
</ul>
<p>Which one suits you better? Reply with <em>date</em> or <em>call</em>, and I arrange the rest.</p>
<p>Best regards,<br>{{sender.signature}}</p>
"""
_MISSED_TEXT = """
Hi {{contact.first_name|fallback:"there"}},

We had a seat for you at {{campaign.event_name|fallback:"our event"}} and did not see you. These things happen, and there are two easy ways back in:

- The next date: you hear of it before the invitations go out.
- A call: fifteen minutes by phone about what matters most for {{contact.company|fallback:"your work"}}.

Which one suits you better? Reply with "date" or "call", and I arrange the rest.

Best regards,
{{sender.signature}}
"""
_CLOSING = """
Hi {{contact.first_name|fallback:"there"}},

One last question after {{campaign.event_name|fallback:"our event"}}: shall I keep you on the list for the next one, or take you off?

Reply "on", and you hear of the date first. Reply "off", and I do not write about it again. Both are fine.

Best regards,
{{sender.signature}}
"""

NO_SHOW = WrittenTemplate(
    name="No-show follow-up by e-mail and text",
    description=(
        "For guests who did not come. A text the next day, an e-mail with two ways back in and a closing question "
        "over about two weeks. Replies go to a BDR."
    ),
    start="missed",
    steps=(
        step("missed", "stage", "Missed the event"),
        step("no-show", "set_status", "Mark as no-show", status="No Show"),
        step(
            "day-after",
            "wait",
            "The day after",
            mode="event",
            days=1,
            direction="after",
            at="10:00",
            if_past="go_on",
            opens="10:00",
            closes="18:00",
        ),
        sms(
            "sorry",
            "Sorry we missed you",
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we write"}} from {{organization.name}}. We
            missed you at {{campaign.event_name|fallback:"our event"}} and hope all is well. Shall I tell you the next date?
            STOP to opt out.""",
        ),
        awaits_reply("replied-1", "Reply to text?", 1),
        office_hours("before-email"),
        answered_meanwhile("meanwhile-1"),
        email(
            "two-ways",
            "Two ways back in",
            "We had a seat for you",
            _MISSED_TEXT,
            preheader="The next date, or fifteen minutes by phone?",
            html=_MISSED,
        ),
        awaits_reply("replied-2", "Reply to e-mail?", 4),
        office_hours("before-closing"),
        answered_meanwhile("meanwhile-2"),
        email("closing", "On the list, or off?", "On the list, or off?", _CLOSING),
        awaits_reply("replied-3", "Reply to last one?", 5),
        step("quiet", "end", "No answer", reason="No answer after the no-show"),
        step("back", "stage", "Back in touch"),
        step("needs-bdr", "set_status", "A BDR answers", status="Needs BDR"),
        step("answered", "end", "Answered", reason="Answered after the no-show"),
    ),
    ways=ways(
        "missed > no-show, no-show > day-after, day-after > sorry, sorry > replied-1, replied-1 yes > back,"
        "replied-1 timeout > before-email, before-email > meanwhile-1, meanwhile-1 yes > back, meanwhile-1 no > two-ways,"
        "two-ways > replied-2, replied-2 yes > back, replied-2 timeout > before-closing, before-closing > meanwhile-2,"
        "meanwhile-2 yes > back, meanwhile-2 no > closing, closing > replied-3, replied-3 yes > back,"
        "replied-3 timeout > quiet, back > needs-bdr, needs-bdr > answered"
    ),
)
