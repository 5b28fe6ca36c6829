"""Five plain e-mails to somebody who does not know us. A reply, an opt-out or a bounce ends it."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, step, ways

_MORNINGS = {"weekdays": [1, 2, 3], "opens": "08:00", "closes": "11:30"}
_AFTERNOONS = {"weekdays": [0, 1, 2, 3], "opens": "13:00", "closes": "16:30"}

_FIRST = """
Hi {{contact.first_name|fallback:"there"}},

I looked at what {{contact.company|fallback:"your team"}} does and had one question: who follows up with the people who show interest and then go quiet?

In most teams of your size the answer is "everybody, when there is time", and that is where most deals are lost. We do just this one thing for teams like yours, and we show the numbers every Friday.

Is that a topic for you this quarter, or should I ask again later in the year?

{{sender.signature|fallback:"Best"}}
"""
_SECOND = """
Hi {{contact.first_name|fallback:"there"}},

To make my last note concrete, this is what usually changes in the first month:

- every lead hears from you within a working day, on the channel they answer on
- nobody is written to twice by two colleagues
- you see on one page who waits for an answer, and since when

I can show you this with five of your own leads in fifteen minutes. Would Tuesday or Thursday morning suit you?

{{sender.signature|fallback:"Best"}}
"""
_THIRD = """
Hi {{contact.first_name|fallback:"there"}},

A short story instead of a third pitch. A brokerage with nine agents had 412 old leads nobody had called since spring. They wrote to all of them over three weeks, politely and in small numbers. 61 answered, 14 met, 4 signed. The leads had been there all along.

How many of those do you think sit in the lists of {{contact.company|fallback:"your team"}}? Even a rough guess would help me tell you honestly whether we are worth your time.

{{sender.signature|fallback:"Best"}}
"""
_FOURTH = """
Hi {{contact.first_name|fallback:"there"}},

Perhaps I am asking the wrong person. Who at {{contact.company|fallback:"your company"}} looks after follow-up and outreach?

If that is you and the time is wrong, a "not now" is a perfectly good answer and I come back when you say.

{{sender.signature|fallback:"Best"}}
"""
_FIFTH = """
Hi {{contact.first_name|fallback:"there"}},

I have written four times and you have a job to do, so this is my last e-mail. I close your file today.

If follow-up ever becomes the thing that keeps you up, reply to this message, even in a year. I keep what I noted about {{contact.company|fallback:"your team"}} and we start where we left off.

All the best, and thank you for reading this far,

{{sender.signature|fallback:"Best"}}
"""

COLD_EMAIL = WrittenTemplate(
    name="Five-touch cold e-mail",
    description=(
        "Five short, plain e-mails over about three weeks, on mornings and afternoons in the reader's time. "
        "A reply, an opt-out or a bounce ends it at once."
    ),
    start="first-contact",
    steps=(
        step("first-contact", "stage", "First contact"),
        step(
            "good-morning", "wait", "A good morning", amount=1, unit="minutes", after="entered", **_MORNINGS
        ),
        email(
            "question",
            "1. One question",
            'Who follows up at {{contact.company|fallback:"your company"}}?',
            _FIRST,
        ),
        step("wait-1", "wait", "Wait 3 days", amount=3, unit="days", after="sent", **_MORNINGS),
        step("follow-up", "stage", "Follow-up"),
        email("what-changes", "2. What changes", "What usually changes in the first month", _SECOND),
        step("wait-2", "wait", "Wait 4 days", amount=4, unit="days", after="sent", **_AFTERNOONS),
        email("story", "3. A story", "412 leads nobody had called", _THIRD),
        step("wait-3", "wait", "Wait 5 days", amount=5, unit="days", after="sent", **_MORNINGS),
        email("right-person", "4. The right person?", "Am I asking the wrong person?", _FOURTH),
        step("wait-4", "wait", "Wait a week", amount=1, unit="weeks", after="sent", **_AFTERNOONS),
        step("goodbye", "stage", "Goodbye"),
        email("last", "5. Last e-mail", "Closing your file", _FIFTH),
        step("wait-5", "wait", "Time to answer", amount=5, unit="days", after="sent"),
        step("no-answer", "end", "No answer", reason="No answer to five e-mails"),
    ),
    ways=ways(
        "first-contact > good-morning, good-morning > question, question > wait-1, wait-1 > follow-up,"
        "follow-up > what-changes, what-changes > wait-2, wait-2 > story, story > wait-3, wait-3 > right-person,"
        "right-person > wait-4, wait-4 > goodbye, goodbye > last, last > wait-5, wait-5 > no-answer"
    ),
)
