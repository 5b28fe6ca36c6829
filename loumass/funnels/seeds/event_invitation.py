"""An invitation to an event. Replies go to a BDR at once; who said yes is reminded until the door.

Who answers is never asked again, also when the answer comes in the night before the next message; and a guest
who writes back stays a guest, since a question about replies lies ahead until the end.
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

_INVITATION = """
<p>Hi {{contact.first_name|fallback:"there"}},</p>
<p>I would like to see you at <strong>{{campaign.event_name|fallback:"our next event"}}</strong>, and I am holding a seat for
you.</p>
<p><strong>When</strong>: {{campaign.event_date|fallback:"date to follow"}}, {{campaign.event_time|fallback:"time to follow"}}<br>
<strong>Where</strong>: {{campaign.event_place|fallback:"you get the place with your confirmation"}}</p>
<p>You meet people who do what you do, and hear what works for them this year. Bring the one question that you would like
answered.</p>
<p>Can you make it? One word is enough: <em>yes</em>, <em>no</em> or <em>maybe</em>.</p>
<p>Best regards,<br>{{sender.signature}}</p>
"""
_INVITATION_TEXT = """
Hi {{contact.first_name|fallback:"there"}},

I would like to see you at {{campaign.event_name|fallback:"our next event"}}, and I am holding a seat for you.

When: {{campaign.event_date|fallback:"date to follow"}}, {{campaign.event_time|fallback:"time to follow"}}
Where: {{campaign.event_place|fallback:"you get the place with your confirmation"}}

You meet people who do what you do, and hear what works for them this year. Bring the one question that you would like answered.

Can you make it? One word is enough: yes, no or maybe.

Best regards,
{{sender.signature}}
"""
_LAST_CALL = """
Hi {{contact.first_name|fallback:"there"}},

I am putting the guest list for {{campaign.event_name|fallback:"our event"}} together and would like your name on it. Shall I keep your seat?

Reply "yes" and it is yours; the details come at once. Reply "no" and I give it to somebody else, no hard feelings.

If it is rather something for a colleague, tell me who, and I write to them instead.

Best regards,
{{sender.signature}}
"""
_CONFIRMATION = """
Hi {{contact.first_name|fallback:"there"}},

Good that you are coming. Everything in one place:

What: {{campaign.event_name|fallback:"our event"}}
When: {{campaign.event_date|fallback:"as agreed"}}, {{campaign.event_time|fallback:"as agreed"}}
Where: {{campaign.event_place|fallback:"I write you the place separately"}}

Your name is on the guest list. I write once more the day before, so you need not look for this again.

Something came up? Reply to this e-mail, and I give your seat to somebody else.

See you there,
{{sender.signature}}
"""
_TOMORROW = """
Hi {{contact.first_name|fallback:"there"}},

A short reminder: we see each other tomorrow at {{campaign.event_name|fallback:"our event"}}.

When: {{campaign.event_date|fallback:"tomorrow"}}, {{campaign.event_time|fallback:"as agreed"}}
Where: {{campaign.event_place|fallback:"as agreed"}}

If you cannot make it, one word as a reply is enough.

Until tomorrow,
{{sender.signature}}
"""

EVENT_INVITATION = WrittenTemplate(
    name="Event invitation with RSVP (ADTV)",
    description=(
        "Invites by e-mail, nudges by text, calls last by e-mail. Every reply goes to a BDR, who sets Received RSVP; "
        "guests get a confirmation at once, a reminder the day before and a text on the day."
    ),
    start="inviting",
    steps=(
        step("inviting", "stage", "Inviting"),
        office_hours("morning"),
        email(
            "invitation",
            "Invitation",
            'A seat for you at {{campaign.event_name|fallback:"our next event"}}',
            _INVITATION_TEXT,
            preheader="Can you make it? One word is enough.",
            html=_INVITATION,
        ),
        awaits_reply("replied-1", "Reply to invitation?", 3),
        office_hours("before-nudge"),
        answered_meanwhile("meanwhile-1"),
        sms(
            "nudge",
            "Nudge text",
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we write"}} from {{organization.name}}. Did my
            invitation to {{campaign.event_name|fallback:"our event"}} on {{campaign.event_date|fallback:"the date in my e-mail"}}
            reach you? Reply YES for your seat, STOP to opt out.""",
        ),
        awaits_reply("replied-2", "Reply to nudge?", 3),
        office_hours("before-last-call"),
        answered_meanwhile("meanwhile-2"),
        email(
            "last-call",
            "Last call",
            "Shall I keep your seat?",
            _LAST_CALL,
            preheader="I am putting the guest list together.",
        ),
        awaits_reply("replied-3", "Reply to last call?", 4),
        step("no-answer", "end", "No answer", reason="No answer to the invitation"),
        step("answered", "stage", "Answered"),
        step("needs-bdr", "set_status", "A BDR reads the answer", status="Needs BDR"),
        step(
            "coming",
            "condition",
            "Are they coming?",
            test="status",
            status="Received RSVP",
            wait_up_to=30,
            wait_unit="days",
        ),
        step("not-coming", "end", "Not coming", reason="Answered, no RSVP"),
        step("guests", "stage", "Guests"),
        step("tag-guest", "tag", "Tag as guest", action="add", tag="ADTV guest"),
        email(
            "confirmation",
            "Confirmation",
            'Your seat at {{campaign.event_name|fallback:"our event"}} is confirmed',
            _CONFIRMATION,
            preheader="Time, place, and what to do if something comes up.",
        ),
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
        step(
            "just-confirmed",
            "condition",
            "Confirmed just now?",
            test="sent_within",
            step="confirmation",
            amount=1,
            unit="days",
        ),
        email(
            "tomorrow",
            "Reminder",
            'Tomorrow: {{campaign.event_name|fallback:"our event"}}',
            _TOMORROW,
            preheader="Time and place once more.",
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
            """See you today: {{campaign.event_name|fallback:"our event"}}, {{campaign.event_time|fallback:"as agreed"}},
            {{campaign.event_place|fallback:"at the place in my e-mail"}}. Running late or cannot make it? Just reply here.
            {{sender.first_name}}""",
        ),
        step(
            "last-minute",
            "condition",
            "Reply on the day?",
            test="replied",
            since="last_message",
            wait_up_to=1,
            wait_unit="days",
        ),
        step("reads-again", "set_status", "A BDR reads it", status="Needs BDR"),
        step("reminded", "end", "Reminded", reason="RSVP, reminded on the day"),
    ),
    ways=ways(
        "inviting > morning, morning > invitation, invitation > replied-1, replied-1 yes > answered,"
        "replied-1 timeout > before-nudge, before-nudge > meanwhile-1, meanwhile-1 yes > answered,"
        "meanwhile-1 no > nudge, nudge > replied-2, replied-2 yes > answered, replied-2 timeout > before-last-call,"
        "before-last-call > meanwhile-2, meanwhile-2 yes > answered, meanwhile-2 no > last-call, last-call > replied-3,"
        "replied-3 yes > answered, replied-3 timeout > no-answer, answered > needs-bdr, needs-bdr > coming,"
        "coming yes > guests, coming timeout > not-coming, guests > tag-guest, tag-guest > confirmation,"
        "confirmation > day-before, day-before > just-confirmed, just-confirmed yes > on-the-day,"
        "just-confirmed no > tomorrow, tomorrow > on-the-day, on-the-day > today, today > last-minute,"
        "last-minute yes > reads-again, reads-again > reminded, last-minute timeout > reminded"
    ),
)
