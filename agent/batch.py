"""Many problems from a file, side by side through one engine; resumes where it stopped."""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event as Flag

from agent import records, strategies
from agent.config import Settings
from agent.driver import Driver
from agent.errors import UsageError
from agent.events import Event, Notice, Progressed, result_record
from agent.machine import Interrupt, budget_of, opened, require_branches, seed_of
from agent.records import BadLine, Record, Unread
from agent.results import ResultFile, error_record
from agent.solver import Solver, solve
from agent.store.index import Index
from agent.store.lessons import policy_of
from agent.store.store import new_run_id, recorder
from agent.verify.verify import Problem
from agent.view.batch_view import BatchView

NewSolver = Callable[[Problem], Solver]
"""Raises `UsageError` for a problem that cannot be tried."""
Said = Callable[[dict[str, object]], None]
SOLVED = {"verified", "agreed"}
COUNTED = 1_000
"""Lines between two words about how far the reading is."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Every `of`-th line of a file, `number` being the first of them."""

    number: int = 1
    of: int = 1

    def holds(self, line: Unread | BadLine) -> bool:
        return line.line % self.of == self.number % self.of

    @property
    def suffix(self) -> str:
        return ".results.jsonl" if self.of == 1 else f".results.{self.number}-of-{self.of}.jsonl"


def shard(text: str | None) -> Shard:
    """`K/N`. Raises `UsageError`."""
    if text is None:
        return Shard()
    given = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if not given or not 1 <= int(given[1]) <= int(given[2]):
        raise UsageError(f"--shard: {text!r} is not K/N with K from 1 to N, such as 2/8")
    return Shard(int(given[1]), int(given[2]))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which lines of which file are solved, and where the results go.

    `retry`: the statuses whose records are solved again.
    """

    path: Path
    output: Path | None = None
    shard: Shard = Shard()
    retry: tuple[str, ...] = ()
    side_by_side: int = 4

    @property
    def results(self) -> Path:
        """`IN.results.jsonl` by default, where `.jsonl` or `.json` is no part of IN: other endings tell files apart."""
        named = self.path.with_suffix("") if self.path.suffix.lower() in (".jsonl", ".json") else self.path
        return self.output or named.with_name(named.name + self.shard.suffix)

    def require_output(self) -> None:
        """Raises `UsageError` where the results would go into the problems' own file."""
        if os.path.exists(self.results) and os.path.samefile(self.results, self.path):
            raise UsageError(f"{self.results}: the file of the problems themselves; name another with -o")

    def lines(self, seen: Index) -> Iterator[Unread | BadLine]:
        """Those of the shard; `seen` holds the ids of the whole file, and may be given again for the same file."""
        return (line for line in records.scan(self.path, seen) if self.shard.holds(line))


def solve_file(settings: Settings, plan: Plan) -> bool | None:
    """Solves what has no result yet, or one that is to be retried. True: all of it is solved; None: interrupted."""
    records.require_file(plan.path, "a batch")
    plan.require_output()
    require_branches(settings, plan.side_by_side)
    with (
        Index() as seen,
        ResultFile(plan.results, plan.retry) as results,
        BatchView(settings.view, None, sys.stderr) as view,
    ):
        for fault in strategies.faults():
            view(Notice(fault))
        total, statuses = _standing(plan, seen, results, view)
        view.expect(total, statuses)
        lines = (records.whole(line) for line in plan.lines(seen) if results.status_of(line) is None)
        if statuses.total() < total and not _solve_to_the_end(settings, plan, lines, results, view, statuses):
            return None
        return statuses.keys() <= SOLVED


def _standing(plan: Plan, seen: Index, results: ResultFile, view: BatchView) -> tuple[int, Counter[str]]:
    """How many problems there are, and of those that need not be tried how many came out how."""
    total, statuses = 0, Counter[str]()
    for total, line in enumerate(plan.lines(seen), start=1):
        if status := results.status_of(line):
            statuses[status] += 1
        if total % COUNTED == 0:
            view(Progressed(f"reading {plan.path.name}", total, 0, "problems"))
    view(Progressed(f"reading {plan.path.name}", total, total, "problems"))
    return total, statuses


def _solve_to_the_end(
    settings: Settings,
    plan: Plan,
    lines: Iterator[Record | BadLine],
    results: ResultFile,
    view: BatchView,
    statuses: Counter[str],
) -> bool:
    """Solves `lines` on an open machine; false where it was stopped before their end."""
    interrupt, seed = Interrupt(), seed_of(settings)

    def said(record: dict[str, object]) -> None:
        statuses[str(record["status"])] += 1
        view.advance(str(record["status"]), record)

    with (
        opened(settings, view, interrupt, width=settings.width * plan.side_by_side) as machine,
        recorder(view, settings=settings) as recording_of,
        interrupt.heeded(),
    ):
        policy = policy_of(settings, machine.engine.name)

        def new_solver(problem: Problem) -> Solver:
            run = new_run_id(datetime.now())
            record, watch = recording_of(run), view.follow(problem.id)

            def emit(event: Event) -> None:
                record(event)
                watch(event)

            budget = budget_of(settings)
            return Solver(
                problem, machine.driver, budget=budget, seed=seed, width=settings.width, run=run, emit=emit, policy_of=policy
            )

        run(lines, results, machine.driver, new_solver, side_by_side=plan.side_by_side, stop=interrupt.flag, said=said)
    return not interrupt.flag.is_set()


def run(
    lines: Iterator[Record | BadLine],
    results: ResultFile,
    driver: Driver,
    new_solver: NewSolver,
    *,
    side_by_side: int,
    stop: Flag,
    said: Said,
) -> None:
    """Solves those lines. Each record is on disk before `said` hears of it; what an interrupt cut short is not written."""

    def keep(record: dict[str, object]) -> None:
        results.add(record)
        said(record)

    def solvers() -> Iterator[Solver]:
        for line in lines:
            if isinstance(line, BadLine):
                keep(error_record(line.why, line.id))
                continue
            try:
                yield new_solver(line.problem)
            except UsageError as error:
                keep(error_record(str(error), line.problem.id))

    for result in solve(solvers(), driver, side_by_side=side_by_side, stop=stop):
        if result.status != "interrupted":
            keep(result_record(result))
