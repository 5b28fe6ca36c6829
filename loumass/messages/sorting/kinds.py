"""The kinds of answers, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping

POSITIVE, QUESTION, NOT_NOW, NOT_INTERESTED = "positive", "question", "not_now", "not_interested"
OUT_OF_OFFICE, WRONG_PERSON, OPT_OUT = "out_of_office", "wrong_person", "opt_out"

#: Kind -> what a chip says.
KINDS: Mapping[str, str] = {
    POSITIVE: "Positive",
    QUESTION: "Question",
    NOT_NOW: "Not now",
    NOT_INTERESTED: "Not interested",
    OUT_OF_OFFICE: "Out of office",
    WRONG_PERSON: "Wrong person",
    OPT_OUT: "Asks to stop",
}
#: What the address of a list calls answers that nothing surely says the kind of.
UNSORTED = "unsorted"
