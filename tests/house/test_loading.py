"""What is loaded when: `import loumass` costs nothing, and no vendor's SDK is there before somebody connects to it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What speaks to a vendor, by the name that is imported. Libraries that speak a protocol (httpx2, imapclient) are none.
SDKS = frozenset({
    "boto3", "botocore", "elevenlabs", "google", "googleapiclient", "msal", "msgraph", "openai", "anthropic", "sentry_sdk",
    "shopify", "stripe", "twilio", "woocommerce",
})  # fmt: skip


def loaded_by(*modules: str) -> set[str]:
    """The top names of everything that importing `modules` loads."""
    code = f"import sys; before = set(sys.modules); import {', '.join(modules)}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def imported_at_the_top(path: Path) -> set[str]:
    """The top names that a file imports when it is loaded."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def test_the_package_itself_loads_nothing() -> None:
    assert loaded_by("loumass") == {"loumass"}


def test_no_process_loads_a_vendors_sdk_before_it_is_used() -> None:
    """All in one: what any of them loads is loaded, also what a worker loads when it has its settings."""
    loaded = loaded_by("loumass.app", "worker", "loumass.starting_up", "loumass.core.jobs", "loumass.ticker")
    assert {"loumass", "worker"} <= loaded
    assert loaded & SDKS == set()


def test_the_web_servers_settings_load_nothing_that_waits_for_others() -> None:
    """They are read before gevent has taken the place of what waits. psycopg chooses how to wait when it is loaded, and would
    stop the whole process for each statement; locks that were made before do not let others go on."""
    settings = ast.parse((ROOT / "gunicorn.conf.py").read_text())
    imported = [node for node in settings.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    done = subprocess.run(
        [sys.executable, "-c", f"{ast.unparse(ast.Module([*imported], []))}\nprint(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "loumass" in loaded
    assert loaded & {"psycopg", "sqlalchemy", "redis", "httpx2", "flask"} == set()


def test_no_file_imports_a_vendors_sdk_at_its_top() -> None:
    found = {
        str(path.relative_to(ROOT)): imported_at_the_top(path) & SDKS
        for path in (ROOT / "loumass").rglob("*.py")
    }
    assert {path: names for path, names in found.items() if names} == {}
