"""The sign-in of Google and Microsoft on loopback: codes with PKCE, id tokens signed by a key of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.fakes.loopback import HOST

CLIENT_ID, CLIENT_SECRET = "loumass.apps.example", "not-a-real-secret"
DIRECTORY = "72f988bf-86f1-41af-91ab-2d7cd011db47"
_KEY = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig", "alg": "RS256"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig", "alg": "RS256"}, private=True)


class FakeOpenId:
    """`claims` are said of whoever signs in next, over what the vendor says by itself; `key` signs them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now, self.claims, self.key = now, dict[str, Any](), _KEY
        self.codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer((HOST, 0), _Handler)
        self._server.fake = self  # pyright: ignore[reportAttributeAccessIssue]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def base_urls(self) -> dict[str, str]:
        """What an installation sets to come here."""
        return {"google_accounts": self.base_url, "microsoft_accounts": self.base_url}

    def id_token(self, asked: dict[str, str], *, is_microsoft: bool) -> str:
        """What is said of whoever signed in."""
        at = int(self.now().timestamp())
        own = (
            {"iss": f"https://login.microsoftonline.com/{DIRECTORY}/v2.0", "tid": DIRECTORY, "oid": "maya"}
            if is_microsoft
            else {"iss": "https://accounts.google.com", "sub": "1001"}
        )
        said = {
            "aud": CLIENT_ID,
            "iat": at,
            "exp": at + 3600,
            "nonce": asked.get("nonce"),
            **own,
            **self.claims,
        }
        return jwt.encode({"alg": "RS256", "kid": "key-1"}, said, self.key)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeOpenId:
        return self.server.fake  # pyright: ignore[reportAttributeAccessIssue]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.endswith(("/certs", "/keys")):
            return self._answer(200, {"keys": [_KEY.as_dict(private=False)]})
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        code = secrets.token_urlsafe(8)
        self.fake.codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return self._answer(302, {}, back)

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self._body()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return self._answer(401, {"error": "invalid_client"})
        asked = self.fake.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (
            challenge,
            form["redirect_uri"],
        ):
            return self._answer(400, {"error": "invalid_grant"})
        token = self.fake.id_token(asked, is_microsoft="/v2.0/" in self.path)
        return self._answer(200, {"access_token": "x", "expires_in": 3599, "id_token": token})

    def _body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def _answer(self, status: int, content: dict[str, Any], location: str = "") -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
