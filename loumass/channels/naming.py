"""How a channel is called in sentences and choices."""

from __future__ import annotations

from loumass.contacts.normalising import shown_phone


def called(name: str, address: str) -> str:
    """Its name; without one its address, a number as people read it: `+1 303 555 0142`."""
    return shown_phone(name) if name and name != address else shown_phone(address)


def called_in_full(name: str, address: str) -> str:
    """The same with the address beside a name of its own: `Maya, maya@acme.example`."""
    short = called(name, address)
    return short if not name or name == address else f"{short}, {shown_phone(address)}"
