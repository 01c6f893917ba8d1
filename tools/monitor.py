"""One job: reads it, starts its processes, carries what they say, keeps its time, and sends its outcome. Inside the box."""

import base64
import ctypes
import json
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from tools import frames, judge, processes
from tools.candidate import Candidate
from tools.capture import Capture
from tools.processes import Process, Settings

_GENEROSITY = 16
"""A run that writes over this many times what is kept of its output is ended."""
_REPORTS = 4 << 20
"""Bytes of reports of one job."""
_FINISHED = b"finished"
_MEMORY_EVENTS = (
    ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
)


@dataclass
class Job:
    """As the client sends it, decoded."""

    code: str
    language: str
    stdin: bytes
    files: dict[str, bytes]
    solution: "str | None"
    seconds: float
    keep: int

    @classmethod
    def read(cls, payload: bytes) -> "Job":
        raw: dict[str, Any] = json.loads(payload)
        files = {str(name): base64.b64decode(data) for name, data in raw["files"].items()}
        stdin = raw["stdin"].encode("utf-8", "surrogatepass")
        return cls(raw["code"], raw["language"], stdin, files, raw["solution"], float(raw["seconds"]), int(raw["keep"]))


@dataclass
class _Reports:
    """Frames that a judge writes: JSON values, and at last whether its program came to its end."""

    buffer: bytearray = field(default_factory=bytearray)
    values: list[str] = field(default_factory=list[str])
    finished: bool = False
    total: int = 0

    def feed(self, data: bytes) -> None:
        self.total += len(data)
        self.buffer += data
        while len(self.buffer) >= 4:
            size = frames.length(bytes(self.buffer[:4]))
            if len(self.buffer) < 4 + size:
                return
            payload = bytes(self.buffer[4 : 4 + size])
            del self.buffer[: 4 + size]
            if payload == _FINISHED:
                self.finished = True
            else:
                self.values.append(payload.decode())


class Monitor:
    def __init__(self, settings: Settings, library: ctypes.CDLL, requests: int, replies: int) -> None:
        self._settings, self._library = settings, library
        self._requests, self._replies = requests, replies
        self._program_user = settings.users[0] if settings.users else None
        self._candidate_user = settings.users[-1] if settings.users else None

    def reply(self, outcome: dict[str, Any]) -> None:
        frames.send(self._replies, json.dumps(outcome).encode())

    def run(self, judged: bool, size: int) -> None:
        """Reads a payload of `size` bytes and sends one reply; raises what the machine did wrong."""
        if judged:
            self.reply(self._judged(size))
        else:
            self.reply(self._program(Job.read(frames.read_exactly(self._requests, size))))

    def _program(self, job: Job) -> dict[str, Any]:
        began = time.monotonic()
        _lay_files(job.files)
        source = job.code
        body = (lambda: processes.shell(source)) if job.language == "shell" else (lambda: processes.python(source))
        (stdin, feed), (out, stdout), (err, stderr) = os.pipe(), os.pipe(), os.pipe()
        main = self._start(body, (stdin, stdout, stderr), self._program_user, job.seconds)
        _close(stdin, stdout, stderr)
        watch = _Watch(job, began, self._requests, {out: Capture(job.keep), err: Capture(job.keep)}, feed)
        return watch.outcome(main, (out, err))

    def _judged(self, size: int) -> dict[str, Any]:
        began = time.monotonic()
        (asked, ask), (answered, answer), (side, say), nothing = (
            os.pipe(),
            os.pipe(),
            os.pipe(),
            os.open("/dev/null", os.O_RDONLY),
        )
        # Before the payload is read, so that this process's memory has never held the judge's program.
        candidate = self._start(_candidate, (nothing, say, say, asked, answer), self._candidate_user, 3600.0)
        _close(asked, answer, say, nothing)
        job = Job.read(frames.read_exactly(self._requests, size))
        _lay_files(job.files)
        (stdin, feed), (out, stdout), (err, stderr), (reports, report) = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        descriptors = (stdin, stdout, stderr, answered, ask, report)
        main = self._start(lambda: _judge(job), descriptors, self._program_user, job.seconds, dumpable=False)
        _close(stdin, stdout, stderr, answered, ask, report)
        captures = {out: Capture(job.keep), err: Capture(job.keep), side: Capture(job.keep)}
        watch = _Watch(job, began, self._requests, captures, feed, reports)
        outcome = watch.outcome(main, (out, err), side)
        os.close(candidate.handle)
        if outcome["status"] == 0 and not watch.reports.finished:
            outcome["status"] = 70
        return outcome

    def _start(
        self, body: Any, descriptors: tuple[int, ...], user: "int | None", seconds: float, dumpable: bool = True
    ) -> Process:
        untouchable = () if self._settings.users else (os.getpid(), os.getppid())
        return processes.start(
            self._settings,
            self._library,
            body,
            descriptors,
            user=user,
            seconds=seconds,
            untouchable=untouchable,
            dumpable=dumpable,
        )


