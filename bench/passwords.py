"""How long one sign-in computes: for a known user, an unknown one, and the difference an attacker could see."""

from __future__ import annotations

from bench.measuring import median_seconds, print_figure
from loumass.accounts.passwords import hashed, is_right

TIMES = 40


def main() -> None:
    """Prints three lines."""
    kept = hashed("correct horse battery")
    known = median_seconds(lambda: is_right("not this one", kept), TIMES) * 1000
    unknown = median_seconds(lambda: is_right("not this one", None), TIMES) * 1000
    print_figure("password_known_user", known, "ms", times=TIMES)
    print_figure("password_unknown_user", unknown, "ms", times=TIMES)
    print_figure("password_difference", abs(known - unknown), "ms", times=TIMES)


if __name__ == "__main__":
    main()
