"""The process that forks a box's jobs. It never sees a payload, so no job's memory holds anything of another's. Inside the box.

A job's processes are made before the job is there, while the box is idle: they wait for it at the end of a pipe. When the main
one has ended, everything else in the box is killed and what was written is removed, and only then is it told.
"""

import builtins
import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tools import cleaning, frames, judge, processes, rehearsal, temporary
from tools.candidate import Candidate
from tools.processes import Settings

_HOLD, _WIPE = b"h", b"w"
"""What a job wrote is to be read first; it has been read."""
_STARTED = struct.Struct(">ii")
_ENDED = struct.Struct(">iqB")
FINISHED = b"finished"
"""A judge's last frame: its program has come to its end."""


@dataclass(frozen=True)
class Prepared:
    """A job's processes, waiting for it. The descriptors are the other ends of theirs."""

    main: int
    """Process id of the program or judge."""
    candidate: int
    """Process id of a judge's candidate, else 0."""
    feed: int
    """Takes the job as a frame, then what the program reads as standard input."""
    out: int
    err: int
    side: "int | None" = None
    """What a candidate prints."""
    reports: "int | None" = None
    """What a judge reports, in frames."""

    def stand(self) -> bool:
        """Whether they still wait: what is outside of the box may have ended one, as where the machine runs out of memory."""
        return all(cleaning.stands(one) for one in (self.main, self.candidate) if one)

    def close(self) -> None:
        for one in (self.feed, self.out, self.err, self.side, self.reports):
            if one is not None:
                os.close(one)


@dataclass(frozen=True)
class Ended:
    status: int
    """As `waitpid` gives it."""
    at: float
    """On the monotonic clock, which all processes share."""
    clean: bool
    """Whether nothing of the job is left in the box."""


class Zygote:
    """The monitor's end. Raises `EOFError` when the process is gone."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def fileno(self) -> int:
        """Readable when a job has ended and its traces are removed."""
        return self._link.fileno()

    def order(self, kind: bytes) -> None:
        """Has the processes for a job of this kind made; `prepared` gives them."""
        self._link.send(kind)

    def prepared(self) -> Prepared:
        message, descriptors, *_ = socket.recv_fds(self._link, _STARTED.size, 5)
        if not message:
            raise EOFError("the process that forks is gone")
        return Prepared(*_STARTED.unpack(message), *descriptors)

    def hold(self) -> None:
        """Has what the coming job writes left where it is until `wiped`."""
        self._link.send(_HOLD)

    def wiped(self) -> bool:
        """After `hold` and the job's end: whether nothing of it is left now."""
        self._link.send(_WIPE)
        return self.ended().clean

    def ended(self) -> Ended:
        message = self._link.recv(_ENDED.size)
        if not message:
            raise EOFError("the process that forks is gone")
        status, at, clean = _ENDED.unpack(message)
        return Ended(status, at / 1e9, bool(clean))


def start(settings: Settings, library: ctypes.CDLL, close: Sequence[int]) -> Zygote:
    """Forks the zygote, which lets go of the descriptors in `close`."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        try:
            ours.close()
            for one in close:
                os.close(one)
            _Process(settings, library, theirs).run()
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(71)
    theirs.close()
    return Zygote(ours)


class _Process:
    def __init__(self, settings: Settings, library: ctypes.CDLL, link: socket.socket) -> None:
        self._settings, self._library, self._link = settings, library, link
        self._program_user = settings.users[0] if settings.users else None
        self._candidate_user = settings.users[-1] if settings.users else None

    def run(self) -> NoReturn:
        processes.adopt_orphans(self._library)
        warm(self._settings)
        while kind := self._link.recv(1):
            ended = _wait_for(self._prepare(judged=kind == frames.JUDGED))
            clean = cleaning.kill_all()
            if self._held():
                self._link.send(_ENDED.pack(*ended, clean))
                self._link.recv(1)
            clean = cleaning.wipe(self._settings.users) and clean
            self._link.send(_ENDED.pack(*ended, clean))
        os._exit(0)

    def _held(self) -> bool:
        try:
            return self._link.recv(1, socket.MSG_DONTWAIT) == _HOLD
        except BlockingIOError:
            return False

    def _prepare(self, judged: bool) -> int:
        """Starts a job's processes, hands the monitor its ends, and gives the main one's id."""
        (job, feed), (out, stdout), (err, stderr) = os.pipe(), os.pipe(), os.pipe()
        ours, theirs, candidate = [job, stdout, stderr], [feed, out, err], 0
        if judged:
            (asked, ask), (answered, answer), (side, say), (reports, report) = os.pipe(), os.pipe(), os.pipe(), os.pipe()
            nothing = os.open("/dev/null", os.O_RDONLY)
            # They take turns: on one core the other is woken sooner than from another core.
            core = self._library.sched_getcpu()
            candidate = self._start(lambda: _candidate(core), (nothing, say, say, asked, answer), self._candidate_user)
            main = self._start(lambda: _judge(core), (*ours, answered, ask, report), self._program_user)
            ours += [nothing, say, asked, answer, answered, ask, report]
            theirs += [side, reports]
        else:
            processes.let_reopen(job, stdout, stderr)
            main = self._start(lambda: _program(self._library), ours, self._program_user)
        socket.send_fds(self._link, [_STARTED.pack(main, candidate)], theirs)
        for one in (*ours, *theirs):
            os.close(one)
        return main

    def _start(self, body: Callable[[], int], descriptors: Sequence[int], user: "int | None") -> int:
        untouchable = () if self._settings.users else (os.getpid(), os.getppid())
        return processes.start(self._settings, self._library, body, descriptors, user=user, untouchable=untouchable)


def warm(settings: Settings) -> None:
    """Does and imports what no run should pay for."""
    for name in settings.preload:
        with contextlib.suppress(ImportError):
            __import__(name)
    # Python's `site` gives programs these two; it is not imported here, and small models end their programs with them.
    builtins.exit = builtins.quit = sys.exit
    rehearsal.rehearse()
    gc.collect()
    gc.freeze()


def _wait_for(main: int) -> tuple[int, int]:
    """Its status and when it ended, in nanoseconds. Takes leave of the others that end before it."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == main:
            return status, time.monotonic_ns()


# What the processes do. The monitor's job arrives on descriptor 0; until then they only wait.


def _program(library: ctypes.CDLL) -> int:
    job = json.loads(frames.receive(0))
    processes.set_dumpable(library, True)
    processes.bound_time(float(job["seconds"]))
    source = str(job["code"])
    if job["language"] == "shell":
        processes.shell(source)
    status = processes.python(source)
    if status == 0:
        # One that has failed is over: what it left for its end could make it look as if it had not.
        processes.finish()
    return status


def _judge(core: int) -> int:
    processes.stay_on(core)
    temporary.share()
    job = json.loads(frames.receive(0))
    processes.bound_time(float(job["seconds"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    names = judge.prepare(job["solution"] or "", frames.files(job), 3, 4)

    def report(value: object) -> None:
        frames.send(5, json.dumps(value).encode())

    status = processes.python(job["code"], {**names, "report": report}, path=())
    frames.send(5, FINISHED)
    return status


def _candidate(core: int) -> int:
    processes.stay_on(core)
    temporary.share()
    # Behind the standard library, unlike a program's: what is imported here to serve the judge is no given file's to replace.
    sys.path.append(processes.FOLDER)
    Candidate(3, 4).run()
    return 0
