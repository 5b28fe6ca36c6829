"""Whatever is noted in the audit is said in words a person would use."""

from __future__ import annotations

import re
from pathlib import Path

import loumass
from loumass.accounts.auditing import SENTENCES
from loumass.messages.sorting.accounts import SORTERS
from loumass.speech.service import VOICES


def test_every_action_that_is_noted_has_its_sentence() -> None:
    package = Path(loumass.__file__).parent
    noted = {
        action
        for path in package.rglob("*.py")
        for action in re.findall(r'\baudit\(\s*"([a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(noted) > 30
    for accounts in (VOICES, SORTERS):
        noted |= {
            f"{accounts.audited}.{what}" for what in ("connected", "reconnected", "tested", "disconnected")
        }
    assert not noted - set(SENTENCES)
