"""A test call: the same request with invented people, at once and once, written down nowhere."""

from __future__ import annotations

from loumass.core.errors import Refused
from loumass.core.ids import uuid7
from loumass.outgoing.addresses import host_of
from loumass.outgoing.jobs import signed
from loumass.outgoing.keys import Opened, opened
from loumass.outgoing.sending import Answer, Request, send_all


def key_for(url: str, key_name: str) -> Opened:
    """The key that signs a call of `url`. Raises Refused where there is none, or it is for another host."""
    host = host_of(url)
    key = opened({key_name}).get(key_name)
    if key is None:
        raise Refused(f"There is no key called {key_name}.")
    if key.host and key.host != host:
        raise Refused(f"The key {key_name} is for {key.host} alone.")
    return key


def call_once(url: str, key: Opened, body: str) -> Answer:
    """What came of it. No transaction may be open."""
    raw = body.encode()
    headers = {**key.headers, **signed(f"test_{uuid7().hex}", raw, key.secrets)}
    [answer] = send_all([Request(url, raw, headers)])
    return answer
