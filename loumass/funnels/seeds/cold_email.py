"""Five plain e-mails to somebody who does not know us. A reply, an opt-out or a bounce ends it.

Nothing in them claims what only one sender could claim: they can leave as they stand, and read better rewritten.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, step, ways

_MORNINGS = {"weekdays": [1, 2, 3], "opens": "08:00", "closes": "11:30"}
_AFTERNOONS = {"weekdays": [0, 1, 2, 3], "opens": "13:00", "closes": "16:30"}

_FIRST = """
Hi {{contact.first_name|fallback:"there"}},

When somebody shows interest in {{contact.company|fallback:"what you do"}} and then goes quiet, who writes to them again, and when?

I ask because in most teams the honest answer is "whoever has time". Those people raised a hand once already, so they are often the ones worth most.

Is that a topic for you this quarter? If not, tell me when to ask again, and I will not write before.

Best regards,
{{sender.signature}}
"""
_SECOND = """
Hi {{contact.first_name|fallback:"there"}},

Whether we ever talk or not, here is a list that you can keep. It is what I would do first with people who went quiet:

1. Look back 90 days. Whoever asked, came or replied, and has heard nothing since, goes on one list.
2. Write like a person: two sentences, one question, no attachment.
3. Try twice more, each on another weekday.
4. Stop at the first answer, whatever it says, and decide who takes it from there.
5. After three tries, say goodbye politely. Many answer exactly that one.

Shall I show you how we run it at {{organization.name}}? Fifteen minutes are enough. Would Tuesday or Thursday morning suit you?

Best regards,
{{sender.signature}}
"""
_THIRD = """
Hi {{contact.first_name|fallback:"there"}},

A small test instead of a third pitch. Take the last twenty people who showed interest in {{contact.company|fallback:"what you do"}}, and count how many heard from you a second time.

Fifteen or more: you have this in hand, and I would like to learn how you do it.
Fewer than ten: there are conversations waiting that you have paid for already.

What is your number? A guess is fine, and one figure is answer enough.

Best regards,
{{sender.signature}}
"""
_FOURTH = """
Hi {{contact.first_name|fallback:"there"}},

Perhaps I am asking the wrong person. Who at {{contact.company|fallback:"your company"}} looks after the people who went quiet?

If that is you and the time is wrong, "not now" is a perfectly good answer, and I come back when you say.

Best regards,
{{sender.signature}}
"""
_FIFTH = """
Hi {{contact.first_name|fallback:"there"}},

I have written four times and you have a job to do, so this is my last e-mail about it.

If following up ever moves up your list, reply to this message, even in a year. It reaches me, and we begin where you are then.

Thank you for reading this far, and all the best,
{{sender.signature}}
"""

COLD_EMAIL = WrittenTemplate(
    name="Five-touch cold e-mail",
    description=(
        "Five short, plain e-mails over about four weeks, on mornings and afternoons in the reader's time. "
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
        email("checklist", "2. A list to keep", "A list for people who went quiet", _SECOND),
        step("wait-2", "wait", "Wait 4 days", amount=4, unit="days", after="sent", **_AFTERNOONS),
        email("test", "3. A small test", "What is your number out of twenty?", _THIRD),
        step("wait-3", "wait", "Wait 5 days", amount=5, unit="days", after="sent", **_MORNINGS),
        email("right-person", "4. The right person?", "Am I asking the wrong person?", _FOURTH),
        step("wait-4", "wait", "Wait a week", amount=1, unit="weeks", after="sent", **_AFTERNOONS),
        step("goodbye", "stage", "Goodbye"),
        email("last", "5. Last e-mail", "My last e-mail about this", _FIFTH),
        step("wait-5", "wait", "Time to answer", amount=5, unit="days", after="sent"),
        step("no-answer", "end", "No answer", reason="No answer to five e-mails"),
    ),
    ways=ways(
        "first-contact > good-morning, good-morning > question, question > wait-1, wait-1 > follow-up,"
        "follow-up > checklist, checklist > wait-2, wait-2 > test, test > wait-3, wait-3 > right-person,"
        "right-person > wait-4, wait-4 > goodbye, goodbye > last, last > wait-5, wait-5 > no-answer"
    ),
)
