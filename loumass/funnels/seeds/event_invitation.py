"""An invitation to an event. Replies go to a BDR at once; who said yes is reminded until the door."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, office_hours, sms, step, ways

_INVITATION = """
<p>Hi {{contact.first_name|fallback:"there"}},</p>
<p>We are bringing a small group together for <strong>{{campaign.event_name|fallback:"an evening"}}</strong>, and I have kept a
seat for you.</p>
<p><strong>When</strong>: {{campaign.event_date|fallback:"date to follow"}}, {{campaign.event_time|fallback:"time to follow"}}<br>
<strong>Where</strong>: {{campaign.event_place|fallback:"we send the place with your confirmation"}}</p>
<p>There is no stage and no pitch. Expect good company, people who do what you do, and an honest talk about what works this
year. You also see how the show is made and may ask its producers anything.</p>
<p>Can you make it? A one-word reply is enough: <em>yes</em>, <em>no</em>, or <em>maybe</em>.</p>
<p>{{sender.signature|fallback:"See you there"}}</p>
"""
_INVITATION_TEXT = """
Hi {{contact.first_name|fallback:"there"}},

We are bringing a small group together for {{campaign.event_name|fallback:"an evening"}}, and I have kept a seat for you.

When: {{campaign.event_date|fallback:"date to follow"}}, {{campaign.event_time|fallback:"time to follow"}}
Where: {{campaign.event_place|fallback:"we send the place with your confirmation"}}

There is no stage and no pitch. Expect good company, people who do what you do, and an honest talk about what works this year. You also see how the show is made and may ask its producers anything.

Can you make it? A one-word reply is enough: yes, no, or maybe.

{{sender.signature|fallback:"See you there"}}
"""
_LAST_CALL = """
Hi {{contact.first_name|fallback:"there"}},

On {{campaign.event_date|fallback:"the day"}} we meet for {{campaign.event_name|fallback:"our evening"}}, and today I give the caterer the final number.

Shall I keep your seat? Reply "yes" and it is yours, with everything you need to know the day before. Reply "no" and I pass it on to somebody from the waiting list, no hard feelings.

If this is not for you but for a colleague, tell me who and I write to them.

{{sender.signature|fallback:"Until then"}}
"""
_DETAILS = """
Hi {{contact.first_name|fallback:"there"}},

Good that you are coming. Everything in one place:

What: {{campaign.event_name|fallback:"our evening"}}
When: {{campaign.event_date|fallback:"see your confirmation"}}, {{campaign.event_time|fallback:"see your confirmation"}}
Where: {{campaign.event_place|fallback:"see your confirmation"}}

Doors open fifteen minutes before. Your name is on the list at the entrance. Bring a question for the producers: the best part of the evening is the conversation.

Something came up? Reply to this e-mail and I give your seat to somebody from the waiting list.

{{sender.signature|fallback:"See you there"}}
"""

EVENT_INVITATION = WrittenTemplate(
    name="Event invitation with RSVP (ADTV)",
    description=(
        "Invites by e-mail, nudges by text, calls last by e-mail. Every reply goes to a BDR, who sets Received RSVP; "
        "guests are then reminded the day before and on the day."
    ),
    start="inviting",
    steps=(
        step("inviting", "stage", "Inviting"),
        office_hours("morning"),
        email(
            "invitation",
            "Invitation",
            'A seat for you at {{campaign.event_name|fallback:"our next evening"}}',
            _INVITATION_TEXT,
            preheader="A small group, good company, no pitch. Can you make it?",
            html=_INVITATION,
        ),
        step(
            "replied-1",
            "condition",
            "Replied to the invitation",
            test="replied",
            wait_up_to=3,
            wait_unit="days",
        ),
        office_hours("before-nudge"),
        sms(
            "nudge",
            "Nudge text",
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we"}} here from {{organization.name}}. Did my
            invitation to {{campaign.event_name|fallback:"our evening"}} on {{campaign.event_date|fallback:"the date in my e-mail"}}
            reach you? Reply YES and the seat is yours. Reply STOP to hear no more.""",
        ),
        step(
            "replied-2", "condition", "Replied to the nudge", test="replied", wait_up_to=3, wait_unit="days"
        ),
        office_hours("before-last-call"),
        email(
            "last-call",
            "Last call",
            "Shall I keep your seat?",
            _LAST_CALL,
            preheader="I give the caterer our number today.",
        ),
        step(
            "replied-3",
            "condition",
            "Replied to the last call",
            test="replied",
            wait_up_to=4,
            wait_unit="days",
        ),
        step("no-answer", "end", "No answer", reason="No answer to the invitation"),
        step("answered", "stage", "Answered"),
        step("needs-bdr", "set_status", "A BDR reads the answer", status="Needs BDR"),
        step(
            "coming",
            "condition",
            "Are they coming?",
            test="status",
            status="Received RSVP",
            wait_up_to=10,
            wait_unit="days",
        ),
        step("not-coming", "end", "Not coming", reason="Answered, no RSVP"),
        step("guests", "stage", "Guests"),
        step("tag-guest", "tag", "Tag as guest", action="add", tag="ADTV guest"),
        step(
            "day-before",
            "wait",
            "The day before",
            mode="event",
            days=1,
            direction="before",
            at="10:00",
            if_past="go_on",
        ),
        email(
            "details",
            "Details",
            '{{campaign.event_name|fallback:"Our evening"}}: everything in one place',
            _DETAILS,
            preheader="Time, place and who to ask for.",
        ),
        step(
            "on-the-day",
            "wait",
            "On the day",
            mode="event",
            days=0,
            direction="before",
            at="09:30",
            if_past="end",
        ),
        sms(
            "today",
            "See you today",
            """Today is the day: {{campaign.event_name|fallback:"our evening"}}, {{campaign.event_time|fallback:"tonight"}},
            {{campaign.event_place|fallback:"at the place in my e-mail"}}. Running late or cannot make it? Just reply here.
            {{sender.first_name|fallback:"See you"}}""",
        ),
        step("reminded", "end", "Reminded", reason="RSVP, reminded on the day"),
    ),
    ways=ways(
        "inviting > morning, morning > invitation, invitation > replied-1, replied-1 yes > answered,"
        "replied-1 timeout > before-nudge, before-nudge > nudge, nudge > replied-2, replied-2 yes > answered,"
        "replied-2 timeout > before-last-call, before-last-call > last-call, last-call > replied-3,"
        "replied-3 yes > answered, replied-3 timeout > no-answer, answered > needs-bdr, needs-bdr > coming,"
        "coming yes > guests, coming timeout > not-coming, guests > tag-guest, tag-guest > day-before,"
        "day-before > details, details > on-the-day, on-the-day > today, today > reminded"
    ),
)
