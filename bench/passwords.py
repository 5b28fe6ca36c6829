"""Milliseconds that one sign-in computes for a known user; the limit is the same for somebody unknown.

The ratio says what an attacker could see: at 1 both take the same time.
"""

from __future__ import annotations

from bench.measuring import forget_peak, median_seconds, peak_mib, print_line
from loumass.accounts.passwords import hashed, is_right

TIMES = 40


def main() -> None:
    """Prints one line."""
    kept = hashed("correct horse battery")
    forget_peak()
    known = median_seconds(lambda: is_right("not this one", kept), TIMES) * 1000
    unknown = median_seconds(lambda: is_right("not this one", None), TIMES) * 1000
    print_line("passwords", known, "ms", unknown, unknown / known, peak=peak_mib(), count=TIMES)


if __name__ == "__main__":
    main()
