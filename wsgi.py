"""The web process: `gunicorn -k gevent wsgi:app`."""

import sys

from loumass.config import Misconfigured, Settings
from loumass.core import memory

try:
    # Whoever forgot a setting is told at once, not after all has been loaded.
    settings = Settings.from_env()
    with memory.loading():
        from loumass.app import create_app

        app = create_app(settings)
except Misconfigured as problem:
    sys.exit(str(problem))
