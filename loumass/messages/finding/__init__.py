"""Finding messages by their words, right under policies (`migrations/searching.py`)."""
