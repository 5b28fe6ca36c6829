"""Outlook mailboxes (Microsoft 365 and outlook.com) that people sign in to."""
