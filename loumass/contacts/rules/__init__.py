"""Rules: one language for segments, conditions, goals and triggers (docs/segments.md)."""
