"""One problem on an open machine: solved, shown and recorded. What one shot and the interactive session share."""

from datetime import datetime

from agent.config import Settings
from agent.events import Event, Result, Sink
from agent.machine import Machine, budget_of, seed_of
from agent.solver import Solver, solve
from agent.store import new_run_id, recording
from agent.verify import Problem


def solve_one(machine: Machine, problem: Problem, settings: Settings, view: Sink) -> Result:
    """Raises `UsageError` when the problem does not fit the model. A store that fails is told of and done without."""
    run = new_run_id(datetime.now())
    with recording(run, view, settings=settings) as record, machine.interrupt.heeded():

        def emit(event: Event) -> None:
            view(event)
            record(event)

        solver = Solver(
            problem,
            machine.driver,
            budget=budget_of(settings),
            seed=seed_of(settings),
            width=settings.width,
            run=run,
            emit=emit,
        )
        return next(solve([solver], machine.driver, stop=machine.interrupt.flag))
