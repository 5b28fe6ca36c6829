"""Which folders of a mailbox matter: told by the server (RFC 6154), else by what they are usually called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.imapclient import JUNK, SENT

INBOX = "INBOX"
_SENT_NAMES = (
    "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente", "gesendete objekte",
    "envoy\u00e9s", "\u00e9l\u00e9ments envoy\u00e9s", "messages envoy\u00e9s", "enviados", "elementos enviados",
    "itens enviados", "inviata", "posta inviata", "inviati", "verzonden", "verzonden items", "skickat", "wys\u0142ane",
)  # fmt: skip
_JUNK_NAMES = (
    "junk", "spam", "junk e-mail", "junk email", "bulk mail", "junk-e-mail", "spamverdacht", "courrier ind\u00e9sirable",
    "ind\u00e9sirables", "correo no deseado", "posta indesiderata", "ongewenst", "ongewenste e-mail",
)  # fmt: skip
_Listed = tuple[Sequence[bytes], bytes | None, str]


@dataclass(frozen=True, slots=True)
class Folders:
    """Names of the folders that a mailbox has beside its inbox; None where it cannot be told."""

    sent: str | None
    junk: str | None


def folders_of(client: IMAPClient) -> Folders:
    """What the mailbox lists."""
    listed: list[_Listed] = [
        (flags, delimiter, str(name))
        for flags, delimiter, name in client.list_folders()
        if not {flag.lower() for flag in flags} & {b"\\noselect", b"\\nonexistent"}
    ]
    return Folders(_found(listed, SENT, _SENT_NAMES), _found(listed, JUNK, _JUNK_NAMES))


def _found(listed: Sequence[_Listed], flag: bytes, names: Sequence[str]) -> str | None:
    for flags, _, name in listed:
        if flag.lower() in {one.lower() for one in flags}:
            return name
    called = [name for _, delimiter, name in listed if _last(name, delimiter).casefold() in names]
    # The shortest: `Sent` and not `Archive/2019/Sent`.
    return min(called, key=len, default=None)


def _last(name: str, delimiter: bytes | None) -> str:
    return name.rsplit(delimiter.decode(), 1)[-1] if delimiter else name
