"""The pages in a real Chromium."""

#: Why the browser tests were skipped; shown in red at the end of the run (tests/conftest.py).
NO_CHROMIUM = (
    "No Chromium was found, so the browser tests did not run. Install one or set CHROMIUM to its path."
)
