"""How long PostgreSQL and Redis from their wheels take to start: the first time, and with data."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from bench.measuring import print_figure, timed
from loumass import embedded


def main() -> None:
    """Prints two lines."""
    folder = Path(tempfile.mkdtemp(prefix="lm-bench-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        for name in ("servers_first_start", "servers_second_start"):
            with timed() as watch:
                postgres = embedded.postgres(folder / "postgres", throwaway=False)
                redis = embedded.redis(folder / "redis")
            postgres.close()
            redis.close()
            print_figure(name, watch.seconds, "s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
