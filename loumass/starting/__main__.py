"""`python -m loumass.starting`, the second half of `make up` (the first makes `.venv`)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

from loumass import embedded
from loumass.config import DEMO_EMAIL, DEMO_PASSWORD
from loumass.embedded.places import made_home
from loumass.starting import processes
from loumass.starting.keys import development_keys
from loumass.starting.own_settings import own_settings
from loumass.starting.turn import Turn

CHECKOUT = Path(__file__).parents[2]
_NAMES = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Redis"}


def main() -> int:
    """Runs everything; returns the exit status. What stands in the way is one sentence."""
    try:
        with ExitStack() as stack:
            said = {name: value for name, value in os.environ.items() if value}
            return start(stack, own_settings(CHECKOUT / ".env") | said)
    except embedded.Broken as problem:
        print(problem.sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def start(stack: ExitStack, given: Mapping[str, str]) -> int:
    """Servers, steps, processes; `stack` stops the servers at the end."""
    refuse_production(given)
    home = made_home()
    port = port_of(given)
    address = given.get("PUBLIC_URL") or f"http://localhost:{port}"
    turn = stack.enter_context(closing(Turn(home / "up", address)))
    refuse_busy(port)
    env = environment(stack, home, given) | {"PORT": str(port)}
    prepare(env)
    announcing = announce(port, address, home, env)
    try:
        return processes.run(CHECKOUT / "Procfile", turn.path, env)
    finally:
        announcing.terminate()
        announcing.wait()


def refuse_production(given: Mapping[str, str]) -> None:
    """Raises Broken: the keys and servers made here are for one's own machine, and nobody backs them up."""
    if given.get("ENVIRONMENT") == "production":
        raise embedded.Broken(
            "ENVIRONMENT is production, but `make up` is for your own machine: its database lets everybody on it "
            "in. Start the processes of the Procfile with secrets of their own (docs/operations.md)."
        )


def port_of(given: Mapping[str, str]) -> int:
    """The port to listen on. Raises Broken when it is none."""
    value = given.get("PORT") or "8000"
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise embedded.Broken(
            f"PORT is {value!r}; it must be a number from 1 to 65535, as in: make up PORT=8001"
        )
    return int(value)


def refuse_busy(port: int) -> None:
    """Raises Broken when somebody else listens on `port`, or this account must not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise embedded.Broken(f"Port {port} needs root; choose a higher one: make up PORT=8001") from None
        except OSError:
            other = port + 1 if port < 65535 else port - 1
            raise embedded.Broken(
                f"Port {port} is in use by another program; stop that, or choose another: make up PORT={other}"
            ) from None


def environment(stack: ExitStack, home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What all processes are told: `given` wins, then this machine's own servers and keys."""
    figures = home / "metrics"
    shutil.rmtree(figures, ignore_errors=True)
    own: dict[str, str] = {
        "ENVIRONMENT": "development",
        "STORAGE_URL": f"file://{home / 'files'}",
        "PROMETHEUS_MULTIPROC_DIR": str(figures),
        # Real people take hours to answer; whoever looks around has minutes.
        "SANDBOX_SPEED": "60",
        **development_keys(home / "secrets.env"),
    }
    if not given.get("DATABASE_URL"):
        print("Starting PostgreSQL...", flush=True)
        own["DATABASE_URL"] = stack.enter_context(embedded.postgres(home / "postgres", throwaway=False)).url
    if not given.get("REDIS_URL"):
        print("Starting Redis...", flush=True)
        own["REDIS_URL"] = stack.enter_context(embedded.redis(home / "redis")).url
    servers = [variable for variable in ("DATABASE_URL", "REDIS_URL") if variable in own]
    if servers:
        stack.callback(
            print, f"Stopping {' and '.join(_NAMES[one] for one in servers)}; the data stays.", flush=True
        )
    path = f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', '/usr/bin:/bin')}"
    return (
        own
        | {name: value for name, value in given.items() if value}
        # Flask would praise another reader of .env, which has been read by now.
        | {"PATH": path, "PYTHONUNBUFFERED": "1", "FLASK_SKIP_DOTENV": "1"}
    )


def prepare(env: dict[str, str]) -> None:
    """Roles, tables, demo organization, by the application's own command. Raises Broken with its last line."""
    print("Preparing the database...", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip()
        *before, last = said.splitlines() or [f"status {done.returncode}"]
        if before:
            print(said, file=sys.stderr)
        reason = last.removeprefix("Error: ").rstrip(".")
        raise embedded.Broken(
            f"The database could not be prepared: {reason}. Nothing that was stored is lost."
        )


def announce(port: int, address: str, home: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that tells the address once the web answers, in between the logs."""
    lines = [
        f"Loumass is up:   {address}",
        f"Sign in with:    {DEMO_EMAIL}  /  {DEMO_PASSWORD}",
        "",
        "Stop:            Ctrl-C",
        f"Your data:       {home}",
    ]
    return subprocess.Popen(
        [sys.executable, "-m", "loumass.starting.announce", str(port), *lines], cwd=CHECKOUT, env=env
    )


if __name__ == "__main__":
    sys.exit(main())
