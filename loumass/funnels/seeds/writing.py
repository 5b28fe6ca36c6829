"""Templates written short."""

from __future__ import annotations

from typing import Any

from loumass.funnels.csv_format import WrittenContent, WrittenStep, WrittenWay


def step(key: str, kind: str, name: str, **settings: Any) -> WrittenStep:
    """A step that sends nothing."""
    return WrittenStep(key, kind, name, settings)


def email(
    key: str, name: str, subject: str, text: str, *, preheader: str = "", html: str = ""
) -> WrittenStep:
    """An e-mail; without ``html`` it is plain, like one that a person types."""
    return WrittenStep(
        key, "email_send", name, {}, WrittenContent(subject, preheader, html.strip(), text.strip())
    )


def sms(key: str, name: str, text: str) -> WrittenStep:
    """A text."""
    return WrittenStep(key, "sms_send", name, {}, WrittenContent(text=" ".join(text.split())))


def ways(written: str) -> tuple[WrittenWay, ...]:
    """``"a > b, b yes > c"``: from, optional branch, to."""
    return tuple(_way(way) for way in written.split(",") if way.strip())


def _way(written: str) -> WrittenWay:
    source, target = (side.split() for side in written.split(">"))
    return WrittenWay(source[0], source[1] if len(source) > 1 else "next", target[0])


def office_hours(key: str, name: str = "Office hours") -> WrittenStep:
    """A wait for the next weekday between 9 and 17, their time."""
    return step(
        key,
        "wait",
        name,
        amount=1,
        unit="minutes",
        after="entered",
        weekdays=[0, 1, 2, 3, 4],
        opens="09:00",
        closes="17:00",
    )


def awaits_reply(key: str, name: str, days: int) -> WrittenStep:
    """A question whether they replied, which waits so many days for a yes."""
    return step(key, "condition", name, test="replied", wait_up_to=days, wait_unit="days")


def answered_meanwhile(key: str) -> WrittenStep:
    """The same asked once, after office hours were waited for: who answered at night is not asked again."""
    return step(key, "condition", "Replied meanwhile?", test="replied")


def voicemail(key: str, name: str, script: str) -> WrittenStep:
    """A voicemail that a voice is to speak: it lacks the voice until somebody chooses one."""
    return WrittenStep(key, "voicemail_drop", name, {}, WrittenContent(text=" ".join(script.split())))


def call(
    key: str, name: str, title: str, script: str, *, due_in: int = 1, priority: str = "normal"
) -> WrittenStep:
    """A call to be made by the person's owner, with what may come of it: reached (a), a message left (b), no answer (c), no
    interest (d)."""
    return step(
        key, "task", name, task="call", title=title, script=script.strip(), due_in=due_in, priority=priority
    )


def event_day(key: str, name: str, days: int, direction: str, at: str) -> WrittenStep:
    """A wait until so many days before or after the event, at a time there; who comes later goes on at once."""
    return step(key, "wait", name, mode="event", days=days, direction=direction, at=at, if_past="go_on")
