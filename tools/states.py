"""The states of branches: boxes that keep them, each with a thread of its own, and cells that are run again to rebuild them.

A family, which is all that came of one first cell, stays in one box. A box keeps so many states, those that were used last.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from weakref import WeakKeyDictionary

from tools.box import Lost, Worker
from tools.sandbox import Outcome, Run, SandboxError, State

KEPT = 16
"""States of one box."""


class States:
    """`start` makes a ready worker of a box for states, or raises `SandboxError` or `Lost`."""

    def __init__(self, start: Callable[[], Worker], boxes: int) -> None:
        self._homes: WeakKeyDictionary[State, Home] = WeakKeyDictionary()
        self._boxes = [Home(start, self._homes) for _ in range(boxes)]
        self._turns = cycle(self._boxes)

    def home(self, state: State) -> "Home":
        """Where the cells after `state` run. A state before every cell has none: each of its first cells begins a family."""
        family = state.line[0] if state.before is not None else state
        if family not in self._homes:
            self._homes[family] = next(self._turns)
        return self._homes[family]

    def close(self) -> None:
        for box in self._boxes:
            box.close()


class Home:
    """One box for states. `run` is called in its own thread alone."""

    def __init__(self, start: Callable[[], Worker], homes: "WeakKeyDictionary[State, Home]") -> None:
        self.threads = ThreadPoolExecutor(1, thread_name_prefix="ponder-states")
        self._start, self._homes = start, homes
        self._lock, self._closed = threading.Lock(), False
        self._worker: Worker | None = None
        self._held: OrderedDict[State, int] = OrderedDict()
        """The number of each state that waits in the box, the least recently used first."""
        self._cells = 0

    def run(self, run: Run, state: State) -> Outcome:
        """The outcome of a cell after `state`, with the state to go on from; raises `SandboxError` or `Lost`."""
        cell = replace(run, state=None)
        after = State(state, cell)
        self._homes[after.line[0]] = self
        try:
            outcome, kept = self._cell(cell, self._rebuilt(state), after)
            if outcome.ended == "memory" and not kept and len(self._held) > 1:
                # What other branches hold is no fault of this one. Where Python refused, they had no part in it.
                self._forget_all_but(state)
                outcome, kept = self._cell(cell, self._rebuilt(state), after)
        except Lost:
            self._lose()
            raise
        return replace(outcome, state=after if kept else state)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._lose()
        self.threads.shutdown(wait=False, cancel_futures=True)

    def _rebuilt(self, state: State) -> State:
        """`state`, which waits in the box then; or the last one before it that could be had by running its cells again.

        A cell that costs the box, or what waits in it, is left out and those before it are run once more.
        """
        line = list(state.line)
        while True:
            known = max((place for place, one in enumerate(line, 1) if one in self._held), default=0)
            standing = line[known - 1] if known else State()
            for one in line[known:]:
                if one.cell is None or self._cell(one.cell, standing, one)[1]:
                    standing = one
                elif standing.before is not None and standing not in self._held:
                    line.remove(one)
                    break
            else:
                return standing

    def _cell(self, run: Run, origin: State, after: State) -> tuple[Outcome, bool]:
        worker = self._ready()
        number = 0
        if origin.before is not None:
            if origin not in self._held:
                raise Lost("the state was lost while it was rebuilt")
            self._held.move_to_end(origin)
            number = self._held[origin]
        while len(self._held) >= KEPT:
            worker.forget(self._held.popitem(last=False)[1])
        self._cells += 1
        done = worker.cell(run, number, self._cells)
        if done.kept:
            self._held[after] = self._cells
        for lost in [one for one, held in self._held.items() if held not in done.states]:
            del self._held[lost]
        if not done.clean:
            self._lose()
        return done.outcome, after in self._held

    def _forget_all_but(self, state: State) -> None:
        worker = self._ready()
        for one in [one for one in self._held if one is not state]:
            worker.forget(self._held.pop(one))

    def _ready(self) -> Worker:
        with self._lock:
            if self._worker is not None:
                return self._worker
            closed = self._closed
        if not closed:
            worker = self._start()
            with self._lock:
                if not self._closed:
                    self._worker = worker
                    return worker
            worker.kill()
        raise SandboxError("the sandbox is closed")

    def _lose(self) -> None:
        """Ends the box; its states are rebuilt in another when they are asked for."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
        self._held.clear()
