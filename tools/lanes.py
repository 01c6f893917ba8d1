"""Boxes at work: the client's end of a worker, and a pool of them that meets `tools.sandbox.Sandbox`."""

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any, Literal, Protocol, Self, cast

from tools import bundle, frames
from tools.sandbox import Ended, Outcome, Run, SandboxError

_PATIENCE = 20.0
"""Seconds that a worker may take beyond a run's own limit before it counts as gone."""
PRELOAD = (
    *("re", "math", "cmath", "collections", "itertools", "functools", "heapq", "bisect", "string", "random", "copy"),
    *("operator", "datetime", "typing", "decimal", "fractions", "traceback", "contextlib", "enum", "dataclasses"),
    *("statistics", "textwrap", "unittest", "json", "time", "abc", "numbers", "tempfile", "hashlib", "pathlib"),
)
"""Imported before the forks, so that no run pays for them."""
SCIENTIFIC = ("numpy", "pandas", "sympy", "scipy.optimize", "scipy.stats", "scipy.linalg", "scipy.integrate", "scipy.special")
"""Imported before the forks of boxes for programs that use them: forking what they fill takes longer than forking without."""
_USES_SCIENCE = re.compile(r"\b(?:numpy|pandas|sympy|scipy|mpmath)\b")
_ENDED = frozenset({"exit", "timeout", "output", "memory"})


class Lost(Exception):
    """The box or its worker is gone, or speaks nonsense."""


class Channel(Protocol):
    """Bytes to and from the first process of a box. Every method raises `Lost` when the box is gone."""

    def write(self, data: bytes) -> None: ...

    def read(self, count: int, seconds: float) -> bytes:
        """Exactly `count` bytes; also `Lost` when nothing comes for `seconds`."""
        ...

    def kill(self) -> None:
        """Ends the box at once and leaves nothing of it. Safe twice, from any thread; raises nothing."""
        ...


Kind = Literal["plain", "scientific"]
"""Of a box: what its runs find imported."""


def kind(run: Run) -> Kind:
    """Of the box that `run` is for."""
    return "scientific" if _USES_SCIENCE.search(f"{run.code}\n{run.solution or ''}") else "plain"


def preload(kind: Kind) -> tuple[str, ...]:
    return PRELOAD if kind == "plain" else PRELOAD + SCIENTIFIC


class Worker:
    """One box, which does one run at a time."""

    def __init__(self, channel: Channel, settings: Mapping[str, object]) -> None:
        """Waits until the worker is ready; raises `Lost`, and kills the box then."""
        self._channel = channel
        try:
            channel.write(frames.pack(bundle.message(settings)))
            self._receive(_PATIENCE)
        except BaseException:
            channel.kill()
            raise

    def run(self, run: Run) -> tuple[Outcome, bool]:
        """The outcome, and whether the box is clean again; raises `Lost`."""
        payload = _payload(run)
        kind = frames.PROGRAM if run.solution is None else frames.JUDGED
        self._channel.write(frames.JOB.pack(kind, len(payload)) + payload)
        reply = self._receive(run.limits.seconds + _PATIENCE)
        return _outcome(reply), reply.get("clean") is True

    def kill(self) -> None:
        self._channel.kill()

    def _receive(self, seconds: float) -> dict[str, Any]:
        try:
            size = frames.length(self._channel.read(4, seconds))
            message = json.loads(self._channel.read(size, seconds))
        except ValueError as error:
            raise Lost(f"the worker sent a garbled message ({error})") from None
        if not isinstance(message, dict):
            raise Lost("the worker sent a garbled message")
        return cast(dict[str, Any], message)


def _payload(run: Run) -> bytes:
    for name in run.files:
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            raise SandboxError(f"file name {name!r} cannot be used in the sandbox: give a plain name without folders")
    return json.dumps(
        {
            "code": run.code,
            "language": run.language,
            "stdin": run.stdin,
            "files": {name: base64.b64encode(data).decode() for name, data in run.files.items()},
            "solution": run.solution,
            "seconds": run.limits.seconds,
            "keep": run.limits.output_bytes,
        }
    ).encode()


