"""The first half of `make up`: a Python that fits, and `.venv`."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that run before anything is installed; the lock names nothing, so no network is needed."""
    shutil.copytree(CHECKOUT / "tools", tmp_path / "tools")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / lock).write_text("# nothing\n")
    return tmp_path


def prepare(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(clone / "tools" / "prepare.py"), *arguments],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def loaded(clone: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", clone / "tools" / "prepare.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_installs_once_and_again_only_when_the_lock_changed(clone: Path) -> None:
    assert "Making .venv" in prepare(clone).stdout
    assert prepare(clone).stdout == ""
    (clone / "requirements.txt").write_text("# something else\n")
    assert "Installing" in prepare(clone).stdout
    assert prepare(clone).stdout == ""
    assert "requirements-dev.txt" in prepare(clone, "--dev").stdout
    assert (prepare(clone).stdout, prepare(clone, "--dev").stdout) == ("", "")


def test_a_venv_whose_python_has_gone_is_made_anew(clone: Path) -> None:
    prepare(clone)
    (clone / ".venv" / "bin" / "python").unlink()
    assert "Making .venv" in prepare(clone).stdout
    assert (clone / ".venv" / "bin" / "python").exists()


def test_a_package_without_its_hash_is_refused(clone: Path) -> None:
    (clone / "requirements.txt").write_text("colorama==0.4.6\n")
    done = prepare(clone)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("The packages could not be installed")
    assert prepare(clone).returncode == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(clone: Path) -> None:
    (clone / ".preparing").mkdir()
    done = prepare(clone)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_debian_without_venv_is_told_the_package(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = loaded(clone)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    assert module.make_venv() == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def fake_python(folder: Path, name: str, program: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{program}\n")
    (folder / name).chmod(0o755)


def choose(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CHECKOUT / "tools" / "python.sh"), "-c", "print('chosen')"],
        env={"PATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_old_python_is_one_sentence_that_says_how_to_get_a_new_one(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
    done = choose(tmp_path)
    assert done.returncode == 1
    assert "found Python 3.9.2" in done.stderr
    assert "sudo apt install" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_newer_python_beside_an_old_one_is_taken(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "exit 1")
    fake_python(tmp_path, "python3.13", "echo shim without a version >&2; exit 127")
    fake_python(tmp_path, "python3.11", f'exec {sys.executable} "$@"')
    done = choose(tmp_path)
    assert (done.returncode, done.stdout) == (0, "chosen\n")


def test_no_python_at_all_is_said(tmp_path: Path) -> None:
    assert "no python3" in choose(tmp_path).stderr
