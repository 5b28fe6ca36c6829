"""A small IMAP4rev1 server (RFC 3501) over folders in memory; knows what a mail program needs to read."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime

from tests.fakes.loopback import Line, LoopbackServer, certificate


@dataclass
class Mail:
    """One message in a folder."""

    uid: int
    content: bytes
    arrived_at: datetime


@dataclass
class Folder:
    """A folder; `drop_in` is how mail arrives."""

    name: str
    flags: tuple[str, ...] = ()
    uid_validity: int = 1
    uid_next: int = 1
    mails: list[Mail] = field(default_factory=list)

    def drop_in(self, content: bytes, arrived_at: datetime | None = None) -> int:
        """Let a message arrive; its UID."""
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        self.mails.append(Mail(uid, content, arrived_at or datetime.now(UTC)))
        return uid

    def rebuild(self, first_uid: int = 1) -> None:
        """Number everything anew under another UIDVALIDITY, as servers do after a restore."""
        self.uid_validity += 1
        for position, mail in enumerate(self.mails):
            mail.uid = first_uid + position
        self.uid_next = first_uid + len(self.mails)


class FakeImapServer(LoopbackServer):
    """INBOX, Sent and Junk (with special use unless `special_use=False`)."""

    def __init__(
        self,
        *,
        users: dict[str, str],
        implicit_tls: bool = False,
        starttls: bool = False,
        special_use: bool = True,
        sent_name: str = "Sent Items",
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.users, self.implicit_tls, self.starttls, self.special_use = (
            users,
            implicit_tls,
            starttls,
            special_use,
        )
        sent_flags = ("\\Sent",) if special_use else ()
        self.folders = {
            "INBOX": Folder("INBOX"),
            sent_name: Folder(sent_name, sent_flags, uid_validity=7),
            "Junk": Folder("Junk", ("\\Junk",) if special_use else (), uid_validity=9),
        }
        self.on_append = ""
        self.on_login = ""
        self.on_select = ""
        self.hides_uid_next = False
        self.cut_on = ""  # a command, like "UID FETCH", that ends the connection
        self.commands: list[str] = []
        self.encrypted_logins = 0

    @property
    def inbox(self) -> Folder:
        """Where mail arrives."""
        return self.folders["INBOX"]

    @property
    def sent(self) -> Folder:
        """Where this mailbox keeps what it sent."""
        return next(folder for name, folder in self.folders.items() if name not in ("INBOX", "Junk"))

    @property
    def junk(self) -> Folder:
        """Where the server puts what it does not trust."""
        return self.folders["Junk"]

    def converse(self, line: Line) -> None:
        """One IMAP session."""
        line.write("* OK [CAPABILITY IMAP4rev1] fake.example\r\n")
        _Session(self, line).run()


class _Session:
    def __init__(self, server: FakeImapServer, line: Line) -> None:
        self.server, self.line = server, line
        self.is_logged_in = False
        self.is_encrypted = server.implicit_tls
        self.folder: Folder | None = None

    def run(self) -> None:
        while command := self._read_command():
            tag, name, arguments = command
            self.server.commands.append(" ".join((name, *map(str, arguments))))
            if self.server.cut_on and f"{name} {' '.join(arguments[:1])}".startswith(self.server.cut_on):
                return
            answer = getattr(self, f"_{name.lower()}", None)
            if answer is None:
                self._say(f"{tag} BAD {name} is unknown")
            elif not self.is_logged_in and name not in (
                "CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "LOGOUT", "NOOP",
            ):  # fmt: skip
                self._say(f"{tag} NO log in first")
            elif answer(tag, arguments) is False:
                return

    def _read_command(self) -> tuple[str, str, list[str]] | None:
        text = ""
        while line := self.line.read_line():
            text += line.decode("utf-8", "replace").rstrip("\r\n")
            literal = re.search(r"\{(\d+)\}$", text)
            if not literal:
                break
            self._say("+ go on")
            content = self.line.read_exactly(int(literal[1])).decode("utf-8", "replace")
            quoted = content.replace("\\", "\\\\").replace('"', '\\"')
            text = text[: literal.start()] + f'"{quoted}"'
        words = _words(text)
        return (words[0], words[1].upper(), words[2:]) if len(words) > 1 else None

    def _capability(self, tag: str, arguments: list[str]) -> None:
        names = ["IMAP4rev1", "AUTH=PLAIN"]
        names += ["SPECIAL-USE"] if self.server.special_use else []
        names += ["STARTTLS"] if self.server.starttls and not self.is_encrypted else []
        self._say(f"* CAPABILITY {' '.join(names)}\r\n{tag} OK done")

    def _starttls(self, tag: str, arguments: list[str]) -> None:
        self._say(f"{tag} OK begin TLS")
        self.line.encrypt(certificate().server_context)
        self.is_encrypted = True

    def _authenticate(self, tag: str, arguments: list[str]) -> None:
        self._say("+ ")
        _, name, secret = b64decode(self.line.read_line()).decode().split("\0")
        self._login(tag, [name, secret])

    def _login(self, tag: str, arguments: list[str]) -> None:
        name, secret = arguments
        if self.server.on_login:
            self._say(f"{tag} {self.server.on_login}")
        elif self.server.users.get(name) != secret:
            self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong user name or password")
        else:
            self.is_logged_in = True
            self.server.encrypted_logins += self.is_encrypted
            self._say(f"{tag} OK welcome")

    def _logout(self, tag: str, arguments: list[str]) -> bool:
        self._say(f"* BYE\r\n{tag} OK bye")
        return False

    def _noop(self, tag: str, arguments: list[str]) -> None:
        self._say(f"{tag} OK still here")

    def _list(self, tag: str, arguments: list[str]) -> None:
        pattern = arguments[1]
        for folder in self.server.folders.values():
            if pattern in ("*", "%", folder.name):
                flags = " ".join(("\\HasNoChildren", *folder.flags))
                self._say(f'* LIST ({flags}) "/" "{folder.name}"')
        self._say(f"{tag} OK done")

    def _select(self, tag: str, arguments: list[str]) -> None:
        self._open(tag, arguments[0], "READ-WRITE")

    def _examine(self, tag: str, arguments: list[str]) -> None:
        self._open(tag, arguments[0], "READ-ONLY")

    def _open(self, tag: str, name: str, mode: str) -> None:
        folder = self.server.folders.get(name)
        if folder is None or self.server.on_select:
            self._say(f"{tag} {self.server.on_select or 'NO there is no such folder'}")
            return
        self.folder = folder
        self._say(f"* {len(folder.mails)} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)")
        self._say(f"* OK [UIDVALIDITY {folder.uid_validity}] valid")
        if not self.server.hides_uid_next:
            self._say(f"* OK [UIDNEXT {folder.uid_next}] next")
        self._say(f"{tag} OK [{mode}] opened")

    def _append(self, tag: str, arguments: list[str]) -> None:
        if self.server.on_append:
            self._say(f"{tag} {self.server.on_append}")
            return
        self.server.folders[arguments[0]].drop_in(arguments[-1].encode())
        self._say(f"{tag} OK kept")

    def _uid(self, tag: str, arguments: list[str]) -> None:
        folder = self.folder
        if folder is None:
            self._say(f"{tag} BAD open a folder first")
        elif arguments[0].upper() == "SEARCH":
            found = [str(mail.uid) for mail in folder.mails if _matches(mail, arguments[1:], folder)]
            self._say(f"* SEARCH {' '.join(found)}".rstrip() + f"\r\n{tag} OK done")
        else:
            self._fetch(tag, folder, arguments[1], " ".join(arguments[2:]).upper())

    def _fetch(self, tag: str, folder: Folder, uids: str, wanted: str) -> None:
        for sequence, mail in enumerate(folder.mails, 1):
            if not _in_set(mail.uid, uids, folder):
                continue
            parts = [f"UID {mail.uid}".encode()]
            if "RFC822.SIZE" in wanted:
                parts.append(f"RFC822.SIZE {len(mail.content)}".encode())
            if "INTERNALDATE" in wanted:
                parts.append(f'INTERNALDATE "{mail.arrived_at:%d-%b-%Y %H:%M:%S +0000}"'.encode())
            partial = re.search(r"BODY(?:\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", wanted)
            if partial:
                start, count = (int(partial[1]), int(partial[2])) if partial[1] else (0, len(mail.content))
                content = mail.content[start : start + count]
                label = f"BODY[]<{start}>" if partial[1] else "BODY[]"
                parts.append(f"{label} {{{len(content)}}}\r\n".encode() + content)
            self.line.write(f"* {sequence} FETCH (".encode() + b" ".join(parts) + b")\r\n")
        self._say(f"{tag} OK done")

    def _say(self, text: str) -> None:
        self.line.write(f"{text}\r\n")


def _words(text: str) -> list[str]:
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"()]+(?:\[[^\]]*\][^\s()]*)?)', text)
    return [atom or re.sub(r"\\(.)", r"\1", quoted) for quoted, atom in found]


def _in_set(uid: int, uids: str, folder: Folder) -> bool:
    last = max((mail.uid for mail in folder.mails), default=0)
    for part in uids.split(","):
        low, _, high = part.partition(":")
        ends = sorted(last if end == "*" else int(end) for end in (low, high or low))
        if ends[0] <= uid <= ends[1]:
            return True
    return False


def _matches(mail: Mail, criteria: list[str], folder: Folder) -> bool:
    words = list(criteria)
    while words:
        word = words.pop(0).upper()
        if word == "UID" and not _in_set(mail.uid, words.pop(0), folder):
            return False
        if word == "HEADER":
            name, value = words.pop(0), words.pop(0)
            if name.lower() == "message-id" and value.encode() not in mail.content:
                return False  # never folded or encoded; thousands are looked through
            if value not in str(message_from_bytes(mail.content).get(name, "")):
                return False
        if word == "SINCE" and mail.arrived_at.date() < _day(words.pop(0)):
            return False
        if word == "SENTSINCE" and _sent_at(mail).date() < _day(words.pop(0)):
            return False
    return True


def _day(text: str) -> date:
    return datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).date()


def _sent_at(mail: Mail) -> datetime:
    value = message_from_bytes(mail.content).get("Date")
    return parsedate_to_datetime(value) if value else datetime.now(UTC)
