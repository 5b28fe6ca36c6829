"""Sealed, hashed, signed."""

from __future__ import annotations

import string
from uuid import uuid4

import pytest

from loumass.config import Misconfigured, Settings
from loumass.core import secrets
from tests.conftest import KEY
from tests.world import World

pytestmark = pytest.mark.usefixtures("world")


def test_a_sealed_value_opens_only_for_its_own_row(world: World) -> None:
    mine = secrets.associated_data("channel.credentials", world.acme.id, uuid4())
    sealed = secrets.seal(b"hunter2", mine)
    assert b"hunter2" not in sealed
    assert secrets.unseal(sealed, mine) == b"hunter2"
    with pytest.raises(secrets.Unsealable):
        secrets.unseal(sealed, secrets.associated_data("channel.credentials", world.globex.id, uuid4()))


def test_a_changed_value_does_not_open() -> None:
    sealed = bytearray(secrets.seal(b"x", b"row"))
    sealed[-1] ^= 1
    with pytest.raises(secrets.Unsealable):
        secrets.unseal(bytes(sealed), b"row")


def test_rotation_keeps_the_old_key_readable(settings: Settings) -> None:
    sealed = secrets.seal(b"x", b"row")
    secrets.use(Settings.from_env(_env(SEALING_KEYS=f"new:{KEY[::-1].lstrip('=')}=,test:{KEY}")))
    assert secrets.unseal(sealed, b"row") == b"x"
    assert secrets.sealing_key_of(secrets.seal(b"x", b"row")) == "new"
    secrets.use(settings)


def test_a_link_token_cannot_be_forged() -> None:
    token = secrets.sign("unsubscribe", b"payload")
    assert secrets.verify("unsubscribe", token) == b"payload"
    assert secrets.verify("track", token) is None
    assert secrets.verify("unsubscribe", token[:-2] + "AA") is None
    assert secrets.verify("unsubscribe", "") is None
    assert secrets.verify("unsubscribe", "%%%") is None
    assert secrets.verify("unsubscribe", f"{token[:4]}.{token[4:]}") is None
    for last in set(string.ascii_letters + string.digits + "-_") - {token[-1]}:
        assert secrets.verify("unsubscribe", token[:-1] + last) is None


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SEALING_KEYS", "nonsense", "SEALING_KEYS"),
        ("HASH_KEY", "AAAA", "HASH_KEY"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("PUBLIC_URL", "http://plain.example", "https"),
        ("PUBLIC_URL", "", "PUBLIC_URL"),
        ("PORT", "eighty", "PORT"),
    ],
)
def test_production_refuses_to_start_without_real_settings(variable: str, value: str, word: str) -> None:
    with pytest.raises(Misconfigured, match=word):
        Settings.from_env(_env(ENVIRONMENT="production", **{variable: value}))


def _env(**changes: str) -> dict[str, str]:
    return {
        "DATABASE_URL": "postgres://localhost/x",
        "REDIS_URL": "redis://localhost",
        "SECRET_KEY": "a test installation signs with this",
        "SEALING_KEYS": f"test:{KEY}",
        "HASH_KEY": KEY,
        "PUBLIC_URL": "https://loumass.example",
    } | changes
