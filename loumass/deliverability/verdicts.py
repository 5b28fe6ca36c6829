"""What is published, judged as the large receivers judge it, with what to publish instead. Pure.

The rules are those of Gmail and Yahoo for bulk senders (February 2024), RFC 7208 (SPF), 6376 (DKIM), 7489 (DMARC).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from loumass.deliverability.known_senders import Service
from loumass.deliverability.looking import MOST_LOOKUPS, Found

_RANK = {"good": 0, "warning": 1, "bad": 2}


@dataclass(frozen=True, slots=True)
class Record:
    """Something to publish in DNS. `value` is empty where only the mail service knows it."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """`state` is good, warning or bad; `sentence` says what was found, `remedy` what to do."""

    name: str
    state: str
    sentence: str
    remedy: str = ""
    records: tuple[Record, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What is stored."""
        return asdict(self)


def judge(found: Found, services: Sequence[Service], selectors: Sequence[str]) -> list[Check]:
    """One check for each of SPF, DKIM, DMARC and MX."""
    return [
        _spf(found, services),
        _dkim(found, services, selectors),
        _dmarc(found),
        _mx(found),
        *([_bounces(found)] if found.bounce_domain else []),
    ]


def worst(checks: Sequence[Check]) -> str:
    """The state of the whole."""
    return max((check.state for check in checks), key=lambda state: _RANK[state], default="unknown")


def _spf(found: Found, services: Sequence[Service]) -> Check:
    wanted = [f"include:{service.include}" for service in services]
    if len(found.spf) > 1:
        return Check(
            "SPF", "bad", f"{found.domain} has {len(found.spf)} SPF records, and receivers then ignore all of them.",
            "Keep one record that names everybody who sends for you.",
        )  # fmt: skip
    if not found.spf:
        parts = " ".join(["v=spf1", *(wanted or ["mx"]), "~all"])
        return Check(
            "SPF", "bad", f"{found.domain} does not say who may send for it.",
            "Publish this record. It names your mail service; add whoever else sends for you.",
            (Record("TXT", found.domain, parts),),
        )  # fmt: skip
    return _one_spf(found, found.spf[0], wanted)


def _one_spf(found: Found, record: str, wanted: Sequence[str]) -> Check:
    terms = record.lower().split()
    if any(term in ("+all", "all") for term in terms):
        return Check(
            "SPF", "bad", "Your SPF record allows the whole world to send in your name.",
            "End it with ~all instead.", (Record("TXT", found.domain, _ending(record, "~all")),),
        )  # fmt: skip
    if found.spf_lookups > MOST_LOOKUPS:
        return Check(
            "SPF", "bad",
            f"Your SPF record makes receivers look up {found.spf_lookups} names; they stop after {MOST_LOOKUPS} and refuse.",
            "Take out services that no longer send for you.",
        )  # fmt: skip
    missing = [one for one in wanted if one not in terms and f"+{one}" not in terms]
    if missing and not any(term.startswith("redirect=") for term in terms):
        first, _, rest = record.partition(" ")
        return Check(
            "SPF", "bad", f"Your SPF record does not name the service that your mailboxes send through ({missing[0][8:]}).",
            "Change the record to this.", (Record("TXT", found.domain, f"{first} {' '.join(missing)} {rest}".strip()),),
        )  # fmt: skip
    if not any(term in ("~all", "-all") or term.startswith("redirect=") for term in terms):
        return Check(
            "SPF", "warning", "Your SPF record does not say what to do with mail from anybody else.",
            "End it with ~all.", (Record("TXT", found.domain, _ending(record, "~all")),),
        )  # fmt: skip
    return Check("SPF", "good", f"{found.domain} says who may send for it.")


def _ending(record: str, end: str) -> str:
    kept = [term for term in record.split() if term.lstrip("+-~?").lower() != "all"]
    return " ".join([*kept, end])


def _dkim(found: Found, services: Sequence[Service], selectors: Sequence[str]) -> Check:
    keys = {selector: _bits(key) for selector, key in found.keys.items()}
    usable = {selector: bits for selector, bits in keys.items() if bits is not None}
    if usable:
        weak = sorted(selector for selector, bits in usable.items() if 0 < bits < 1024)
        if len(weak) == len(usable):
            return Check(
                "DKIM", "bad", f"The key {weak[0]} has {usable[weak[0]]} bits; receivers ask for 1024 at least.",
                "Make a new key of 2048 bits where your mail is signed.",
            )  # fmt: skip
        named = ", ".join(sorted(usable))
        return Check("DKIM", "good", f"A key for signatures is published ({named}).")
    if keys:
        return Check(
            "DKIM", "bad", f"The key {min(keys)} is empty: it was revoked, or it cannot be read.",
            "Publish the key again as your mail service shows it.",
        )  # fmt: skip
    where = _where_the_key_is(services)
    looked = ", ".join(selectors[:6]) + (", …" if len(selectors) > 6 else "")
    return Check(
        "DKIM", "bad", f"No key for signatures was found at {found.domain} (looked for: {looked}).",
        f"{where} If it stands under another name, enter it under Selectors.",
        (Record("TXT", f"{selectors[0]}._domainkey.{found.domain}", ""),),
    )  # fmt: skip


