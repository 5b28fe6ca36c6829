"""ElevenLabs: scripts spoken by synthetic voices."""
