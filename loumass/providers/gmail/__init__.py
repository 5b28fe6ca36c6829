"""Gmail mailboxes that people sign in to."""
