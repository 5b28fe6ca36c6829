"""Acme with one of everything, so that every route of the application has something to act on."""

from __future__ import annotations

from typing import Any

from loumass.accounts.models import Invitation
from loumass.core import clock
from tests.house import furniture
from tests.house.furnished_campaigns import (
    by_hand_and_outside,
    campaign,
    changes,
    figures,
    funnel,
    simulation,
)
from tests.house.furnished_inbox import conversation, desk, written_by_hand
from tests.house.furnished_people import of_programs, people, trust, verifications
from tests.house.furnished_senders import application, care, rules, sender, tracking
from tests.house.furniture import MARK, SECOND_FACTOR, Furniture
from tests.world import Tenant

__all__ = ["MARK", "SECOND_FACTOR", "Furniture", "furnish"]


def furnish(tenant: Tenant) -> Furniture:
    """Put one of everything into `tenant`; every visible name contains MARK."""
    house = Furniture()
    with tenant.acting() as session:

        def put(name: str, row: Any) -> Any:
            session.add(row)
            session.flush()
            house.ids[name] = row.id
            return row

        people(put, session, house)
        verifications(put, session, house)
        channel = sender(put, "channel", f"{furniture.MARK.lower()}@acme.example", "active")
        rules(put, session, channel)
        sender(put, "paused_channel", f"{furniture.MARK.lower()}.two@acme.example", "paused")
        application(put)
        funnel(put, session)
        campaign(put, session, house, channel)
        changes(put, house)
        conversation(put, house, channel, tenant.admin.id)
        tracking(put, session, house)
        desk(put, session, house, channel, tenant.admin.id)
        care(put, session, house, channel)
        figures(put, session, house, channel)
        by_hand_and_outside(put, session, house, tenant.admin.id)
        of_programs(put, session, house, tenant.admin.id)
        written_by_hand(put, session, house, tenant.admin.id)
        put(
            "invitation",
            Invitation(
                organization_id=tenant.id,
                email=f"{furniture.MARK}@acme.example",
                email_key=f"{furniture.MARK}@acme.example".lower(),
                role="member",
                token_hash=tenant.id.bytes * 2,
                invited_by_id=tenant.admin.id,
                expires_at=clock.now(),
            ),
        )
        trust(put, session, tenant)
        session.commit()
        simulation(house)
    house.ids["colleague"], house.ids["member"] = tenant.viewer.id, tenant.member.id
    house.ids["organization"] = tenant.id
    return house
