"""Whatever is sent to what the public can reach, and whatever file is uploaded: an answer, never a failure of ours.

The addresses come from the URL map and the uploads from the source, so that a new one is tried by itself.
"""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, func, select

from loumass.accounts import resetting
from loumass.accounts.models import User
from loumass.contacts.models import Contact
from loumass.core.ids import uuid7
from loumass.core.tenancy import globally
from loumass.messages.unsubscribing_links import unsubscribe_url
from tests.contacts.workbooks import workbook
from tests.fakes.sounds import m4a, mp3, wav
from tests.house.attack_forms import FORMS
from tests.house.furnished import Furniture, furnish
from tests.house.url_map import bare_map, everything, is_other_name, ways_in
from tests.world import World

TESTS = Path(__file__).parents[1]
WAYS = [
    (rule.endpoint, method) for guard in ("public", "hook") for rule, method in ways_in(bare_map(), guard)
]
#: What may answer 503 when nothing is wrong with the request: no clock ticks in tests.
TELLS_OF_TROUBLE = {"health.health"}
#: What somebody outside may do: ask for an account, or for mail.
OPEN_TO_ALL = {"accounts.sign_up", "accounts.forgotten"}
at_random = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NASTY_WORDS = [
    "", "\x00", "a\x00b", "\ud800", "\ufeff", "\u202e", "9" * 400, "-1", "NaN", "../../etc/passwd", "%00", "%ff",
    "' OR 1=1 --", "<script>", "{{7*7}}", "a@b", "ada@acme.example", "x" * 5000, "\r\nSet-Cookie: a=b", "//evil.example",
]  # fmt: skip
NASTY = some.one_of(some.text(max_size=40), some.sampled_from(NASTY_WORDS))
KINDS = some.sampled_from(
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json",
     "text/plain; charset=nonsense", "", "\u00ff"]
)  # fmt: skip
FORM = "application/x-www-form-urlencoded"
METHODS = some.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
HEADERS = some.dictionaries(
    some.sampled_from(["Cookie", "Authorization", "X-Request-Id", "Referer", "HX-Request", "Range", "X-Forwarded-For", "Accept"]),
    some.text(some.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    max_size=3,
)  # fmt: skip


def mutated(draw: Callable[[Any], Any], good: bytes) -> bytes:
    """`good` with a few pieces cut, changed, doubled or put in; sometimes something else altogether."""
    if draw(some.integers(0, 9)) == 0:
        return draw(some.binary(max_size=600))
    body = bytearray(good)
    for _ in range(draw(some.integers(1, 4))):
        at, length = draw(some.integers(0, len(body))), draw(some.integers(0, 40))
        piece = bytes(body[at : at + length])
        put = draw(
            some.sampled_from(
                [b"", piece * 2, b"\x00", b'"', b"\xff\xfe", b"\n", b",,,,", draw(some.binary(max_size=8))]
            )
        )
        body[at : at + length] = put
    return bytes(body[: draw(some.sampled_from([len(body), len(body) // 2]))])


@pytest.fixture
def tokens(world: World, endpoint: str) -> list[str]:
    """Links that are really out there."""
    message_id = furnish(world.acme).message if endpoint.startswith("unsubscribing") else uuid7()
    with globally() as session:
        user = session.get_one(User, world.acme.member.id)
    number = world.acme.organization.number
    return [unsubscribe_url(number, message_id).rsplit("/", 1)[-1], resetting.reset_token(user), "made-up"]


@pytest.mark.parametrize(("endpoint", "method"), WAYS, ids=[f"{method} {one}" for one, method in WAYS])
def test_whatever_is_sent_to_a_public_address_is_answered(
    world: World, ledger: Engine, tokens: list[str], endpoint: str, method: str
) -> None:
    visitor = world.stranger()
    rules = [one for one in world.app.url_map.iter_rules(endpoint) if not is_other_name(one)]
    [rule] = [one for one in rules if method in (one.methods or ())]
    page = visitor.get(_address(str(rule), lambda _: tokens[0])).get_data(as_text=True)
    names = sorted({*re.findall(r'name="([\w.-]+)"', page), "email", "token", "next"})
    before = everything(ledger)
    for word in NASTY_WORDS:
        form = dict.fromkeys(names, word)
        address, sent = _address(str(rule), lambda _, word=word: word), _encoded(form)
        answer = visitor.open(f"{address}?{sent.decode()}", method=method, data=sent, content_type=FORM)
        assert answer.status_code < 500 or endpoint in TELLS_OF_TROUBLE, f"{word!r} everywhere"

    @at_random
    @given(data=some.data())
    def send(data: some.DataObject) -> None:
        draw = data.draw
        path = _address(str(rule), lambda _: draw(_like(tokens)))
        form = draw(some.dictionaries(some.sampled_from(names), NASTY, max_size=6))
        body = draw(some.sampled_from([_encoded(form), draw(some.binary(max_size=300))]))
        query = draw(
            some.sampled_from(["", "?" + _encoded(form).decode(), "?%00=%ff&next=//x", "?" + "a" * 3000])
        )
        answer = visitor.open(
            path + query, method=draw(some.sampled_from([method, method, draw(METHODS)])), data=body,
            headers=draw(HEADERS) | {"Content-Type": draw(KINDS)},
        )  # fmt: skip
        assert answer.status_code < 500 or endpoint in TELLS_OF_TROUBLE, answer.get_data(as_text=True)[:500]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    send()
    if endpoint not in OPEN_TO_ALL:
        assert everything(ledger) == before, "somebody outside changed something"


def _like(tokens: list[str]) -> some.SearchStrategy[str]:
    """A link's token with something wrong with it."""
    one = some.sampled_from(tokens)
    return some.one_of(
        some.tuples(one, some.integers(0, 30)).map(lambda cut: cut[0][: cut[1]]),
        some.tuples(one, some.characters()).map("".join),
        one.map(str.swapcase),
        NASTY,
    )


def _address(rule: str, value: Callable[[str], str]) -> str:
    """`rule` with something for each of its arguments."""
    return re.sub(
        r"<(?:\w+:)?(\w+)>",
        lambda found: quote(value(found[1]) or "x", safe="", errors="surrogatepass"),
        rule,
    )


def _encoded(form: dict[str, str]) -> bytes:
    return urlencode(form, errors="surrogatepass", quote_via=quote).encode()


#: Endpoint that takes a file -> what a good one holds, and what it is called.
UPLOADS: dict[str, list[tuple[bytes, str]]] = {
    "imports.create": [
        ((TESTS / "contacts" / "leads.csv").read_bytes(), "leads.csv"),
        (workbook([["Name", "Email"], ["Nadia", "nadia@lakeside.example"], [3.5, None]]), "leads.xlsx"),
    ],
    "suppression.add": [
        (b"Email\nno@more.example\nnever@more.example\n", "no.csv"),
        (workbook([["Email"], ["no@more.example"]]), "no.xlsx"),
    ],
    "funnels.take": [((TESTS / "funnels" / "no_show.csv").read_bytes(), "no_show.csv")],
    "content.create": [(mp3(7), "call.mp3"), (wav(7), "call.wav"), (m4a(7), "call.m4a")],
    "content.upload_picture": [((TESTS / "content" / "dot.png").read_bytes(), "dot.png")],
    "inbox.attach": [(b"%PDF-1.4 a brochure", "brochure.pdf"), (b"\x89PNG\r\n\x1a\n", "picture.png")],
}
#: Where the file goes, and what else is said, unless as everywhere.
FIELDS = {"inbox.attach": "files", "content.create": "recording_file", "content.upload_picture": "picture"}
VOICEMAIL: dict[str, Any] = {"name": "Call", "says": "recording"}
#: It hands its files to what reads those of `content.create`.
READ_ELSEWHERE = {"loumass.funnels.step_pages"}
FILE_NAMES = some.one_of(
    some.none(), some.text(max_size=20), some.sampled_from(["../../x.csv", "a\x00.csv", "x" * 400 + ".xlsx", ".csv", "CON"])
)  # fmt: skip


def test_every_view_that_takes_a_file_is_tried_below(world: World) -> None:
    views = {endpoint: inspect.unwrap(view) for endpoint, view in world.app.view_functions.items()}
    takes = {
        one
        for one in map(inspect.getmodule, views.values())
        if one and "request.files" in inspect.getsource(one) and one.__name__ not in READ_ELSEWHERE
    }
    assert takes == {inspect.getmodule(views[endpoint]) for endpoint in UPLOADS}


@pytest.mark.parametrize(
    ("endpoint", "nth"), [(endpoint, nth) for endpoint, files in UPLOADS.items() for nth in range(len(files))]
)
def test_whatever_file_is_uploaded_is_taken_or_refused_in_words(
    world: World, endpoint: str, nth: int
) -> None:
    house = furnish(world.acme)
    good, called = UPLOADS[endpoint][nth]
    [rule] = [one for one in world.app.url_map.iter_rules(endpoint) if "POST" in (one.methods or ())]
    is_voicemail = endpoint == "content.create"
    address = _address(str(rule), lambda _: "voicemail" if is_voicemail else str(house.conversation))
    assert _upload(world, house, endpoint, address, good, called).status_code in (200, 302, 303)

    @at_random
    @given(data=some.data())
    def send(data: some.DataObject) -> None:
        name = data.draw(FILE_NAMES) or called
        answer = _upload(world, house, endpoint, address, mutated(data.draw, good), name)
        page = answer.get_data(as_text=True)
        assert answer.status_code < 500, page[:800]
        if answer.status_code in (302, 303):
            assert world.acme.admin.get(answer.location).status_code < 500

    send()
    world.work()
    assert _people_of(world.globex.id, world) == 0


def _upload(world: World, house: Furniture, endpoint: str, address: str, content: bytes, name: str) -> Any:
    form = VOICEMAIL if endpoint == "content.create" else FORMS[endpoint](house)
    sent = form | {FIELDS.get(endpoint, "file"): (io.BytesIO(content), name)}
    return world.acme.admin.post(address, sent, content_type="multipart/form-data")


def _people_of(organization_id: UUID, world: World) -> int:
    tenant = world.globex if organization_id == world.globex.id else world.acme
    with tenant.acting() as session:
        return session.scalar(select(func.count()).select_from(Contact)) or 0
