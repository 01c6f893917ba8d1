"""The streams of a job's processes: fed, read and bounded until the job ends or meets a limit. Runs inside the box."""

import base64
import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence

_MEMORY_EVENTS = (
    ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
)
_CHUNK = 1 << 16
_REST = 0.002
"""Seconds for which a stream that was just read is left alone, so that a judge's every report does not wake this process."""


class Streams:
    """Owns the descriptors that it is given.

    `feed` takes `fed`, and is closed then. `sources` are read into what takes their bytes, which may say that it has enough.
    """

    def __init__(self, feed: int, fed: bytes, sources: Mapping[int, Callable[[bytes], bool]]) -> None:
        self._feed, self._fed = feed, memoryview(fed)
        self._sources = dict(sources)
        self._poll = select.poll()

    def carry(self, end: float, requests: int, ended: Sequence[int]) -> "str | None":
        """Until one of `ended` is readable (None), or the limit that is met; `end` on the monotonic clock.

        The process ends where `requests` is closed at the other end: the box has no owner then.
        """
        for descriptor in self._sources:
            os.set_blocking(descriptor, False)
        self._listen((*self._sources, *ended))
        self._poll.register(requests, 0)
        os.set_blocking(self._feed, False)
        self._poll.register(self._feed, select.POLLOUT)
        resting: list[int] = []
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return "timeout"
            events = dict(self._poll.poll(1000 * (min(left, _REST) if resting else left)))
            if events.get(requests, 0) & (select.POLLHUP | select.POLLERR):
                os._exit(0)
            if self._feed in events:
                self._write()
            self._listen(resting)
            ready = [descriptor for descriptor in self._sources if descriptor in events]
            for descriptor in ready:
                self._poll.unregister(descriptor)
            read = {descriptor: self._read(descriptor) for descriptor in ready}
            if "enough" in read.values():
                return "output"
            if any(descriptor in events for descriptor in ended):
                return None
            resting = [descriptor for descriptor, state in read.items() if state == "open"]

    def _listen(self, descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            self._poll.register(descriptor, select.POLLIN)

    def drain(self) -> None:
        """What the pipes still hold; never waits for their end, which a daemon may hold open."""
        for descriptor, take in self._sources.items():
            for _ in range(64):
                with contextlib.suppress(BlockingIOError):
                    if data := os.read(descriptor, _CHUNK):
                        take(data)
                        continue
                break

    def close(self) -> None:
        for descriptor in (*self._sources, *([self._feed] if self._fed else [])):
            os.close(descriptor)

    def _read(self, descriptor: int) -> str:
        """Whether the stream is `open`, has come to its `end`, or has brought `enough`."""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return "open"
        if self._sources[descriptor](data):
            return "enough"
        return "open" if data else "end"

    def _write(self) -> None:
        try:
            self._fed = self._fed[os.write(self._feed, self._fed[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._fed = self._fed[:0]
        if not self._fed:
            self._poll.unregister(self._feed)
            os.close(self._feed)


def memory_kills() -> int:
    """Processes that the box's memory limit has killed so far, as the control group counts them."""
    for path, name in _MEMORY_EVENTS:
        try:
            with open(path) as lines:
                return next(int(line.split()[1]) for line in lines if line.startswith(name + " "))
        except (OSError, StopIteration, ValueError):
            continue
    return 0


def out_of_memory(status: int, err: bytes, kills_before: int) -> bool:
    if status == -signal.SIGKILL:
        return memory_kills() > kills_before
    return status == 1 and err.rstrip().rpartition(b"\n")[2].startswith(b"MemoryError")


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()
