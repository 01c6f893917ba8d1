"""The first process in the box: forks a monitor for each job, and when the job is over kills and wipes whatever is left.

    worker   reads one header a job, never a payload: what it has read could be found in the memory of later jobs
    └─ monitor   one a job; reads it, starts its processes, carries their output, keeps the time, sends the outcome
       ├─ program, or judge      another user, where the kernel lends one
       └─ candidate              a third user; forked before the judge's program is read

Speaks frames on the descriptors that it finds as standard input and output. The end of its input is the end of the box.
"""

import contextlib
import ctypes
import gc
import json
import os
import signal
import time
from typing import NoReturn

from tools import frames
from tools.monitor import Monitor
from tools.processes import Settings, as_user, protect

_FOLDERS = ("/work", "/tmp")


def serve(settings: Settings) -> NoReturn:
    """Never returns; the process ends with its input."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    library = ctypes.CDLL(None, use_errno=True)
    protect(library)
    for name in settings.preload:
        _preload(name)
    gc.collect()
    gc.freeze()
    frames.send(replies, json.dumps({"ready": os.getpid()}).encode())
    while True:
        try:
            kind, size = frames.JOB.unpack(frames.read_exactly(requests, frames.JOB.size))
        except EOFError:
            os._exit(0)
        _serve_one(Monitor(settings, library, requests, replies), kind, size)
        clean = _kill_all() and _wipe(settings)
        frames.send(replies, json.dumps({"clean": clean}).encode())


def _serve_one(monitor: Monitor, kind: bytes, size: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            monitor.run(kind == b"j", size)
        except BaseException as error:
            monitor.reply({"fault": f"{type(error).__name__}: {error}"})
        finally:
            os._exit(0)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            break
    if status != 0:
        # Only the job can have killed it (where both share one user), or the memory limit.
        monitor.reply({"ended": "exit", "status": -(status & 0x7F) or status >> 8})


def _preload(name: str) -> None:
    try:
        __import__(name)
    except ImportError:
        return


def _kill_all() -> bool:
    """Kills every process in the box but this one, daemons and fork bombs too; False where some would not die."""
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


def _wipe(settings: Settings) -> bool:
    """Empties the folders that jobs can write to; False where something is left.

    Each user's things must be removed as that user: this process may not enter a folder that its owner has closed.
    """
    for _ in range(3):
        if not any(os.listdir(folder) for folder in _FOLDERS):
            return True
        for user in dict.fromkeys((None, *settings.users)):
            child = os.fork()
            if child == 0:
                _wipe_as(user)
            os.waitpid(child, 0)
    return not any(os.listdir(folder) for folder in _FOLDERS)


def _wipe_as(user: "int | None") -> NoReturn:
    try:
        signal.alarm(5)
        if user is not None:
            as_user(user)
        for folder in _FOLDERS:
            _empty(folder)
    finally:
        os._exit(0)


def _empty(folder: str) -> None:
    """Without recursion and without long paths: folders inside folders are first moved up to the top."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    moved = 0
    stuck: set[str] = set()
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
    with contextlib.suppress(OSError):
        os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for one in os.listdir(inner):
            try:
                os.unlink(one, dir_fd=inner)
                continue
            except OSError:
                pass
            with contextlib.suppress(OSError):
                os.chmod(one, 0o700, dir_fd=inner)
            moved += 1
            os.rename(one, f".wipe{os.getuid()}.{moved}", src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
    return moved
