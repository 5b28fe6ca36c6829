"""What DNS says of the domains that we send from, what it means, and what it keeps from starting."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight import findings_of
from loumass.channels.models import Channel
from loumass.core import resolving
from loumass.core.tenancy import get_or_404
from loumass.deliverability import bulk, jobs
from loumass.deliverability.known_senders import SERVICES, service_of
from loumass.deliverability.looking import Found, look
from loumass.deliverability.models import SendingDomain
from loumass.deliverability.verdicts import judge
from loumass.providers.gmail.client import Gmail
from tests.campaigns.cast import Run, drafted, send, step
from tests.channels.connected import connected
from tests.fakes.dns import FakeDns
from tests.world import World

DOMAIN = "acme.example"
GOOD_SPF, GOOD_DMARC = "v=spf1 include:_spf.google.com ~all", f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"
GOOGLE = (SERVICES[0],)


def key(bits: int = 2048) -> str:
    made = rsa.generate_private_key(65537, bits).public_key()
    encoded = base64.b64encode(made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return f"v=DKIM1; k=rsa; p={encoded}"


KEY = key()


@pytest.fixture
def names() -> Iterator[FakeDns]:
    """A DNS server that everybody asks."""
    with FakeDns() as server:
        resolving.use([server.address])
        yield server
    resolving.use(())


def publish(names: FakeDns) -> None:
    """Everything that a domain behind Google needs."""
    names.records.update({
        (DOMAIN, "TXT"): ["some-site-verification=1", GOOD_SPF],
        (DOMAIN, "MX"): ["1 smtp.google.com."],
        ("_spf.google.com", "TXT"): ["v=spf1 include:_netblocks.google.com ~all"],
        ("_netblocks.google.com", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ~all"],
        (f"google._domainkey.{DOMAIN}", "TXT"): [KEY],
        (f"_dmarc.{DOMAIN}", "TXT"): [GOOD_DMARC],
    })  # fmt: skip


def states(found: Found, services=GOOGLE) -> dict[str, str]:
    return {check.name: check.state for check in judge(found, services, ["google"])}


ALL_GOOD = Found(
    DOMAIN, mx=("1 smtp.google.com",), spf=(GOOD_SPF,), spf_lookups=2, keys={"google": KEY},
    dmarc=(GOOD_DMARC,), dmarc_at=DOMAIN,
)  # fmt: skip


def test_what_is_published_is_found_and_in_order(names: FakeDns) -> None:
    publish(names)
    found = look(DOMAIN, ["google", "default"])
    assert (found.spf, found.spf_lookups, list(found.keys)) == ((GOOD_SPF,), 2, ["google"])
    assert set(states(found).values()) == {"good"}


def test_a_subdomain_has_the_policy_of_the_domain_above(names: FakeDns) -> None:
    names.records[f"_dmarc.{DOMAIN}", "TXT"] = [f"{GOOD_DMARC}; sp=reject"]
    found = look(f"mail.{DOMAIN}", ["google"])
    assert found.dmarc_at == DOMAIN
    [dmarc] = [check for check in judge(found, (), ["google"]) if check.name == "DMARC"]
    assert dmarc.sentence == f"The policy is reject, and your mail matches it. It stands at {DOMAIN}."


def test_a_server_that_does_not_answer_proves_nothing(names: FakeDns) -> None:
    names.is_broken = True
    with pytest.raises(OSError, match="could not be looked up"):
        look(DOMAIN, ["google"])


@pytest.mark.parametrize(
    ("changed", "check", "state", "word"),
    [
        ({"spf": ()}, "SPF", "bad", "does not say who may send"),
        ({"spf": (GOOD_SPF, "v=spf1 -all")}, "SPF", "bad", "2 SPF records"),
        ({"spf": ("v=spf1 include:_spf.google.com +all",)}, "SPF", "bad", "whole world"),
        ({"spf": ("v=spf1 include:sendgrid.net ~all",)}, "SPF", "bad", "_spf.google.com"),
        ({"spf": ("v=spf1 include:_spf.google.com",)}, "SPF", "warning", "anybody else"),
        ({"spf_lookups": 11}, "SPF", "bad", "11 names"),
        ({"keys": {}}, "DKIM", "bad", "No key"),
        ({"keys": {"google": "v=DKIM1; p="}}, "DKIM", "bad", "revoked"),
        ({"keys": {"google": "v=DKIM1; p=nonsense"}}, "DKIM", "bad", "cannot be read"),
        ({"keys": {"google": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}}, "DKIM", "good", "google"),
        ({"dmarc": ()}, "DMARC", "bad", "no DMARC record"),
        ({"dmarc": (GOOD_DMARC, GOOD_DMARC)}, "DMARC", "bad", "2 DMARC records"),
        ({"dmarc": ("v=DMARC1; rua=mailto:x@y.example",)}, "DMARC", "bad", "names no policy"),
        ({"dmarc": ("v=DMARC1; p=none",)}, "DMARC", "warning", "nobody gets the reports"),
        ({"mx": ()}, "MX", "warning", "no server"),
        ({"mx": ("0 ",)}, "MX", "bad", "null MX"),
        ({"bounce_domain": "b.acme.example"}, "Bounces", "bad", "has none"),
        ({"bounce_domain": "b.acme.example", "bounce_spf": (GOOD_SPF,)}, "Bounces", "good", "where bounces go"),
        ({"bounce_domain": "b.acme.example", "dmarc": (f"{GOOD_DMARC}; aspf=s; adkim=s",)}, "DMARC", "bad", "exact match"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_what_to_do(
    changed: dict[str, object], check: str, state: str, word: str
) -> None:
    [found] = [one for one in judge(replace(ALL_GOOD, **changed), GOOGLE, ["google"]) if one.name == check]
    assert (found.state, word in found.sentence) == (state, True), found.sentence
    assert found.state == "good" or found.remedy


def test_what_to_publish_can_be_copied() -> None:
    [spf, dkim, dmarc, _] = judge(Found(DOMAIN), GOOGLE, ["google"])
    assert spf.records[0].value == "v=spf1 include:_spf.google.com ~all"
    assert dkim.records[0].name == f"google._domainkey.{DOMAIN}"
    assert (dmarc.records[0].name, dmarc.records[0].value[:16]) == (f"_dmarc.{DOMAIN}", "v=DMARC1; p=none")
    assert service_of("smtp.gmail.com") is SERVICES[0]
    assert service_of("notgmail.com") is None
    assert service_of(Gmail.mail_server) is SERVICES[0]


def known(world: World) -> SendingDomain:
    with world.acme.acting() as session:
        return session.scalars(select(SendingDomain)).one()


def real_mailbox(world: World) -> Channel:
    return connected(
        world.acme, "smtp", "email", email="maya@acme.example", smtp_host="smtp.gmail.com", smtp_username="maya",
        smtp_password="secret",
    )  # fmt: skip


def test_a_domain_is_looked_up_daily_and_on_click_and_shown(world: World, names: FakeDns) -> None:
    real_mailbox(world)
    with world.acme.acting() as session:
        jobs.check_all.later()
        session.commit()
    world.work()
    domain = known(world)
    assert (domain.name, domain.state) == (DOMAIN, "bad")
    page = world.acme.admin.get(f"/deliverability/domains/{domain.id}").text
    assert "does not say who may send for it" in page
    assert "v=spf1 include:_spf.google.com ~all" in page
    publish(names)
    assert world.acme.admin.post(f"/deliverability/domains/{domain.id}/check").status_code == 303
    world.work()
    assert known(world).state == "good"
    assert "In order" in world.acme.viewer.get("/deliverability").text
    names.is_broken = True
    world.acme.admin.post(f"/deliverability/domains/{domain.id}/check")
    world.work()
    after = known(world)
    assert (after.state, "DNS did not answer" in after.problem) == ("good", True)
    assert (
        "What was found before stands below."
        in world.acme.viewer.get(f"/deliverability/domains/{domain.id}").text
    )


def test_a_selector_of_ones_own_is_looked_for(world: World, names: FakeDns) -> None:
    real_mailbox(world)
    with world.acme.acting() as session:
        jobs.check_all.later()
        session.commit()
    world.work()
    names.records[f"k9._domainkey.{DOMAIN}", "TXT"] = [KEY]
    at = f"/deliverability/domains/{known(world).id}/selectors"
    assert world.acme.admin.post(at, {"selectors": "no such!"}).status_code == 422
    assert world.acme.member.post(at, {"selectors": "k9"}).status_code == 403
    assert world.acme.admin.post(at, {"selectors": "K9"}).status_code == 303
    world.work()
    assert {one["name"]: one["state"] for one in known(world).checks}["DKIM"] == "good"
    assert (f"google._domainkey.{DOMAIN}", "TXT") not in names.asked[-12:]


def bulk_campaign(world: World) -> Run:
    run = drafted(world.acme, [send("hello"), step("done", "end")])
    with world.acme.acting() as session:
        channel = get_or_404(Channel, run.email.id)
        channel.provider, channel.state, channel.daily_cap = "smtp", "active", None
        session.commit()
    run.add(*world.acme.contacts([{"name": f"P{n} X", "email": f"p{n}@gmail.com"} for n in range(3)]))
    return run


def codes(world: World, run: Run) -> dict[str, str]:
    with world.acme.acting() as session:
        found = findings_of(session.get_one(Campaign, (world.acme.id, run.id)))
    return {one.code: one.severity for one in found}


def test_bulk_mail_does_not_start_from_a_domain_that_is_not_in_order(
    world: World, names: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bulk_campaign(world)
    assert "bulk" not in codes(world, run)
    monkeypatch.setattr(bulk, "_recipients", 3)
    assert codes(world, run)["bulk"] == "error"
    answer = world.acme.member.post(f"/campaigns/{run.id}/start", follow_redirects=True)
    assert "Gmail and Yahoo refuse that as it stands: the domain was never looked up" in answer.text
    at = f"/campaigns/{run.id}/override"
    assert world.acme.member.post(at, {"reason": "Customers"}).status_code == 403
    assert world.acme.admin.post(at, {"reason": "  "}).status_code == 422
    assert world.acme.admin.post(at, {"reason": "All of them are our own customers."}).status_code == 303
    assert codes(world, run)["bulk_overridden"] == "warning"
    world.acme.member.post(f"/campaigns/{run.id}/start")
    assert run.now().state == "running"
    assert run.now().override_by_id == world.acme.admin.id


def test_bulk_mail_starts_from_a_domain_that_is_in_order(
    world: World, names: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bulk_campaign(world)
    publish(names)
    monkeypatch.setattr(bulk, "_recipients", 3)
    with world.acme.acting() as session:
        jobs.check_all.later()
        session.commit()
    world.work()
    assert "bulk" not in codes(world, run)
    names.records[f"_dmarc.{DOMAIN}", "TXT"] = []
    names.records[DOMAIN, "TXT"] = [GOOD_SPF]
    with world.acme.acting() as session:
        jobs.check_all.later()
        session.commit()
    world.work()
    assert codes(world, run)["bulk"] == "error"
    monkeypatch.setattr(bulk, "_recipients", 5_000)
    assert codes(world, run)["domain"] == "warning"


def test_globex_sees_none_of_it(world: World, names: FakeDns) -> None:
    real_mailbox(world)
    with world.acme.acting() as session:
        jobs.check_all.later()
        session.commit()
    world.work()
    assert world.globex.admin.get(f"/deliverability/domains/{known(world).id}").status_code == 404
    assert DOMAIN not in world.globex.admin.get("/deliverability").text
