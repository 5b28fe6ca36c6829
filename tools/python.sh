#!/bin/sh
# Runs its arguments with a Python that Loumass runs on. The system's python3 comes first, then newer
# ones beside it; a name may exist and still not run (version managers), so each is tried.
fits='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
for name in python3 python3.13 python3.12 python3.11; do
    if "$name" -c "$fits" 2>/dev/null; then
        exec "$name" "$@"
    fi
done
found=$(python3 --version 2>&1) || found="no python3"
echo "Loumass needs Python 3.11, 3.12 or 3.13 and found $found; install one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python@3.13) and start again." >&2
exit 1
