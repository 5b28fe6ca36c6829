"""What runs by itself: delivering each channel, settling its sends in doubt, speaking scripts, finding it all again, and
classing hits."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.models import Organization
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import current_organization_id, globally, serving, transaction
from loumass.messages.delivering import deliver_slice
from loumass.messages.finding.words import is_earlier_noted, note_earlier
from loumass.messages.hits_classing import class_again, class_slice
from loumass.messages.settling import settle_slice
from loumass.messages.sorting import asking
from loumass.messages.speaking import forget_unwanted, speak_slice, waiting_channels

# A paused channel sends nothing, but what a crash left in `sending` is still reclaimed.
_TO_DELIVER = text("""
    SELECT ch.id, ch.resting_until,
        CASE WHEN ch.state = 'active' OR ch.archived_at IS NOT NULL THEN least(
            (SELECT min(m.due_at) FROM message m WHERE m.organization_id = :organization_id
                AND m.channel_id = ch.id AND m.is_open AND m.state = 'queued' AND m.priority = 10),
            (SELECT min(m.due_at) FROM message m WHERE m.organization_id = :organization_id
                AND m.channel_id = ch.id AND m.is_open AND m.state = 'queued' AND m.priority = 50)) END AS queued_at,
        (SELECT min(a.lease_until) FROM attempt a WHERE a.organization_id = :organization_id
            AND a.channel_id = ch.id) AS left_at
    FROM channel ch WHERE ch.organization_id = :organization_id
""")
_TO_SETTLE = text("""
    SELECT channel_id, min(due_at) AS due_at FROM message
    WHERE organization_id = :organization_id AND is_in_doubt AND due_at IS NOT NULL GROUP BY channel_id
""")


@job("deliver")
def deliver(channel_id: str) -> bool:
    """One slice of one channel; True when more may go now."""
    done = deliver_slice(UUID(channel_id))
    with transaction():
        _wake_settling(channel_id)
        if done.medium == "voicemail":
            speak.later(channel_id)
        if done.next_at is not None and done.next_at > clock.now():
            deliver.later(channel_id, at=done.next_at)
    return done.next_at is not None and done.next_at <= clock.now()


@job("deliver")
def settle(channel_id: str) -> bool:
    """Look up the channel's sends in doubt."""
    looked = settle_slice(UUID(channel_id))
    with transaction():
        if looked.is_queued:
            deliver.later(channel_id)
        if looked.next_at is not None and looked.next_at > clock.now():
            settle.later(channel_id, at=looked.next_at)
    return looked.next_at is not None and looked.next_at <= clock.now()


@job("bulk")
def speak(channel_id: str) -> bool:
    """Have scripts of the channel's voicemail spoken; True when more may be now."""
    next_at = speak_slice(UUID(channel_id))
    if next_at is None:
        return False
    if next_at > clock.now():
        with transaction():
            speak.later(channel_id, at=next_at)
    return next_at <= clock.now()


@job("bulk")
def forget_words() -> bool:
    """Spoken words that nobody wants any more; True while there are more."""
    return forget_unwanted()


@job("bulk")
def ask_sorter() -> bool:
    """Have some answers judged by the organization's own judge; True while more wait."""
    return asking.ask_slice()


@job("bulk")
def note_words() -> bool:
    """Words of messages from before there was a search; True while there are more."""
    return note_earlier()


@job("bulk")
def class_hits() -> bool:
    """One slice of the hits that came long enough ago."""
    with transaction():
        next_at = class_slice()
        if next_at is not None and next_at > clock.now():
            class_hits.later(at=next_at)
    return next_at is not None and next_at <= clock.now()


def everybodys_hits_again(days: int) -> None:
    """The same for every organization of the installation: a command's."""
    with globally() as session:
        organizations = session.scalars(select(Organization.id)).all()
    for organization_id in organizations:
        with serving(organization_id), transaction():
            class_again(clock.now() - timedelta(days=days))


def sweep() -> list[Wake]:
    """Every channel that has something to send, to reclaim or to look up, and when."""
    of = {"organization_id": current_organization_id()}
    wakes = []
    for row in db().execute(_TO_DELIVER, of):
        due = max(row.queued_at, row.resting_until or row.queued_at) if row.queued_at else None
        moments = [moment for moment in (due, row.left_at) if moment is not None]
        wakes += [deliver.wake(min(moments), str(row.id))] if moments else []
    wakes += [speak.wake(clock.now(), str(channel_id)) for channel_id in waiting_channels()]
    wakes += [ask_sorter.wake(clock.now())] if asking.is_waiting() else []
    wakes += [] if is_earlier_noted() else [note_words.wake(clock.now())]
    return wakes + [settle.wake(row.due_at, str(row.channel_id)) for row in db().execute(_TO_SETTLE, of)]


def _wake_settling(channel_id: str) -> None:
    due_at = db().scalar(
        text(
            "SELECT min(due_at) FROM message WHERE organization_id = :organization_id "
            "AND channel_id = :channel_id AND is_in_doubt"
        ),
        {"organization_id": current_organization_id(), "channel_id": UUID(channel_id)},
    )
    if due_at is not None:
        settle.later(channel_id, at=due_at)
