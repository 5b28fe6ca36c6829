"""How pages, inbox, API, hooks, tracking and live streams answer while a campaign sends, and how without it.

Six visitors at once and 50 open streams, as many seconds with the campaign as without, against the processes of the Procfile:
`value` is the p99 of their answers in ms while it sends, `limit` the p99 of the same mix before it began. No answer may be a
failure, no stream may lose its place or hear nothing of the campaign, and every call of the vendor, and every opening and click,
is there afterwards, once.
SIZE=<seconds>; 30 by default.
"""

from __future__ import annotations

import base64
import hmac
import itertools
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2
from sqlalchemy import select

from bench import seeding
from bench.inbox_seeding import furnish
from bench.installation import House, installed
from bench.listeners import Heard, listening
from bench.measuring import print_line, size
from bench.running import Browser, Running
from bench.sink import Sink
from bench.tracking import AGENT, tracking_requests
from loumass.accounts import tokens
from loumass.channels import service
from loumass.channels.connecting import Checked
from loumass.messages.models import Conversation
from loumass.providers.registry import provider_class

VISITORS, STREAMS, TALKS, PEOPLE = 6, 50, 300, 20_000
PATH = "/live?topic=inbox&topic=dashboard&event=message.sent"
#: A person reads between two clicks; a vendor's calls come as they come.
READS_SECONDS = (0.05, 0.35)
SECONDS = 30
TOKEN, NUMBER, ACCOUNT = "not-a-real-token-0123456789abcdef", "+13035550142", "AC" + "0" * 31 + "1"
_numbers, _hits = itertools.count(), itertools.count()
#: What the visitors of a link get is the way to where it leads.
_RIGHT = {"tracking": (200, 302, 303, 307)}


@dataclass
class Seen:
    """Milliseconds of each answer by what was asked for, what went wrong, and how many calls a vendor made."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    calls: int = 0

    @property
    def p99(self) -> float:
        """Of all answers."""
        return statistics.quantiles([one for each in self.taken.values() for one in each], n=100)[-1]

    def medians(self) -> dict[str, float]:
        """Of each kind."""
        return {what: round(statistics.median(each), 1) for what, each in sorted(self.taken.items()) if each}


def main() -> None:
    """Prints one line. Raises AssertionError for any failure, and for a call that is lost or doubled."""
    seconds = size(SECONDS, SECONDS)
    with Sink() as sink, installed([f"127.0.0.1:{sink.port}"]) as house:
        furnish(house, TALKS)
        campaign_id, hook = _campaign(house, sink.port), _hook(house)
        house.analyze(*seeding.TABLES)
        with Running(house) as running:
            browser = running.browser(house.user.email)
            mix = _mix(house, browser, campaign_id, hook)
            _visited(mix, 3)
            with listening(STREAMS, running.port, PATH, browser.cookie) as streams:
                calm = _visited(mix, seconds)
                page = f"/campaigns/{campaign_id}"
                browser.send(f"{page}/launch", f"{page}/start")
                busy = _visited(mix, seconds)
                sent = sink.taken()
                heard = streams.heard(until=0, seconds=2)
            peak = running.largest_child_mib("web")
        _nothing_went_wrong(house, calm, busy, sent, heard)
        _print(calm, busy, sent, peak, seconds, min(heard.counts))


def _campaign(house: House, port: int) -> UUID:
    """Everybody is in it; it is ready to start."""
    channel = seeding.mailbox(house, port, daily_cap=2 * PEOPLE, address="campaigns@acme.example")
    campaign_id = seeding.campaign(house, channel, [("stage", {}), ("email_send", {}), ("end", {})])
    seeding.entered(house, campaign_id, seeding.people(house, PEOPLE))
    return campaign_id


def _hook(house: House) -> str:
    """The address that the vendor of a connected number calls."""
    provider: Any = provider_class("twilio", "sms")
    given = provider.Credentials.model_validate(
        {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER}
    )
    with house.acting() as session:
        channel = service.connect(
            provider,
            given,
            Checked(True, "It works.", {}, given),
            name=NUMBER,
            sender_name="Maya",
            owner_id=house.user.id,
        )
        session.commit()
        return f"/hooks/twilio/{channel.settings['hook_token']}"


def _mix(
    house: House, browser: Browser, campaign_id: UUID, hook: str
) -> list[tuple[str, int, Callable[[], httpx2.Response]]]:
    """What visitors do: its name, how often among the others, and the doing."""
    client = browser.client
    with house.acting() as session:
        talks = session.scalars(select(Conversation.id).order_by(Conversation.id).limit(50)).all()

    def page(path: str) -> Callable[[], httpx2.Response]:
        return lambda: client.get(path, follow_redirects=True)

    return [
        ("dashboard", 2, page("/")),
        ("inbox", 6, page("/inbox?view=everything")),
        ("conversation", 6, lambda: client.get(f"/inbox/{random.choice(talks)}", follow_redirects=True)),
        ("people", 3, page("/contacts")),
        ("campaign", 3, page(f"/campaigns/{campaign_id}")),
        ("hook", 6, lambda: _called(client, house, hook)),
        ("tracking", 6, _reader(house, browser)),
        ("api", 3, _program(house, browser)),
        ("health", 1, page("/health")),
        ("metrics", 1, page("/metrics")),
    ]


def _reader(house: House, browser: Browser) -> Callable[[], httpx2.Response]:
    """Somebody's mail program loads the picture, or they follow a link."""
    hits = itertools.cycle(tracking_requests(house))
    client = httpx2.Client(base_url=browser.client.base_url, headers={"User-Agent": AGENT}, trust_env=False)

    def reads() -> httpx2.Response:
        next(_hits)
        return client.get(next(hits))

    return reads


