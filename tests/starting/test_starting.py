"""What `make up` refuses in one sentence, and that nothing outlives it."""

from __future__ import annotations

import fcntl
import os
import shlex
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from loumass.embedded import Broken
from loumass.embedded.guardian import MOST_EARLY_ENDS
from loumass.starting.__main__ import port_of, prepare, refuse_busy
from loumass.starting.announce import box
from loumass.starting.processes import kept_processes, leashed
from loumass.starting.turn import Turn

CHECKOUT = Path(__file__).parents[2]


def test_a_busy_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Broken, match=f"Port {port} is in use .*make up PORT="):
            refuse_busy(port)
    refuse_busy(port)


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(Broken, match="make up PORT=8001"):
        port_of({"PORT": value})


def test_the_port_is_8000_unless_told_otherwise() -> None:
    assert (port_of({}), port_of({"PORT": ""}), port_of({"PORT": "9000"})) == (8000, 8000, 9000)


def test_a_second_start_learns_where_the_first_one_runs(tmp_path: Path) -> None:
    with (
        closing(Turn(tmp_path / "up", "http://localhost:8000")),
        pytest.raises(Broken, match=r"already runs .*http://localhost:8000"),
    ):
        Turn(tmp_path / "up", "http://localhost:8001")
    Turn(tmp_path / "up", "http://localhost:8001").close()


def test_a_start_waits_for_processes_of_a_killed_one_that_are_just_stopping(tmp_path: Path) -> None:
    path = tmp_path / "up"
    path.write_text("http://localhost:8000\n")
    stopping = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, sys, time; f = open(sys.argv[1])\n"
         "fcntl.flock(f, fcntl.LOCK_SH); print('held', flush=True); time.sleep(1)", str(path)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert stopping.stdout
    stopping.stdout.readline()
    Turn(path, "http://localhost:8000").close()
    assert stopping.wait() == 0


def test_a_process_ends_when_make_up_was_killed(tmp_path: Path) -> None:
    turn = tmp_path / "up"
    turn.touch()
    descriptor = os.open(turn, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = f"{shlex.quote(sys.executable)} -c 'import time; print(\"runs\", flush=True); time.sleep(600)'"
    leash = subprocess.Popen(["/bin/sh", "-c", leashed(child, turn)], stdout=subprocess.PIPE)
    assert leash.stdout
    assert leash.stdout.readline() == b"runs\n"
    os.close(descriptor)
    assert leash.wait(timeout=30) == 0, "who ends as asked has not failed"
    assert leash.stdout.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_process_ends_even_when_its_guardian_was_killed(tmp_path: Path) -> None:
    turn = tmp_path / "up"
    turn.touch()
    descriptor = os.open(turn, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = f"{shlex.quote(sys.executable)} -c 'import time; print(\"runs\", flush=True); time.sleep(600)'"
    leash = subprocess.Popen(["/bin/sh", "-c", leashed(child, turn)], stdout=subprocess.PIPE)
    assert leash.stdout
    assert leash.stdout.readline() == b"runs\n"
    leash.kill()
    assert leash.stdout.read() == b"", "the pipe closes when the child has ended"
    os.close(descriptor)
    leash.wait()


def test_a_process_that_fails_at_once_is_not_started_over_and_over(tmp_path: Path) -> None:
    turn = tmp_path / "up"
    turn.touch()
    descriptor = os.open(turn, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = f"{shlex.quote(sys.executable)} -c 'print(\"tried\", flush=True); raise SystemExit(7)'"
    done = subprocess.run(
        ["/bin/sh", "-c", leashed(child, turn)], capture_output=True, check=False, timeout=60
    )
    os.close(descriptor)
    assert (done.returncode, done.stdout) == (7, b"tried\n")


def test_a_process_that_has_worked_is_started_again_a_few_times_and_then_it_says_why(tmp_path: Path) -> None:
    """Killed once and again just after its new start: a person's second kill stops nothing else."""
    lives = tmp_path / "lives"
    child = (
        f"import os, time; open({str(lives)!r}, 'a').write('.'); first = os.path.getsize({str(lives)!r}) == 1; "
        "time.sleep(1 if first else 0); os.kill(os.getpid(), 9)"
    )
    turn = tmp_path / "turn"
    turn.touch()
    held = os.open(turn, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    orders = ["child", str(turn), "", "15", "", sys.executable, "-c", child]
    guard = f"from loumass.embedded import guardian as g; g.PROVEN_SECONDS = 0.9; import sys; sys.exit(g.Guardian(g.Orders(*{orders[:3]!r}, 15, '', {orders[5:]!r})).guard() % 256)"
    done = subprocess.run(
        [sys.executable, "-c", guard], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60
    )
    os.close(held)
    assert lives.read_text() == "." * (1 + 1 + MOST_EARLY_ENDS)
    assert (
        "was killed by signal 9 soon after its start 4 times in a row. It is not started again."
        in done.stderr
    )


def test_the_processes_are_those_of_the_procfile_that_run_on() -> None:
    assert list(kept_processes(CHECKOUT / "Procfile")) == [
        "web", "deliver", "advance", "receive", "bulk", "clock",
    ]  # fmt: skip


def test_the_box_frames_its_lines() -> None:
    lines = [line for line in box(["short", "a longer line"]).splitlines() if line]
    assert len({len(line) for line in lines}) == 1
    assert "│  a longer line  │" in lines


def run_make_up(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "loumass.starting"],
        cwd=CHECKOUT, env={"PATH": "/usr/bin:/bin"} | env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert time.monotonic() - began < 60
    return done


def test_it_says_one_sentence_and_no_traceback() -> None:
    done = run_make_up({"PORT": "none"})
    assert done.returncode == 1
    assert done.stderr == "PORT is 'none'; it must be a number from 1 to 65535, as in: make up PORT=8001\n"


def test_production_is_not_started_on_the_servers_and_keys_of_a_development_machine() -> None:
    done = run_make_up({"ENVIRONMENT": "production"})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "docs/operations.md" in done.stderr


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Error: Redis does not answer: refused.",
            "The database could not be prepared: Redis does not answer: refused.",
        ),
        ("", "The database could not be prepared: status 3."),
    ],
)
def test_what_the_database_refuses_is_one_sentence(
    said: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 3, "", said))
    with pytest.raises(Broken) as problem:
        prepare({})
    assert problem.value.sentence == f"{sentence} Nothing that was stored is lost."
    assert capsys.readouterr().err == ""


def test_a_forked_child_does_not_keep_the_turn(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "up", "http://localhost:8000")
    parent, other = socket.socketpair()
    child = os.fork()
    if child == 0:
        parent.close()
        other.send(b"forked")
        other.recv(1)
        os._exit(0)
    other.close()
    assert parent.recv(6) == b"forked"
    turn.close()
    Turn(tmp_path / "up", "http://localhost:8001").close()
    parent.close()
    assert os.waitpid(child, 0)[1] == 0
