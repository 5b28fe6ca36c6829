"""People, lists, who signs in how, and the programs that act for them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from loumass.accounts.models import OrganizationExport, User, UserSession, VendorAccount
from loumass.accounts.token_models import ApiToken
from loumass.contacts.importing import uploads
from loumass.contacts.models import (
    Contact,
    ContactImport,
    ContactTag,
    ImportRefusal,
    Suppression,
    Tag,
)
from loumass.contacts.segment_models import Segment
from loumass.contacts.verification_models import AddressRule, EmailCheck, EmailVerification, MailDomain
from loumass.core import clock, secrets, storage
from loumass.core.ids import uuid7
from loumass.core.models import ApiAnswer
from loumass.core.tenancy import current_organization_id
from loumass.outgoing.models import WebhookCall, WebhookEndpoint
from tests.house import furniture
from tests.house.furniture import SECOND_FACTOR, Furniture
from tests.world import Tenant


def people(put: Any, session: Any, house: Furniture) -> None:
    email = f"{furniture.MARK.lower()}@foothill.example"
    put(
        "contact",
        Contact(
            first_name=furniture.MARK,
            last_name="Raman",
            email=email,
            email_key=email,
            email_hash=secrets.keyed_hash(email),
            phone="+13035550164",
            phone_hash=secrets.keyed_hash("+13035550164"),
        ),
    )
    put(
        "other_contact",
        Contact(
            first_name=f"{furniture.MARK} Two",
            phone="+13035550165",
            phone_hash=secrets.keyed_hash("+13035550165"),
        ),
    )
    fresh = f"{furniture.MARK.lower()}.fresh@foothill.example"
    put(
        "fresh_contact",
        Contact(
            first_name=f"{furniture.MARK} Fresh",
            email=fresh,
            email_key=fresh,
            email_hash=secrets.keyed_hash(fresh),
        ),
    )
    put("tag", Tag(name=f"{furniture.MARK} tag"))
    session.add(ContactTag(contact_id=house.contact, tag_id=house.tag))
    rule = {"match": "all", "rules": [{"ask": "tag", "tag": f"{furniture.MARK} tag"}]}
    put(
        "segment",
        Segment(name=f"{furniture.MARK} segment", name_key=f"{furniture.MARK} segment".lower(), rule=rule),
    )
    put(
        "archived_segment",
        Segment(
            name=f"{furniture.MARK} old",
            name_key=f"{furniture.MARK} old".lower(),
            rule=rule,
            archived_at=clock.now(),
        ),
    )
    put(
        "suppression",
        Suppression(
            medium="email",
            address_hash=b"s" * 32,
            address=f"no@{furniture.MARK.lower()}.example",
            reason="by_hand",
        ),
    )
    for name, state in (
        ("contact_import", "uploaded"),
        ("running_import", "running"),
        ("failed_import", "failed"),
    ):
        put(name, _list(state))
    session.add(
        ImportRefusal(
            import_id=house.failed_import, line=2, column="E-mail", value=furniture.MARK, reason="bad"
        )
    )


def verifications(put: Any, session: Any, house: Furniture) -> None:
    for name, state in (("verification", "done"), ("running_verification", "running")):
        put(
            name,
            EmailVerification(
                subject=f"{furniture.MARK} people", state=state, total=1, finished_at=clock.now()
            ),
        )
    session.add(EmailCheck(contact_id=house.fresh_contact, verification_id=house.running_verification))
    session.add(
        EmailCheck(
            contact_id=house.contact,
            email_hash=secrets.keyed_hash(f"{furniture.MARK.lower()}@foothill.example"),
            status="risky",
            reasons=["role"],
            checked_at=clock.now(),
        )
    )
    session.add(MailDomain(domain="foothill.example", standing="accepts", looked_up_at=clock.now()))
    put(
        "address_rule",
        AddressRule(kind="disposable", value=f"{furniture.MARK.lower()}.example", is_listed=True),
    )


def _list(state: str) -> ContactImport:
    row = uploads.receive(
        BytesIO(f"Name,Email\n{furniture.MARK} Raman,{furniture.MARK}@list.example\n".encode()),
        f"{furniture.MARK}.csv",
        "US",
    )
    row.state = state
    return row


def trust(put: Any, session: Any, tenant: Tenant) -> None:
    """How the admin signs in, and an archive."""
    admin = session.get_one(User, tenant.admin.id)
    aad = secrets.associated_data("user_account.sealed_second_factor", UUID(int=0), admin.id)
    admin.sealed_second_factor = secrets.seal(SECOND_FACTOR, aad)
    session.get_one(User, tenant.member.id).second_factor_since = clock.now()
    place = {"came_from": "203.0.113.7", "browser": f"{furniture.MARK} browser"}
    put("other_session", UserSession(user_id=admin.id, way="password", **place))
    session.add(
        VendorAccount(
            vendor="google", subject=str(tenant.id), user_id=admin.id, email=f"{furniture.MARK}@acme.example"
        )
    )
    kept = storage.store(BytesIO(b"PK"), limit=10)
    done = {"state": "done", "file_key": kept.key, "size": 2, "table_name": "-"}
    put(
        "export",
        OrganizationExport(
            asked_by_id=admin.id, finished_at=clock.now(), ends_at=clock.now() + timedelta(days=7), **done
        ),
    )


def of_programs(put: Any, session: Any, house: Furniture, admin_id: UUID) -> None:
    """A token, an answer that was kept, and addresses that are told of facts."""
    put(
        "api_token",
        ApiToken(
            user_id=admin_id, kind="token", name=f"{furniture.MARK} program", token_hash=house.contact.bytes * 2,
            scopes=["contacts.read"],
        ),
    )  # fmt: skip
    answer_id = uuid7()
    aad = secrets.associated_data("api_answer.sealed_answer", current_organization_id(), answer_id)
    session.add(
        ApiAnswer(
            id=answer_id,
            caller_id=admin_id,
            key=furniture.MARK,
            asked=b"",
            status=200,
            sealed_answer=secrets.seal(b"{}", aad),
        )
    )
    host = f"{furniture.MARK.lower()}.example"
    told = {
        "name": f"{furniture.MARK} CRM",
        "url": f"https://{host}/facts",
        "host": f"{host}:443",
        "events": ["message.sent"],
    }
    put("webhook_endpoint", WebhookEndpoint(**told))
    put(
        "closed_endpoint",
        WebhookEndpoint(**told, is_on=False, problem=furniture.MARK, turned_off_at=clock.now()),
    )
    fact = {
        "host": f"{host}:443",
        "url": told["url"],
        "body": f'{{"x": "{furniture.MARK}"}}',
        "is_awaited": False,
    }
    put(
        "endpoint_call",
        WebhookCall(
            **fact, endpoint_id=house.webhook_endpoint, event_id=uuid7(), contact_id=house.contact, state="failed",
            tries_left=0, attempts=1, give_up_at=clock.now(), ended_at=clock.now(), problem=furniture.MARK,
        ),
    )  # fmt: skip
