"""The web process: `gunicorn -k gevent wsgi:app`."""

from loumass.app import create_app

app = create_app()
