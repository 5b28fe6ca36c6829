"""A worker process: `python worker.py deliver|advance|receive|bulk`. One queue each."""

import sys

from loumass import starting_up
from loumass.config import Misconfigured, Settings
from loumass.core.jobs import QUEUES, work


def main() -> None:
    """Serve the queue that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        sys.exit(f"Say which queue: python worker.py {'|'.join(QUEUES)}")
    try:
        redis = starting_up.prepare(Settings.from_env())
    except Misconfigured as problem:
        sys.exit(str(problem))
    work(sys.argv[1], redis)


if __name__ == "__main__":
    main()
