"""The time machine: people walk a graph in virtual time, by the same pure steps and the same limits. No database.

`running.py` is the loop over moments; `stops.py` the graph made ready for many; `carrying.py` the table of how each
decision is simulated; `posting.py` one sender's queue with its limits; `chances.py` what people do; `ledger.py` what
came of it. `by_hand.py` leads one person through, with answers that somebody chose.
"""
