"""The web process: `gunicorn -k gevent wsgi:app`."""

import sys

from loumass.app import create_app
from loumass.config import Misconfigured

try:
    app = create_app()
except Misconfigured as problem:
    sys.exit(str(problem))
