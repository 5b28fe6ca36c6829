"""The engine: people move through a campaign's graph in sets.

`slice.py` claims who is due (`claiming.py`) and follows the graph once, node by node; each kind's module says
who goes where (`verdict.py`), `moving.py` walks them in memory, and `writing.py` writes the whole slice down in
a handful of statements. Their number grows with the nodes of the graph, never with the people on it.
`loumass.funnels.step` is the same decision for one person.
"""
