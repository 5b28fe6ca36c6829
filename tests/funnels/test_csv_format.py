"""A template leaves as a file and comes back as it was."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loumass.funnels.csv_cells import neutralised, restored
from loumass.funnels.csv_format import (
    LineProblem,
    UnreadableTemplate,
    WrittenContent,
    WrittenStep,
    WrittenTemplate,
    WrittenWay,
    file_name,
    read,
    written,
)
from loumass.funnels.seeds import EXAMPLES

INVITATION = WrittenTemplate(
    "Event invitation",
    "Invites, reminds; counts who comes.\nTwo lines.",
    "invite",
    (
        WrittenStep(
            "invite",
            "email_send",
            "Invitation",
            {},
            WrittenContent("=Seat for you", "", "<p>Hi, “you”</p>", "Hi\r\nyou"),
        ),
        WrittenStep("pause", "wait", "Wait 3 days", {"amount": 3, "weekdays": [1, 2], "days_off": "skip"}),
        WrittenStep("end", "end", "End"),
    ),
    (WrittenWay("invite", "next", "pause"), WrittenWay("pause", "next", "end")),
)


def test_it_comes_back_as_it_left():
    assert read(written(INVITATION)) == INVITATION


def test_a_long_email_comes_back_and_lists_of_people_are_held_to_what_they_were():
    before, long = csv.field_size_limit(), "Dear Priya, " * 20_000
    step = WrittenStep("invite", "email_send", "Invitation", {}, WrittenContent("Seat", "", "", long))
    template = WrittenTemplate("Long", "", "invite", (step,), ())
    assert read(written(template)) == template
    assert csv.field_size_limit() == before
    with pytest.raises(UnreadableTemplate):
        read(written(template) + '"never closed')
    assert csv.field_size_limit() == before


def test_no_cell_begins_like_a_formula():
    file = written(INVITATION)
    assert "'=Seat for you" in file
    assert ",=" not in file


WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20)
CELLS = st.one_of(
    WORDS,
    st.sampled_from(
        ["=1+1", "'=1", "''@x", "-", "\ttab", "＝full", 'a "quote"', ";", "é 世界 👋🏽", "a\r\nb"]
    ),
)
KEYS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)
VOICES = st.none() | st.dictionaries(WORDS, JSON, min_size=1, max_size=3)
CONTENTS = st.builds(WrittenContent, CELLS, CELLS, CELLS, CELLS, VOICES).filter(
    lambda content: content != WrittenContent()
)
NAMES = CELLS.filter(str.strip)


@st.composite
def templates(draw: st.DrawFn) -> WrittenTemplate:
    keys = draw(st.lists(KEYS, unique=True, max_size=5))
    steps = tuple(
        WrittenStep(
            key,
            draw(CELLS),
            draw(CELLS),
            draw(st.dictionaries(WORDS, JSON, max_size=3)),
            draw(st.none() | CONTENTS),
        )
        for key in keys
    )
    ways = (
        draw(st.lists(st.builds(WrittenWay, st.sampled_from(keys), CELLS, st.sampled_from(keys)), max_size=6))
        if keys
        else []
    )
    return WrittenTemplate(draw(NAMES), draw(CELLS), draw(st.sampled_from(["", *keys])), steps, tuple(ways))


@settings(max_examples=300, deadline=None)
@given(templates())
def test_every_template_round_trips_exactly(template: WrittenTemplate):
    assert read(written(template)) == template


@settings(max_examples=300)
@given(CELLS)
@example("'=1")
@example("'hello")
def test_neutralised_cells_are_harmless_and_come_back(cell: str):
    assert not neutralised(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert restored(neutralised(cell)) == cell


def test_it_takes_what_spreadsheets_make_of_it():
    by_hand = "\ufeffkey;row;kind;name;settings;branch;to;subject;preheader;html;text\r\n"
    by_hand += 'a;template;;Mine;;;;;;;\r\n;;;;;;;;;;\r\na;STEP;end;"The; end";{};;;;;;\r\n'
    assert read(by_hand) == WrittenTemplate("Mine", "", "a", (WrittenStep("a", "end", "The; end"),))


HEADER = "row,key,kind,name,settings,branch,to,subject,preheader,html,text\n"


@pytest.mark.parametrize(
    ("file", "line", "sentence"),
    [
        ("", 1, "lacks the columns row, key"),
        ("row,key\n", 1, "lacks the columns kind, name"),
        (HEADER, 0, "no row that begins with template"),
        (HEADER + "template,,,A\ntemplate,,,B\n", 3, "second row"),
        (HEADER + "template,,,\n", 2, "no name"),
        (HEADER + "template,x,,A\n", 0, "first step is to be 'x'"),
        (HEADER + "template,,,A\nstop,x\n", 3, "begins with 'stop'"),
        (HEADER + "template,,,A\nstep,,end,E\n", 3, "no key"),
        (HEADER + "template,,,A\nstep,e,end,E\nstep,e,end,E\n", 4, "twice"),
        (HEADER + "template,,,A\nstep,e,end,E,[1]\n", 3, "not JSON with names and values"),
        (HEADER + "template,,,A\nstep,e,end,E,{\n", 3, "not JSON"),
        (HEADER + "template,,,A\nstep,e,end,E\nway,e,,,,next,gone\n", 4, "no step is called 'gone'"),
        (HEADER + "template,,,A\x00\n", 0, "NUL"),
        (HEADER + 'template,,,"A\n', 0, "not a CSV file"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(file: str, line: int, sentence: str):
    with pytest.raises(UnreadableTemplate) as refusal:
        read(file)
    assert any(problem.line == line and sentence in problem.sentence for problem in refusal.value.problems)


def test_all_wrong_lines_are_named_at_once():
    with pytest.raises(UnreadableTemplate) as refusal:
        read(HEADER + "step,,end,E\nstop\nstep,e,end,E,nonsense\n")
    assert [problem.line for problem in refusal.value.problems] == [0, 2, 3, 4]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text(max_size=200).map(lambda rest: HEADER + rest)))
def test_any_text_is_a_template_or_a_named_refusal(file: Any):
    try:
        name = read(file).name
    except UnreadableTemplate as refusal:
        name = refusal.problems[0].sentence
    assert name.strip()


def test_a_long_message_comes_back_whole():
    long = WrittenTemplate(
        "Long", steps=(WrittenStep("a", "email_send", "A", {}, WrittenContent(html="<p>" * 80_000)),)
    )
    assert read(written(long)) == long


def test_the_download_has_a_plain_name():
    assert file_name("Événement: Denver / 12 March!") == "événement-denver-12-march.csv"
    assert file_name("***") == "template.csv"


def test_files_of_earlier_days_are_still_read():
    kept = Path(__file__).with_name("no_show.csv").read_bytes().decode("utf-8")
    template = read(kept)
    assert (template.name, template.start, len(template.steps), len(template.ways)) == (
        "No-show follow-up by e-mail and text", "missed", 16, 17,
    )  # fmt: skip
    now = [row[:-5] for row in csv.reader(io.StringIO(written(template), newline=""))]
    assert now == list(csv.reader(io.StringIO(kept.removeprefix("\ufeff"), newline=""))), (
        "only a voice, blocks, a way to write and a place were added"
    )


def test_where_steps_stand_comes_back_and_nonsense_is_refused_by_line():
    steps = (WrittenStep("a", "end", "A", x=-120.5, y=0.0), WrittenStep("b", "end", "B"))
    file = written(WrittenTemplate("T", "", "a", steps))
    assert read(file).steps == steps
    for wrong in ("left", "nan", "inf", "1e9"):
        with pytest.raises(UnreadableTemplate) as refusal:
            read(file.replace("'-120.5", wrong))
        assert refusal.value.problems == (
            LineProblem(3, f"The x cell is not a number of pixels: {wrong!r}."),
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.start)
def test_every_example_comes_back_as_it_left(example: WrittenTemplate):
    assert read(written(example)) == example
