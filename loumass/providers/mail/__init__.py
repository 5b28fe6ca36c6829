"""E-mail as it is on the wire, for every provider that speaks it."""
