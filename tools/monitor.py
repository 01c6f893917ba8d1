"""The box's first process at work: reads jobs, feeds and watches their processes, keeps the time, sends the outcomes."""

import base64
import contextlib
import json
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tools import frames, processes
from tools.capture import Capture
from tools.zygote import FINISHED, Ended, Prepared, Zygote

_GENEROSITY = 16
"""A run that writes over this many times what is kept of its output is ended."""
_REPORTS = 4 << 20
"""Bytes of reports of one job."""
_REST = 0.002
"""Seconds for which a stream that was just read is left alone, so that a judge's every report does not wake this process."""
_UNFINISHED = 70
"""Exit status of a judge whose process ended before its program did."""
_MEMORY_EVENTS = (
    ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
)


@dataclass
class Job:
    """As the client sends it, decoded, but for what only the job's own processes need."""

    stdin: bytes
    files: dict[str, bytes]
    seconds: float
    keep: int

    @classmethod
    def read(cls, payload: bytes) -> "Job":
        raw: dict[str, Any] = json.loads(payload)
        stdin = raw["stdin"].encode("utf-8", "surrogatepass")
        return cls(stdin, frames.files(raw), float(raw["seconds"]), int(raw["keep"]))


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
        while len(self.buffer) >= frames.HEADER:
            end = frames.HEADER + frames.length(bytes(self.buffer[: frames.HEADER]))
            if len(self.buffer) < end:
                return
            payload = bytes(self.buffer[frames.HEADER : end])
            del self.buffer[:end]
            if payload == FINISHED:
                self.finished = True
            else:
                self.values.append(payload.decode())


class Monitor:
    def __init__(self, zygote: Zygote, requests: int, replies: int) -> None:
        self._zygote, self._requests, self._replies = zygote, requests, replies
        self._kind, self._memory_kills = frames.PROGRAM, 0

    def serve(self) -> NoReturn:
        prepared = self._prepared(frames.PROGRAM)
        self._reply({"ready": os.getpid()})
        while True:
            try:
                kind, size = frames.JOB.unpack(frames.read_exactly(self._requests, frames.JOB.size))
            except EOFError:
                os._exit(0)
            try:
                self._reply(self._run(prepared if kind == self._kind else self._instead(prepared, kind), size))
                # The next job is likely to be of the same kind.
                prepared = self._prepared(kind)
            except Exception as error:
                self._reply({"fault": f"{type(error).__name__}: {error}"})
                os._exit(70)

    def _reply(self, outcome: dict[str, Any]) -> None:
        frames.send(self._replies, json.dumps(outcome).encode())

    def _instead(self, prepared: Prepared, kind: bytes) -> Prepared:
        """Other processes, where those that wait are for another kind of job."""
        os.kill(prepared.main, signal.SIGKILL)
        self._zygote.ended()
        prepared.close()
        return self._prepared(kind)

    def _prepared(self, kind: bytes) -> Prepared:
        self._kind, self._memory_kills = kind, _memory_kills()
        self._zygote.order(kind)
        return self._zygote.prepared()

    def _run(self, prepared: Prepared, size: int) -> dict[str, Any]:
        """Reads a payload of `size` bytes and gives the outcome; raises what the machine did wrong."""
        began = time.monotonic()
        payload = frames.read_exactly(self._requests, size)
        job = Job.read(payload)
        _lay_files(job.files)
        watch = _Watch(job, payload, prepared, began, self._requests)
        outcome = watch.outcome(self._zygote, self._memory_kills)
        watch.close()
        return outcome


