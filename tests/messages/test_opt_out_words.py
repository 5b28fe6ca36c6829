"""Which answers ask us to stop, and which only sound like it. A wrong one costs more than one that is missed."""

from __future__ import annotations

import pytest

from loumass.messages.opt_out_words import asks_to_stop

ASKS = (
    "Please remove me from your list.", "please remove me", "Remove me, thanks", "Take us off your mailing list please",
    "Can you delete my email from your database?", "Unsubscribe", "unsubscribe me please", "not interested, stop",
    "Not interested. Please stop.", "Stop emailing me!", "Would you quit texting me", "stop sending me these emails",
    "Please don't contact me again", "Do not email me anymore.", "I would like to opt out", "No more emails please.",
    "Leave me alone", "Hello, could you STOP this", "STOP please", "ok STOP",
    "Bitte streichen Sie mich von der Liste.", "Nehmen Sie mich bitte aus Ihrem Verteiler heraus",
    "Bitte aus dem Verteiler löschen", "Schreiben Sie mir bitte nicht mehr", "Keine weiteren Mails mehr bitte",
    "Kein Interesse, bitte stopp", "Ich möchte mich abmelden",
    "Por favor elimíneme de su lista", "Dejen de enviarme correos", "No me escriban más", "quiero darme de baja",
    "No quiero recibir más mensajes",
    "Merci, supprimez-moi de votre liste", "Je souhaite me désabonner", "Ne me contactez plus", "arrêtez de m'écrire",
    "Je ne souhaite plus recevoir vos messages",
)  # fmt: skip
DOES_NOT = (
    "Count me in", "I can stop by on Tuesday", "We are non-stop busy, call me", "Please STOP BY our booth", "Not interested right now, maybe in June",
    "Please don't remove me from the list!", "Do not stop sending these, I love them", "The unsubscribe link in your mail is broken",
    "Please remove me from the cc of the invoice thread", "Don't call me before noon", "We had to stop the project last year",
    "You can remove the second paragraph", "I will take me time", "Email me again next week", "When does it stop?",
    "I WILL BE THERE AND I WILL NOT STOP TALKING ABOUT IT", "Ich nehme Sie gern auf die Liste", "Streichen Sie den zweiten Punkt",
    "Keine Zeit im Moment, bitte nächste Woche", "No me olvido, hablamos más tarde", "Ne me remerciez pas", "La fin de l'année nous convient plus",
    "If you want to remove me from the panel let me know", "",
)  # fmt: skip


@pytest.mark.parametrize("text", ASKS)
def test_these_ask_us_to_stop(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_these_do_not(text: str) -> None:
    assert asks_to_stop(text) == ""


def test_the_words_are_theirs_and_what_comes_late_in_a_long_letter_is_left_to_readers() -> None:
    assert asks_to_stop("Hi Maya,\nplease  remove me\nfrom your list. Thanks") == "remove me from your list"
    assert asks_to_stop("word " * 400 + "remove me.") == ""
