"""Why a row of a list was not taken: codes that group refusals, with their titles for people."""

from __future__ import annotations

CODES: dict[str, str] = {
    "email": "Not an e-mail address",
    "phone": "Not a phone number",
    "nobody": "No e-mail, no mobile",
    "repeated": "Repeated in the file",
    "conflict": "Two people at once",
    "columns": "Too many or too few columns",
    "quote": "Quote not closed",
    "characters": "Damaged characters",
    "too_long": "Too long",
    "owner": "Owner unknown",
    "erased": "Asked to be erased",
    "timezone": "Not a time zone",
    "plan": "No room in your plan",
}
