"""Signatures as the Standard Webhooks specification has them (standardwebhooks.com, version 1).

HMAC-SHA256 over `id.timestamp.body`, with the secret behind `whsec_` decoded from base64; several signatures are
separated by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from datetime import datetime

from loumass.core.errors import Refused

PREFIX = "whsec_"
_BYTES = 32
#: What the specification allows.
_FEWEST, _MOST = 24, 64


def new_secret() -> str:
    """A secret that nobody can guess."""
    return PREFIX + base64.b64encode(os.urandom(_BYTES)).decode()


def checked_secret(secret: str) -> str:
    """`secret` as it is kept. Raises Refused for what is no secret of the specification."""
    try:
        size = len(base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not _FEWEST <= size <= _MOST:
        raise Refused(
            f"A signing secret is {PREFIX} and base64 of {_FEWEST} to {_MOST} bytes. Leave it empty to have one made."
        )
    return PREFIX + secret.strip().removeprefix(PREFIX)


def signed_headers(call_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers that prove who sent `body`, and when."""
    stamp = str(int(at.timestamp()))
    signed = f"{call_id}.{stamp}.".encode() + body
    return {
        "Webhook-Id": call_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
