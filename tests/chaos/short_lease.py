"""A worker whose lease on a channel is so short that a test can oversleep it: `... short_lease SECONDS deliver`."""

import sys
from datetime import timedelta

import worker
from loumass.messages import outbox_lease

if __name__ == "__main__":
    outbox_lease.LEASE = timedelta(seconds=float(sys.argv.pop(1)))
    worker.main()
