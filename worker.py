"""A worker process: `python worker.py deliver|advance|receive|bulk`. One queue each."""

import sys

from loumass.config import Misconfigured, Settings
from loumass.core import memory


def main() -> None:
    """Serve the queue that the command line names."""
    try:
        # Whoever forgot a setting is told at once, not after all has been loaded.
        settings = Settings.from_env()
        with memory.loading():
            from loumass import starting_up
            from loumass.core.jobs import QUEUES, work
        if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
            sys.exit(f"Say which queue: python worker.py {'|'.join(QUEUES)}")
        redis = starting_up.prepare(settings)
    except Misconfigured as problem:
        sys.exit(str(problem))
    work(sys.argv[1], redis)


if __name__ == "__main__":
    main()
