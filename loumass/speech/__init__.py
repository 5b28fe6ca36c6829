"""Voices: the accounts that speak scripts, and what they spoke already."""
