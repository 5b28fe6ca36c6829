"""What pages load besides themselves, under addresses that change with it: a browser keeps it and asks never again.

All of it has one digest, in the path, so that what a script or a style sheet loads by a relative address has it as well.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, current_app, send_from_directory
from flask.typing import ResponseReturnValue

FOLDER = Path(__file__).parent / "static"
_DIGEST = re.compile(r"[0-9a-f]{12}/")
_KEPT = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "public, no-cache"


@cache
def digest() -> str:
    """Of the names and contents of all files, the same in every process of a release."""
    told = hashlib.sha256()
    for path in sorted(one for one in FOLDER.rglob("*") if one.is_file()):
        told.update(
            path.relative_to(FOLDER).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return told.hexdigest()[:12]


def install(app: Flask) -> None:
    """Serve the files of `FOLDER`: addresses are built by the first rule. Pages of an earlier release get what there is now
    under the address that they know."""
    app.add_url_rule(f"/static/{digest()}/<path:filename>", "static", _as_it_is)
    app.add_url_rule("/static/<path:filename>", "static", _as_it_is)


def keeping(path: str, status: int) -> str:
    """The Cache-Control of what was found under `path`. Who writes a style sheet wants to see it without starting anew."""
    is_kept = path.startswith(f"/static/{digest()}/") and not current_app.config["TEMPLATES_AUTO_RELOAD"]
    return _KEPT if is_kept and status < 400 else _ASKED_AGAIN


def _as_it_is(filename: str) -> ResponseReturnValue:
    before = _DIGEST.match(filename)
    return send_from_directory(FOLDER, filename[before.end() :] if before else filename)
