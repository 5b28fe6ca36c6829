"""Loumass: one house for outreach. Re-exports nothing: it must never become a hub."""
