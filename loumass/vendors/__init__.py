"""Accounts of organizations with vendors that are no channel: who speaks, who judges."""
