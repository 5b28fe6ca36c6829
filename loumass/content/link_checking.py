"""Whether links answer: asked by a job through the guarded client, a few at a time; one answer for each link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin
from uuid import UUID

import httpx2
from sqlalchemy import delete, select, update

from loumass.content.models import LinkCheck
from loumass.core import clock, http
from loumass.core.database import db
from loumass.core.network import AddressRefused

MOST_LINKS = 50
#: So many by one run of the job: another waits its turn after that.
SLICE = 8
_HOPS = 5
_TIMEOUT = httpx2.Timeout(6.0, connect=4.0)
#: Some servers show pages to browsers alone.
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; LoumassLinkCheck/1.0)", "Accept": "text/html,*/*;q=0.5"}
_GONE = (404, 410)
_SHY = (401, 403, 405, 429, 451)


@dataclass(frozen=True, slots=True)
class Found:
    """`state` is `fine`, `odd` (look at it) or `broken`; `sentence` says why."""

    state: str
    sentence: str


def ask(place_id: UUID, addresses: Sequence[str]) -> None:
    """Write down which links of a place are to be looked at; the job does the rest."""
    db().execute(delete(LinkCheck).where(LinkCheck.place_id == place_id))
    db().add_all(
        LinkCheck(place_id=place_id, number=number, href=href)
        for number, href in enumerate(addresses[:MOST_LINKS], 1)
    )
    db().flush()


def checks_of(place_id: UUID) -> Sequence[LinkCheck]:
    """The links of a place as they were found, in the order of the text."""
    return (
        db().scalars(select(LinkCheck).where(LinkCheck.place_id == place_id).order_by(LinkCheck.number)).all()
    )


def waiting(place_id: UUID, most: int = SLICE) -> list[tuple[int, str]]:
    """Links that nobody has looked at yet: number and address."""
    found = select(LinkCheck.number, LinkCheck.href).where(
        LinkCheck.place_id == place_id, LinkCheck.state == "waiting"
    )
    return [(row[0], row[1]) for row in db().execute(found.order_by(LinkCheck.number).limit(most))]


def note(place_id: UUID, number: int, href: str, found: Found) -> None:
    """Write down what was found, unless other links stand there by now."""
    there = (LinkCheck.place_id == place_id) & (LinkCheck.number == number) & (LinkCheck.href == href)
    values = {"state": found.state, "sentence": found.sentence, "asked_at": clock.now()}
    db().execute(update(LinkCheck).where(there).values(**values))


def look(href: str) -> Found:
    """Ask one link: HEAD, and GET where that is refused; onward links are followed. For jobs, outside of transactions."""
    try:
        with http.client(timeout=_TIMEOUT, headers=_HEADERS) as client:
            return _followed(client, href)
    except AddressRefused:
        return Found("broken", "It leads into a private network. Your readers cannot follow it.")
    except httpx2.TimeoutException:
        return Found("odd", "It did not answer within 6 seconds. Try it yourself.")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as problem:
        return Found("broken", _unreachable(problem))


def _followed(client: httpx2.Client, href: str) -> Found:
    address = href
    for _ in range(_HOPS + 1):
        status, onward = _asked(client, address)
        if onward is None:
            return _judged(status, address if address != href else "")
        address = onward
    return Found("odd", f"It leads on more than {_HOPS} times. Link where it ends.")


def _asked(client: httpx2.Client, address: str) -> tuple[int, str | None]:
    """The status, and where it leads on."""
    status, location = _answer(client, "HEAD", address)
    if status >= 400:
        status, location = _answer(client, "GET", address)
    return status, urljoin(address, location) if location and 300 <= status < 400 else None


def _answer(client: httpx2.Client, method: str, address: str) -> tuple[int, str]:
    # The body is never read: whatever it is, its beginning told enough.
    with client.stream(method, address) as answer:
        return answer.status_code, answer.headers.get("location", "")


def _judged(status: int, ended_at: str) -> Found:
    if status in _GONE:
        return Found("broken", f"There is nothing ({status}). Correct the address, or take the link out.")
    if status in _SHY:
        return Found("odd", f"It does not let us look ({status}). Try it yourself.")
    if status >= 500:
        return Found("odd", f"Its server has trouble ({status}). Look again later.")
    if status >= 400:
        return Found("broken", f"It refuses ({status}). Correct the address.")
    return Found("fine", f"Answers. It leads on to {ended_at}." if ended_at else "Answers.")


def _unreachable(problem: Exception) -> str:
    told = str(problem)
    if "was not found" in told:
        return "There is no such name. Correct the address."
    if isinstance(problem, httpx2.InvalidURL | httpx2.UnsupportedProtocol | ValueError):
        return "This is no address that a browser can open. Correct it."
    return "Nobody answers there. Correct the address, or look again later."
