"""Problems on an open machine: solved, shown and recorded; in a conversation, each follows on what was said before.

What one shot and the interactive session share. Knows nothing of terminals.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agent.config import Settings
from agent.engine.request import Message
from agent.errors import UsageError
from agent.events import Event, Finished, Notice, Result, Sink
from agent.machine import Machine, budget_of, seed_of
from agent.solver import Solver, solve
from agent.steering import Order, Steering, require_open
from agent.store.lessons import policy_of
from agent.store.store import new_run_id, recording
from agent.verify import puzzles, statement, wanted
from agent.verify.verify import Problem
from agent.view.fold import State
from agent.view.view import View

EXCHANGE = 0.5
"""Share of the model's context that the exchange before a problem may take."""


def solve_one(machine: Machine, problem: Problem, settings: Settings, view: View) -> Result:
    """Raises `UsageError` when the problem does not fit the model. A store that fails is told of and done without."""
    return Conversation().ask(machine, problem, settings, view, Steering())


def _not_recorded(event: Event) -> None:
    """The record of what was never asked."""


class Conversation:
    """Problems one after the other; the tree of the last one can still be gone on with."""

    def __init__(self) -> None:
        self.before: tuple[Message, ...] = ()
        """The exchange that the next problem follows on."""
        self.state = State()
        """What the last solve has come to, also while it goes on."""
        self._solver: Solver | None = None
        self._events: list[tuple[float, Event]] = []
        """What that solve has said, with the second of its own time at which it did."""
        self._view, self._record = View(), _not_recorded

    def forget(self) -> None:
        """The next problem begins a new conversation."""
        self.before = ()

    def ask(self, machine: Machine, problem: Problem, settings: Settings, view: View, steering: Steering) -> Result:
        """Solves a problem as the next of the conversation. Raises `UsageError` when it does not fit the model."""
        problem = self._following_on(problem, machine, view)
        run = new_run_id(datetime.now())
        with recording(run, view, settings=settings) as record, machine.interrupt.heeded():
            self._solver, self._events, self._view, self._record = None, [], view, record
            self._solver = Solver(
                problem,
                machine.driver,
                budget=budget_of(settings),
                seed=seed_of(settings),
                width=settings.width,
                run=run,
                emit=self._emit,
                policy_of=policy_of(settings, machine.engine.name),
            )
            return self._moved_on(self._solver, machine, view, steering)

    def go_on(self, machine: Machine, orders: Sequence[Order], settings: Settings, view: View, steering: Steering) -> Result:
        """Thinks on from the tree of the last solve. The new run's record holds all that was before, too."""
        solver = self.reopened()
        run = new_run_id(datetime.now())
        before = [(at, event) for at, event in self._events if not isinstance(event, Finished)]
        with recording(run, view, settings=settings, before=before) as record, machine.interrupt.heeded():
            view.take_up(self.state)
            self._view, self._record = view, record
            solver.run = run
            for order in orders:
                steering.order(order)
            solver.resume()
            return self._moved_on(solver, machine, view, steering)

    def close(self) -> None:
        """The machine goes: its tree cannot be gone on with, what was said can."""
        self._solver = None

    @property
    def open(self) -> bool:
        """Whether there is a tree to go on from."""
        return self._solver is not None

    def reopened(self) -> Solver:
        """The last solve, if it can be gone on with. Raises `UsageError` if not."""
        if self._solver is None:
            raise UsageError("nothing has been solved yet")
        require_open(self._solver)
        return self._solver

    def _moved_on(self, solver: Solver, machine: Machine, view: View, steering: Steering) -> Result:
        try:
            result = next(solve([solver], machine.driver, stop=machine.interrupt.flag, steer=steering))
        except BaseException:
            self._solver = None
            raise
        finally:
            self.state = view.state
        self.before = solver.exchange or self.before
        return result

    def _emit(self, event: Event) -> None:
        self._view(event)
        self._record(event)
        self._events.append((self._view.elapsed, event))

    def _following_on(self, problem: Problem, machine: Machine, view: Sink) -> Problem:
        """With the exchange before it, as far as that fits, and the function that it was about."""
        room = int(machine.engine.context * EXCHANGE)
        before = self.before
        if before and len(machine.engine.encode(before)) > room:
            view(Notice(f"what was said before is longer than {room:,} tokens, so a new conversation begins"))
            before = ()
        if not before or not self._changes_code(problem.text):
            return replace(problem, before=before)
        entry = problem.entry_point or statement.read(problem.text).entry_point or self._entry_point
        return replace(problem, before=before, entry_point=entry, changes_code=True)

    @property
    def _entry_point(self) -> str | None:
        """Of the problem before."""
        return self._solver.judge.statement.entry_point if self._solver else None

    def _changes_code(self, text: str) -> bool:
        """Whether a follow-up wants the program of the problem before changed."""
        wrote = self._solver is not None and self._solver.judge.wants_code
        return wrote and not wanted.asks(text) and puzzles.read_puzzle(text) is None
