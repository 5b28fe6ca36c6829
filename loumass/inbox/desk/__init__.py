"""Order on the desk: who answers what, under which label, who is told, and what stands together."""
