"""Parts of pages that look again by themselves: each asks for its page and takes itself out of the answer.

It says so, and what stands around it need not be made: the frame of a page is most of its questions.
"""

from __future__ import annotations

from flask import has_request_context, request

#: What `static/js/requests.js` sends.
_HEADER = "X-Part"


def part_asked() -> str:
    """The id of the element that is taken from the answer; empty where the whole page is wanted."""
    return request.headers.get(_HEADER, "") if has_request_context() else ""
