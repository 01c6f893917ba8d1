"""How a job's processes are made: their user, their limits, their descriptors, and what runs in them. Inside the box."""

import atexit
import builtins
import contextlib
import ctypes
import fcntl
import io
import linecache
import os
import resource
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tools import seccomp

MAIN = "main.py"
FOLDER = "/work"
_LARGEST_FILE = 16 << 20
_DESCRIPTORS = 256


@dataclass(frozen=True)
class Settings:
    """What the box's builder tells the worker."""

    users: tuple[int, ...] = ()
    """Users for programs and judges, and for candidates; none: all share the worker's."""
    processes: "int | None" = None
    """Processes of one user, where no control group counts them."""
    memory: "int | None" = None
    """Bytes of address space of one process, where no control group counts memory."""
    preload: tuple[str, ...] = ()
    keeps_states: bool = False
    """Whether this box runs the cells of branches; `users` are for their families then."""


def protect(library: ctypes.CDLL) -> None:
    """Makes this process and its forks unreadable to others."""
    set_dumpable(library, False)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))


def adopt_orphans(library: ctypes.CDLL) -> None:
    """Makes this process the parent of every orphan below it."""
    set_child_subreaper = 36
    library.prctl(set_child_subreaper, 1, 0, 0, 0)


def set_dumpable(library: ctypes.CDLL, dumpable: bool) -> None:
    """Whether processes of the same user can read this one's memory and open its descriptors."""
    library.prctl(4, int(dumpable), 0, 0, 0)


def bound_time(seconds: float) -> None:
    """Processor seconds, for this process; a second line behind the monitor's clock."""
    limit = int(seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))


def stay_on(core: int) -> None:
    """Where the machine lets it, this process and what it starts run on that core alone."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {core})


def as_user(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def start(
    settings: Settings,
    library: ctypes.CDLL,
    body: Callable[[], int],
    descriptors: Sequence[int],
    *,
    user: "int | None",
    untouchable: Sequence[int],
) -> int:
    """Forks, and gives the process id; `descriptors` become 0, 1, 2, ... of the child, which has no others.

    `body` gives the exit status; what it leaves registered for the interpreter's end runs only where it calls `finish`.
    `untouchable` are processes that it must not signal, though they are of its user. Raises `OSError` where set-up fails.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            tell = _lay(descriptors, tell)
            _bind(settings, library, user, untouchable)
            os.chdir(FOLDER)
            os.close(tell)
        except BaseException as error:
            os.write(tell, str(error).encode() or b"?")
            os._exit(71)
        _run(body)
    os.close(tell)
    fault = os.read(told, 1000)
    os.close(told)
    if fault:
        os.waitpid(child, 0)
        raise OSError(f"cannot start a process: {fault.decode(errors='replace')}")
    return child


def _lay(descriptors: Sequence[int], tell: int) -> int:
    """Moves `descriptors` down to 0, 1, 2, ... and `tell` behind them; closes all others."""
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 64) for one in (*descriptors, tell)]
    for position, one in enumerate(high):
        os.dup2(one, position)
    os.closerange(len(high), _DESCRIPTORS)
    return len(high) - 1


def let_reopen(stdin: int, stdout: int, stderr: int) -> None:
    """Lets a program open `/dev/stdin` and its like, each in its own direction alone; another user's pipes are closed to it."""
    os.fchmod(stdin, 0o444)
    for one in (stdout, stderr):
        os.fchmod(one, 0o222)


def _bind(settings: Settings, library: ctypes.CDLL, user: "int | None", untouchable: Sequence[int]) -> None:
    # Refused where job and worker share a user; there is no memory control group then either.
    with contextlib.suppress(PermissionError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    if user is not None:
        as_user(user)
    limits = {resource.RLIMIT_FSIZE: _LARGEST_FILE, resource.RLIMIT_CORE: 0}
    if settings.processes is not None:
        limits[resource.RLIMIT_NPROC] = settings.processes
    if settings.memory is not None:
        limits[resource.RLIMIT_AS] = settings.memory
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    # Taking another user has made it so already, but not where all share one.
    set_dumpable(library, False)
    seccomp.install(library, untouchable)


def open_streams() -> None:
    """Python's standard streams, on descriptors 0, 1 and 2."""
    # Programs put these aside and take them up again, so dropping one must not close its descriptor.
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", "replace")
    out, err = (io.BufferedWriter(io.FileIO(one, "w", closefd=False)) for one in (1, 2))
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(out, "utf-8", "backslashreplace")
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(err, "utf-8", "backslashreplace", line_buffering=True)


def flush_streams() -> bool:
    """False where something that was written cannot be had."""
    whole = True
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except BaseException:
            whole = False
    return whole


def _run(body: Callable[[], int]) -> NoReturn:
    open_streams()
    status = 70
    try:
        _reseed()
        status = body()
    except BaseException as error:
        sys.stderr.write(f"the sandbox cannot run this: {error}\n")
    finally:
        status = status if flush_streams() else status or 120
        os._exit(status)


def _reseed() -> None:
    """What was imported before the fork has drawn its random seed once for all forks; `random` itself minds that."""
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()
    if (sympy := sys.modules.get("sympy.core.random")) is not None:
        sympy.rng.seed()


# What runs in them


def python(source: str, names: "Mapping[str, object] | None" = None, path: Sequence[str] = (FOLDER,)) -> int:
    """Runs `source` as the main module and gives its exit status; a failure's traceback goes to standard error."""
    linecache.cache[MAIN] = (len(source), None, source.splitlines(keepends=True), MAIN)
    module = types.ModuleType("__main__")
    module.__dict__.update(names or {}, __name__="__main__", __builtins__=builtins, __file__=MAIN)
    sys.modules["__main__"] = module
    sys.argv = [MAIN]
    sys.path[:0] = list(path)
    try:
        exec(compile(source, MAIN, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as stop:
        return exit_status(stop.code)
    except BaseException as error:
        print_failure(error)
        return 1
    return 0


def exit_status(code: object) -> int:
    """As Python's own: None is 0, a number itself, anything else is printed and 1."""
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def print_failure(error: BaseException) -> None:
    """The traceback, from the program's own first line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(("tools/", "<")):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def finish() -> None:
    """What an interpreter does at its end and `os._exit` leaves out: waits for threads, then calls what `atexit` was given."""
    try:
        # Not `join` alone: it tells the threads of executors first, which would wait for more work without end.
        threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportPrivateUsage]
    except BaseException as error:
        print_failure(error)
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]


def shell(source: str, folder: str = FOLDER) -> NoReturn:
    """Becomes the shell, in `folder`; where the box has none, says so and ends as a shell does that cannot find a program."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    interpreter = next((path for path in ("/bin/bash", "/bin/sh") if os.path.exists(path)), None)
    if interpreter is None:
        os.write(2, b"there is no shell in this sandbox; Python can be used\n")
        os._exit(127)
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "PWD": folder}
    os.chdir(folder)
    os.execve(interpreter, [os.path.basename(interpreter), "-c", source], environment)
