"""Invented people, for trying everything out without reaching anybody."""