class _Watch:
    """Carries a job's streams until its main process ends or one of its limits does it."""

    def __init__(self, job: Job, payload: bytes, prepared: Prepared, began: float, requests: int) -> None:
        self._began, self._end = began, began + job.seconds
        self._prepared, self._requests = prepared, requests
        self._captures = {end: Capture(job.keep) for end in (prepared.out, prepared.err, prepared.side) if end is not None}
        self._most = job.keep * _GENEROSITY
        self._fed = memoryview(frames.pack(payload) + job.stdin)
        self._reports = _Reports()
        self._poll = select.poll()

    def outcome(self, zygote: Zygote, memory_kills: int) -> dict[str, Any]:
        limit = self._carry(zygote)
        at = time.monotonic()
        if limit is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._prepared.main, signal.SIGKILL)
        ended = zygote.ended()
        if limit is None or (limit == "timeout" and ended.at <= self._end):
            # It ended in time, though what it left behind took longer to remove.
            limit, at = None, ended.at
        self._drain()
        out, err = (self._captures[end].bytes() for end in (self._prepared.out, self._prepared.err))
        status = self._status(ended)
        if limit is None and _out_of_memory(status, err, memory_kills):
            limit = "memory"
        side = self._prepared.side
        return {
            "ended": limit or "exit",
            "status": status if limit is None else None,
            "stdout": _text(out),
            "stderr": _text(err),
            "candidate": "" if side is None else _text(self._captures[side].bytes()),
            "seconds": at - self._began,
            "reports": self._reports.values,
            "clean": ended.clean,
        }

    def close(self) -> None:
        if self._fed:
            os.close(self._prepared.feed)
        for descriptor in self._sources():
            os.close(descriptor)

    def _status(self, ended: Ended) -> int:
        status = os.waitstatus_to_exitcode(ended.status)
        unfinished = self._prepared.reports is not None and not self._reports.finished
        return _UNFINISHED if status == 0 and unfinished else status

    def _carry(self, zygote: Zygote) -> "str | None":
        """Until the job has ended (None), or the limit that it met."""
        for descriptor in self._sources():
            os.set_blocking(descriptor, False)
        self._listen(self._sources())
        self._poll.register(zygote, select.POLLIN)
        self._poll.register(self._requests, 0)
        os.set_blocking(self._prepared.feed, False)
        self._poll.register(self._prepared.feed, select.POLLOUT)
        resting: list[int] = []
        while True:
            left = self._end - time.monotonic()
            if left <= 0:
                return "timeout"
            events = dict(self._poll.poll(1000 * (min(left, _REST) if resting else left)))
            if events.get(self._requests, 0) & (select.POLLHUP | select.POLLERR):
                os._exit(0)
            if self._prepared.feed in events:
                self._write_feed()
            self._listen(resting)
            resting = [descriptor for descriptor in self._sources() if descriptor in events and self._read(descriptor)]
            for descriptor in events.keys() & self._sources():
                self._poll.unregister(descriptor)
            if self._too_much():
                return "output"
            if zygote.fileno() in events:
                return None

    def _listen(self, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            self._poll.register(descriptor, select.POLLIN)

    def _sources(self) -> list[int]:
        reports = self._prepared.reports
        return [*self._captures, *([] if reports is None else [reports])]

    def _read(self, descriptor: int) -> bool:
        """False at the end of the stream."""
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return True
        self._take(descriptor, data)
        return bool(data)

    def _take(self, descriptor: int, data: bytes) -> None:
        if descriptor == self._prepared.reports:
            self._reports.feed(data)
        else:
            self._captures[descriptor].feed(data)

    def _drain(self) -> None:
        """What the pipes still hold; never waits for their end, which a daemon may hold open."""
        for descriptor in self._sources():
            for _ in range(64):
                try:
                    data = os.read(descriptor, 1 << 16)
                except BlockingIOError:
                    break
                if not data:
                    break
                self._take(descriptor, data)

    def _too_much(self) -> bool:
        return any(capture.total > self._most for capture in self._captures.values()) or self._reports.total > _REPORTS

    def _write_feed(self) -> None:
        """The job, and then what its program may read; then the end."""
        try:
            self._fed = self._fed[os.write(self._prepared.feed, self._fed[: 1 << 16]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._fed = self._fed[:0]
        if not self._fed:
            self._poll.unregister(self._prepared.feed)
            os.close(self._prepared.feed)


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
