"""Funnels: the graph people walk, the pure step, templates and their versions."""
