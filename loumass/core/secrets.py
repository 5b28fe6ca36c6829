"""Sealing, hashing and signing.

Sealed values are AES-256-GCM: one byte key id length, key id, 12 bytes nonce, ciphertext. The
associated data binds a value to its row: `table.column|organization|row`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from loumass.config import Settings


class Unsealable(Exception):
    """The value was sealed for another row, with a key we no longer have, or was changed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's keys. `sealing[0]` seals; all of them unseal."""

    sealing: tuple[tuple[str, bytes], ...]
    hashing: bytes
    signing: bytes


_keys: Keys | None = None


def use(settings: Settings) -> None:
    """Take the keys of `settings` for this process."""
    global _keys  # noqa: PLW0603  one installation, one set of keys
    signing = hashlib.sha256(b"loumass links " + settings.secret_key.encode()).digest()
    _keys = Keys(settings.sealing_keys, settings.hash_key, signing)


def keys() -> Keys:
    """The keys in use. Raises RuntimeError before `use`."""
    if _keys is None:
        raise RuntimeError("core.secrets.use(settings) was not called")
    return _keys


def associated_data(column: str, organization_id: UUID, row_id: UUID) -> bytes:
    """What a sealed value is bound to; `column` is `table.column`."""
    return f"{column}|{organization_id}|{row_id}".encode()


def seal(plaintext: bytes, aad: bytes) -> bytes:
    """`plaintext` encrypted with the current key and bound to `aad`."""
    key_id, key = keys().sealing[0]
    nonce = os.urandom(12)
    prefix = bytes([len(key_id)]) + key_id.encode()
    return prefix + nonce + AESGCM(key).encrypt(nonce, plaintext, aad + prefix)


def unseal(sealed: bytes, aad: bytes) -> bytes:
    """The plaintext. Raises Unsealable."""
    length = 1 + sealed[0] if sealed else 0
    prefix, nonce, ciphertext = sealed[:length], sealed[length : length + 12], sealed[length + 12 :]
    key = dict(keys().sealing).get(prefix[1:].decode(errors="replace"))
    if key is None:
        raise Unsealable("The key that sealed this value is not among SEALING_KEYS.")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, aad + prefix)
    except (InvalidTag, ValueError) as problem:
        raise Unsealable("The value does not belong to this row or was changed.") from problem


def sealing_key_of(sealed: bytes) -> str:
    """The id of the key that sealed `sealed` (rotation re-seals those of old keys)."""
    return sealed[1 : 1 + sealed[0]].decode()


def keyed_hash(value: str) -> bytes:
    """32 bytes that stand for `value` and do not give it away."""
    return hmac.digest(keys().hashing, value.encode(), "sha256")


def mac(purpose: str, payload: bytes, length: int = 10) -> bytes:
    """`length` bytes that only this installation can make for `payload`."""
    return hmac.digest(keys().signing, purpose.encode() + b"\0" + payload, "sha256")[:length]


def sign(purpose: str, payload: bytes) -> str:
    """A short unforgeable token that carries `payload`, safe in a URL."""
    return base64.urlsafe_b64encode(payload + mac(purpose, payload)).rstrip(b"=").decode()


def verify(purpose: str, token: str) -> bytes | None:
    """The payload of a token made by `sign`, or None when it is not ours."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    payload, signature = raw[:-10], raw[-10:]
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        return None  # Decoding overlooks strange characters and the last one's spare bits: one token, one spelling.
    return payload if payload and hmac.compare_digest(mac(purpose, payload), signature) else None
