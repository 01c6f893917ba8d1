"""Boxes at work: pools of them, which meet `tools.sandbox.Sandbox`."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from itertools import chain
from typing import Literal, Self

from tools.box import Kind, Lost, Worker, kind
from tools.sandbox import Outcome, Run, SandboxError
from tools.states import States


class Lanes:
    """Pools of boxes, started when first needed. `start` makes a ready worker or raises `SandboxError` or `Lost`."""

    def __init__(self, name: Literal["docker", "bubblewrap"], start: Callable[[Kind], Worker], lanes: int) -> None:
        self.why: str | None = None
        """Why this sandbox and not another, where that is worth saying."""
        self._name, self._new = name, start
        self._lock = threading.Lock()
        self._idle: dict[Kind, list[Worker]] = {"plain": [], "scientific": []}
        self._states = States(lambda: start("states"), lanes)
        self._busy: set[Worker] = set()
        self._waiting: set[Future[Outcome]] = set()
        self._closed = False
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix=f"ponder-{name}")

    @property
    def name(self) -> str:
        return self._name

    def submit(self, run: Run) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        with self._lock:
            if self._closed:
                future.set_exception(SandboxError("the sandbox is closed"))
                return future
            self._waiting.add(future)
            threads = self._threads if run.state is None else self._states.home(run.state).threads
            threads.submit(self._work, run, future)
        return future

    def start(self) -> None:
        """Starts a box, for the first plain program to find; raises `SandboxError` where the machine can start none."""
        try:
            worker = self._take("plain", fresh=True)
        except Lost as lost:
            raise SandboxError(f"the {self._name} sandbox cannot start a box ({lost})") from None
        self._give_back(worker, "plain", clean=True)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            doomed, waiting = [*chain(*self._idle.values()), *self._busy], list(self._waiting)
            self._idle = {kind: [] for kind in self._idle}
            self._waiting.clear()
        for worker in doomed:
            worker.kill()
        self._states.close()
        for future in waiting:
            _settle(future, SandboxError("the sandbox was closed during the run"))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _work(self, run: Run, future: Future[Outcome]) -> None:
        with self._lock:
            if self._closed or not future.set_running_or_notify_cancel():
                self._waiting.discard(future)
                return
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
        for again in (False, True):
            try:
                return self._tried(run, fresh=again)
            except Lost as lost:
                why = lost
        raise SandboxError(
            f"the {self._name} sandbox lost its worker twice in one run ({why}); try again, or --sandbox with the other"
        )

    def _tried(self, run: Run, *, fresh: bool) -> Outcome:
        """`fresh`: in a box that nothing has run in, for what ended one may have ended those that are idle."""
        if run.state is not None:
            return self._states.home(run.state).run(run, run.state)
        of = kind(run)
        worker = self._take(of, fresh)
        clean = False
        try:
            outcome, clean = worker.run(run)
            return outcome
        finally:
            self._give_back(worker, of, clean)

    def _take(self, of: Kind, fresh: bool) -> Worker:
        with self._lock:
            if self._closed:
                raise SandboxError("the sandbox is closed")
            if self._idle[of] and not fresh:
                worker = self._idle[of].pop()
                self._busy.add(worker)
                return worker
        worker = self._new(of)
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
    # It may be settled already: closing and the end of a run can meet.
    with contextlib.suppress(InvalidStateError):
        if isinstance(result, SandboxError):
            future.set_exception(result)
        else:
            future.set_result(result)
