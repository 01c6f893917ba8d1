"""Many problems from a file, side by side through one engine; resumes where it stopped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag

from agent import records
from agent.config import Settings
from agent.driver import Driver
from agent.errors import UsageError
from agent.events import result_record
from agent.machine import Interrupt, budget_of, opened, seed_of
from agent.records import BadLine, Record, ResultFile
from agent.solver import Solver, solve
from agent.verify import Problem
from agent.view import open_batch_view

NewSolver = Callable[[Problem], Solver]
"""Raises `UsageError` for a problem that cannot be tried."""
Said = Callable[[dict[str, object]], None]
SOLVED = ("verified", "agreed")


def solve_file(settings: Settings, path: Path, output: Path | None, side_by_side: int) -> bool | None:
    """Solves what has no result yet, into `IN.results.jsonl` by default. True: all of it is solved; None: interrupted."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: not a file on disk, which a batch must be: it is read more than once")
    total = sum(1 for _ in records.read(path))
    interrupt, seed = Interrupt(), seed_of(settings)
    with ResultFile(output or path.with_suffix(".results.jsonl")) as results, open_batch_view(settings.view, total) as view:
        statuses = [status for line in records.read(path) if (status := results.status_of(line))]
        for status in statuses:
            view.advance(status)
        if not any(missing(path, results)):
            return all(status in SOLVED for status in statuses)

        def said(record: dict[str, object]) -> None:
            statuses.append(str(record["status"]))
            view.advance(statuses[-1], record)

        with opened(settings, view, interrupt, width=settings.width * side_by_side) as machine, interrupt.heeded():

            def new_solver(problem: Problem) -> Solver:
                return Solver(problem, machine.driver, budget=budget_of(settings), seed=seed, width=settings.width)

            run(path, results, machine.driver, new_solver, side_by_side=side_by_side, stop=interrupt.flag, said=said)
        return None if interrupt.flag.is_set() else all(status in SOLVED for status in statuses)


def missing(path: Path, results: ResultFile) -> Iterator[Record | BadLine]:
    """The lines of a batch that have no result yet."""
    return (line for line in records.read(path) if results.status_of(line) is None)


def run(
    path: Path, results: ResultFile, driver: Driver, new_solver: NewSolver, *, side_by_side: int, stop: Flag, said: Said
) -> None:
    """Solves what is missing. Each record is on disk before `said` hears of it; what an interrupt cut short is not written."""

    def keep(record: dict[str, object]) -> None:
        results.add(record)
        said(record)

    def solvers() -> Iterator[Solver]:
        for line in missing(path, results):
            if isinstance(line, BadLine):
                keep(records.error_record(line.why))
                continue
            try:
                yield new_solver(line.problem)
            except UsageError as error:
                keep(records.error_record(str(error), line.problem.id))

    for result in solve(solvers(), driver, side_by_side=side_by_side, stop=stop):
        if result.status != "interrupted":
            keep(result_record(result))
