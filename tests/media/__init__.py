"""Media: what bytes are, how long they sound, kept once, fetched by links that end."""
