"""The registry of endpoints under `/api/v1`: method, path, permission, models. Pages' islands and other programs use the same.

A slice declares its endpoints in `api.py`:

    @endpoint(api, "GET", "/funnels/<uuid:graph_id>", answers=GraphOut)
    @requires("templates.read")
    def read(graph_id: UUID) -> GraphOut: ...

With ``takes`` the view gets the request's body as ``body``, with ``asks`` what stands behind the `?` as ``query``. Refusals are
problems as RFC 9457 says, with our sentences.

What a view did is committed with its answer, here. A view itself commits in three cases, and `tests/house/test_api_commits.py`
names who does: it talks to a vendor, another server or storage (it commits before, with nothing written yet: no transaction is open
across the network); it reads, and the audit is to say so before the first byte of a file leaves; it refuses an answer to a person,
whose words it keeps as a draft. What everybody may ask for has no session: it opens one, and commits that.
"""

from loumass.core.api.asking import LARGEST_BODY, Invalid
from loumass.core.api.described import described
from loumass.core.api.models import ApiModel
from loumass.core.api.problems import PROBLEM_TYPE, is_asked, problem
from loumass.core.api.registry import (
    ANYTHING,
    CSV,
    ENDPOINTS,
    PREFIX,
    ROOT,
    TABLES,
    Endpoint,
    add_other_names,
    endpoint,
)

__all__ = [
    "ANYTHING",
    "CSV",
    "ENDPOINTS",
    "LARGEST_BODY",
    "PREFIX",
    "PROBLEM_TYPE",
    "ROOT",
    "TABLES",
    "ApiModel",
    "Endpoint",
    "Invalid",
    "add_other_names",
    "described",
    "endpoint",
    "is_asked",
    "problem",
]
