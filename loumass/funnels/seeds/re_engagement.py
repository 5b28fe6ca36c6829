"""People who went quiet: asked twice whether we should go on, and left in peace where nothing comes back.

The end is the point of it: whoever neither answers nor clicks is tagged, so that other campaigns leave them out. A list that
keeps those who never react is what makes mail land in the spam of everybody else.
"""

from __future__ import annotations

from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds.writing import email, office_hours, step, ways

_STILL = """
Hi {{contact.first_name|fallback:"there"}},

We have not heard from each other for a while, and I do not want to write to people who have moved on.

So, honestly: is what we send still useful to you?

Reply "yes", and everything stays as it is.
Reply "less", and you hear from us once a quarter.
Reply "no", and this was the last e-mail. All three are fine, and I read them myself.

Best regards,
{{sender.signature}}
"""
_GOODBYE = """
Hi {{contact.first_name|fallback:"there"}},

I asked two weeks ago whether our e-mails are still useful to you, and heard nothing. I take that as an answer, and stop writing.

If it was only a full mailbox: reply with one word, and you stay. If not, you need not do anything. Thank you for the time that you read along.

All the best,
{{sender.signature}}
"""

RE_ENGAGEMENT = WrittenTemplate(
    name="Re-engagement with sunset",
    description=(
        "Asks people who went quiet whether to go on, and asks once more two weeks later. Who answers or clicks stays; everybody "
        "else is tagged Sunset and left in peace. Fill it from a segment such as: nothing opened, clicked or answered for 180 days."
    ),
    start="quiet",
    steps=(
        step("quiet", "stage", "Went quiet"),
        office_hours("morning"),
        email(
            "still",
            "Still useful?",
            "Is this still useful to you?",
            _STILL,
            preheader="Yes, less, or no: all fine.",
        ),
        step("replied-1", "condition", "Answered?", test="replied", wait_up_to=7, wait_unit="days"),
        step("clicked-1", "condition", "Clicked?", test="clicked", wait_up_to=7, wait_unit="days"),
        office_hours("before-goodbye"),
        email("goodbye", "We stop here", "I stop writing, unless you say otherwise", _GOODBYE),
        step(
            "replied-2",
            "condition",
            "Answered the last one?",
            test="replied",
            wait_up_to=10,
            wait_unit="days",
        ),
        step("sunset", "tag", "Tag as sunset", action="add", tag="Sunset"),
        step("since", "set_field", "Remember since when", field="sunset_on", mode="today"),
        step("left-in-peace", "end", "Left in peace", reason="Sunset: no sign for a long time"),
        step("reads", "set_status", "Somebody reads the answer", status="Needs BDR"),
        step("not-sunset", "tag", "No longer sunset", action="remove", tag="Sunset"),
        step("stays", "end", "Stays", reason="Wants to hear from us"),
    ),
    ways=ways(
        "quiet > morning, morning > still, still > replied-1, replied-1 yes > reads, replied-1 timeout > clicked-1,"
        "clicked-1 yes > not-sunset, clicked-1 timeout > before-goodbye, before-goodbye > goodbye, goodbye > replied-2,"
        "replied-2 yes > reads, replied-2 timeout > sunset, sunset > since, since > left-in-peace, reads > not-sunset,"
        "not-sunset > stays"
    ),
)
