"""What a job may leave behind: processes, and things in the folders that it can write to. Runs inside the box."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import NoReturn

from tools.processes import as_user

_FOLDERS = ("/work", "/tmp")


def kill_all() -> bool:
    """Kills every process in the box but this one and the first, daemons and fork bombs too; False where some would not die.

    The caller must be the parent that orphans go to.
    """
    for _ in range(400):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        time.sleep(0.001)
    return False


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does, `Z` for one that has ended; empty where there is none."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def kill_others(spared: Sequence[int]) -> bool:
    """Kills every process in the box but this one, which is the first, and `spared`; False where some would not die.

    They are stopped first: one that is killed makes room for what a fork bomb forks meanwhile, one that is stopped does not.
    """
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        others = {pid: state_of(pid) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))}
        others = {pid: state for pid, state in others.items() if state not in "ZX" and pid not in (1, *spared)}
        if not others:
            return True
        stopped = all(state in "Tt" for state in others.values())
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if stopped else signal.SIGSTOP)
    return False


def wipe(users: Sequence[int], spared: Sequence[str] = ()) -> bool:
    """Empties the folders that jobs can write to, but for what is `spared`; False where something is left.

    Each user's things must be removed as that user: this process may not enter a folder that its owner has closed.
    """
    for _ in range(3):
        if not _left(spared):
            return True
        for user in dict.fromkeys((None, *users)):
            child = os.fork()
            if child == 0:
                _wipe_as(user, spared)
            os.waitpid(child, 0)
    return not _left(spared)


def _left(spared: Sequence[str]) -> bool:
    return any(name not in spared for folder in _FOLDERS for name in os.listdir(folder))


def _wipe_as(user: "int | None", spared: Sequence[str]) -> NoReturn:
    try:
        signal.alarm(5)
        if user is not None:
            as_user(user)
        for folder in _FOLDERS:
            _empty(folder, spared)
    finally:
        os._exit(0)


def _empty(folder: str, spared: Sequence[str]) -> None:
    """Without recursion and without long paths: folders inside folders are first moved up to the top."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    moved = 0
    stuck = set(spared)
    while names := [name for name in os.listdir(top) if name not in stuck]:
        for name in names:
            try:
                os.unlink(name, dir_fd=top)
                continue
            except OSError:
                pass
            try:
                moved = _empty_one(top, name, moved)
            except OSError:
                stuck.add(name)
    os.close(top)


def _empty_one(top: int, name: str, moved: int) -> int:
    _open_up(name, top)
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for one in os.listdir(inner):
            try:
                os.unlink(one, dir_fd=inner)
                continue
            except OSError:
                pass
            _open_up(one, inner)
            moved += 1
            os.rename(one, f".wipe{os.getuid()}.{os.urandom(4).hex()}", src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
    return moved


def _open_up(name: str, folder: int) -> None:
    """Lets its owner into a folder. Never through a link: `/tmp` itself is this process's to close, and a link can name it."""
    with contextlib.suppress(OSError):
        place = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            os.chmod(f"/proc/self/fd/{place}", 0o777)
        finally:
            os.close(place)
