"""`/o/<token>` and `/c/<token>`: in front of the application, without session, form or template.

A GET or HEAD is kept first and answered then. What is no tracked link goes on to the application; under a tracking domain
only what mail leads to does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from loumass.channels.tracking_checking import CHALLENGE, answer_to
from loumass.channels.tracking_hosts import TrackingHosts
from loumass.content.linking import leads_to
from loumass.core import clock
from loumass.messages import tracking_tokens
from loumass.messages.hit_models import PIXEL
from loumass.messages.hit_networks import origin
from loumass.messages.hits_keeping import Keeper, NewHit
from loumass.messages.tracking_tokens import CLICK, OPEN, TrackingToken

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

#: One transparent dot.
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_PATH_LENGTH = len(OPEN) + 43
#: As few as will do: the server looks at each of them, for each hit.
_NOT_KEPT = ("Cache-Control", "no-store, private")
_UNLISTED = ("X-Robots-Tag", "noindex")
_GIF_HEADERS = [("Content-Type", "image/gif"), ("Content-Length", str(len(GIF))), _NOT_KEPT]
_ALWAYS = [_NOT_KEPT, _UNLISTED, ("X-Content-Type-Options", "nosniff")]
_PREFETCH = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
_LONGEST_AGENT = 300
#: What a URL may hold as it is (RFC 3986); anything else is percent-encoded.
_URL = "%:/?#[]@!$&'()*+,;=~"
_MOST_ADDRESSES = 20_000
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><h1>{title}</h1><p>{words}</p></html>"
)


class HitsDoor:
    """The application with the way in for hits before it. `proxy_hops` as in Settings; under a tracking domain only paths
    that begin with one of `served` go on."""

    def __init__(
        self, application: Application, hosts: TrackingHosts, *, proxy_hops: int, served: Sequence[str]
    ) -> None:
        self._application, self._hosts, self._hops = application, hosts, proxy_hops
        self._served = tuple(served)
        self._keeper = Keeper()
        #: Links that are the same for everybody: they lead on also while the database is away.
        self._addresses: dict[tuple[int, int], str] = {}

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path[:3] in (OPEN, CLICK):
            return self._hit(environ, start, path)
        if path.startswith(CHALLENGE):
            return _plain(start, answer_to(self._host(environ), path.removeprefix(CHALLENGE)))
        if self._hosts.has(self._host(environ)) and not path.startswith(self._served):
            return _page(
                start, "404 Not Found", "There is nothing here", "This name is used for links in mail."
            )
        return self._application(environ, start)

    def forget(self) -> None:
        """Believe nothing of before: another installation's rows may stand in the database now."""
        self._addresses.clear()
        self._hosts.forget()
        self._keeper.forget()

    def _hit(self, environ: Environ, start: Start, path: str) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _page(
                start, "405 Method Not Allowed", "Not like this", "A link is opened, nothing is sent to it."
            )
        read = tracking_tokens.read(path[3:]) if len(path) == _PATH_LENGTH else None
        if read is None or not tracking_tokens.is_of(path[:3], read.link):
            return _page(start, "404 Not Found", "This link is not complete", "Open it from the mail again.")
        if read.link == PIXEL:
            self._keeper.keep(self._new(environ, read, is_asked=False))
            start("200 OK", _GIF_HEADERS)
            return () if method == "HEAD" else (GIF,)
        return self._followed(environ, start, read)

    def _followed(self, environ: Environ, start: Start, read: TrackingToken) -> Iterable[bytes]:
        """To where the link leads. That it could not be kept stops nobody."""
        place = read.organization_number, read.link
        target = self._addresses.get(place)
        is_kept, address = self._keeper.keep(self._new(environ, read, is_asked=target is None))
        if target is None and not is_kept:
            return _page(
                start, "503 Service Unavailable", "One moment", "This link works again in a minute. Try it then.",
                [("Retry-After", "30")],
            )  # fmt: skip
        if address is not None:
            target = leads_to(address.href, address.values)
            if target is not None and "{{" not in address.href:
                self._remember(place, target)
        if target is None:
            return _page(start, "410 Gone", "This link leads nowhere any more", "Ask whoever sent it to you.")
        start(
            "302 Found",
            [("Location", quote(target, safe=_URL)), ("Content-Length", "0"), _NOT_KEPT, _UNLISTED],
        )
        return ()

    def _remember(self, place: tuple[int, int], target: str) -> None:
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._addresses.clear()
        self._addresses[place] = target

    def _new(self, environ: Environ, read: TrackingToken, *, is_asked: bool) -> NewHit:
        ip_hash, network = origin(self._address(environ))
        agent = environ.get("HTTP_USER_AGENT", "")[:_LONGEST_AGENT]
        return NewHit(
            read.organization_number, read.message_id, read.link, clock.now(), environ["REQUEST_METHOD"] == "HEAD",
            any("pre" in environ.get(name, "") for name in _PREFETCH), ip_hash, network,
            agent if agent.isprintable() else "".join(filter(str.isprintable, agent)), is_asked,
        )  # fmt: skip

    def _address(self, environ: Environ) -> str:
        return self._forwarded(environ, "HTTP_X_FORWARDED_FOR") or environ.get("REMOTE_ADDR", "")

    def _host(self, environ: Environ) -> str:
        host = self._forwarded(environ, "HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST", "")
        name, _, port = host.rpartition(":")
        return (name if name and port.isdigit() else host).lower().rstrip(".")

    def _forwarded(self, environ: Environ, name: str) -> str:
        """What the last proxy that we know says; as werkzeug's ProxyFix, which stands behind this door."""
        values = environ.get(name, "").split(",") if self._hops else []
        return values[-self._hops].strip() if len(values) >= self._hops > 0 else ""


def _plain(start: Start, words: str | None) -> Iterable[bytes]:
    body = (words or "").encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *_ALWAYS]
    start("200 OK" if words else "404 Not Found", headers)
    return (body,)


def _page(
    start: Start, status: str, title: str, words: str, more: Sequence[tuple[str, str]] = ()
) -> Iterable[bytes]:
    body = _PAGE.format(title=title, words=words).encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start(status, [*headers, ("Content-Security-Policy", "default-src 'none'"), *_ALWAYS, *more])
    return (body,)
