"""What runs by itself: looking domains up, judging what came back, easing the brakes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from loumass.contacts.suppression import lift_expired
from loumass.core import clock
from loumass.core.jobs import job, wake_all
from loumass.core.tenancy import transaction
from loumass.deliverability import braking, domains
from loumass.deliverability.models import SendingDomain, SoftBounce, TroubleHour

#: How long it is kept what came back.
_KEPT = timedelta(days=90)


@job("bulk")
def check(domain_id: str) -> None:
    """Look one domain up. No transaction is open while DNS answers."""
    with transaction():
        question = domains.question_about(UUID(domain_id))
    if question is None:
        return
    try:
        _, checks = question.asked()
    except OSError as problem:
        with transaction():
            domains.keep_problem(UUID(domain_id), f"DNS did not answer: {problem.strerror or problem}")
        return
    with transaction():
        domains.keep(UUID(domain_id), checks)


@job("bulk")
def check_all() -> None:
    """Every domain that a mailbox writes from is looked up, each by itself; once a day."""
    with transaction() as session:
        domains.register()
        session.flush()
        ids = session.scalars(select(SendingDomain.id)).all()
        wake_all([check.wake(clock.now(), str(domain_id)) for domain_id in ids])


@job("receive")
def judge(channel_id: str) -> None:
    """Something came back: hold the channel and the recipients' domains against their budgets."""
    with transaction():
        braking.judge_channel(UUID(channel_id))
        braking.judge_domains()


@job("bulk")
def ease() -> None:
    """Channels within their budgets go on as before, and what is long past is forgotten; once an hour."""
    before = clock.now() - _KEPT
    with transaction() as session:
        braking.ease_channels()
        lift_expired()
        braking.forget_old(before)
        session.execute(delete(TroubleHour).where(TroubleHour.hour < before))
        session.execute(delete(SoftBounce).where(SoftBounce.bounced_at < before))
