"""A DNS server on loopback that knows the names it was given."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.fakes.loopback import HOST


class FakeDns:
    """Answers questions over UDP while used as a context manager.

    `records` maps (name, kind) to what stands there, as zone files spell it: `records["acme.example", "MX"] = ["10 mx.acme.example."]`;
    texts are given without quotes. `names` maps a name to its addresses, or to one list for each time it is asked (the last one stays).
    `asked` holds the questions. With `is_broken` every answer is SERVFAIL, with `is_silent` there is none.
    """

    def __init__(self, names: dict[str, list[str]] | None = None) -> None:
        self.names: dict[str, list[list[str]]] = {name: [found] for name, found in (names or {}).items()}
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.is_broken = self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return HOST, self.port

    def changes(self, name: str, *answers: list[str]) -> None:
        """`name` has these addresses, one list after the other: what a rebinding attacker's server does."""
        self.names[name] = list(answers)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                packet, peer = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._answer(dns.message.from_wire(packet))
            if not self.is_silent:
                self._socket.sendto(answer.to_wire(), peer)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        [asked] = question.question
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            spelt = [_quoted(one) if kind == "TXT" else one for one in found]
            answer.answer.append(dns.rrset.from_text(asked.name, 1, "IN", kind, *spelt))
        elif name not in self.names and not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif name in self.names and (
            fitting := [address for address in self._addresses(name, kind) if kind == _kind(address)]
        ):
            answer.answer.append(dns.rrset.from_text(asked.name, 1, "IN", kind, *fitting))
        return answer

    def _addresses(self, name: str, kind: str) -> list[str]:
        answers = self.names[name]
        # A question for both kinds is one look.
        return answers.pop(0) if kind == "A" and len(answers) > 1 else answers[0]


def _quoted(text: str) -> str:
    """`text` in pieces of at most 255 bytes, each in quotes."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def _kind(address: str) -> str:
    return "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
