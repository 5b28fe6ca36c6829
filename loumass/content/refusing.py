"""Merge tags that cannot be saved or shown, told by the field they stand in."""

from __future__ import annotations

from loumass.content.blocks.checking import tag_problems
from loumass.content.blocks.document import read
from loumass.content.composing import Draft
from loumass.content.marking import MergeTagsRefused, mark
from loumass.content.vocabulary import Vocabulary
from loumass.core.errors import Refused

FIELDS = ("subject", "preheader", "html", "text")
_ONE_LINE = ("subject", "preheader")


def refusals(words: Draft, known: Vocabulary) -> dict[str, str]:
    """Sentences about merge tags that do not exist or cannot be read, by field; none when all is well."""
    found = {
        name: refusal(name, getattr(words, name), known) for name in (_ONE_LINE if words.blocks else FIELDS)
    }
    if words.blocks:
        found["blocks"] = _refused_blocks(words.blocks, known)
    return {name: sentence for name, sentence in found.items() if sentence}


def _refused_blocks(written: str, known: Vocabulary) -> str | None:
    try:
        return " ".join(tag_problems(read(written), known)) or None
    except Refused as refused:
        return refused.sentence


def refusal(field: str, written: str, known: Vocabulary) -> str | None:
    """What is wrong with the tags in one field, with their lines where it has several; or None."""
    try:
        mark(written, known, is_html=field == "html")
    except MergeTagsRefused as refused:
        if field in _ONE_LINE or "\n" not in written:
            return " ".join(problem.sentence for problem in refused.problems)
        return " ".join(
            f"Line {problem.line}, column {problem.column}: {problem.sentence}"
            for problem in refused.problems
        )
    return None
