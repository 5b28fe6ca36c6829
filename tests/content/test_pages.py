"""The library's pages: writing in versions, refusals under their fields, previews, tests to oneself."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from loumass.contacts.models import ContactField
from loumass.content.freezing import contact_values, frozen_contact
from loumass.content.models import Content, ContentVersion
from loumass.content.vocabulary import NAMES
from loumass.core.tenancy import get_or_404
from tests.messages.sending import Postbox, handing_to, mailbox
from tests.world import Person, World

EMAIL = {
    "name": "Invitation",
    "subject": 'Dinner, {{contact.first_name|fallback:"friend"}}?',
    "text": "Hi {{contact.first_name}}",
}


def written(person: Person, **words: str) -> UUID:
    """An e-mail of the library; its id."""
    answer = person.post("/content/new/email", {**EMAIL, **words})
    assert answer.status_code == 302
    return UUID(answer.headers["Location"].rpartition("/")[2])


def shown(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def versions(world: World, content_id: UUID) -> list[ContentVersion]:
    with world.acme.acting() as session:
        return list(
            session.scalars(
                select(ContentVersion)
                .where(ContentVersion.content_id == content_id)
                .order_by(ContentVersion.number)
            )
        )


def test_an_empty_library_says_what_to_do(world: World) -> None:
    page = shown(world.acme.member.get("/content"))
    assert "What do you write to people?" in page
    assert "/content/new/email" in page


def test_every_save_is_a_version_and_none_ever_changes(world: World) -> None:
    content_id = written(world.acme.member)
    world.acme.member.post(f"/content/{content_id}", {**EMAIL, "subject": "Lunch?"})
    world.acme.member.post(
        f"/content/{content_id}", {**EMAIL, "subject": "Lunch?", "text": EMAIL["text"] + "\r\n"}
    )
    world.acme.member.post(
        f"/content/{content_id}", {**EMAIL, "subject": "Lunch?", "text": EMAIL["text"] + "\n"}
    )
    found = versions(world, content_id)
    assert [(one.number, one.subject, one.text) for one in found] == [
        (1, EMAIL["subject"], EMAIL["text"]), (2, "Lunch?", EMAIL["text"]), (3, "Lunch?", EMAIL["text"] + "\n"),
    ]  # fmt: skip
    assert found[0].created_by_id == world.acme.member.id
    with world.acme.acting() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(
            text("UPDATE content_version SET subject = 'x' WHERE organization_id = :id"),
            {"id": world.acme.id},
        )


def test_an_earlier_version_can_be_read_and_used_again(world: World) -> None:
    content_id = written(world.acme.member)
    world.acme.member.post(f"/content/{content_id}", {**EMAIL, "subject": "Lunch?"})
    assert "Dinner" in shown(world.acme.viewer.get(f"/content/{content_id}/versions/1"))
    world.acme.member.post(f"/content/{content_id}/versions/1/again")
    assert [one.subject for one in versions(world, content_id)] == [
        EMAIL["subject"],
        "Lunch?",
        EMAIL["subject"],
    ]
    assert world.acme.member.get(f"/content/{content_id}/versions/9").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (
            "subject",
            "Hi {{contact.frist_name}}",
            "There is no merge tag contact.frist_name. Did you mean contact.first_name?",
        ),
        (
            "text",
            "Hi\n\n {{first_name}}",
            "Line 3, column 2: There is no merge tag first_name. Did you mean contact.first_name?",
        ),
        ("html", "<p>{{contact.first_name</p>", "The braces of this merge tag do not match."),
        ("preheader", "{{contact.first_name|fallback:“x”}}", "The fallback has curly quotes."),
        ("subject", "", "Write a subject."),
        ("name", " ", "Give it a name"),
    ],
)
def test_what_cannot_be_sent_is_refused_under_its_field_and_kept(
    world: World, field: str, typed: str, said: str
) -> None:
    page = shown(world.acme.member.post("/content/new/email", {**EMAIL, field: typed}), 422)
    error = re.search(rf'id="{field}-error[0-9]*">.*?<span>(.*?)</span>', page, re.DOTALL)
    assert error is not None
    assert said in error[1].replace("&#39;", "'")
    assert EMAIL["text"] in page or field == "text"
    with world.acme.acting() as session:
        assert session.scalars(select(Content)).all() == []


def test_an_email_without_any_words_is_refused(world: World) -> None:
    assert "Write a text, or paste HTML" in shown(
        world.acme.member.post("/content/new/email", {**EMAIL, "text": " "}), 422
    )


def test_own_columns_may_be_merged_and_are_listed(world: World) -> None:
    with world.acme.acting() as session:
        session.add(ContactField(key="badge", label="Badge number"))
        session.commit()
    page = shown(world.acme.member.get("/content/new/email"))
    assert "{{contact.fields.badge}}" in page
    assert "Badge number" in page
    written(world.acme.member, text="{{contact.badge}} {{contact.fields.badge}}")
    assert (
        world.globex.member.post("/content/new/email", {**EMAIL, "text": "{{contact.badge}}"}).status_code
        == 422
    )


def test_the_library_can_be_searched_filtered_and_tidied(world: World) -> None:
    first = written(world.acme.member, name="Spring dinner")
    written(world.acme.member, name="100% off_road")
    world.acme.member.post("/content/new/sms", {"name": "Reminder", "text": "See you at 7"})
    assert "Reminder" in shown(world.acme.member.get("/content?medium=sms"))
    assert "Spring" not in shown(world.acme.member.get("/content?medium=sms"))
    assert "Spring dinner" not in shown(world.acme.member.get("/content?q=%25"))
    assert "Spring dinner" in shown(world.acme.member.get("/content?q=spring"))
    world.acme.member.post(f"/content/{first}/archive")
    assert "Spring dinner</a>" not in shown(world.acme.member.get("/content?q=spring"))
    assert "Spring dinner</a>" in shown(world.acme.member.get("/content?show=archived"))
    world.acme.member.post(f"/content/{first}/restore")
    assert "Spring dinner" in shown(world.acme.member.get("/content"))


def test_segments_are_counted_while_typing(world: World) -> None:
    count = lambda typed: shown(world.acme.member.post("/content/segments", {"text": typed}))  # noqa: E731
    assert "1 segment, 5 characters (GSM-7), 155 left in it" in count("Hello")
    assert "2 segments, 161 characters" in count("a" * 161)
    assert "halve the room: “ ”" in count("“Hello”")
    assert "2 segments" in shown(
        world.acme.member.post("/content/new/sms", {"name": "", "text": "a" * 161}), 422
    )
    # A merge tag counts as what stands there, not as its name and its braces.
    assert "1 segment, 6 characters (GSM-7)" in count("Hi {{contact.first_name}}")
    assert "1 segment, 12 characters" in count("{{zzz} €")


def test_a_text_is_counted_as_the_chosen_person_gets_it(world: World) -> None:
    world.acme.contact("Łukasz Nowak")
    typed = {"text": "Hi {{contact.first_name}}", "preview_as": "nowak"}
    page = shown(world.acme.member.post("/content/segments", typed))
    assert "1 segment, 9 characters (UCS-2), 61 left in it, as Łukasz Nowak would get it." in page
    assert "halve the room: Ł" in page


def preview(world: World, medium: str = "email", **words: str) -> Any:
    return world.acme.member.post(f"/content/preview/{medium}", {**EMAIL, **words})


def test_a_preview_shows_unsaved_words_as_a_real_person_reads_them(world: World) -> None:
    world.acme.contact("Priya Raman", company="Foothill")
    typed = {
        "html": "<p>Hi {{contact.first_name}} of {{contact.company}}, {{contact.city}}</p><script>x</script>"
    }
    page = shown(preview(world, **typed, preview_as="priya r"))
    assert "Dinner, Priya?" in page
    assert "Hi Priya of Foothill" in page
    assert "Empty here: contact.city." in page
    assert "script" not in page
    assert "Hi Priya" in shown(preview(world, preview_as="priya@foothill.example"))
    assert "Hi Priya" in shown(preview(world, preview_as="Raman"))
    assert "Hi Ada" in shown(preview(world))
    assert versions(world, UUID(int=0)) == []


def test_the_saved_version_is_shown_before_anything_is_typed(world: World) -> None:
    content_id = written(world.acme.member)
    page = shown(world.acme.viewer.get(f"/content/{content_id}/preview"))
    assert "Dinner, Ada?" in page
    assert "1 Main Street, Acme City" in page


def test_a_preview_frame_runs_nothing_and_can_be_framed_only_here(world: World) -> None:
    answer = preview(world, html="<p>x</p>")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"preview_as": "nobody"}, "Nobody is called nobody."),
        ({"subject": "{{zzz"}, "Subject: The braces of this merge tag"),
        ({"text": "Hi\n{{contact.frist_name}}"}, "Text: Line 2, column 1: There is no merge tag"),
        ({"html": "{{contact.frist_name}}"}, "Did you mean contact.first_name?"),
    ],
)
def test_a_preview_that_cannot_be_says_why(world: World, words: dict[str, str], said: str) -> None:
    assert said in shown(preview(world, **words))


def test_a_text_preview_counts_what_this_person_costs(world: World) -> None:
    world.acme.contact("Łukasz Nowak")
    page = shown(
        world.acme.member.post(
            "/content/preview/sms", {"text": "Hi {{contact.first_name}}", "preview_as": "Łukasz"}
        )
    )
    assert "Hi Łukasz" in page
    assert "1 segment, 9 characters (UCS-2), 61 left in it: Ł" in page


def test_a_test_comes_to_oneself_with_everything_in_it(world: World) -> None:
    mailbox(world.acme)
    world.acme.contact("Priya Raman")
    content_id = written(world.acme.member, html="<p>Hi {{contact.first_name}}</p>")
    postbox = Postbox()
    with handing_to(postbox):
        page = shown(
            world.acme.member.post(f"/content/{content_id}/test", {"test_as": "Priya"}, follow_redirects=True)
        )
        world.work()
    assert "Version 1 is on its way to ben@acme.example." in page
    (sent,) = postbox.taken
    assert sent.to == "ben@acme.example"
    assert b"Subject: Dinner, Priya?" in sent.mime
    assert b"List-Unsubscribe: <https://loumass.example/u/" in sent.mime
    assert b"1 Main Street, Acme City" in sent.mime


@pytest.mark.parametrize(
    ("medium", "said"), [("email", "No mailbox is connected"), ("sms", "Your profile has no phone number")]
)
def test_a_test_that_cannot_go_says_why(world: World, medium: str, said: str) -> None:
    answer = world.acme.member.post(f"/content/new/{medium}", {**EMAIL})
    content_id = answer.headers["Location"].rpartition("/")[2]
    assert said in shown(world.acme.member.post(f"/content/{content_id}/test", follow_redirects=True))


def test_viewers_read_and_only_members_write(world: World) -> None:
    content_id = written(world.acme.member)
    page = shown(world.acme.viewer.get(f"/content/{content_id}"))
    assert "Send me a test" not in page
    for path in ("new/email", f"{content_id}", f"{content_id}/archive", f"{content_id}/test"):
        assert world.acme.viewer.post(f"/content/{path}", EMAIL).status_code == 403


def test_globex_finds_nothing_of_it(world: World) -> None:
    content_id = written(world.acme.member)
    assert "Invitation" not in shown(world.globex.member.get("/content"))
    for path in ("", "/versions/1", "/preview"):
        assert world.globex.member.get(f"/content/{content_id}{path}").status_code == 404
    for path in ("", "/archive", "/restore", "/versions/1/again", "/test"):
        assert world.globex.member.post(f"/content/{content_id}{path}", EMAIL).status_code == 404
    world.acme.contact("Priya Raman")
    answer = world.globex.member.post("/content/preview/email", {**EMAIL, "preview_as": "Priya"})
    assert "Nobody is called Priya" in shown(answer)
    with world.acme.acting():
        assert get_or_404(Content, content_id).version_number == 1


def test_an_unknown_medium_is_no_page(world: World) -> None:
    assert world.acme.member.get("/content/new/fax").status_code == 404
    assert world.acme.member.post("/content/preview/fax", {}).status_code == 404


def test_sql_and_python_freeze_the_same_values(world: World) -> None:
    fields = {
        "badge": "7",
        "vip": True,
        "seats": 3,
        "score": 1.5,
        "none": None,
        "list": ["ä", 1],
        "it's": "x:y",
    }
    priya = world.acme.contact(
        "Priya van der Raman", title="CEO", city="Denver", phone="+13035550164", fields=fields
    )
    bare = world.acme.contact("", email="bare@x.example")
    names = set(NAMES) | {f"contact.fields.{key}" for key in [*fields, "missing"]}
    frozen = frozen_contact(names)
    with world.acme.acting() as session:
        for contact in (priya, bare):
            found = session.execute(
                text(
                    f"SELECT {frozen.sql} FROM contact WHERE contact.organization_id = :o AND contact.id = :id"
                ),
                {"o": world.acme.id, "id": contact.id, **frozen.parameters},
            ).scalar_one()
            assert found == contact_values(contact, names)