def _candidate() -> int:
    Candidate(3, 4).run()
    return 0


def _judge(job: Job) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    names = judge.prepare(job.solution or "", job.files, 3, 4)

    def report(value: object) -> None:
        frames.send(5, json.dumps(value).encode())

    status = processes.python(job.code, {**names, "report": report}, path=())
    frames.send(5, _FINISHED)
    return status


class _Watch:
    """Carries a job's streams until its main process ends or one of its limits does it."""

    def __init__(
        self, job: Job, began: float, requests: int, captures: dict[int, Capture], feed: int, reports: "int | None" = None
    ) -> None:
        self._began, self._end = began, began + job.seconds
        self._captures, self._most = captures, job.keep * _GENEROSITY
        self._requests, self._feed, self._stdin = requests, feed, job.stdin
        self._reports_end, self.reports = reports, _Reports()
        self._poll = select.poll()
        self._memory_kills = _memory_kills()

    def outcome(self, main: Process, streams: "tuple[int, int]", side: "int | None" = None) -> dict[str, Any]:
        ended = self._carry(main)
        if ended is not None:
            os.kill(main.pid, signal.SIGKILL)
        _, status = os.waitpid(main.pid, 0)
        seconds = time.monotonic() - self._began
        self._drain()
        code = os.waitstatus_to_exitcode(status)
        out, err = (self._captures[stream].bytes() for stream in streams)
        if ended is None and _out_of_memory(code, err, self._memory_kills):
            ended = "memory"
        return {
            "ended": ended or "exit",
            "status": code if ended is None else None,
            "stdout": _text(out),
            "stderr": _text(err),
            "candidate": _text(self._captures[side].bytes()) if side is not None else "",
            "seconds": seconds,
            "reports": self.reports.values,
        }

    def _carry(self, main: Process) -> "str | None":
        """Until `main` ends (None), or the limit that it met."""
        for descriptor in self._sources():
            os.set_blocking(descriptor, False)
            self._poll.register(descriptor, select.POLLIN)
        self._poll.register(main.handle, select.POLLIN)
        self._poll.register(self._requests, 0)
        self._open_stdin()
        while True:
            left = self._end - time.monotonic()
            if left <= 0:
                return "timeout"
            events = dict(self._poll.poll(left * 1000))
            if events.get(self._requests, 0) & (select.POLLHUP | select.POLLERR):
                os._exit(0)
            if self._feed in events:
                self._write_stdin()
            for descriptor in self._sources():
                if descriptor in events and not self._read(descriptor):
                    self._poll.unregister(descriptor)
            if self._too_much():
                return "output"
            if main.handle in events:
                return None

    def _sources(self) -> list[int]:
        return [*self._captures, *([] if self._reports_end is None else [self._reports_end])]

    def _read(self, descriptor: int) -> bool:
        """False at the end of the stream."""
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return True
        if descriptor == self._reports_end:
            self.reports.feed(data)
        else:
            self._captures[descriptor].feed(data)
        return bool(data)

    def _drain(self) -> None:
        """What the pipes still hold; never waits for their end, which a daemon may hold open."""
        for descriptor in self._sources():
            os.set_blocking(descriptor, False)
            for _ in range(64):
                try:
                    data = os.read(descriptor, 1 << 16)
                except BlockingIOError:
                    break
                if not data:
                    break
                if descriptor == self._reports_end:
                    self.reports.feed(data)
                else:
                    self._captures[descriptor].feed(data)

    def _too_much(self) -> bool:
        return any(capture.total > self._most for capture in self._captures.values()) or self.reports.total > _REPORTS

    def _open_stdin(self) -> None:
        if self._stdin:
            os.set_blocking(self._feed, False)
            self._poll.register(self._feed, select.POLLOUT)
        else:
            os.close(self._feed)

    def _write_stdin(self) -> None:
        try:
            self._stdin = self._stdin[os.write(self._feed, self._stdin[: 1 << 16]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._stdin = b""
        if not self._stdin:
            self._poll.unregister(self._feed)
            os.close(self._feed)
            self._feed = -1


def _lay_files(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        descriptor = os.open(os.path.join(processes.FOLDER, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        frames.write_all(descriptor, data)
        os.close(descriptor)


def _memory_kills() -> int:
    """Processes that the box's memory limit has killed so far, as the control group counts them."""
    for path, name in _MEMORY_EVENTS:
        try:
            with open(path) as lines:
                return next(int(line.split()[1]) for line in lines if line.startswith(name + " "))
        except (OSError, StopIteration, ValueError):
            continue
    return 0


def _out_of_memory(status: int, err: bytes, kills_before: int) -> bool:
    if status == -signal.SIGKILL:
        return _memory_kills() > kills_before
    return status == 1 and err.rstrip().rpartition(b"\n")[2].startswith(b"MemoryError")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
