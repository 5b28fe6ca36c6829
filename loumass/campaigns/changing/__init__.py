"""A campaign changed while people walk it.

`drafts.py` makes the draft of a change: a clone of the graph, edited on the funnel's own pages. `proposal.py` tells it apart
from what runs, `places.py` (pure) and `people.py` say what it means to whom, `choices.py` what becomes of them. `applying.py`
decides in one transaction and `carrying.py` carries it out, there or slice by slice (`moving.py`, `retiming.py`): the graph keeps its
row and its nodes, what it was is frozen as a version. `history.py` lists the
versions; taking one back is the next change.
"""
