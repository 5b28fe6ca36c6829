"""What DNS holds of a domain that we send from. Touches the network: call outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loumass.core.resolving import records_of

#: An SPF record may make receivers look up so many names (RFC 7208, section 4.6.4).
MOST_LOOKUPS = 10
_COSTS = ("include:", "a", "mx", "ptr", "exists:", "redirect=")


@dataclass(frozen=True, slots=True)
class Found:
    """What is published. `spf` and `dmarc` are all records of their kind, `keys` the key of each selector that has one.

    `spf_lookups` is what receivers must look up. `dmarc_at` is the domain whose DMARC record holds.
    """

    domain: str
    mx: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()
    spf_lookups: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    dmarc: tuple[str, ...] = ()
    dmarc_at: str = ""
    #: Envelope domain, where bounces go elsewhere, and its SPF records.
    bounce_domain: str = ""
    bounce_spf: tuple[str, ...] = ()


def look(domain: str, selectors: Sequence[str], bounce_domain: str = "") -> Found:
    """Ask for everything that receivers ask for. Raises OSError when DNS does not answer: that proves nothing."""
    spf = _spf_of(domain)
    at, dmarc = _dmarc_of(domain)
    elsewhere = bounce_domain if bounce_domain != domain else ""
    return Found(
        domain=domain,
        mx=tuple(sorted(records_of(domain, "MX"))),
        spf=spf,
        spf_lookups=_lookups(spf[0], set()) if len(spf) == 1 else 0,
        keys=_keys(domain, selectors),
        dmarc=dmarc,
        dmarc_at=at,
        bounce_domain=elsewhere,
        bounce_spf=_spf_of(elsewhere) if elsewhere else (),
    )


def _spf_of(domain: str) -> tuple[str, ...]:
    texts = records_of(domain, "TXT")
    return tuple(one for one in texts if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 "))


def _keys(domain: str, selectors: Sequence[str]) -> dict[str, str]:
    found = {}
    for selector in selectors:
        texts = [one for one in records_of(f"{selector}._domainkey.{domain}", "TXT") if "p=" in one]
        if texts:
            found[selector] = texts[0]
    return found


def _dmarc_of(domain: str) -> tuple[str, tuple[str, ...]]:
    """The record of the domain itself, else of one above it: subdomains inherit (RFC 7489, section 6.6.3)."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        at = ".".join(labels[start:])
        found = tuple(
            one
            for one in records_of(f"_dmarc.{at}", "TXT")
            if one.lower().replace(" ", "").startswith("v=dmarc1")
        )
        if found:
            return at, found
    return domain, ()


def _lookups(record: str, seen: set[str]) -> int:
    """How many look-ups `record` costs, with all that it includes; stops where it is too many anyway."""
    count = 0
    for term in record.lower().split()[1:]:
        term = term.lstrip("+-~?")  # noqa: PLW2901  the qualifier says nothing about the cost
        if not (
            term.startswith(("include:", "exists:", "redirect="))
            or term.split(":")[0].split("/")[0] in _COSTS
        ):
            continue
        count += 1
        target = term.partition(":" if term.startswith("include:") else "=")[2]
        if not term.startswith(("include:", "redirect=")) or target in seen or "%" in target:
            continue
        seen.add(target)
        if len(seen) > MOST_LOOKUPS + 2:
            return count
        inner = _spf_of(target)
        count += _lookups(inner[0], seen) if inner else 0
    return count
