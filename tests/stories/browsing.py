"""A browser without a window: pages are fetched, their own forms filled in by field name and sent.

A field that the page does not have, a choice that it does not offer and an answer that is an error
each fail the test: what cannot be done by hand on the page cannot be done here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import html

Value = str | Sequence[str]
#: name, content, content type
File = tuple[str, bytes, str]
_WORKED = (200, 201, 204)


@dataclass(frozen=True)
class Answer:
    """What a server said, redirects followed."""

    status: int
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Carrier(Protocol):
    """Whoever carries requests to the application and keeps cookies."""

    def fetch(
        self,
        method: str,
        url: str,
        fields: Sequence[tuple[str, str]] = (),
        files: Mapping[str, Sequence[File]] | None = None,
    ) -> Answer: ...


class FlaskCarrier:
    """Carries to the application in this process."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def fetch(
        self,
        method: str,
        url: str,
        fields: Sequence[tuple[str, str]] = (),
        files: Mapping[str, Sequence[File]] | None = None,
    ) -> Answer:
        """The answer at the end of all redirects."""
        form: dict[str, list[Any]] = {}
        for name, value in fields:
            form.setdefault(name, []).append(value)
        for name, several in (files or {}).items():
            form[name] = [(io.BytesIO(content), called, kind) for called, content, kind in several]
        sent: dict[str, Any] = {"query_string": form} if method == "GET" and form else {"data": form or None}
        multipart = {"content_type": "multipart/form-data"} if files else {}
        answer = self.client.open(url, method=method, follow_redirects=True, **sent, **multipart)
        return Answer(
            answer.status_code, answer.request.full_path.rstrip("?"), answer.data, dict(answer.headers)
        )


class Page:
    """A page as it came, and what can be done on it."""

    def __init__(self, browser: Browser, answer: Answer) -> None:
        self.browser, self.answer = browser, answer
        self.status, self.url = answer.status, answer.url
        self.tree = html.document_fromstring(answer.body or b"<p></p>")

    @property
    def text(self) -> str:
        """What a reader sees, blanks made single."""
        return _words(_body(self.tree))

    @property
    def title(self) -> str:
        """The page's one heading."""
        found = self.tree.xpath("//h1")
        return _words(found[0]) if found else ""

    @property
    def path(self) -> str:
        """Where it stands, without the query."""
        return urlsplit(self.url).path

    def links(self, part: str) -> list[str]:
        """Addresses of links whose address holds `part`, in order, each once."""
        return list(dict.fromkeys(one for one in self.tree.xpath("//a/@href") if part in one))

    def addresses(self) -> list[str]:
        """Every address of this house that the page points to and that may be fetched, without its anchor."""
        found = self.tree.xpath(
            # What waits for news of what somebody types has nothing to show before.
            "//a/@href | //*[not(starts-with(@hx-trigger, 'words-kept'))]/@hx-get | //iframe/@src | //img/@src | //link/@href | //script/@src"
        )
        whole = (urldefrag(urljoin(self.url, str(one))).url for one in found)
        return list(
            dict.fromkeys(one for one in whole if one.startswith("/") and not one.startswith("/live"))
        )

    def follow(self, words: str) -> Page:
        """The page behind the link that says `words`."""
        found = [
            link
            for link in self.tree.xpath("//a[@href]")
            if _words(link) == words or link.get("aria-label") == words
        ]
        assert found, (
            f"{self.url} has no link {words!r}; there are {[_words(link) for link in self.tree.xpath('//a[@href]')]}"
        )
        return self.browser.get(urljoin(self.url, found[0].get("href")))

    def form(self, action: str = "", *, button: str = "") -> Form:
        """The form that goes to an address that ends like `action`, or has a button that says `button`."""
        found = [Form(self, form) for form in self.tree.xpath("//form")]
        fit = [form for form in found if form.fits(action, button)]
        assert fit, (
            f"{self.url} has no form for {action or button!r}; there are {[(form.action, form.buttons()) for form in found]}"
        )
        return fit[0]

    def send(
        self, _action: str = "", _button: str = "", _expect: int | None = None, /, **values: Any
    ) -> Page:
        """Fill in and send the form that fits."""
        return self.form(_action, button=_button).send(button=_button, expect=_expect, **values)


