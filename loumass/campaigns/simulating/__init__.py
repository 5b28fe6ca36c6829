"""The time machine over real people and senders: read in sets, walked by `funnels/simulating`, kept for a day.

`wishes.py` is what somebody asked for; `audience.py` and `senders.py` read; `reports.py` says what came of it as plain
values; `running.py` does it all, at once or as a job; `kept.py` keeps it. Nothing here writes a row of people or messages.
"""
