"""People we may write to: contacts, tags, suppression, consent and the lists they come from."""