class Form:
    """A form of a page with the values that it came with."""

    def __init__(self, page: Page, element: Any) -> None:
        self.page, self.element = page, element
        self.method = (element.get("method") or "get").upper()
        self.action = urljoin(page.url, element.get("action") or page.url)

    def fits(self, action: str, button: str) -> bool:
        """Whether it goes there (by its own or by a button's address) and has such a button."""
        goes = {urlsplit(self.action).path, *(one.get("formaction") or "" for one in self._buttons())}
        is_there = not action or any(one.endswith(action) for one in goes)
        return is_there and (not button or button in self.buttons())

    def buttons(self) -> list[str]:
        """What its buttons say."""
        return [_label(one) for one in self._buttons()]

    def names(self) -> list[str]:
        """The names of its fields."""
        return list(dict.fromkeys(one.get("name") for one in self._controls() if one.get("name")))

    def value(self, name: str) -> str:
        """What stands in the field."""
        return next((value for one, value in self._filled() if one == name), "")

    def choices(self, name: str) -> dict[str, str]:
        """What a select, radio or checkbox offers: value -> words."""
        found: dict[str, str] = {}
        for control in self._named(name):
            if control.tag == "select":
                found |= {
                    option.get("value", _words(option)): _words(option) for option in control.iter("option")
                }
            elif control.get("type") in ("radio", "checkbox"):
                found[control.get("value", "on")] = _words(control.getparent())
        return found

    def choice(self, name: str, words: str) -> str:
        """The value of what a field offers under `words`."""
        found = [value for value, said in self.choices(name).items() if words in said]
        assert found, (
            f"{name} of {self.action} does not offer {words!r}, only {list(self.choices(name).values())}"
        )
        return found[0]

    def send(
        self,
        *,
        button: str = "",
        expect: int | None = None,
        files: Mapping[str, Sequence[File]] | None = None,
        **values: Any,
    ) -> Page:
        """Send it with `values` in place of what stood there; the page that came of it."""
        unknown = set(values) - set(self.names()) - set(self._outside())
        assert not unknown, f"{self.action} asks for no {sorted(unknown)}, only for {self.names()}"
        self._refuse_made_up(values)
        pressed = self._pressed(button)
        fields = [
            (name, value)
            for name, value in self._filled()
            if name not in values and name not in (files or {})
        ]
        for name, value in values.items():
            fields += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
        if pressed is not None and pressed.get("name"):
            fields.append((pressed.get("name"), pressed.get("value") or ""))
        action = (
            urljoin(self.page.url, pressed.get("formaction"))
            if pressed is not None and pressed.get("formaction")
            else self.action
        )
        return self.page.browser.ask(self.method, action, fields, files, expect=expect)

    def _refuse_made_up(self, values: Mapping[str, Value]) -> None:
        for name, value in values.items():
            offered = self.choices(name)
            if offered and not any(one.get("list") for one in self._named(name)):
                asked = [value] if isinstance(value, str) else list(value)
                made_up = [one for one in asked if one and one not in offered]
                assert not made_up, f"{name} of {self.action} does not offer {made_up}, only {offered}"

    def _pressed(self, button: str) -> Any:
        submits = [one for one in self._buttons() if (one.get("type") or "submit") == "submit"]
        if button:
            return next(one for one in submits if _label(one) == button)
        return submits[0] if submits else None

    def _filled(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for control in self._controls():
            found += _value_of(control)
        return found

    def _named(self, name: str) -> list[Any]:
        return [one for one in self._controls() if one.get("name") == name]

    def _outside(self) -> list[str]:
        return [one.get("name") for one in self._buttons() if one.get("name")]

    def _controls(self) -> list[Any]:
        return self._all("input", "select", "textarea")

    def _buttons(self) -> list[Any]:
        return [*self._all("button"), *(one for one in self._all("input") if one.get("type") == "submit")]

    def _all(self, *tags: str) -> list[Any]:
        inside = [one for one in self.element.iter(*tags) if not one.get("form")]
        by_id = self.element.get("id")
        outside = [
            one for tag in tags for one in self.page.tree.iter(tag) if by_id and one.get("form") == by_id
        ]
        return inside + outside


class Browser:
    """Somebody's browser."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier

    def get(self, url: str, *, expect: int | None = None) -> Page:
        """The page at `url`."""
        return self.ask("GET", url, expect=expect)

    def ask(
        self,
        method: str,
        url: str,
        fields: Sequence[tuple[str, str]] = (),
        files: Mapping[str, Sequence[File]] | None = None,
        *,
        expect: int | None = None,
    ) -> Page:
        """The page that `method` brings. Fails on an error unless just that one is expected."""
        page = Page(self, self.carrier.fetch(method, url, fields, files))
        wanted = (expect,) if expect else _WORKED
        assert page.status in wanted, (
            f"{method} {url} answered {page.status}: {page.title}: {page.text[:1500]}"
        )
        return page


def _value_of(control: Any) -> list[tuple[str, str]]:
    name = control.get("name")
    if not name or control.get("disabled") is not None:
        return []
    if control.tag == "textarea":
        return [(name, "".join(control.itertext()).removeprefix("\n"))]
    if control.tag == "select":
        return [(name, value) for value in _selected(control)]
    kind = control.get("type") or "text"
    if kind in ("submit", "button", "file", "reset", "image"):
        return []
    if kind in ("checkbox", "radio"):
        return [(name, control.get("value", "on"))] if control.get("checked") is not None else []
    return [(name, control.get("value") or "")]


def _selected(control: Any) -> list[str]:
    options = list(control.iter("option"))
    chosen = [option for option in options if option.get("selected") is not None]
    if not chosen and control.get("multiple") is None:
        chosen = options[:1]
    return [option.get("value", _words(option)) for option in chosen]


def _body(tree: Any) -> Any:
    found = tree.xpath("//body")
    return found[0] if found else tree


def _label(button: Any) -> str:
    return button.get("aria-label") or _words(button) or button.get("value") or ""


def _words(element: Any) -> str:
    texts = element.xpath(
        ".//text()[not(ancestor::script or ancestor::style or ancestor::kbd or ancestor::template)]"
    )
    return " ".join(" ".join(texts).split())
