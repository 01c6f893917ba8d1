"""The first process of a box for states: keeps interpreters that wait, has them forked, and watches the cells in the forks.

    keeper    reads the cells, watches them, and has what they leave behind killed and removed; forks no interpreter
    ├─ zygote     the state before every cell: forks the first of each family, as a user of its own
    ├─ state      what is forked from it is of its family; like the zygote it is stopped unless it is just being forked
    └─ fork       runs a cell, and is a state then

Families cannot reach one another. Within one, a state that waits is stopped, unreadable, and out of reach of signals.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import struct
import time
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from tools import cells, cleaning, fetching, folders, frames, processes, zygote
from tools.capture import Capture
from tools.monitor import Job
from tools.processes import Settings
from tools.streams import Streams, memory_kills, out_of_memory, text

_PATIENCE = 5.0
"""Seconds in which an interpreter must have forked."""
_CREDENTIALS = struct.Struct("iII")
_UNANSWERED = 70
_FULL = b"there is no room for another copy of the working folder\n"
_SPARED, _FIRST = "500", "1000"
"""Scores for the kernel's choice of what to kill for memory: a state that waits, a cell that runs."""


@dataclass(frozen=True)
class _Interpreter:
    pid: int
    link: socket.socket
    user: "int | None"


@dataclass(frozen=True)
class _Ended:
    """A cell's end: `fork` is the process that waits now, if any."""

    limit: "str | None"
    status: int
    at: float
    fork: "int | None" = None


class Keeper:
    def __init__(self, settings: Settings, library: ctypes.CDLL, requests: int, replies: int) -> None:
        self._settings, self._requests, self._replies = settings, requests, replies
        self._zygote = _start_zygote(settings, library, (requests, replies))
        self._states: dict[int, _Interpreter] = {}

    def serve(self) -> NoReturn:
        self._reply({"ready": os.getpid()})
        while True:
            try:
                kind, size, origin, number = frames.CELL.unpack(frames.read_exactly(self._requests, frames.CELL.size))
            except EOFError:
                os._exit(0)
            try:
                if kind == frames.FORGET:
                    self._forget(number)
                    self._reply({})
                else:
                    self._reply(self._run(frames.read_exactly(self._requests, size), origin, number))
            except Exception as error:
                self._reply({"fault": f"{type(error).__name__}: {error}"})
                os._exit(70)

    def _reply(self, outcome: dict[str, Any]) -> None:
        frames.send(self._replies, json.dumps(outcome).encode())

    def _forget(self, number: int) -> None:
        state = self._states.pop(number, None)
        if state is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(state.pid, signal.SIGKILL)
            state.link.close()
            self._kill()
            self._clean()

    def _run(self, payload: bytes, origin: int, number: int) -> dict[str, Any]:
        job = Job.read(payload)
        state = self._states[origin] if origin else _Interpreter(self._zygote.pid, self._zygote.link, self._free_user())
        if not cleaning.stands(state.pid):
            raise ChildProcessError("an interpreter that waited was ended from outside")
        out, err, began = Capture(job.keep), Capture(job.keep), time.monotonic()
        if folders.prepare(origin, state.user, job.files):
            (read_out, stdout), (read_err, stderr), (stdin, feed) = os.pipe(), os.pipe(), os.pipe()
            processes.let_reopen(stdin, stdout, stderr)
            streams = Streams(feed, frames.pack(payload) + job.stdin, {read_out: out.take, read_err: err.take})
            cell = _Cell(state, (stdin, stdout, stderr), streams)
            if not (origin or cell.pid):
                raise ChildProcessError("no interpreter could be forked")
            began = time.monotonic()
            ended = cell.watched(began + job.seconds, self._requests, err)
            if ended.fork is not None:
                self._states[number] = _Interpreter(ended.fork, cell.link, state.user)
        else:
            err.take(_FULL)
            ended = _Ended("memory", 1, time.monotonic())
        killed = self._kill()
        fetched = fetching.fetch(cells.FOLDER, job.fetch, state.user)
        clean = self._clean(number) and killed
        return {
            **fetched,
            "ended": ended.limit or "exit",
            "status": ended.status if ended.limit is None else None,
            "stdout": text(out.bytes()),
            "stderr": text(err.bytes()),
            "seconds": ended.at - began,
            "kept": number in self._states,
            "states": list(self._states),
            "clean": clean,
        }

    def _free_user(self) -> "int | None":
        taken = {state.user for state in self._states.values()}
        return next((user for user in self._settings.users if user not in taken), None)

    def _kill(self) -> bool:
        """Leaves the interpreters that wait; false where something else is left."""
        for one in [one for one, state in self._states.items() if not cleaning.stands(state.pid)]:
            self._states.pop(one).link.close()
        return cleaning.kill_others([self._zygote.pid, *(state.pid for state in self._states.values())])

    def _clean(self, number: int = 0) -> bool:
        """Leaves the folders of the interpreters that wait; false where something else is left."""
        if number in self._states:
            folders.put_aside(number)
        spared = [folders.name(one) for one in self._states]
        folders.release(spared)
        # Of every family: what was let go of a while ago may be another's.
        return cleaning.wipe(self._settings.users, spared)


