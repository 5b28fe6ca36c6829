"""A happy customer is asked for one introduction, in two ways; the one that more people answer takes the rest."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import awaits_reply, email, office_hours, step, ways

_DIRECT = """
Hi {{contact.first_name|fallback:"there"}},

You told us that it works for you, so may I ask a favour: who else do you know who has the same problem that you had?

One name is enough. I write to them once, mention you only if you want that, and tell you what came of it.

Whom should I talk to?

Best regards,
{{sender.signature}}
"""
_EASY = """
Hi {{contact.first_name|fallback:"there"}},

I wrote the introduction for you, so that it takes you ten seconds. Forward this to one person who comes to mind:

"We use {{organization.name}} and are glad about it. If following up is a topic for you, talk to {{sender.first_name}}: {{sender.email|fallback:"the address is in this e-mail"}}. No sales show, I promise."

Nobody comes to mind? Then forget that I asked, and thank you for being with us.

Best regards,
{{sender.signature}}
"""
_AGAIN = """
Hi {{contact.first_name|fallback:"there"}},

Last week I asked you for one introduction. Perhaps it was the wrong moment, perhaps the wrong question, so here is a smaller one:

In which kind of company do people have the problem that you had? A trade or a town is enough; I find the people.

And if you would rather not, that changes nothing between us.

Best regards,
{{sender.signature}}
"""

REFERRAL = WrittenTemplate(
    name="Referral request",
    description=(
        "Asks customers for one introduction in two different ways. After 100 people, the way with more answers takes the rest. "
        "One gentle second try, then never again."
    ),
    start="happy",
    steps=(
        step("happy", "stage", "Asked for a referral"),
        office_hours("morning"),
        step(
            "two-ways",
            "split",
            "Which way is better?",
            a=50,
            b=50,
            winner="people",
            by="replies",
            after_people=100,
            patience=72,
        ),
        email("direct", "A: One name", "May I ask you a favour?", _DIRECT),
        email(
            "easy",
            "B: Ten seconds",
            "Ten seconds of yours",
            _EASY,
            preheader="I wrote the introduction for you.",
        ),
        awaits_reply("replied-1", "Answered?", 7),
        office_hours("before-second"),
        email("again", "A smaller question", "A smaller question", _AGAIN),
        awaits_reply("replied-2", "Answered the second?", 7),
        step("asked", "tag", "Tag as asked", action="add", tag="Asked for a referral"),
        step("no-referral", "end", "No referral", reason="Asked twice for a referral"),
        step("thanks", "set_status", "Somebody says thank you", status="Needs BDR"),
        step("referrer", "tag", "Tag as referrer", action="add", tag="Referrer"),
        step("done", "end", "Answered", reason="Answered the referral request"),
    ),
    ways=ways(
        "happy > morning, morning > two-ways, two-ways a > direct, two-ways b > easy, direct > replied-1, easy > replied-1,"
        "replied-1 yes > thanks, replied-1 timeout > before-second, before-second > again, again > replied-2,"
        "replied-2 yes > thanks, replied-2 timeout > asked, asked > no-referral, thanks > referrer, referrer > done"
    ),
)
