"""Whether addresses are worth writing to: their form, their domain, and what kind they are."""
