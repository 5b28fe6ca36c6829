"""Waits for the web process and tells the address. Usage: python -m loumass.starting.announce PORT ADDRESS LINE..."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 90


def answers(port: int) -> bool:
    """Whether the web process finds everything well."""
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with without_proxy.open(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def box(lines: list[str]) -> str:
    """`lines` in a frame."""
    width = max(len(line) for line in lines) + 4
    rows = [f"│  {line.ljust(width - 2)}│" for line in lines]
    return "\n".join(
        ["", f"╭{'─' * width}╮", f"│{' ' * width}│", *rows, f"│{' ' * width}│", f"╰{'─' * width}╯", ""]
    )


def main(arguments: list[str]) -> int:
    """Prints the box once /health answers 200; says so when that takes too long."""
    port, lines = int(arguments[0]), arguments[1:]
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if answers(port):
            print(box(lines), flush=True)
            return 0
        time.sleep(0.2)
    print(
        f"The web process is not healthy after {PATIENCE_SECONDS} seconds; the lines above say why.",
        flush=True,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
