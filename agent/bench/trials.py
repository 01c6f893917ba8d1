"""One arm over a suite: every problem solved within its budget, scored in the sandbox while the model thinks on.

What smaller budgets of tokens come to is read off the same run: a search has its best answer at every instant, and no policy
looks at what is left. So a curve costs its last point. Then a problem has one attempt at a time: what was not judged at a mark
is lost there, and others of the same problem would be lost with it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any

from agent.bench import scoring
from agent.bench.arms import Arm
from agent.bench.journal import Attempts
from agent.distinguish import MOST_ROUNDS
from agent.driver import Driver
from agent.errors import UsageError
from agent.events import Result, result_record
from agent.records import Id, Record
from agent.search import Action, Budget, Policy, Tree
from agent.solver import Solver, solve
from agent.verify.verify import Judge, Problem

BudgetOf = Callable[[Problem], Budget]
MarksOf = Callable[[Problem], Sequence[int]]
"""The numbers of generated tokens at which a problem's result is read."""
NEVER = 7 * 24 * 3600.0
"""Seconds: a time budget that does not matter."""


def multiplied(tokens: Mapping[Id, int], multiples: Sequence[float]) -> tuple[BudgetOf, MarksOf]:
    """Multiples of so many tokens for each problem, the greatest as its budget, all of them as its marks.

    Tokens end the search, or a program that passes: no attempt is free of tokens, and no lead of votes saves any. The budget
    has one token more than the last mark, so that a reply which is cut off there counts as little as at any other.
    """

    def marks(problem: Problem) -> list[int]:
        return [max(1, int(multiple * tokens[problem.id])) for multiple in multiples]

    def budget(problem: Problem) -> Budget:
        most = max(marks(problem)) + 1
        return Budget(NEVER, most, most)

    return budget, marks


class Course:
    """What one search would have come to at every number of tokens: its result after each verdict."""

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._judged = -1

    def watch(self, solver: Solver) -> None:
        """Called between any two steps, and before the first."""
        if len(solver.tree.judged) > self._judged:
            self._judged = len(solver.tree.judged)
            self._results.append(solver.result())

    def at(self, mark: int, ended: Result) -> Result:
        """The result if the search had had `mark` tokens. What is under way at that token counts for nothing."""
        if ended.tokens.generated <= mark:
            return ended
        found = next(one for one in reversed(self._results) if one.tokens.generated <= mark)
        return replace(found, tokens=replace(found.tokens, generated=mark))


def _part(result: Result, spent: int) -> float:
    """Of a run with so many tokens, that which a result read off it had. One without any is its own whole."""
    return result.tokens.generated / spent if spent else 1.0


def one_at_a_time(policy: Policy) -> Policy:
    """Waits for each verdict before it opens the next attempt."""

    def ask(tree: Tree, free: int) -> list[Action]:
        return [] if tree.live else policy(tree, min(1, free))

    return ask


@dataclass(frozen=True, slots=True)
class Trial:
    """An arm as it is tried: by whom, how broadly, until when."""

    arm: Arm
    driver: Driver
    seed: int
    width: int
    side_by_side: int
    stop: Flag = field(default_factory=Flag)

    def run(self, suite: Sequence[Record], budget: BudgetOf, marks: MarksOf | None = None) -> Iterator[list[dict[str, Any]]]:
        """Yields each problem's records as they are scored, one for each mark, or one: its result with `right`, every attempt
        judged by then (`tried`) and `wall`, of the seconds since the problem before it the part that its tokens are of the
        run's. A problem that does not fit the model has failed.
        """
        by_id = {record.problem.id: record for record in suite}
        heard = {name: Attempts() for name in by_id}
        before = time.monotonic()
        for scored in self._scored(by_id, heard, budget, marks):
            now = time.monotonic()
            spent = max(result.tokens.generated for result, _ in scored)
            yield [
                {**result_record(result), "right": right, "wall": round((now - before) * _part(result, spent), 3)}
                | {"tried": heard[result.id].records()[: result.attempts]}
                for result, right in scored
            ]
            before = now

    def _scored(
        self, by_id: dict[Id, Record], heard: dict[Id, Attempts], budget: BudgetOf, marks: MarksOf | None
    ) -> Iterator[list[tuple[Result, bool]]]:
        pending: list[list[tuple[Result, Future[bool]]]] = []
        unfit: list[Result] = []
        courses = {name: Course() for name in by_id}
        solvers = self._solvers(by_id, heard, budget, unfit, by_tokens=marks is not None)

        def watch(solver: Solver) -> None:
            if marks:
                courses[solver.problem.id].watch(solver)

        for ended in solve(solvers, self.driver, side_by_side=self.side_by_side, stop=self.stop, steer=watch):
            if ended.status != "interrupted":
                record, course = by_id[ended.id], courses.pop(ended.id)
                results = [course.at(mark, ended) for mark in marks(record.problem)] if marks else [ended]
                pending.append(self._asked(record, results))
            for done in [done for done in pending if all(right.done() for _, right in done)]:
                pending.remove(done)
                yield [(result, right.result()) for result, right in done]
        yield from ([(result, right.result()) for result, right in left] for left in pending)
        yield from ([(one, False)] * (len(marks(by_id[one.id].problem)) if marks else 1) for one in unfit)

    def _waiting_policy(self, judge: Judge) -> Policy:
        return one_at_a_time(self.arm.policy(judge))

    def _asked(self, record: Record, results: Sequence[Result]) -> list[tuple[Result, Future[bool]]]:
        """Each result with whether it is right; what is the same is scored once."""
        asked: dict[tuple[str | None, str | None], Future[bool]] = {}
        for result in results:
            if (result.answer, result.code) not in asked:
                asked[result.answer, result.code] = scoring.ask(self.driver.sandbox, result, record)
        return [(result, asked[result.answer, result.code]) for result in results]

    def _solvers(
        self, by_id: dict[Id, Record], heard: dict[Id, Attempts], budget: BudgetOf, unfit: list[Result], *, by_tokens: bool
    ) -> Iterator[Solver]:
        for name, record in by_id.items():
            try:
                yield self._solver(record.problem, budget(record.problem), heard[name], by_tokens=by_tokens)
            except UsageError as error:
                unfit.append(Result(id=name, status="failed", error=str(error)))

    def _solver(self, problem: Problem, budget: Budget, emit: Attempts, *, by_tokens: bool) -> Solver:
        if self.arm.attempts is not None:
            budget = replace(budget, attempts=self.arm.attempts, by_speed=False)
        return Solver(
            problem,
            self.driver,
            budget=budget,
            seed=self.seed,
            width=self.width,
            emit=emit,
            policy_of=self._waiting_policy if by_tokens else self.arm.policy,
            blind=self.arm.blind,
            thorough=by_tokens or self.arm.plain,
            rounds=0 if self.arm.plain else MOST_ROUNDS,
        )
