"""What an author fills in. Unknown merge tags are refused under the field that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, StopValidation, ValidationError

from loumass.content.blocks.checking import complaints
from loumass.content.blocks.document import LARGEST_DOCUMENT, read
from loumass.content.composing import Draft, compile_email
from loumass.content.marking import MergeTagsRefused
from loumass.content.refusing import refusal
from loumass.content.sounding import LONGEST_SCRIPT
from loumass.content.typed import WAYS, finished, in_way
from loumass.content.vocabulary import Vocabulary
from loumass.core.errors import Refused

LONGEST_SUBJECT, MOST_COMPLAINTS = 500, 8
LONGEST_HTML, LONGEST_TEXT, LONGEST_SMS = 1_000_000, 200_000, 1600


def _line_ends(value: str | None) -> str:
    """Browsers post CRLF; versions keep LF, so that saving without a change is no change."""
    return (value or "").replace("\r\n", "\n").replace("\r", "\n")


def _stripped(value: str | None) -> str:
    return (value or "").strip()


def known_tags(form: WordsForm, field: Field) -> None:
    """Refuse what is not a merge tag here, with line, column and what was probably meant."""
    sentence = refusal(field.name, field.data or "", form.vocabulary)
    if sentence:
        raise ValidationError(sentence)


def only_in(*ways: str) -> Callable[[FlaskForm, Field], None]:
    """Nothing is wrong with what belongs to another way of writing: it is not sent."""

    def validator(form: FlaskForm, field: Field) -> None:
        if form["way"].data not in ways:
            field.errors = []
            raise StopValidation

    return validator


class WordsForm(FlaskForm):
    """A name and words for one medium."""

    name = StringField(
        "Name",
        [DataRequired("Give it a name that your team finds it by."), Length(max=200)],
        filters=[_stripped],
    )

    def __init__(self, vocabulary: Vocabulary, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.vocabulary = vocabulary

    @property
    def draft(self) -> Draft:
        """What was typed."""
        raise NotImplementedError

    @property
    def finished(self) -> Draft:
        """What is saved. Ask after it was found fine."""
        return self.draft


class EmailForm(WordsForm):
    """An e-mail: blocks, designed HTML with its text, or plain text alone."""

    way = StringField("Written in", [AnyOf(WAYS, "Choose how it is written.")], default="html")
    blocks = TextAreaField("Blocks", [only_in("blocks"), Length(max=LARGEST_DOCUMENT)])

    subject = StringField(
        "Subject",
        [DataRequired("Write a subject."), Length(max=LONGEST_SUBJECT), known_tags],
        filters=[_stripped],
    )
    preheader = StringField(
        "Preview line",
        [only_in("blocks", "html"), Length(max=LONGEST_SUBJECT), known_tags],
        filters=[_stripped],
        description="Most inboxes show it after the subject. It is hidden in the e-mail itself.",
    )
    text = TextAreaField(
        "Text",
        [only_in("html", "plain"), Length(max=LONGEST_TEXT), known_tags],
        filters=[_line_ends],
        description="What a person would type. Empty is made from the HTML.",
        render_kw={"rows": 12, "data-autogrow": ""},
    )
    html = TextAreaField(
        "HTML",
        [only_in("html"), Length(max=LONGEST_HTML), known_tags],
        filters=[_line_ends],
        description="For designed e-mails. Scripts are taken out, styles are moved to where mail programs look.",
        render_kw={"rows": 10, "spellcheck": "false"},
    )

    def validate_text(self, field: Field) -> None:
        """An e-mail says something."""
        is_plain = self.way.data == "plain"
        if not _stripped(field.data) and (is_plain or not _stripped(self.html.data)):
            raise ValidationError("Write a text." if is_plain else "Write a text, or paste HTML below.")

    def validate_blocks(self, field: Field) -> None:
        """Blocks that can be sent."""
        try:
            sentences = complaints(read(field.data or "{}"), self.vocabulary)
        except Refused as refused:
            sentences = [refused.sentence]
        if sentences:
            field.errors = sentences[:MOST_COMPLAINTS]
            raise StopValidation

    def validate_html(self, field: Field) -> None:
        """HTML that can be prepared for mail programs."""
        if field.data and not field.errors:
            try:
                compile_email(Draft(html=field.data))
            except MergeTagsRefused:
                return
            except Refused as refused:
                raise ValidationError(refused.sentence) from refused

    @property
    def draft(self) -> Draft:
        """What was typed."""
        typed = Draft(
            self.subject.data or "", self.preheader.data or "", self.html.data or "", self.text.data or ""
        )
        return in_way(typed, self.way.data or "", self.blocks.data or "")

    @property
    def finished(self) -> Draft:
        """What is saved: blocks made into HTML and text."""
        return finished(self.draft)


class TextForm(WordsForm):
    """A text message."""

    text = TextAreaField(
        "Text",
        [DataRequired("Write the text."), Length(max=LONGEST_SMS), known_tags],
        filters=[_line_ends],
        description="Say who writes, and in the first one how to opt out.",
        render_kw={"rows": 6, "data-autogrow": ""},
    )

    @property
    def draft(self) -> Draft:
        """What was typed."""
        return Draft(text=self.text.data or "")


class VoicemailForm(WordsForm):
    """A voicemail: `words` are what `voicemail_form.read_voicemail` found, `problems` what is wrong with them."""

    text = TextAreaField("Script", [Length(max=LONGEST_SCRIPT), known_tags], filters=[_line_ends])
    words: Draft | None = None
    problems: Mapping[str, str] = {}

    @property
    def draft(self) -> Draft:
        """What was filled in; only the script where files do not matter."""
        return self.words or Draft(text=self.text.data or "")


FORMS: dict[str, type[WordsForm]] = {"email": EmailForm, "sms": TextForm, "voicemail": VoicemailForm}