def _program(house: House, browser: Browser) -> Callable[[], httpx2.Response]:
    """A program of Maya's asks for people and conversations."""
    with house.acting() as session:
        _, secret = tokens.make(house.user.id, "admin", None, "CRM", ["contacts.read", "inbox.read"], None)
        session.commit()
    client = httpx2.Client(
        base_url=browser.client.base_url, headers={"Authorization": f"Bearer {secret}"}, trust_env=False
    )
    return lambda: client.get(f"/api/v1/{random.choice(('contacts', 'conversations'))}")


def _called(client: httpx2.Client, house: House, hook: str) -> httpx2.Response:
    """A text from somebody, signed as the vendor signs it."""
    number = next(_numbers)
    fields = {
        "AccountSid": ACCOUNT, "MessageSid": f"SM{number:032}", "From": f"+1720555{number % 10_000:04}", "To": NUMBER,
        "Body": f"Text {number}",
    }  # fmt: skip
    told = house.settings.public_url + hook + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), told.encode(), "sha1")).decode()
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    return client.post(
        hook, content=urlencode(fields).encode(), headers={"X-Twilio-Signature": signature, "Content-Type": kind}
    )  # fmt: skip


def _visited(mix: Sequence[tuple[str, int, Callable[[], httpx2.Response]]], seconds: float) -> Seen:
    """Everybody clicks until the time is up."""
    seen, ends_at = Seen({what: [] for what, _, _ in mix}), time.monotonic() + seconds
    visitors = [threading.Thread(target=_visit, args=(mix, ends_at, seen, n)) for n in range(VISITORS)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    seen.calls = len(seen.taken["hook"])
    return seen


def _visit(
    mix: Sequence[tuple[str, int, Callable[[], httpx2.Response]]], ends_at: float, seen: Seen, seed: int
) -> None:
    chance = random.Random(seed)
    while time.monotonic() < ends_at:
        [(what, _, ask)] = chance.choices(mix, [often for _, often, _ in mix])
        began = time.perf_counter()
        try:
            status = ask().status_code
        except httpx2.HTTPError as problem:
            status = type(problem).__name__
        seen.taken[what].append((time.perf_counter() - began) * 1000)
        if status not in _RIGHT.get(what, (200,)):
            seen.wrong.append(f"{what}: {status}")
        time.sleep(chance.uniform(*READS_SECONDS))


def _nothing_went_wrong(house: House, calm: Seen, busy: Seen, sent: int, heard: Heard) -> None:
    assert not calm.wrong, calm.wrong[:10]
    assert not busy.wrong, busy.wrong[:10]
    assert sent, "the campaign did not send"
    assert not heard.wrong, heard.wrong[:10]
    assert not heard.resets, f"{heard.resets} resets"
    assert min(heard.counts) > 0, "a stream heard nothing of what was sent"
    kept = house.count("SELECT count(*) FROM delivery WHERE organization_id = :organization_id")
    assert kept == next(_numbers), f"{kept} calls of the vendor are kept"
    read = house.count("SELECT count(*) FROM hit WHERE organization_id = :organization_id")
    assert read == next(_hits), f"{read} openings and clicks are kept"


def _print(calm: Seen, busy: Seen, sent: int, peak: float, seconds: int, told: int) -> None:
    asked = sum(map(len, busy.taken.values()))
    print_line(
        "load", busy.p99, "ms", calm.p99, calm.p99 / busy.p99, peak=peak, errors=len(busy.wrong), asked=asked,
        per_second=round(asked / seconds, 1), sent_meanwhile=sent, still_sending=sent < PEOPLE, streams=STREAMS, told_meanwhile=told,
        medians=busy.medians(), limit_medians=calm.medians(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
