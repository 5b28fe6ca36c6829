"""An SMTP server on loopback that keeps what it gets and misbehaves on request."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import Enum

from tests.fakes.loopback import Line, LoopbackServer, certificate


class Twist(Enum):
    """What happens after the content of a message arrived."""

    CUT_BEFORE_ANSWER = "keeps the message, then cuts without a word"
    LOSE_AND_CUT = "drops the message, then cuts without a word"
    ACCEPT_THEN_CUT = "says 250, then cuts"
    REFUSE_THEN_CUT = "says 554, then cuts"
    HANG = "keeps the message and never answers"
    NONSENSE = "keeps the message and answers with nonsense"


@dataclass(frozen=True)
class Received:
    """A message as the server understood it; `content` is without dot-stuffing."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    parameters: str


@dataclass
class _Transaction:
    sender: str | None = None
    parameters: str = ""
    recipients: list[str] = field(default_factory=list)


class FakeSmtpServer(LoopbackServer):
    """`on_recipient` maps an address to its RCPT reply, `on_content` to a reply or Twist after DATA."""

    def __init__(
        self,
        *,
        pipelining: bool = True,
        starttls: bool = False,
        implicit_tls: bool = False,
        users: dict[str, str] | None = None,
        mechanism: str = "PLAIN",
        size: int = 0,
        extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"),
        messages_per_connection: int = 0,
        eager: bool = False,
        most_connections: int = 0,
        connections_that_send: int = 0,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.pipelining, self.starttls, self.implicit_tls = pipelining, starttls, implicit_tls
        self.users, self.size, self.extensions = users, size, extensions
        self.mechanism = mechanism
        self.messages_per_connection = messages_per_connection
        self.eager = eager  # answers 354 although it took no recipient
        self.most_connections = most_connections  # more at once are turned away
        self.connections_that_send = connections_that_send  # later ones may log in, and no more
        self.open_now = 0
        self.on_connect = "220 fake.example ESMTP"
        self.on_login = ""
        self.on_mail: dict[str, str] = {}
        self.on_recipient: dict[str, str] = {}
        self.on_content: dict[str, str | Twist] = {}
        self.on_data_command: dict[str, str | Twist] = {}
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.encrypted_logins = 0

    def keep(self, received: Received) -> None:
        """Take a message."""
        self.received.append(received)

    def converse(self, line: Line) -> None:
        """One SMTP session."""
        if self.most_connections and self.open_now >= self.most_connections:
            line.write("421 4.7.0 too many connections\r\n")
            return
        line.write(f"{self.on_connect}\r\n")
        if not self.on_connect.startswith("220"):
            return
        self.open_now += 1
        try:
            _Session(self, line, may_send=not 0 < self.connections_that_send < self.connections).run()
        finally:
            self.open_now -= 1


class _Session:
    def __init__(self, server: FakeSmtpServer, line: Line, *, may_send: bool) -> None:
        self.server, self.line, self.may_send = server, line, may_send
        self.transaction = _Transaction()
        self.taken = 0
        self.is_encrypted = server.implicit_tls
        self.user: str | None = None

    def run(self) -> None:
        while raw := self.line.read_line():
            command = raw.decode("utf-8", "replace").strip()
            self.server.commands.append(command)
            verb = command[:4].upper()
            if verb == "QUIT":
                self.line.write("221 bye\r\n")
                return
            answer = getattr(self, f"_{verb.lower()}", self._unknown)
            if answer(command) is False:
                return

    def _unknown(self, command: str) -> None:
        self._say(f"500 5.5.1 what is {command[:20]}")

    def _ehlo(self, command: str) -> None:
        offered = ["fake.example", *self.server.extensions]
        if self.server.pipelining:
            offered.append("PIPELINING")
        if self.server.size:
            offered.append(f"SIZE {self.server.size}")
        if self.server.starttls and not self.is_encrypted:
            offered.append("STARTTLS")
        if self.server.users is not None:
            offered.append(f"AUTH {self.server.mechanism}")
        lines = [f"250-{name}" for name in offered[:-1]] + [f"250 {offered[-1]}"]
        self._say("\r\n".join(lines))

    def _star(self, command: str) -> None:
        if not self.server.starttls:
            self._say("502 5.5.1 no TLS here")
            return
        self._say("220 2.0.0 go ahead")
        self.line.encrypt(certificate().server_context)
        self.is_encrypted = True

    def _auth(self, command: str) -> None:
        if self.server.on_login:
            self._say(self.server.on_login)
            return
        name, secret = self._credentials(command.split())
        if (self.server.users or {}).get(name) != secret:
            self._say("535 5.7.8 wrong user name or password")
            return
        self.user = name
        self.server.encrypted_logins += self.is_encrypted
        self._say("235 2.7.0 welcome")

    def _credentials(self, words: list[str]) -> tuple[str, str]:
        if words[1] == "PLAIN":
            _, name, secret = base64.b64decode(words[2]).decode().split("\0")
            return name, secret
        name = words[2] if len(words) > 2 else self._ask("VXNlcm5hbWU6")
        return base64.b64decode(name).decode(), base64.b64decode(self._ask("UGFzc3dvcmQ6")).decode()

    def _ask(self, challenge: str) -> str:
        self._say(f"334 {challenge}")
        return self.line.read_line().decode().strip()

    def _mail(self, command: str) -> bool:
        if not self.may_send:
            self._say("432 4.3.2 concurrent connections limit exceeded")
            return True
        if self.server.messages_per_connection and self.taken >= self.server.messages_per_connection:
            self._say("421 4.7.0 enough for one connection")
            return False
        if self.server.users is not None and self.user is None:
            self._say("530 5.7.0 authentication required")
            return True
        if self.transaction.sender is not None:
            self._say("503 5.5.1 nested MAIL")
            return True
        address, _, parameters = command[10:].strip().lstrip("<").partition(">")
        refusal = self.server.on_mail.get(address, "")
        if refusal:
            self._say(refusal)
            return not refusal.startswith("421")
        self.transaction = _Transaction(address, parameters.strip())
        self._say("250 2.1.0 sender fine")
        return True

    def _rcpt(self, command: str) -> None:
        address = command[8:].strip().lstrip("<").partition(">")[0]
        if self.transaction.sender is None:
            self._say("503 5.5.1 MAIL first")
            return
        reply = self.server.on_recipient.get(address, "250 2.1.5 recipient fine")
        if reply.startswith("250"):
            self.transaction.recipients.append(address)
        self._say(reply)

    def _data(self, command: str) -> bool:
        wanted = self._rule(self.server.on_data_command)
        if isinstance(wanted, Twist):
            return False
        if wanted:
            self._say(wanted)
            return True
        if not self.transaction.recipients and not self.server.eager:
            self._say("554 5.5.1 no valid recipients")
            return True
        self._say("354 go on")
        content = self._content()
        if content is None:
            return False
        return self._take(content)

    def _take(self, content: bytes) -> bool:
        twist = self._rule(self.server.on_content)
        transaction, self.transaction = self.transaction, _Transaction()
        kept = Received(
            transaction.sender or "", tuple(transaction.recipients), content, transaction.parameters
        )
        if isinstance(twist, str) and twist:
            self._say(twist)
            return True
        if twist not in (Twist.LOSE_AND_CUT, Twist.REFUSE_THEN_CUT) and kept.recipients:
            self.server.keep(kept)
            self.taken += 1
        return self._answer_content(twist)

    def _answer_content(self, twist: str | Twist) -> bool:
        if twist is Twist.HANG:
            self.server.stopping.wait(30)
            return False
        if twist is Twist.NONSENSE:
            self._say("all your base")
            return True
        if twist is Twist.REFUSE_THEN_CUT:
            self._say("554 5.7.1 refused")
            return False
        if twist in (Twist.CUT_BEFORE_ANSWER, Twist.LOSE_AND_CUT):
            return False
        self._say("250 2.0.0 queued")
        return twist is not Twist.ACCEPT_THEN_CUT

    def _content(self) -> bytes | None:
        lines: list[bytes] = []
        while (line := self.line.read_line()) != b".\r\n":
            if not line:
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _rset(self, command: str) -> None:
        self.transaction = _Transaction()
        self._say("250 2.0.0 forgotten")

    def _noop(self, command: str) -> None:
        self._say("250 2.0.0 still here")

    def _rule(self, rules: dict[str, str] | dict[str, str | Twist]) -> str | Twist:
        return next((rules[address] for address in self.transaction.recipients if address in rules), "")

    def _say(self, reply: str) -> None:
        self.line.write(f"{reply}\r\n")
