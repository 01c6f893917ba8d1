"""Problems on an open machine: solved, shown and recorded; in a conversation, each follows on what was said before.

What one shot and the interactive session share. Knows nothing of terminals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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


class _Telling:
    """Where what a solve says goes: it is shown, recorded, and kept for a run that goes on from it."""

    def __init__(self, view: View, record: Sink) -> None:
        self.view, self.record = view, record
        self.told: list[tuple[float, Event]] = []
        """With the second of the solve's own time at which each was said."""

    def __call__(self, event: Event) -> None:
        self.view(event)
        self.record(event)
        self.told.append((self.view.elapsed, event))


def _not_recorded(event: Event) -> None:
    """The record of what was never asked."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said so far, and the program that it is about."""

    messages: tuple[Message, ...] = ()
    wrote_code: bool = False
    asked_since: bool = False
    """Whether a question came after it."""
    entry_point: str | None = None

    def after(self, solver: Solver) -> "Exchange":
        """With the problem that was solved, or tried."""
        if not solver.judge.wants_code:
            return replace(self, messages=solver.exchange, asked_since=True)
        return Exchange(solver.exchange, wrote_code=True, entry_point=solver.judge.statement.entry_point)

    def changed_by(self, text: str) -> bool:
        """Whether a follow-up wants that program changed; behind a question it must say so."""
        if not self.wrote_code or wanted.asks(text) or puzzles.read_puzzle(text):
            return False
        return not self.asked_since or wanted.speaks_of_change(text)


class Conversation:
    """Problems one after the other; the tree of the last one can still be gone on with."""

    def __init__(self) -> None:
        self.before = Exchange()
        """What the next problem follows on."""
        self.state = State()
        """What the last solve has come to, also while it goes on."""
        self._solver: Solver | None = None
        self._telling = _Telling(View(), _not_recorded)

    def forget(self, back_to: Exchange | None = None) -> None:
        """The next problem follows on this (else it begins a new conversation), and nothing goes on from what came since."""
        self.before, self.state, self._solver = back_to or Exchange(), State(), None

    def ask(self, machine: Machine, problem: Problem, settings: Settings, view: View, steering: Steering) -> Result:
        """Solves a problem as the next of the conversation. Raises `UsageError` when it does not fit the model."""
        run = new_run_id(datetime.now())
        with recording(run, view, settings=settings) as record, machine.interrupt.heeded():
            telling = _Telling(view, record)
            solver = self._begun(problem, machine, settings, run, telling)
            self._solver, self._telling = solver, telling
            return self._moved_on(solver, machine, view, steering)

    def go_on(self, machine: Machine, orders: Sequence[Order], settings: Settings, view: View, steering: Steering) -> Result:
        """Thinks on from the tree of the last solve. The new run's record holds all that was before, too."""
        solver = self.reopened()
        run = new_run_id(datetime.now())
        before = [(at, event) for at, event in self._telling.told if not isinstance(event, Finished)]
        with recording(run, view, settings=settings, before=before) as record, machine.interrupt.heeded():
            view.take_up(self.state)
            self._telling.view, self._telling.record = view, record
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
        self.before = self.before.after(solver)
        return result

    def _begun(self, problem: Problem, machine: Machine, settings: Settings, run: str, telling: Sink) -> Solver:
        """With the exchange before it, if both fit the model."""

        def begun(problem: Problem) -> Solver:
            return Solver(
                problem,
                machine.driver,
                budget=budget_of(settings),
                seed=seed_of(settings),
                width=settings.width,
                run=run,
                emit=telling,
                policy_of=policy_of(settings, machine.engine.name),
            )

        said = self.before.messages
        if said and len(machine.engine.encode(said)) <= machine.engine.context * EXCHANGE:
            try:
                return begun(self._following_on(problem))
            except UsageError:  # alone it may fit
                pass
        solver = begun(problem)
        if said:
            self.before = Exchange()
            telling(Notice("what was said before leaves too little room for this problem, so a new conversation begins"))
        return solver

    def _following_on(self, problem: Problem) -> Problem:
        """With what was said before it, and the function that it was about where it is about that, too."""
        problem = replace(problem, before=self.before.messages)
        if not self.before.changed_by(problem.text):
            return problem
        former = self.before.entry_point
        entry_point = problem.entry_point or statement.renamed(problem.text, former) or statement.read(problem.text).entry_point
        if former and not entry_point and not statement.poses_another(problem.text, former):
            entry_point = former
        return replace(problem, entry_point=entry_point, changes_code=True)
