"""Cold outreach on every way we have: e-mail, a call, a text to those who may be texted, a voicemail, goodbye.

The voicemail is a script: a voice is chosen, or a recording put in its place, before this can run.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import call, email, sms, step, voicemail, ways

_MORNINGS = {"weekdays": [1, 2, 3], "opens": "08:30", "closes": "11:30"}
_AFTERNOONS = {"weekdays": [0, 1, 2, 3], "opens": "13:00", "closes": "16:30"}

_FIRST = """
Hi {{contact.first_name|fallback:"there"}},

I looked at {{contact.company|fallback:"your company"}} before I wrote, and one thing I could not tell from outside: when somebody asks you for an offer, how long does it take until a person answers?

With most it is a day. The ones who answer within the hour win about as many as all the others together, and it rarely takes more people, only another order of work.

Is that something you look at this quarter? A "no" is a good answer too.

Best regards,
{{sender.signature}}
"""
_AFTER_CALL = """
Hi {{contact.first_name|fallback:"there"}},

I have just tried to call you. It was about one question only: who at {{contact.company|fallback:"your company"}} answers new requests, and what happens with those that come in after five?

If you tell me in one line, I send you how two others of your size have solved it. No call needed.

Best regards,
{{sender.signature}}
"""
_VALUE = """
Hi {{contact.first_name|fallback:"there"}},

Whether we talk or not, this you can try tomorrow with what you have:

1. Write down for five days when each request came in and when a person answered.
2. Sort by the gap. The longest five tell you where the process ends.
3. Give those one owner and one rule: an answer within the hour, even if it is only "I have it, you hear from me at three".

If the numbers surprise you, I would like to hear them.

Best regards,
{{sender.signature}}
"""
_GOODBYE = """
Hi {{contact.first_name|fallback:"there"}},

I have written, called and left word, and you have not asked for any of it. So this is the last from me.

Should new requests become a topic, reply to this e-mail. It will still reach me.

All the best,
{{sender.signature}}
"""
_CALL = """
Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name}} from {{organization.name}}. I wrote you an e-mail about how fast requests are answered at {{contact.company|fallback:"your company"}}. Is this a bad moment?

If good: how long does it take today from a request to an answer? What happens to those after five? Who would decide to change that?
If bad: when is better? Put it down as "Call again".
Voicemail: hang up; a message follows by itself.
"""
_VOICEMAIL = """
Hello {{contact.first_name|fallback:""}}, this is {{sender.first_name}} from {{organization.name}}. I sent you an e-mail with one question about how new requests are answered. If it is a topic, reply to that e-mail, and I come back with two examples. If not, you need not do anything. Thank you, and have a good day.
"""

MULTI_CHANNEL_COLD = WrittenTemplate(
    name="Multi-channel cold outreach",
    description=(
        "Three weeks of e-mail, a call with a script, a text, a voicemail and a goodbye. An answer on any of them ends it. "
        "Choose a voice for the voicemail before publishing; texts and voicemail go only to those who agreed."
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
            'How fast does {{contact.company|fallback:"your team"}} answer?',
            _FIRST,
        ),
        step("wait-1", "wait", "Wait 2 days", amount=2, unit="days", after="sent", **_AFTERNOONS),
        call("call", "2. Call", "Call {{contact.full_name}} at {{contact.company}}", _CALL, due_in=1),
        step("interested", "set_status", "Reached: a BDR goes on", status="Needs BDR"),
        step("talks", "end", "In conversation", reason="Reached by phone"),
        step("said-no", "set_status", "Not interested", status="Not Interested"),
        step("closed", "end", "Not interested", reason="Said no by phone"),
        email("after-call", "3. After the call", "I have just tried to call you", _AFTER_CALL),
        step("wait-2", "wait", "Wait 3 days", amount=3, unit="days", after="sent", **_MORNINGS),
        sms(
            "text",
            "4. Text",
            """Hi {{contact.first_name|fallback:"there"}}, {{sender.first_name|fallback:"we write"}} from {{organization.name}}. I
            sent you one question by e-mail. Is it a topic for you, yes or no? STOP to opt out.""",
        ),
        step("wait-3", "wait", "Wait 3 days", amount=3, unit="days", after="sent", **_MORNINGS),
        email("value", "5. Try it yourself", "Five days, three columns", _VALUE),
        step("wait-4", "wait", "Wait 4 days", amount=4, unit="days", after="sent", **_AFTERNOONS),
        voicemail("voicemail", "6. Voicemail", _VOICEMAIL),
        step("wait-5", "wait", "Wait 5 days", amount=5, unit="days", after="sent", **_MORNINGS),
        step("goodbye", "stage", "Goodbye"),
        email("last", "7. Last e-mail", "The last from me", _GOODBYE),
        step("time", "wait", "Time to answer", amount=5, unit="days", after="sent"),
        step("no-answer", "end", "No answer", reason="No answer on any way"),
    ),
    ways=ways(
        "first-contact > good-morning, good-morning > question, question > wait-1, wait-1 > call, call a > interested,"
        "interested > talks, call d > said-no, said-no > closed, call next > after-call, after-call > wait-2,"
        "wait-2 > text, text > wait-3, wait-3 > value, value > wait-4, wait-4 > voicemail, voicemail > wait-5,"
        "wait-5 > goodbye, goodbye > last, last > time, time > no-answer"
    ),
)
