"""What a job may leave behind: processes, and things in the folders that it can write to. Runs inside the box."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import NoReturn

from tools.processes import as_user

_WORK, _TMP = "/work", "/tmp"
_SECONDS = 3.0
"""For what jobs have left; its remover, killed, leaves a box that is replaced."""


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


def reap() -> None:
    """Takes leave of this process's children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does, `Z` for one that has ended; empty where there is none."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def stands(pid: int) -> bool:
    """Whether it has not ended, by the kernel's own word: its parent may come to take leave of it only later."""
    return state_of(pid) not in ("", "Z", "X")


def kill_others(spared: Sequence[int]) -> bool:
    """Kills every process in the box but this one, which is the first, and `spared`; False where some would not die.

    They are stopped first: one that is killed makes room for what a fork bomb forks meanwhile, one that is stopped does not.
    """
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        reap()
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
    """Empties the folders that jobs can write to, but for what is `spared` in `/work`; False where something is left.

    Each user's things must be removed as that user: this process may not enter a folder that its owner has closed.
    Where that takes longer than another box would, it is given up: folders by the hundred thousand are quickly made.
    """
    until = time.monotonic() + _SECONDS
    for _ in range(3):
        for user in dict.fromkeys((None, *users)):
            if not _left(spared):
                return True
            if (seconds := until - time.monotonic()) <= 0:
                return False
            child = os.fork()
            if child == 0:
                _wipe_as(user, spared, seconds)
            os.waitpid(child, 0)
    return not _left(spared)


def _left(spared: Sequence[str]) -> bool:
    with os.scandir(_TMP) as tmp, os.scandir(_WORK) as work:
        return any(True for _ in tmp) or any(entry.name not in spared for entry in work)


def _wipe_as(user: "int | None", spared: Sequence[str], seconds: float) -> NoReturn:
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        if user is not None:
            as_user(user)
        _empty(_TMP, ())
        _empty(_WORK, spared)
    finally:
        os._exit(0)


def _empty(folder: str, spared: Sequence[str]) -> None:
    """Without recursion and without long paths: folders inside folders are first moved up to the top."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    stuck = set(spared)
    while names := [name for name in os.listdir(top) if name not in stuck]:
        for name in names:
            try:
                os.unlink(name, dir_fd=top)
                continue
            except OSError:
                pass
            try:
                _empty_one(top, name)
            except OSError:
                stuck.add(name)
    os.close(top)


def _empty_one(top: int, name: str) -> None:
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
            os.rename(one, f".wipe{os.getuid()}.{os.urandom(4).hex()}", src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)


def _open_up(name: str, folder: int) -> None:
    """Lets its owner into a folder. Never through a link: `/tmp` itself is this process's to close, and a link can name it."""
    with contextlib.suppress(OSError):
        place = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            os.chmod(f"/proc/self/fd/{place}", 0o777)
        finally:
            os.close(place)
