"""Asking the customer's service (docs/sorting.md): JSON there, JSON back, in ten seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2

from loumass.core.http import AnswerTooLarge, whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.errors import Disconnected, Rejected, Throttled, Unavailable
from loumass.providers.kept_http import KeptHttp
from loumass.providers.own_service.credentials import OwnServiceCredentials
from loumass.providers.sorting import Answer, Sorter, Verdict

PATIENCE = 10.0
_LARGEST_ANSWER = 100_000
_LONGEST_REASON = 200
_PROBE = Answer("Sounds good, see you on Thursday.", "Test", "email")


class OwnService(KeptHttp, Sorter):
    """One address."""

    kind = "own_service"
    label = "A service of yours"
    summary = "Your own program, or one that stands before a model, says what each answer is."
    Credentials = OwnServiceCredentials

    credentials: OwnServiceCredentials

    def judge(self, answer: Answer, kinds: Mapping[str, str]) -> Verdict:
        """What it says. An unknown kind is Rejected: our own judgement stands then."""
        asked = {
            "text": answer.words,
            "subject": answer.subject,
            "medium": answer.medium,
            "kinds": dict(kinds),
        }
        told = self._ask(asked)
        kind, reason = told.get("kind"), told.get("reason")
        if not isinstance(kind, str) or (kind and kind not in kinds):
            raise Rejected("The service answered with a kind that there is not.", "unknown_kind")
        return Verdict(kind, reason.strip()[:_LONGEST_REASON] if isinstance(reason, str) else "")

    def check(self) -> str:
        """What it says of a yes that nobody wrote."""
        found = self.judge(_PROBE, {"positive": "Positive", "question": "Question"})
        return f"It answers: “{_PROBE.words}” is {found.kind or 'nothing sure'}."

    def _ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        key = self.credentials.api_key.get_secret_value()
        try:
            answer = whole_answer(
                self._http,
                "POST",
                self.credentials.url,
                most=_LARGEST_ANSWER,
                json=asked,
                headers={"Authorization": f"Bearer {key}"},
                timeout=min(PATIENCE, self.context.timeout),
            )
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except AnswerTooLarge as problem:
            raise Unavailable("The service gave an answer that is too long.") from problem
        except httpx2.TransportError as problem:
            raise Unavailable(f"The service cannot be reached: {type(problem).__name__}.") from problem
        return _told(answer)


def _told(answer: httpx2.Response) -> Mapping[str, Any]:
    if answer.status_code in (401, 403):
        raise Disconnected("The service refused the key.")
    if answer.status_code == 429:
        raise Throttled("The service asks to slow down.", timedelta(minutes=1))
    if answer.status_code != 200:
        raise Unavailable(f"The service answered with status {answer.status_code}.")
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError) as problem:
        raise Unavailable("The service answered with something that is no JSON.") from problem
    if not isinstance(told, dict):
        raise Unavailable("The service answered with something that is no object.")
    return told
