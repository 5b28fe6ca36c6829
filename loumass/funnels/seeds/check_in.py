"""A customer is asked how it goes, after a month and after a quarter; silence brings a call, not a third e-mail."""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import awaits_reply, call, email, office_hours, step, ways

_MONTH = """
Hi {{contact.first_name|fallback:"there"}},

You have been with us for about a month, and I would like to know how it really goes. Not the polite version.

1. What works better than before?
2. What do you still do by hand, although you thought you would not have to?

Two lines are enough. I answer them myself, and what is our job to mend goes on our list with your name on it.

Best regards,
{{sender.signature}}
"""
_QUARTER = """
Hi {{contact.first_name|fallback:"there"}},

A quarter in, I would like to do one thing with you: look at what you wanted at the beginning, and whether you have it.

I can prepare that and send you one page, or we go through it together in twenty minutes. Reply "page" or "call", whichever you prefer.

And if something annoys you, say that first. It is the most useful sentence that I can get.

Best regards,
{{sender.signature}}
"""
_CALL = """
{{contact.first_name|fallback:"They"}} did not answer the e-mail, so this call is to listen, not to sell.

1. How does it go? (Wait. Do not offer anything yet.)
2. What do you still do by hand?
3. If you could change one thing by Friday, which?

Afterwards: put down what is ours to do, with a date, and write them one line that confirms it.
"""

CHECK_IN = WrittenTemplate(
    name="Customer check-in",
    description=(
        "Asks customers how it goes, after a month and again after a quarter. Answers go to the owner; silence becomes a call "
        "with a script. Begin it with the day on which somebody became a customer."
    ),
    start="customer",
    steps=(
        step("customer", "stage", "First month"),
        step(
            "a-month",
            "wait",
            "After a month",
            amount=30,
            unit="days",
            after="entered",
            weekdays=[1, 2, 3],
            opens="09:00",
            closes="12:00",
        ),
        email(
            "month", "How does it go?", "How does it really go?", _MONTH, preheader="Two lines are enough."
        ),
        awaits_reply("replied-1", "Answer after a month?", 5),
        call("call", "Call them", "Ask {{contact.full_name}} how it goes", _CALL, due_in=2),
        step("reads", "set_status", "The owner answers", status="Needs BDR"),
        step("quarter", "stage", "First quarter"),
        step(
            "two-months",
            "wait",
            "Two months later",
            amount=60,
            unit="days",
            after="entered",
            weekdays=[1, 2, 3],
            opens="09:00",
            closes="12:00",
        ),
        email("review", "A look back", "What you wanted, and whether you have it", _QUARTER),
        awaits_reply("replied-2", "Answer after a quarter?", 7),
        office_hours("before-call"),
        call("second-call", "Call them again", "Look back with {{contact.full_name}}", _CALL, due_in=2),
        step("reads-again", "set_status", "The owner answers", status="Needs BDR"),
        step("done", "end", "Checked in", reason="Checked in for a quarter"),
    ),
    ways=ways(
        "customer > a-month, a-month > month, month > replied-1, replied-1 yes > reads, replied-1 timeout > call,"
        "call next > quarter, reads > quarter, quarter > two-months, two-months > review, review > replied-2,"
        "replied-2 yes > reads-again, replied-2 timeout > before-call, before-call > second-call, second-call next > done,"
        "reads-again > done"
    ),
)
