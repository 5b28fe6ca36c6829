"""Who is on the sample list, `docs/sample-leads.csv`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

PRIYA, TOM, GRACE, HANNAH, OWEN = (
    "priya@foothillmain.example", "tom.okafor@cherrycreek.example", "grace@lohihomes.example", "hannah@weiss.example",
    "owen@platteriver.example",
)  # fmt: skip
PRIYAS_NUMBER, TOMS_NUMBER, KATIES_NUMBER = "+13035550101", "+13035550102", "+13035550111"
#: Of all twelve, eleven have an e-mail address and ten a number.
EVERYBODY, MAILED, TEXTED = 12, 11, 10
DENVER = ZoneInfo("America/Denver")
