"""Adding a provider is one folder and one line of the registry: pages, sending and hooks find it by themselves."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

import loumass
from loumass.channels import connecting
from loumass.channels.models import Channel
from loumass.messages.models import Message
from loumass.providers import registry
from loumass.providers.base import Capability, HookRequest, OutgoingMessage, Provider, StoredItem
from loumass.providers.credentials import Credentials, asked
from loumass.providers.errors import Forged, Rejected, Sent
from loumass.providers.events import MessageArrived, ProviderEvent
from tests.messages.sending import message, queue, states
from tests.providers.vendor import PUBLIC_URL
from tests.world import World

PERSON = "+17205550164"
#: Who may know a vendor by its name: Twilio's address without token and the demo's sandbox (`smtp` is a scheme here).
#: The last has the addresses `/email-accounts/connect/<name>`, which programs know.
KNOW_NAMES = {
    "webhooks/hook_pages.py": "twilio", "seeding.py": "sandbox", "accounts/mail.py": "smtp",
    "channels/api/connecting.py": "outlook",
}  # fmt: skip


class PigeonCredentials(Credentials):
    loft: str = asked("Loft", "Where the pigeons live")
    whistle: SecretStr = asked("Whistle", "They come when it is blown")
    number: str = asked("Ring", "Like +13035550142")

    @property
    def address(self) -> str:
        return self.number


class Pigeon(Provider):
    """A whole provider: this is all that a new one has to bring."""

    kind, medium, Credentials = "pigeon", "sms", PigeonCredentials
    label, summary = "Pigeon post", "Texts by pigeon."
    capabilities = frozenset({Capability.HOOKS})
    flown: list[tuple[str, str]] = []  # noqa: RUF012  one sky for all pigeons
    credentials: PigeonCredentials

    def send(self, message: OutgoingMessage) -> Sent:
        if message.to.endswith("0000"):
            raise Rejected("No roof there.", "roofless")
        self.flown.append((message.to, message.text))
        return Sent(f"flight-{len(self.flown)}")

    def check(self) -> str:
        return f"The loft {self.credentials.loft} answers at {self.context.base_urls['pigeon']}."

    def verify(self, hook: HookRequest) -> None:
        if not hmac.compare_digest(hook.headers.get("x-feather", ""), feather(hook.body)):
            raise Forged("The feather is from another bird.")

    def identity(self, hook: HookRequest) -> str:
        return str(json.loads(hook.body)["flight"])

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        told = json.loads(item.body)
        return [
            MessageArrived(
                medium="sms", sender=told["from"], to=(), received_at=item.received_at, text=told["text"],
                reply_text=told["text"], provider_message_id=told["flight"],
            )
        ]  # fmt: skip


def feather(body: bytes) -> str:
    return hmac.digest(b"coo", body, hashlib.sha256).hex()


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of the registry."""
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, Pigeon))
    Pigeon.flown.clear()


def connect(world: World) -> Channel:
    form = {
        "loft": "North",
        "whistle": "tüüt",
        "number": "+13035550142",
        "channel_name": "",
        "sender_name": "",
    }
    answer = world.acme.admin.post("/channels/connect/pigeon/sms", form)
    assert answer.status_code == 302
    with world.acme.acting() as session:
        return session.scalars(select(Channel)).one()


@pytest.fixture
def channel(world: World) -> Iterator[Channel]:
    before = connecting.use_context(
        replace(connecting.context(), base_urls={"pigeon": "https://loft.example"})
    )
    yield connect(world)
    connecting.use_context(before or connecting.context())


def test_it_is_offered_asked_for_and_connected(world: World, channel: Channel) -> None:
    admin = world.acme.admin
    assert "Pigeon post" in admin.get("/channels/connect").text
    form = admin.get("/channels/connect/pigeon/sms").text
    assert "Loft" in form
    assert 'type="password"' in form
    page = admin.get(f"/channels/{channel.id}").text
    assert "Pigeon post" in page
    assert "/hooks/pigeon/" in page
    assert channel.state == "active"


def test_it_sends(world: World, channel: Channel) -> None:
    ok = world.acme.contact(phone=PERSON)
    roofless = world.acme.contact("Tom", "tom@okafor.example", phone="+17205550000")
    ids = queue(world.acme, channel, [ok, roofless], text="Coo")
    world.work()
    assert Pigeon.flown == [(PERSON, "Coo")]
    assert states(world.acme, ids) == ["sent", "failed"]
    assert message(world.acme, ids[0]).provider_message_id == "flight-1"


def test_it_is_heard(world: World, channel: Channel) -> None:
    path = f"/hooks/pigeon/{channel.settings['hook_token']}"
    body = json.dumps({"flight": "f1", "from": PERSON, "text": "Coo coo"}).encode()
    post: Any = world.stranger().post
    assert post(path, data=body, headers={"X-Feather": "x"}, base_url=PUBLIC_URL).status_code == 403
    for _ in range(2):
        answer = post(path, data=body, headers={"X-Feather": feather(body)}, base_url=PUBLIC_URL)
        assert answer.status_code == 200
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(Message.text).where(Message.direction == "in")).all() == ["Coo coo"]


def test_nothing_outside_the_folders_of_providers_knows_them_by_name() -> None:
    root = Path(loumass.__file__).parent
    kinds = {provider.kind for provider in registry.PROVIDERS}
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith("providers/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in kinds:
                found[name] = str(node.value)
    assert found == KNOW_NAMES
