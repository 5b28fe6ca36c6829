"""For people who said they would come and did not: kind, short, by text and e-mail, with a way back in."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, office_hours, sms, step, ways

_MISSED = """
<p>Hi {{contact.first_name|fallback:"there"}},</p>
<p>We kept a seat for you at <strong>{{campaign.event_name|fallback:"our event"}}</strong> and did not see you. These things
happen, and you have not missed your chance:</p>
<ul>
<li>We meet again soon, and people who could not make it come first on the list.</li>
<li>If an evening is hard for you, fifteen minutes by phone cover the part that matters for
{{contact.company|fallback:"your work"}}.</li>
</ul>
<p>Which one suits you better, <em>the next date</em> or <em>a call</em>? Reply with one of the two and I arrange the rest.</p>
<p>{{sender.signature|fallback:"Until soon"}}</p>
"""
_MISSED_TEXT = """
Hi {{contact.first_name|fallback:"there"}},

We kept a seat for you at {{campaign.event_name|fallback:"our event"}} and did not see you. These things happen, and you have not missed your chance:

- We meet again soon, and people who could not make it come first on the list.
- If an evening is hard for you, fifteen minutes by phone cover the part that matters for {{contact.company|fallback:"your work"}}.

Which one suits you better, the next date or a call? Reply with one of the two and I arrange the rest.

{{sender.signature|fallback:"Until soon"}}
"""
_CLOSING = """
Hi {{contact.first_name|fallback:"there"}},

I plan the seats for our next evening this week. Shall I put you on the list, or take you off?

Reply "on" and you get the date before anybody else. Reply "off" and I will not write about it again. Both are fine.

{{sender.signature|fallback:"Best"}}
"""

NO_SHOW = WrittenTemplate(
    name="No-show follow-up by e-mail and text",
    description=(
        "For guests who did not come. A text the next day, an e-mail with two ways back in, a reminder and a "
        "closing question. Replies go to a BDR."
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
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we"}} here from {{organization.name}}. Sorry we
            missed you at {{campaign.event_name|fallback:"our event"}}. Is everything all right? Shall I tell you the next date?
            Reply STOP to hear no more.""",
        ),
        step("replied-1", "condition", "Replied to the text", test="replied", wait_up_to=1, wait_unit="days"),
        office_hours("before-email"),
        email(
            "two-ways",
            "Two ways back in",
            "We kept your seat",
            _MISSED_TEXT,
            preheader="The next date, or fifteen minutes by phone?",
            html=_MISSED,
        ),
        step(
            "replied-2", "condition", "Replied to the e-mail", test="replied", wait_up_to=4, wait_unit="days"
        ),
        office_hours("before-closing"),
        email("closing", "On the list, or off?", "On the list, or off?", _CLOSING),
        step(
            "replied-3",
            "condition",
            "Replied to the last one",
            test="replied",
            wait_up_to=5,
            wait_unit="days",
        ),
        step("quiet", "end", "No answer", reason="No answer after the no-show"),
        step("back", "stage", "Back in touch"),
        step("needs-bdr", "set_status", "A BDR answers", status="Needs BDR"),
        step("tag", "tag", "Tag for the next date", action="add", tag="Next date"),
        step("answered", "end", "Answered", reason="Answered after the no-show"),
    ),
    ways=ways(
        "missed > no-show, no-show > day-after, day-after > sorry, sorry > replied-1, replied-1 yes > back,"
        "replied-1 timeout > before-email, before-email > two-ways, two-ways > replied-2, replied-2 yes > back,"
        "replied-2 timeout > before-closing, before-closing > closing, closing > replied-3, replied-3 yes > back,"
        "replied-3 timeout > quiet, back > needs-bdr, needs-bdr > tag, tag > answered"
    ),
)
