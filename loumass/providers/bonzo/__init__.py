"""Texts to people as Bonzo's prospects (https://docs.getbonzo.com)."""
