"""Voicemail from the funnel to the mailbox: recordings, voices, consent, dispositions."""
