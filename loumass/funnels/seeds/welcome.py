"""Somebody joined: four messages over two weeks that help them begin, and a hand held out where nothing was clicked."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import awaits_reply, email, office_hours, step, ways

_HELLO = """
Hi {{contact.first_name|fallback:"there"}},

Welcome to {{organization.name}}. I am {{sender.first_name}}, and you get four e-mails from me in two weeks: each takes two minutes and ends with one thing to do.

Today's thing: reply with one sentence about what you would like to have done a month from now. I read every answer, and it decides what I send you next.

Good to have you here,
{{sender.signature}}
"""
_FIRST_STEP = """
Hi {{contact.first_name|fallback:"there"}},

Most people who stay with us did one small thing in their first week, and it is rarely the one they came for. They finished something tiny: one list, one message, one result that they could show to a colleague.

So pick the smallest piece of what you have in mind and do only that today. Ten minutes are enough.

Where did you get stuck, if you did? Reply with the place, and I tell you the way round it.

{{sender.signature}}
"""
_HABIT = """
Hi {{contact.first_name|fallback:"there"}},

A week in. This is the moment when new things are either used every day or forgotten, so one suggestion: put fifteen minutes into your calendar, always at the same time, twice a week. Call it by the result, not by the tool.

People who do that need us less and get more. We are fine with that.

What would your fifteen minutes be called? Tell me, I collect good names.

{{sender.signature}}
"""
_OVER_TO_YOU = """
Hi {{contact.first_name|fallback:"there"}},

This is the fourth and last e-mail of the welcome. From here on I only write when there is something worth your time.

Three ways to reach us, now and later:

- Reply to this e-mail. It lands with people, not in a mailbox that nobody reads.
- Ask for twenty minutes: reply "call" and name two times.
- Tell us what is missing. The list of what we build next is mostly made of such replies.

Was the welcome useful? "Yes" or "no" is enough, and a "no" with a reason helps most.

All the best,
{{sender.signature}}
"""

WELCOME = WrittenTemplate(
    name="Welcome series",
    description=(
        "Four short e-mails over two weeks for people who have just joined. An answer is read by a person, who decides whether "
        "the series goes on."
    ),
    start="welcome",
    steps=(
        step("welcome", "stage", "Welcome"),
        step("joined", "set_field", "Remember the day", field="welcomed_on", mode="today"),
        email(
            "hello",
            "1. Hello",
            "Welcome, and one question",
            _HELLO,
            preheader="Four e-mails, two minutes each.",
        ),
        awaits_reply("replied-1", "Answered the question?", 2),
        step("reads", "set_status", "Somebody reads the answer", status="Needs BDR"),
        office_hours("before-second"),
        email("first-step", "2. The smallest piece", "Ten minutes, one small thing", _FIRST_STEP),
        step(
            "wait-2",
            "wait",
            "Wait 4 days",
            amount=4,
            unit="days",
            after="sent",
            opens="09:00",
            closes="17:00",
        ),
        email("habit", "3. Fifteen minutes", "What would your fifteen minutes be called?", _HABIT),
        step(
            "wait-3",
            "wait",
            "Wait a week",
            amount=1,
            unit="weeks",
            after="sent",
            opens="09:00",
            closes="17:00",
        ),
        email("over-to-you", "4. Over to you", "The last e-mail of your welcome", _OVER_TO_YOU),
        step("welcomed", "tag", "Tag as welcomed", action="add", tag="Welcomed"),
        step("done", "end", "Welcomed", reason="Got the whole welcome"),
    ),
    ways=ways(
        "welcome > joined, joined > hello, hello > replied-1, replied-1 yes > reads, reads > before-second,"
        "replied-1 timeout > before-second, before-second > first-step, first-step > wait-2, wait-2 > habit,"
        "habit > wait-3, wait-3 > over-to-you, over-to-you > welcomed, welcomed > done"
    ),
)
