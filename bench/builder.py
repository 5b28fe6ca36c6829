"""The builder of a large funnel in Chromium: what its scripts take of a frame while somebody pans.

`value` is the p95 in ms over all frames (near, where steps come and go, and far, where most of them are seen), `limit` is
what a frame of 60 in a second has. SIZE=full: 300 steps, the most that a funnel has.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import statistics
import threading
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from werkzeug.serving import make_server

from bench.installation import PASSWORD, House, installed
from bench.measuring import peak_mib, print_line, size
from loumass.app import create_app
from loumass.core.ids import uuid7
from loumass.funnels import models, service

LIMIT = 16.0
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline.frame")
#: What the renderer calls its work on our behalf.
SCRIPT = {
    "EventDispatch",
    "FunctionCall",
    "FireAnimationFrame",
    "RunMicrotasks",
    "TimerFire",
    "EvaluateScript",
}
FRAME = "BeginFrame"
FUNNEL = ("email_send", "wait", "condition", "tag", "sms_send")
PULLS, MOVES = 10, 24


def main() -> None:
    """Prints one line. Raises AssertionError when a step is missing or nothing was panned."""
    count = size(150, 300)
    with installed() as house, sync_playwright() as playwright, _served(house) as address:
        graph_id = _seeded(house, count)
        browser = playwright.chromium.launch(executable_path=_chromium(playwright), args=list(ARGUMENTS))
        page = _signed_in(browser, address, house.user.email)
        page.goto(f"{address}/funnels/{graph_id}")
        expect(page.locator("[data-reach]")).to_have_attribute(
            "aria-label", re.compile(f"^Funnel, {count} steps")
        )
        near = _panned(browser, page)
        seen = _from_afar(page, count)
        far = _panned(browser, page)
        browser.close()
    frames = [*near, *far]
    value = _p95(frames)
    print_line(
        "builder", round(value, 2), "ms", LIMIT, LIMIT / max(value, 0.01), peak=peak_mib(), count=count, frames=len(frames),
        seen_from_afar=seen, near=round(_p95(near), 2), far=round(_p95(far), 2), longest=round(max(frames), 2),
    )  # fmt: skip


def _seeded(house: House, count: int) -> Any:
    """A funnel of rows of three that fork and meet, without places: the builder arranges it."""
    with house.acting() as session:
        template = service.create("Large")
        graph_id = template.draft_graph_id
        nodes = [
            models.Node(
                id=uuid7(), graph_id=graph_id, key=f"step-{n}", kind=FUNNEL[n % len(FUNNEL)], name=f"Step number {n}", config={}, position=n,
            )
            for n in range(count)
        ]  # fmt: skip
        session.add_all(nodes)
        session.flush()
        for n, node in enumerate(nodes[:-1]):
            fork = node.kind == "condition"
            session.add(_way(graph_id, node, "yes" if fork else "next", nodes[n + 1]))
            if fork and n + 3 < count:
                session.add(_way(graph_id, node, "no", nodes[n + 3]))
        session.get_one(models.Graph, (house.organization_id, graph_id)).start_node_id = nodes[0].id
        session.commit()
        return graph_id


def _way(graph_id: Any, source: models.Node, branch: str, target: models.Node) -> models.Edge:
    return models.Edge(graph_id=graph_id, source_id=source.id, branch=branch, target_id=target.id)


@contextmanager
def _served(house: House) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_app(house.settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)


def _chromium(playwright: Playwright) -> str:
    named = [os.environ.get("CHROMIUM", ""), *(shutil.which(name) or "" for name in NAMES)]
    found = [path for path in (*named, playwright.chromium.executable_path) if path and Path(path).exists()]
    assert found, "There is no Chromium here: install one, or name it in CHROMIUM."
    return found[0]


def _signed_in(browser: Browser, address: str, email: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{address}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def _from_afar(page: Page, count: int) -> int:
    """Zooms out until half of the steps are drawn at once, or as far as it goes. Returns how many are."""
    farther = page.get_by_role("button", name="Farther")
    for _ in range(20):
        if page.locator("[data-step]").count() >= count // 2:
            break
        farther.click()
    expect(page.locator(".builder-canvas")).not_to_have_attribute("data-zoom", "near")
    return page.locator("[data-step]").count()


def _panned(browser: Browser, page: Page) -> list[float]:
    """Milliseconds of script in each frame, of those that have any, of several long pulls at the empty canvas."""
    box = page.locator(".builder-canvas").bounding_box()
    assert box
    x, low, high = box["x"] + 30, box["y"] + box["height"] - 60, box["y"] + 120
    before = page.locator(".react-flow__viewport").get_attribute("style")
    browser.start_tracing(page=page, categories=list(CATEGORIES))
    for _ in range(PULLS):
        page.mouse.move(x, low)
        page.mouse.down()
        for move in range(1, MOVES + 1):
            page.mouse.move(x + move, low + (high - low) * move / MOVES)
        page.mouse.up()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    assert page.locator(".react-flow__viewport").get_attribute("style") != before, "nothing was panned"
    return _by_frame(events)


def _by_frame(events: Sequence[dict[str, Any]]) -> list[float]:
    """By the thread's own clock: what others compute on the machine meanwhile does not count."""
    main = _main_thread(events)
    work = _outermost(
        [e for e in events if (e.get("pid"), e.get("tid")) == main and e["name"] in SCRIPT and e["ph"] == "X"]
    )
    # The compositor of the same process begins frames.
    frames = sorted(event["ts"] for event in events if event["name"] == FRAME and event["pid"] == main[0])
    assert len(frames) > PULLS, "the trace has no frames"
    taken = [0.0] * (len(frames) + 1)
    for event in work:
        taken[bisect(frames, event["ts"])] += event.get("tdur", event.get("dur", 0)) / 1000
    return [one for one in taken if one > 0]


def _main_thread(events: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """The thread of the page: that which ran most of its scripts."""
    counts: dict[tuple[int, int], int] = {}
    for event in events:
        if event["name"] == "EventDispatch":
            key = event["pid"], event["tid"]
            counts[key] = counts.get(key, 0) + 1
    return max(counts, key=lambda key: counts[key])


def _outermost(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events that lie in no other."""
    found: list[dict[str, Any]] = []
    end = 0.0
    for event in sorted(events, key=lambda one: (one["ts"], -one.get("dur", 0))):
        if event["ts"] >= end:
            found.append(event)
            end = event["ts"] + event.get("dur", 0)
    return found


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