def _where_the_key_is(services: Sequence[Service]) -> str:
    if not services:
        return "Have your mail server sign what it sends, and publish the key that it shows you."
    return f"Turn on DKIM at {services[0].name} and publish the key that it shows you."


def _bits(record: str) -> int | None:
    """The length of an RSA key; 0 for another kind (Ed25519); None for one that is empty or cannot be read."""
    tags = _tags(record)
    encoded = tags.get("p", "").replace(" ", "")
    if not encoded:
        return None
    if tags.get("k", "rsa") != "rsa":
        return 0
    try:
        key = load_der_public_key(base64.b64decode(encoded))
    except (ValueError, TypeError, binascii.Error):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else 0


def _dmarc(found: Found) -> Check:
    own = Record("TXT", f"_dmarc.{found.domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{found.domain}")
    if not found.dmarc:
        return Check(
            "DMARC", "bad", f"{found.domain} has no DMARC record. Gmail and Yahoo ask for one from everybody who writes to many.",
            "Publish this record. It changes nothing but that reports come to the address in it.", (own,),
        )  # fmt: skip
    first = found.dmarc[0]
    if len(found.dmarc) > 1:
        return Check(
            "DMARC", "bad", f"{found.dmarc_at} has {len(found.dmarc)} DMARC records, and receivers then ignore all of them.",
            "Keep one.",
        )  # fmt: skip
    tags = _tags(first)
    inherited = found.dmarc_at != found.domain
    policy = (tags.get("sp") if inherited else None) or tags.get("p", "")
    if policy not in ("none", "quarantine", "reject"):
        return Check(
            "DMARC", "bad", "Your DMARC record names no policy, so it does not count.",
            "Change it to this.", (own,),
        )  # fmt: skip
    return _one_dmarc(found, tags, policy)


def _one_dmarc(found: Found, tags: dict[str, str], policy: str) -> Check:
    strict = [name for name, tag in (("SPF", "aspf"), ("DKIM", "adkim")) if tags.get(tag) == "s"]
    if len(strict) == 2 and found.bounce_domain:
        return Check(
            "DMARC", "bad",
            f"Your DMARC record wants an exact match, and bounces go to {found.bounce_domain}: only DKIM can still match.",
            "Take aspf=s out of the record.",
        )  # fmt: skip
    after = f" It stands at {found.dmarc_at}." if found.dmarc_at != found.domain else ""
    if "rua" not in tags:
        return Check(
            "DMARC", "warning", f"The policy is {policy}, and nobody gets the reports.{after}",
            "Add an address for reports: rua=mailto:… shows you who sends in your name.",
        )  # fmt: skip
    return Check("DMARC", "good", f"The policy is {policy}, and your mail matches it.{after}")


def _mx(found: Found) -> Check:
    hosts = [one.partition(" ")[2].strip(".") for one in found.mx]
    if not hosts:
        return Check(
            "MX", "warning", f"{found.domain} names no server for mail to it: answers and bounces may not come back.",
            "Publish the MX records that your mail service shows you.",
        )  # fmt: skip
    if hosts == [""]:
        return Check(
            "MX", "bad", f"{found.domain} says that it takes no mail (a null MX). Many receivers refuse mail from such a domain.",
            "Publish the MX records that your mail service shows you.",
        )  # fmt: skip
    return Check("MX", "good", f"Mail to {found.domain} goes to {hosts[0]}.")


def _bounces(found: Found) -> Check:
    if found.bounce_spf:
        return Check("Bounces", "good", f"{found.bounce_domain}, where bounces go, says who may send for it.")
    return Check(
        "Bounces", "bad", f"Receivers look for SPF at {found.bounce_domain}, where bounces go, and it has none.",
        "Publish this record.", (Record("TXT", found.bounce_domain, found.spf[0] if found.spf else "v=spf1 mx ~all"),),
    )  # fmt: skip


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
