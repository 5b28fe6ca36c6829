"""Merge tags: what may be written, what is refused and how, and what a receiver reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loumass.content.composing import Draft, names_written
from loumass.content.marking import MergeTagsRefused, mark, names_in
from loumass.content.merge import (
    MergeText,
    compile_header,
    compile_text,
    html_text,
    one_line,
    unmarked,
)
from loumass.content.vocabulary import EXAMPLES, NAMES, Vocabulary

ACME = Vocabulary.of(["shoe_size", "Favourite colour"])


def compiled_html(source: str) -> MergeText:
    return unmarked(mark(source, ACME, is_html=True), html_text)


def refusal(source: str, *, is_html: bool = False) -> MergeTagsRefused:
    with pytest.raises(MergeTagsRefused) as caught:
        mark(source, ACME, is_html=is_html)
    return caught.value


def test_a_value_takes_the_place_of_its_tag():
    text = compile_text("Hi {{contact.first_name}} of {{ contact.company }}", ACME)
    assert text.render({"contact.first_name": "Ada", "contact.company": "Acme"}) == "Hi Ada of Acme"


@pytest.mark.parametrize("value", [None, "", "   ", "\n"])
def test_a_fallback_stands_where_the_value_is_missing_or_blank(value: str | None):
    text = compile_text('Hi {{contact.first_name|fallback:"there"}}', ACME)
    assert text.render({"contact.first_name": value}) == "Hi there"
    assert text.render({}) == "Hi there"


def test_without_a_fallback_a_missing_value_leaves_nothing():
    assert compile_text("Hi{{contact.first_name}}.", ACME).render({}) == "Hi."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{{contact.first_name|fallback:'you'}}", "you"),
        ('{{ contact.first_name | fallback : "you all" }}', "you all"),
        (r'{{contact.first_name|fallback:"the \"boss\""}}', 'the "boss"'),
        ('{{contact.first_name|fallback:"a }} b {{ c"}}', "a }} b {{ c"),
        ('{{contact.first_name|fallback:"it\'s"}}', "it's"),
        ('{{contact.first_name|fallback:""}}', ""),
    ],
)
def test_fallbacks_may_be_written_in_many_ways(written: str, said: str):
    assert compile_text(written, ACME).render({}) == said


def test_a_custom_field_is_reached_by_its_long_and_its_short_name():
    text = compile_text(
        "{{contact.fields.shoe_size}} {{contact.shoe_size}} {{contact.Favourite colour}}", ACME
    )
    assert text.names == {"contact.fields.shoe_size", "contact.fields.Favourite colour"}
    assert text.render({"contact.fields.shoe_size": "42"}) == "42 42 "


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("contact.frist_name", "contact.first_name"),
        ("first_name", "contact.first_name"),
        ("Contact.First_Name", "contact.first_name"),
        ("FirstName", "contact.first_name"),
        ("contact.firstname", "contact.first_name"),
        ("sender.mail", "sender.email"),
        ("organisation.name", "organization.name"),
        ("contact.shoesize", "contact.fields.shoe_size"),
        ("campaign.event", "campaign.event_name"),
    ],
)
def test_an_unknown_tag_is_refused_with_what_was_probably_meant(written: str, meant: str):
    assert f"There is no merge tag {written}. Did you mean {meant}?" in refusal(f"{{{{{written}}}}}").sentence


def test_a_tag_like_no_other_is_refused_without_a_guess():
    assert refusal("{{zzz}}").problems[0].sentence == "There is no merge tag zzz."


def test_another_organizations_field_is_unknown_here():
    mark("{{contact.fields.badge}}", Vocabulary.of(["badge"]))
    assert "no merge tag contact.fields.badge" in refusal("{{contact.fields.badge}}").sentence


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{{contact.first_name", "braces"),
        ("{{contact.first_name}", "braces"),
        ("{contact.first_name}", "braces"),
        ("{contact.first_name}}", "braces"),
        ("{{{contact.first_name}}}", "braces"),
        ("{{}}", "something else than a name"),
        ('{{"contact.first_name"}}', "something else than a name"),
        ("{{contact.first_name|fallback:“there”}}", "curly quotes"),
        ('{{contact.first_name|fallback:"there}}', "quotes around the fallback do not match"),
        ("{{contact.first_name|fallback:there}}", "quotes around the fallback do not match"),
        ('{{contact.first_name|default:"x"}}', "only a fallback"),
        ("{{contact.first_name|upper}}", "only a fallback"),
    ],
)
def test_a_tag_written_wrongly_is_named(written: str, complaint: str):
    assert complaint in refusal(written).sentence


def test_every_problem_is_named_with_its_line_and_column():
    found = refusal("Hi {{nobody}},\n\n  {{contact.first_name}} {{contact.frist_name}} {{")
    assert [(p.line, p.column) for p in found.problems] == [(1, 4), (3, 26), (3, 49)]
    assert found.sentence.startswith("Line 1, column 4: There is no merge tag nobody.")


def test_formatting_inside_a_tag_is_named_in_html():
    assert "without formatting" in refusal("{{contact.<b>first</b>_name}}", is_html=True).sentence


def test_braces_of_a_style_sheet_are_left_alone():
    css = "<style>@media (max-width:9px){p{color:red}}</style>"
    assert compiled_html(css).render({}) == css


def test_a_rich_text_editors_entities_are_understood():
    text = compiled_html("{{&nbsp;contact.first_name|fallback:&quot;A &amp; B&quot;}}")
    assert text.render({}) == "A &amp; B"


def test_values_are_escaped_in_html_and_only_there():
    values = {"contact.first_name": "<b>\"Ada\" & 'co'</b>"}
    assert compiled_html("{{contact.first_name}}").render(values) == (
        "&lt;b&gt;&quot;Ada&quot; &amp; &#x27;co&#x27;&lt;/b&gt;"
    )
    assert compile_text("{{contact.first_name}}").render(values) == "<b>\"Ada\" & 'co'</b>"


def test_an_address_of_several_lines_keeps_them_in_html():
    assert (
        compiled_html("{{organization.postal_address}}").render(
            {"organization.postal_address": "1 Main Street\nDenver"}
        )
        == "1 Main Street<br>\nDenver"
    )


def test_a_value_cannot_bring_a_tag_of_its_own():
    text = compile_text("{{contact.first_name}}{{contact.email}}")
    values = {"contact.first_name": "{{contact.email}}", "contact.email": "ada@example.com"}
    assert text.render(values) == "{{contact.email}}ada@example.com"


def test_a_subject_is_one_line_whatever_the_values_contain():
    subject = compile_header("Hi {{contact.first_name}}")
    assert (
        subject.render({"contact.first_name": "Ada\r\nBcc: eve@example.com\0"})
        == "Hi Ada Bcc: eve@example.com"
    )


@given(st.text())
def test_one_line_never_contains_a_break(value: str):
    assert not set("\r\n\0\x0b\x0c\x85\u2028\u2029") & set(one_line(value))


@given(st.text())
def test_any_text_either_compiles_or_is_refused_in_words(source: str):
    for is_html in (False, True):
        try:
            mark(source, ACME, is_html=is_html)
        except MergeTagsRefused as refused:
            assert refused.problems  # noqa: PT017  both ends are right, only a crash is not


@given(st.text(alphabet="{}|\"' abcontact.first_name:fallback\n\ue000\ue0011", max_size=80))
def test_rendering_what_compiled_never_shows_a_mark(source: str):
    try:
        text = compile_text(source)
    except MergeTagsRefused:
        return
    assert not set("\ue000\ue001") & set(text.render({}))


def test_quotes_without_end_do_not_slow_the_compiler_down():
    source = "{{contact.first_name|fallback:" + '"a' * 20000
    assert "braces" in refusal(source).sentence


def test_every_tag_has_an_example_and_is_known_without_custom_fields():
    assert set(EXAMPLES) == set(NAMES)
    assert all(Vocabulary().knows(name) for name in NAMES)


def test_names_are_collected_over_everything_an_author_wrote():
    draft = Draft(
        "{{contact.email}}",
        "{{sender.name}}",
        "<a href='{{unsubscribe_url}}'>",
        r'{{contact.first_name|fallback:"the \"boss\""}}',
    )
    assert names_written(draft) == {"contact.email", "sender.name", "unsubscribe_url", "contact.first_name"}
    assert names_in("{{contact.email}}") == {"contact.email"}


@pytest.mark.parametrize("quote", ['"', "&quot;", "&#34;"])
def test_a_quote_inside_a_fallback_is_written_with_a_backslash_in_html_too(quote: str):
    written = rf"{{{{contact.first_name|fallback:{quote}the \{quote}boss\{quote}{quote}}}}}"
    assert compiled_html(written).render({}) == "the &quot;boss&quot;"
