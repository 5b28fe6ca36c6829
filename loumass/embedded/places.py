"""Where the servers keep their files, and under which account they run."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

#: PostgreSQL refuses to run as root; root lends it this account.
ACCOUNT = "loumass"
#: Longest path of a unix socket that every system takes (Linux 107 bytes, macOS 103).
SOCKET_PATH_BYTES = 100


class Broken(Exception):
    """A server cannot start. `sentence` says what is wrong, what was kept and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def home(checkout: Path | None = None) -> Path:
    """The folder for this checkout's servers: `.local` in it, or one under /var/lib when root runs it.

    Root's checkout may lie in a private folder such as /root, where PostgreSQL's own account cannot reach
    its data; opening that folder for everybody is no answer, so the data lies elsewhere.
    """
    checkout = (checkout or Path(__file__).parents[2]).resolve()
    if is_root():
        return Path("/var/lib") / f"loumass-{hashlib.sha256(bytes(checkout)).hexdigest()[:8]}"
    return checkout / ".local"


def made_home() -> Path:
    """The folder of `home`, private, except that PostgreSQL's own account may walk through root's."""
    folder = own_folder(home())
    if is_root():
        folder.chmod(0o711)
    return folder


def is_root() -> bool:
    """Whether this process is the superuser."""
    return os.geteuid() == 0


def server_account() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs under: None means the present one; root gets (or makes) ACCOUNT.

    Raises Broken when root has no way to make an account.
    """
    if not is_root():
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return _make_account()


def _make_account() -> pwd.struct_passwd:
    command = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if command is None:
        raise Broken(
            "PostgreSQL does not run as root and this system has no useradd; start as an ordinary user."
        )
    shell = shutil.which("nologin", path="/usr/sbin:/sbin") or "/bin/false"
    made = subprocess.run(
        [command, "--system", "--user-group", "--no-create-home", "--shell", shell, ACCOUNT],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise Broken(
            f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made: {made.stderr.strip()}"
        ) from None


def own_folder(path: Path, account: pwd.struct_passwd | None = None) -> Path:
    """`path`, made with its parents if need be, private to `account` (default: the present one).

    Raises Broken when it cannot be made or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)
    except OSError as problem:
        raise Broken(
            f"The folder {path} cannot be made: {problem.strerror}. Nothing was started."
        ) from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise Broken(
            f"The folder {path} cannot be written by this user; use its owner's account, or change it by "
            f"`sudo chown -R $USER {path}`."
        )
    return path


def socket_folder(folder: Path, name: str, account: pwd.struct_passwd | None = None) -> Path:
    """A private folder whose sockets have paths short enough: in `folder`, or else in the temporary one."""
    inside = folder / "socket"
    if len(bytes(inside / name)) <= SOCKET_PATH_BYTES:
        return own_folder(inside, account)
    digest = hashlib.sha256(bytes(folder.resolve())).hexdigest()[:12]
    outside = Path(tempfile.gettempdir()) / f"loumass-{os.geteuid()}-{digest}"
    if len(bytes(outside / name)) > SOCKET_PATH_BYTES:
        outside = Path("/tmp") / outside.name  # noqa: S108 - ownership is checked below
    own_folder(outside, account)
    found = outside.lstat()
    owner = account.pw_uid if account else os.geteuid()
    if found.st_uid != owner or not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
        raise Broken(f"The folder {outside} belongs to somebody else; remove it, then start again.")
    return outside


def everybody_reaches(path: Path) -> bool:
    """Whether any account may walk down to `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))
