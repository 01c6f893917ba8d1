"""One arm over a suite: every problem solved within its budget, scored in the sandbox while the model thinks on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any

from agent.bench import scoring
from agent.bench.arms import Arm
from agent.bench.journal import Attempts
from agent.driver import Driver
from agent.errors import UsageError
from agent.events import Result, result_record
from agent.records import Id, Record
from agent.search import Budget
from agent.solver import Solver, solve
from agent.verify.verify import Judge, Problem

BudgetOf = Callable[[Problem], Budget]
NEVER = 7 * 24 * 3600.0
"""Seconds: a time budget that does not matter."""


def multiplied(tokens: Mapping[Id, int], multiple: float, lead: float) -> BudgetOf:
    """A multiple of so many tokens for each problem. They alone end the search, or that lead: no attempt is free of tokens."""

    def budget(problem: Problem) -> Budget:
        most = max(1, int(multiple * tokens[problem.id]))
        return Budget(NEVER, most, most, lead)

    return budget


@dataclass(frozen=True, slots=True)
class Trial:
    """An arm as it is tried: by whom, how broadly, until when."""

    arm: Arm
    driver: Driver
    seed: int
    width: int
    side_by_side: int
    stop: Flag = field(default_factory=Flag)

    def run(self, suite: Sequence[Record], budget: BudgetOf) -> Iterator[dict[str, Any]]:
        """Yields each problem's record as it is scored: its result with `right`, every attempt (`tried`) and `wall`, the
        seconds since the record before it. A problem that does not fit the model has failed.
        """
        by_id = {record.problem.id: record for record in suite}
        heard = {name: Attempts() for name in by_id}
        before = time.monotonic()
        for result, right in self._scored(by_id, heard, budget):
            now = time.monotonic()
            record = {**result_record(result), "right": right, "wall": round(now - before, 3)}
            yield record | {"tried": heard[result.id].records()}
            before = now

    def _scored(self, by_id: dict[Id, Record], heard: dict[Id, Attempts], budget: BudgetOf) -> Iterator[tuple[Result, bool]]:
        pending: dict[Future[bool], Result] = {}
        unfit: list[Result] = []
        solvers = self._solvers(by_id, heard, budget, unfit)
        for result in solve(solvers, self.driver, side_by_side=self.side_by_side, stop=self.stop):
            if result.status != "interrupted":
                pending[scoring.ask(self.driver.sandbox, result, by_id[result.id])] = result
            for right in [right for right in pending if right.done()]:
                yield pending.pop(right), right.result()
        yield from ((result, right.result()) for right, result in pending.items())
        yield from ((result, False) for result in unfit)

    def _solvers(
        self, by_id: dict[Id, Record], heard: dict[Id, Attempts], budget: BudgetOf, unfit: list[Result]
    ) -> Iterator[Solver]:
        for name, record in by_id.items():
            try:
                yield self._solver(record.problem, budget(record.problem), heard[name])
            except UsageError as error:
                unfit.append(Result(id=name, status="failed", error=str(error)))

    def _solver(self, problem: Problem, budget: Budget, emit: Attempts) -> Solver:
        if self.arm.attempts is not None:
            budget = replace(budget, attempts=self.arm.attempts, by_speed=False)
        return Solver(
            problem,
            self.driver,
            budget=budget,
            seed=self.seed,
            width=self.width,
            emit=emit,
            policy=self.arm.policy(Judge(problem, blind=self.arm.blind)),
            blind=self.arm.blind,
            thorough=self.arm.thorough,
        )
