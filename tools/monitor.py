"""The box's first process at work: reads jobs, feeds and watches their processes, keeps the time, sends the outcomes."""

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tools import fetching, frames, processes
from tools.capture import Capture
from tools.streams import Streams, memory_kills, out_of_memory, text
from tools.zygote import FINISHED, Ended, Prepared, Zygote

_REPORTS = 4 << 20
"""Bytes of reports of one job."""
_UNFINISHED = 70
"""Exit status of a judge whose process ended before its program did."""


@dataclass
class Job:
    """As the client sends it, decoded, but for what only the job's own processes need."""

    stdin: bytes
    files: dict[str, bytes]
    fetch: list[str]
    seconds: float
    keep: int

    @classmethod
    def read(cls, payload: bytes) -> "Job":
        raw: dict[str, Any] = json.loads(payload)
        stdin = raw["stdin"].encode("utf-8", "surrogatepass")
        return cls(stdin, frames.files(raw), list(raw["fetch"]), float(raw["seconds"]), int(raw["keep"]))


@dataclass
class _Reports:
    """Frames that a judge writes: JSON values, and at last whether its program came to its end."""

    buffer: bytearray = field(default_factory=bytearray)
    values: list[str] = field(default_factory=list[str])
    finished: bool = False
    total: int = 0

    def take(self, data: bytes) -> bool:
        """Whether that was enough."""
        self.total += len(data)
        self.buffer += data
        while (payload := frames.taken(self.buffer)) is not None:
            if payload == FINISHED:
                self.finished = True
            else:
                self.values.append(payload.decode())
        return self.total > _REPORTS


class Monitor:
    def __init__(self, zygote: Zygote, user: "int | None", requests: int, replies: int) -> None:
        """`user` is the programs'."""
        self._user = user
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
        self._kind, self._memory_kills = kind, memory_kills()
        self._zygote.order(kind)
        return self._zygote.prepared()

    def _run(self, prepared: Prepared, size: int) -> dict[str, Any]:
        """Reads a payload of `size` bytes and gives the outcome; raises what the machine did wrong."""
        payload = frames.read_exactly(self._requests, size)
        job = Job.read(payload)
        lay_files(processes.FOLDER, job.files)
        if not prepared.stand():
            raise ChildProcessError("a process that waited for its job was ended from outside")
        began = time.monotonic()
        if job.fetch:
            self._zygote.hold()
        end, watch = began + job.seconds, _Watch(job, payload, prepared)
        limit = watch.streams.carry(end, self._requests, [self._zygote.fileno()])
        at = time.monotonic()
        if limit is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(prepared.main, signal.SIGKILL)
        ended = self._zygote.ended()
        if limit is None or (limit == "timeout" and ended.at <= end):
            # It ended in time, though what it left behind took longer to remove.
            limit, at = None, ended.at
        watch.streams.drain()
        watch.streams.close()
        told = {**watch.told(limit, ended, self._memory_kills), "seconds": at - began, "clean": ended.clean}
        if job.fetch:
            told |= fetching.fetch(processes.FOLDER, job.fetch, self._user)
            told["clean"] = self._zygote.wiped()
        return told


class _Watch:
    """What a job's streams have brought."""

    def __init__(self, job: Job, payload: bytes, prepared: Prepared) -> None:
        self._out, self._err, self._side = Capture(job.keep), Capture(job.keep), Capture(job.keep)
        self._judged, self._reports = prepared.reports is not None, _Reports()
        sources = {prepared.out: self._out.take, prepared.err: self._err.take}
        if prepared.side is not None:
            sources[prepared.side] = self._side.take
        if prepared.reports is not None:
            sources[prepared.reports] = self._reports.take
        self.streams = Streams(prepared.feed, frames.pack(payload) + job.stdin, sources)

    def told(self, limit: "str | None", ended: Ended, kills_before: int) -> dict[str, Any]:
        status, err = os.waitstatus_to_exitcode(ended.status), self._err.bytes()
        if status == 0 and self._judged and not self._reports.finished:
            status = _UNFINISHED
        if limit is None and out_of_memory(status, err, kills_before):
            limit = "memory"
        return {
            "ended": limit or "exit",
            "status": status if limit is None else None,
            "stdout": text(self._out.bytes()),
            "stderr": text(err),
            "candidate": text(self._side.bytes()),
            "reports": self._reports.values,
        }


def lay_files(folder: str, files: dict[str, bytes]) -> None:
    """Read-only; raises `FileExistsError` rather than write to what is there."""
    for name, data in files.items():
        descriptor = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        frames.write_all(descriptor, data)
        os.close(descriptor)
