"""A webinar: invited, registered by one word, reminded until it begins, followed up by whether they came.

Who answers is never asked again. After the event a colleague marks who attended; who is not marked within a day gets the
message for those who missed it.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import (
    answered_meanwhile,
    awaits_reply,
    email,
    event_day,
    office_hours,
    step,
    ways,
)

_INVITATION = """
Hi {{contact.first_name|fallback:"there"}},

On {{campaign.event_date|fallback:"a date that I send you"}} at {{campaign.event_time|fallback:"a time that suits most"}} we show, live and without slides full of promises, how {{campaign.event_name|fallback:"it works in practice"}}.

What you take home:

- One example from beginning to end, with the parts that went wrong.
- The list that we work by ourselves. You may keep it.
- Answers: a third of the time belongs to questions.

Shall I save you a place? Reply "yes", and you get the link at once. If the time does not suit you, reply "recording".

Best regards,
{{sender.signature}}
"""
_SECOND = """
Hi {{contact.first_name|fallback:"there"}},

Two questions came up when others signed up for {{campaign.event_name|fallback:"our webinar"}}, so perhaps they are yours too.

Do I need to prepare anything? No. Bring one case of your own if you like; some of them we look at together.

Will it be recorded? Yes, and everybody who signed up gets the recording the day after.

It is on {{campaign.event_date|fallback:"the date in my last e-mail"}}. A "yes" is enough, and I send you the link.

Best regards,
{{sender.signature}}
"""
_CONFIRMED = """
Hi {{contact.first_name|fallback:"there"}},

Your place is saved.

What: {{campaign.event_name|fallback:"our webinar"}}
When: {{campaign.event_date|fallback:"as announced"}}, {{campaign.event_time|fallback:"as announced"}}
Where: {{campaign.event_place|fallback:"the link follows the day before"}}

Is there a question that you would like answered? Reply with it now, and it comes first.

See you there,
{{sender.signature}}
"""
_TOMORROW = """
Hi {{contact.first_name|fallback:"there"}},

Tomorrow at {{campaign.event_time|fallback:"the usual time"}} we begin, and we begin on time.

Here is your way in: {{campaign.event_place|fallback:"the link that you got before"}}

Cannot make it after all? Do nothing: you get the recording on the day after.

Until tomorrow,
{{sender.signature}}
"""
_TODAY = """
Hi {{contact.first_name|fallback:"there"}},

Today at {{campaign.event_time|fallback:"the time you know"}}: {{campaign.event_name|fallback:"our webinar"}}.

In here: {{campaign.event_place|fallback:"the link that you got before"}}

The room opens ten minutes before. Sound and picture of yours stay off until you want them on.

{{sender.signature}}
"""
_CAME = """
Hi {{contact.first_name|fallback:"there"}},

Thank you for being there. It was better for your being there, and I mean the questions.

Two things from here:

1. The recording and the list come in a separate message today.
2. If you want to see the same with your own numbers, reply "mine", and I propose two times of twenty minutes.

Which part was worth your time, and which was not? One line helps me more than any survey.

Best regards,
{{sender.signature}}
"""
_MISSED = """
Hi {{contact.first_name|fallback:"there"}},

You had a place at {{campaign.event_name|fallback:"our webinar"}} and something came up. That happens.

The recording is yours: reply "recording", and I send you the link together with the minute where the example begins, so that you need not watch all of it.

Best regards,
{{sender.signature}}
"""

WEBINAR = WrittenTemplate(
    name="Webinar with registration and follow-up",
    description=(
        "Invites twice by e-mail, confirms, reminds the day before and on the day. Afterwards those who attended and those "
        "who missed it get different messages."
    ),
    start="inviting",
    steps=(
        step("inviting", "stage", "Inviting"),
        office_hours("morning"),
        email(
            "invitation",
            "Invitation",
            '{{campaign.event_name|fallback:"A webinar"}}: shall I save you a place?',
            _INVITATION,
            preheader="One example, the list, and your questions.",
        ),
        awaits_reply("replied-1", "Reply to invitation?", 4),
        office_hours("before-second"),
        answered_meanwhile("meanwhile-1"),
        email("second", "Second invitation", "Two questions about the webinar", _SECOND),
        awaits_reply("replied-2", "Reply to the second?", 4),
        step("no-answer", "end", "No answer", reason="Did not register"),
        step("answered", "stage", "Answered"),
        step("needs-bdr", "set_status", "Somebody reads the answer", status="Needs BDR"),
        step(
            "registered",
            "condition",
            "Registered?",
            test="status",
            status="Received RSVP",
            wait_up_to=14,
            wait_unit="days",
        ),
        step("not-registered", "end", "Not registered", reason="Answered, did not register"),
        step("guests", "stage", "Registered"),
        email(
            "confirmed",
            "Your place is saved",
            'Saved: your place at {{campaign.event_name|fallback:"the webinar"}}',
            _CONFIRMED,
        ),
        event_day("day-before", "The day before", 1, "before", "10:00"),
        email(
            "tomorrow",
            "Reminder",
            'Tomorrow: {{campaign.event_name|fallback:"our webinar"}}',
            _TOMORROW,
            preheader="Your way in, once more.",
        ),
        event_day("on-the-day", "On the day", 0, "before", "09:00"),
        email("today", "Today", 'Today at {{campaign.event_time|fallback:"the time you know"}}', _TODAY),
        event_day("day-after", "The day after", 1, "after", "09:00"),
        step(
            "came",
            "condition",
            "Did they attend?",
            test="status",
            status="Attended",
            wait_up_to=1,
            wait_unit="days",
        ),
        email("thanks", "Thank you", "Thank you, and one question", _CAME),
        step("attended", "end", "Attended", reason="Attended the webinar"),
        step("no-show", "set_status", "Mark as no-show", status="No Show"),
        email("missed", "You missed it", "The recording is yours", _MISSED),
        step("was-missed", "end", "Missed", reason="Registered, did not attend"),
    ),
    ways=ways(
        "inviting > morning, morning > invitation, invitation > replied-1, replied-1 yes > answered,"
        "replied-1 timeout > before-second, before-second > meanwhile-1, meanwhile-1 yes > answered,"
        "meanwhile-1 no > second, second > replied-2, replied-2 yes > answered, replied-2 timeout > no-answer,"
        "answered > needs-bdr, needs-bdr > registered, registered yes > guests, registered timeout > not-registered,"
        "guests > confirmed, confirmed > day-before, day-before > tomorrow, tomorrow > on-the-day, on-the-day > today,"
        "today > day-after, day-after > came, came yes > thanks, thanks > attended, came timeout > no-show,"
        "no-show > missed, missed > was-missed"
    ),
)