class _Cell:
    """One cell in a fork of `state`; `link` is the keeper's end of what the fork is asked by, `pid` 0 where there is none: the
    interpreter does not answer.
    """

    def __init__(self, state: _Interpreter, streams: "tuple[int, int, int]", ours: Streams) -> None:
        self._state, self._streams, self._kills = state, ours, memory_kills()
        self.link, give = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.link.setblocking(False)
        self.pid = self._fork([*streams, give.fileno()])
        for one in streams:
            os.close(one)
        give.close()

    def watched(self, end: float, requests: int, err: Capture) -> _Ended:
        """Until the cell is over, and then nothing of it runs but what waits."""
        try:
            ended = self._watched(end, requests) if self.pid else _Ended(None, _UNANSWERED, time.monotonic())
        finally:
            self._streams.drain()
            self._streams.close()
        if ended.fork is None:
            self.link.close()
        if ended.limit is None and out_of_memory(ended.status, err.bytes(), self._kills):
            return replace(ended, limit="memory")
        return ended

    def _watched(self, end: float, requests: int) -> _Ended:
        handle = os.pidfd_open(self.pid)
        try:
            limit = self._streams.carry(end, requests, [self.link.fileno(), handle])
            at = time.monotonic()
            done = _received(self.link) if limit is None else None
            if done is not None and done[0][:1] == cells.DONE:
                os.kill(done[1], signal.SIGSTOP)
                _score(done[1], _SPARED)
                return _Ended(None, cells.NUMBER.unpack(done[0][1:5])[0], at, done[1])
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            select.select([handle], [], [], _PATIENCE)
            return _Ended(limit, self._status() if limit is None else 0, at)
        except (ProcessLookupError, struct.error):
            return _Ended(None, -signal.SIGKILL, time.monotonic())
        finally:
            os.close(handle)

    def _fork(self, descriptors: "list[int]") -> int:
        """The process id, as the kernel knows it; 0 where the interpreter does not answer."""
        with self._awake(), contextlib.suppress(OSError), open(os.pidfd_open(self._state.pid), "rb", 0) as handle:
            socket.send_fds(self._state.link, [cells.FORK + cells.NUMBER.pack(self._state.user or 0)], descriptors)
            if self.link in select.select([self.link, handle], [], [], _PATIENCE)[0] and (hello := _received(self.link)):
                _score(hello[1], _FIRST)
                return hello[1] if hello[0] == cells.HELLO else 0
        return 0

    def _status(self) -> int:
        """What became of the fork, which has ended, as its parent knows it."""
        with contextlib.suppress(OSError):
            # What it has said too late is about another fork. It is stopped: it cannot say more meanwhile.
            while self._state.link.recv(16, socket.MSG_DONTWAIT):
                pass
        with self._awake(), contextlib.suppress(OSError, struct.error):
            self._state.link.send(cells.STATUS + cells.NUMBER.pack(self.pid))
            if select.select([self._state.link], [], [], _PATIENCE)[0]:
                return cells.NUMBER.unpack(self._state.link.recv(16)[1:5])[0]
        return -signal.SIGKILL

    @contextlib.contextmanager
    def _awake(self) -> Any:
        """The interpreter runs only while it is to answer."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._state.pid, signal.SIGCONT)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._state.pid, signal.SIGSTOP)


def _received(link: socket.socket) -> "tuple[bytes, int] | None":
    """A message, and the process id of its sender, by the kernel's word; None where there is none."""
    try:
        message, ancillary, *_ = link.recvmsg(64, socket.CMSG_SPACE(_CREDENTIALS.size))
    except OSError:
        return None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and message:
            return message, _CREDENTIALS.unpack(data)[0]
    return None


def _score(pid: int, score: str) -> None:
    # Refused where all share one user; there is no memory control group then either.
    with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write(score)


@dataclass(frozen=True)
class _Zygote:
    pid: int
    link: socket.socket


def _start_zygote(settings: Settings, library: ctypes.CDLL, close: "tuple[int, ...]") -> _Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        for one in close:
            os.close(one)
        zygote.warm(settings)
        theirs.send(cells.HELLO)
        _breed(settings, library, theirs)
    theirs.close()
    processes.adopt_orphans(library)
    ours.recv(1)
    return _Zygote(pid, ours)


def _breed(settings: Settings, library: ctypes.CDLL, link: socket.socket) -> NoReturn:
    """Answers as an interpreter that waits does, but that each fork is of another user and begins a family."""
    while True:
        message, descriptors, *_ = socket.recv_fds(link, 64, 4)
        if not message:
            os._exit(0)
        number = cells.NUMBER.unpack(message[1:5])[0]
        if message[:1] == cells.STATUS:
            link.send(cells.STATUS + cells.NUMBER.pack(cells.ended(number)))
            continue
        cleaning.reap()
        with contextlib.suppress(OSError):
            body = cells.Interpreter(library, 3).live
            processes.start(settings, library, body, descriptors, user=number or None, untouchable=())
        for one in descriptors:
            os.close(one)
