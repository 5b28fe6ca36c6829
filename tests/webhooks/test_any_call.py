"""Whatever is posted to the addresses of vendors: never a failure of ours, nothing lost, nothing doubled."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.deliveries.models import Delivery
from loumass.messages.models import Message
from loumass.webhooks.jobs import receive
from tests.channels.connected import twilio_number
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, form_call, json_call
from tests.providers.vendor import PUBLIC_URL
from tests.world import Tenant, World

SHARED = "/api/twilio/inbound-sms"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
#: One world for all examples: what one leaves behind is no trouble for the next.
at_random = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = [
    "AccountSid", "MessageSid", "SmsSid", "From", "To", "Body", "MessageStatus", "SmsStatus", "ErrorCode", "NumMedia",
    "MediaUrl0", "MediaContentType0", "OptOutType", "ApiVersion",
]  # fmt: skip
VALUES = some.one_of(
    some.text(max_size=30),
    some.sampled_from([
        "", "STOP", "received", "delivered", "undelivered", "failed", "²", "9" * 5000, "-1", "30005", "21610", "\x00",
        "\ud800", "SM\x00", ACCOUNT_SID, NUMBER, "+17205550164", "whatsapp:+17205550164", "HELP", "https://[::1",
        "x" * 3000, "1", "\\u0000",
    ]),
)  # fmt: skip
FIELDS = some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=10)


def path_of(channel: Channel) -> str:
    return f"/hooks/twilio/{channel.settings['hook_token']}"


def kept(tenant: Tenant, model: Any = Delivery) -> int:
    with tenant.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def understand(world: World, channel: Channel) -> None:
    with world.acme.acting() as session:
        receive.later(str(channel.id))
        session.commit()
    world.work()


def unsettled(world: World) -> list[str | None]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Delivery.problem).where(Delivery.state != "done")))


@pytest.fixture
def channel(world: World) -> Channel:
    return twilio_number(world.acme)


def test_any_bytes_at_any_address_are_refused_and_leave_nothing(world: World, channel: Channel) -> None:
    visitor = world.stranger()

    @at_random
    @given(
        body=some.one_of(some.binary(max_size=400), FIELDS.map(_encoded)),
        path=some.sampled_from(
            [path_of(channel), SHARED, "/hooks/twilio/made-up", "/hooks/%00/%00", "/hooks/smtp/x"]
        ),
        kind=some.sampled_from(
            [FORM, JSON, "multipart/form-data; boundary=x", "text/plain", "", "application/json\u00ff"]
        ),
        signature=some.sampled_from(["", "x", "AAAA", "\u00ff", None]),
        query=some.sampled_from(["", "?bodySHA256=x", "?%00", "?a=%ff&a=%00", "?" + "a" * 2000]),
    )
    def post(body: bytes, path: str, kind: str, signature: str | None, query: str) -> None:
        headers = {"Content-Type": kind} | (
            {"X-Twilio-Signature": signature} if signature is not None else {}
        )
        answer = visitor.post(path + query, data=body, headers=headers, base_url=PUBLIC_URL)
        assert answer.status_code in (403, 404)

    post()
    assert kept(world.acme) == 0


@pytest.mark.parametrize("token", ["%00", "a%00b", "%ED%A0%80", "%FF", "x" * 5000, "..%2f..", "%20"])
def test_impossible_tokens_are_not_there(world: World, token: str) -> None:
    assert world.stranger().post(f"/hooks/twilio/{token}", data=b"x").status_code == 404


@pytest.mark.parametrize("account", ["\x00", "AC\x00", "\ud800", "x" * 100_000])
@pytest.mark.parametrize("kind", [FORM, JSON])
def test_impossible_accounts_are_strangers(world: World, account: str, kind: str) -> None:
    fields = {"AccountSid": account, "To": account, "MessageSid": "SM1"}
    body = _encoded(fields) if kind == FORM else json.dumps(fields).encode()
    assert world.stranger().post(SHARED, data=body, headers={"Content-Type": kind}).status_code == 403


@pytest.mark.parametrize(("where", "is_json"), [("own", False), ("shared", True)])
def test_whatever_twilio_signs_is_kept_once_and_understood(
    world: World, channel: Channel, where: str, is_json: bool
) -> None:
    visitor, path = world.stranger(), path_of(channel) if where == "own" else SHARED

    @settings(at_random, max_examples=30)
    @given(fields=FIELDS)
    def post(fields: dict[str, str]) -> None:
        told = (
            {"AccountSid": ACCOUNT_SID, **fields} if where == "own" else {**fields, "AccountSid": ACCOUNT_SID}
        )
        before = kept(world.acme)
        for _ in range(2):
            assert _signed(visitor, path, told, is_json).status_code == 200
        assert kept(world.acme) - before in (0, 1)

    post()
    understand(world, channel)
    # A picture from nowhere is no picture of Twilio's; everything else was read at once.
    assert unsettled(world) == []
    texts = kept(world.acme, Message)
    with world.acme.acting() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.state, delivery.due_at = "pending", clock.now()
        session.commit()
    understand(world, channel)
    assert kept(world.acme, Message) == texts


@pytest.mark.parametrize("agent", ["\\u0000", 'a\\u0000"b', "\x7f", "\u00e9", "\\ud800", "x" * 8000])
def test_headers_that_look_like_escapes_lose_nothing(world: World, channel: Channel, agent: str) -> None:
    path = path_of(channel)
    headers, body = form_call(
        PUBLIC_URL + path, {"MessageSid": "SM1", "From": "+17205550164", "Body": "Hello"}
    )
    headers["User-Agent"] = agent
    assert world.stranger().post(path, data=body, headers=headers, base_url=PUBLIC_URL).status_code == 200
    with world.acme.acting() as session:
        assert session.scalars(select(Delivery)).one().meta["headers"]["user-agent"] == agent


def _signed(visitor: Any, path: str, fields: dict[str, str], is_json: bool) -> Any:
    if is_json:
        url, headers, body = json_call(PUBLIC_URL + path, fields)
        return visitor.post(url.removeprefix(PUBLIC_URL), data=body, headers=headers, base_url=PUBLIC_URL)
    fields = {name: value.replace("\ud800", "") for name, value in fields.items()}
    headers, body = form_call(PUBLIC_URL + path, fields, token=AUTH_TOKEN)
    return visitor.post(path, data=body, headers=headers, base_url=PUBLIC_URL)


def _encoded(fields: dict[str, str]) -> bytes:
    return urlencode(fields, errors="surrogatepass", quote_via=quote).encode()
