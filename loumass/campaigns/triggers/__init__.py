"""How people come into a campaign by themselves (docs/triggers.md).

A kind of trigger is one file in `kinds/` and one line in `registry.py`. News reaches it by `listeners.py`, and `entering.py`
lets everybody in whom a batch of news names, in one statement for each kind.
"""
