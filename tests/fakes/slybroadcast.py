"""Slybroadcast's form gateway on loopback: drops, `callstatus`, what is left, and its disposition calls."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from tests.fakes.forms import ANSWER_THEN_CUT, HANG, LOSE_AND_CUT, FakeVendor, Reply

LOGIN, PASSWORD = "maya@acme.example", "a password of Acme at Slybroadcast"
CALLER_ID = "+13035550142"
TEXT = {"Content-Type": "text/html; charset=utf-8"}


def error(words: str, status: int = 200, **headers: str) -> Reply:
    """An answer that is no success."""
    body = f"ERROR\n{words}\n".encode()
    return Reply(status, body, {**TEXT, **{name.replace("_", "-"): value for name, value in headers.items()}})


class FakeSlybroadcast(FakeVendor):
    """`on_send` maps ten figures (or `*`) to a Reply or one of the ways to break (`tests/fakes/forms.py`)."""

    def __init__(self, port: int = 0) -> None:
        self.drops: list[dict[str, str]] = []
        self.on_send: dict[str, Reply | str] = {}
        #: Session -> (status, reason) as `callstatus` tells; others are on their way.
        self.statuses: dict[str, tuple[str, str]] = {}
        self.requests: list[dict[str, str]] = []
        self.remaining = 1234
        super().__init__(port)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | str:
        fields = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        self.requests.append(fields)
        if path != "/gateway/vmb.php":
            return Reply(404)
        if (fields.get("c_uid"), fields.get("c_password")) != (LOGIN, PASSWORD):
            return error("Invalid c_uid or c_password")
        if "remain_message" in fields:
            return Reply(200, f"OK\nremaining messages={self.remaining}\npending messages=0\n".encode(), TEXT)
        if fields.get("c_option") == "callstatus":
            return self._status(fields)
        return self._drop(fields)

    def get(self, path: str, headers: Mapping[str, str]) -> Reply | str:
        return Reply(404)

    def last_answer(self) -> Reply:
        return self._accepted(self.drops[-1])

    def _drop(self, fields: dict[str, str]) -> Reply | str:
        missing = [
            name for name in ("c_phone", "c_callerID", "c_url", "c_audio", "c_date") if not fields.get(name)
        ]
        if missing:
            return error(f"{missing[0]} is required")
        rule = self.on_send.get(fields["c_phone"]) or self.on_send.get("*")
        if isinstance(rule, Reply):
            return rule
        if rule == LOSE_AND_CUT:
            return rule
        with self.lock:
            drop = {**fields, "session_id": f"{7_000_000_000 + len(self.drops)}"}
            self.drops.append(drop)
        return self._accepted(drop) if rule is None else rule

    def _accepted(self, drop: dict[str, str]) -> Reply:
        return Reply(200, f"OK\nsession_id={drop['session_id']}\nnumber of phone=1\n".encode(), TEXT)

    def _status(self, fields: dict[str, str]) -> Reply:
        drop = next((one for one in self.drops if one["session_id"] == fields.get("session_id")), None)
        if drop is None:
            return error("session_id was not found")
        status, reason = self.statuses.get(drop["session_id"], ("Pending", ""))
        return Reply(200, f"OK\nvar={line(drop, status, reason)}\n".encode(), TEXT)


def line(drop: Mapping[str, str], status: str, reason: str = "", at: str = "2026-03-03 11:02:05") -> str:
    """Session, number, status, reason, delivery time (Eastern) and carrier, as the gateway writes them."""
    return f"{drop['session_id']}|{drop['c_phone']}|{status}|{reason}|{at}|AT&T Wireless"


def disposition(drop: Mapping[str, str], status: str = "OK", reason: str = "") -> bytes:
    """The body of a disposition call."""
    return urlencode({"var": line(drop, status, reason)}).encode()


__all__ = ["ANSWER_THEN_CUT", "HANG", "LOSE_AND_CUT", "FakeSlybroadcast", "disposition", "error", "line"]
