"""How a channel stands, in the words of the pages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import phonenumbers

from loumass.channels.brands import Segments
from loumass.channels.models import Channel
from loumass.channels.room import Room
from loumass.channels.waiting import Queue

WEEKDAYS = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


@dataclass(frozen=True, slots=True)
class Standing:
    """A badge: state word, colour and drawing."""

    label: str
    tone: str
    icon: str


def standing(
    channel: Channel, used: int, queue: Queue, room: Room, now: datetime, segments: Segments | None = None
) -> Standing:
    """The one thing to know of a channel, the worst first."""
    rests = channel.failures_in_a_row and channel.resting_until and channel.resting_until > now
    paused = channel.state_reason.rstrip(".") or "Paused"
    found = (
        (channel.state == "disconnected", Standing("Disconnected", "red", "plug-x")),
        (channel.state == "paused", Standing(paused, "gray", "player-pause")),
        (queue.in_doubt, Standing(f"{queue.in_doubt:,} in doubt", "amber", "help-circle")),
        (channel.poll_problem, Standing("Cannot read mail", "amber", "mail-off")),
        (room.is_full(used), Standing("At its cap", "amber", "gauge")),
        (segments and segments.is_full, Standing("Brand at its cap", "amber", "gauge")),
        (rests, Standing("Resting", "amber", "clock-pause")),
        (channel.brake_gap_seconds, Standing("Sends slower", "amber", "gauge")),
        (room.is_near(used), Standing("Near its cap", "amber", "gauge")),
        (segments and segments.is_near, Standing("Brand near its cap", "amber", "gauge")),
        (room.warmup_day, Standing("Warming up", "blue", "gauge")),
    )
    healthy = Standing("Healthy", "green", "circle-check")
    return next((it for holds, it in found if holds), healthy)


def window_words(channel: Channel) -> str:
    """When it sends: `Mon to Fri, 8 to 17`, `Every day but holidays, all day`."""
    days = _days(sorted(channel.window_weekdays)) + (" but holidays" if channel.skips_days_off else "")
    if is_all_day(channel):
        return f"{days}, all day"
    return f"{days}, {_time(channel.window_from)} to {_time(channel.window_until)}"


def is_all_day(channel: Channel) -> bool:
    """Whether the time of day does not matter."""
    return (channel.window_from, channel.window_until) == (0, 1440)


def shown_address(address: str) -> str:
    """Numbers in groups, like `+1 303 555 0142`; e-mail addresses as they are."""
    try:
        parsed = phonenumbers.parse(address) if address.startswith("+") else None
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None:
        return address
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " ")


def shown_name(channel: Channel) -> str:
    """What it is called: its own name, else its address."""
    return shown_address(channel.address) if channel.name == channel.address else channel.name


def pace_words(channel: Channel) -> str:
    """How fast it sends: `40 to 60 s apart, 10 a minute`."""
    return pace_in_words(channel.minimum_gap_seconds, channel.gap_jitter, channel.per_minute)


def pace_in_words(gap: int, jitter: int, per_minute: int | None) -> str:
    """The same for figures: seconds, percent, messages."""
    words: list[str] = []
    if gap:
        longest = round(gap * (1 + jitter / 100))
        words.append(f"{gap} to {longest} s apart" if longest > gap else f"{gap} s apart")
    if per_minute is not None:
        words.append(f"{per_minute} a minute")
    return ", ".join(words) or "as fast as the server takes them"


def room_words(room: Room) -> str:
    """What bounds the day: ` of 50`, ` of 20, day 3 of its warm-up`, `, no cap`."""
    if room.cap is None:
        return ", no cap"
    return f" of {room.cap:,}" + (f", day {room.warmup_day:,} of its warm-up" if room.warmup_day else "")


def share(part: int, whole: int) -> str:
    """`part` of `whole` in percent, with one decimal below ten."""
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.0f}%" if percent >= 10 or percent == 0 else f"{percent:.1f}%"


def minutes_to_time(minutes: int) -> str:
    """480 as `08:00`; the end of the day is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _time(minutes: int) -> str:
    return str(minutes // 60) if minutes % 60 == 0 else f"{minutes // 60}:{minutes % 60:02}"


def _days(days: Sequence[int]) -> str:
    if list(days) == EVERY_DAY:
        return "Every day"
    if not days:
        return "Never"
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in days)
