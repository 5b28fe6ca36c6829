"""Figures: one file each, one JSON line each. `make bench` prints all, `make bench NAME=passwords` one."""