def _outcome(reply: dict[str, Any]) -> Outcome:
    if "fault" in reply:
        raise Lost(str(reply["fault"]))
    try:
        ended = reply["ended"]
        if ended not in _ENDED:
            raise ValueError(ended)
        return Outcome(
            ended=cast(Ended, ended),
            status=None if ended != "exit" else int(reply["status"]),
            stdout=_text(reply.get("stdout")),
            stderr=_text(reply.get("stderr")),
            seconds=float(reply.get("seconds", 0.0)),
            reports=tuple(json.loads(value) for value in reply.get("reports", ())),
            candidate_output=_text(reply.get("candidate")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Lost(f"the worker sent a garbled outcome ({error})") from None


def _text(encoded: object) -> str:
    return base64.b64decode(encoded).decode("utf-8", "replace") if isinstance(encoded, str) else ""


class Lanes:
    """Pools of boxes, started when first needed. `start` makes a ready worker or raises `SandboxError` or `Lost`."""

    def __init__(self, name: Literal["docker", "bubblewrap"], start: Callable[[Kind], Worker], lanes: int) -> None:
        self.why: str | None = None
        """Why this sandbox and not another, where that is worth saying."""
        self._name, self._start = name, start
        self._lock = threading.Lock()
        self._idle: dict[Kind, list[Worker]] = {"plain": [], "scientific": []}
        self._busy: set[Worker] = set()
        self._waiting: set[Future[Outcome]] = set()
        self._closed = False
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix=f"ponder-{name}")

    @property
    def name(self) -> str:
        return self._name

    def submit(self, run: Run) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                future.set_exception(SandboxError("the sandbox is closed"))
                return future
            self._waiting.add(future)
            self._threads.submit(self._work, run, future)
        return future

    def close(self) -> None:
        with self._lock:
            self._closed = True
            doomed, waiting = [*chain(*self._idle.values()), *self._busy], list(self._waiting)
            self._idle = {kind: [] for kind in self._idle}
            self._waiting.clear()
        for worker in doomed:
            worker.kill()
        for future in waiting:
            _settle(future, SandboxError("the sandbox was closed during the run"))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _work(self, run: Run, future: Future[Outcome]) -> None:
        try:
            result: Outcome | SandboxError = self._tried_twice(run)
        except SandboxError as error:
            result = error
        except BaseException as error:
            result = SandboxError(f"the {self._name} sandbox failed: {type(error).__name__}: {error}")
        with self._lock:
            self._waiting.discard(future)
        _settle(future, result)

    def _tried_twice(self, run: Run) -> Outcome:
        """A worker that dies is replaced and the run repeated once: the machine's failure is not the program's."""
        why: Lost | None = None
        for _ in range(2):
            try:
                return self._tried(run)
            except Lost as lost:
                why = lost
        raise SandboxError(
            f"the {self._name} sandbox lost its worker twice in one run ({why}); try again, or --sandbox with the other"
        )

    def _tried(self, run: Run) -> Outcome:
        of = kind(run)
        worker = self._take(of)
        clean = False
        try:
            outcome, clean = worker.run(run)
            return outcome
        finally:
            self._give_back(worker, of, clean)

    def _take(self, of: Kind) -> Worker:
        with self._lock:
            worker = self._idle[of].pop() if self._idle[of] and not self._closed else None
            if worker is not None:
                self._busy.add(worker)
                return worker
        worker = self._start(of)
        with self._lock:
            if not self._closed:
                self._busy.add(worker)
                return worker
        worker.kill()
        raise SandboxError("the sandbox is closed")

    def _give_back(self, worker: Worker, of: Kind, clean: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            if clean and not self._closed:
                self._idle[of].append(worker)
                return
        worker.kill()


def _settle(future: Future[Outcome], result: Outcome | SandboxError) -> None:
    if future.done():
        return
    if isinstance(result, SandboxError):
        future.set_exception(result)
    else:
        future.set_result(result)
