"""Solves a suite whose answers are hidden from the solver, scores it in the sandbox, and compares ways of searching."""

import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Flag

from agent import records
from agent.config import Settings, version
from agent.driver import Driver
from agent.equality import normalised
from agent.errors import MachineError, UsageError
from agent.events import Result, result_record
from agent.machine import Interrupt, budget_of, opened, seed_of
from agent.policy import default_policy
from agent.records import BadLine, Record
from agent.search import Budget, Policy, Rung, repeated
from agent.solver import Solver, solve
from agent.verify import Judge, Problem
from agent.view import open_batch_view
from tools import harness
from tools.sandbox import Run, Sandbox

BudgetOf = Callable[[Problem], Budget]
CONFIDENCE_95 = 1.96
NEVER = 7 * 24 * 3600.0
"""Seconds: a time budget that does not matter."""
SAMPLED = 0.8
"""Temperature of the arms that only sample."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of searching that is compared. `blind`: without the checks that the problem gives."""

    policy: Callable[[Judge], Policy]
    attempts: int | None = None
    blind: bool = False


def _usual_way(judge: Judge, temperature: float) -> Rung:
    return ("direct" if judge.wants_code else "reason", temperature)


ARMS: dict[str, Arm] = {
    "greedy": Arm(lambda judge: repeated(_usual_way(judge, 0.0)), attempts=1, blind=True),
    "best-of-n": Arm(lambda judge: repeated(_usual_way(judge, SAMPLED))),
    "majority": Arm(lambda judge: repeated(_usual_way(judge, SAMPLED)), blind=True),
    "ponder": Arm(default_policy),
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A result and whether the hidden answer says that it is right."""

    result: Result
    right: bool


@dataclass(slots=True)
class Score:
    """What an arm came to over a suite."""

    scored: list[Scored] = field(default_factory=list[Scored])
    seconds: float = 0.0

    def summary(self) -> dict[str, object]:
        problems, solved = len(self.scored), sum(one.right for one in self.scored)
        by_status: dict[str, list[int]] = {}
        for one in self.scored:
            right_of_all = by_status.setdefault(one.result.status, [0, 0])
            right_of_all[0] += one.right
            right_of_all[1] += 1
        return {
            "problems": problems,
            "solved": solved,
            "accuracy": round(solved / problems, 4) if problems else 0.0,
            "interval": [round(bound, 4) for bound in wilson(solved, problems)],
            "generated": sum(one.result.tokens.generated for one in self.scored),
            "seconds": round(self.seconds, 1),
            "by_status": by_status,
        }


def wilson(solved: int, problems: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson, 1927)."""
    if problems == 0:
        return 0.0, 1.0
    share, z2 = solved / problems, CONFIDENCE_95**2
    middle = (share + z2 / (2 * problems)) / (1 + z2 / problems)
    reach = CONFIDENCE_95 / (1 + z2 / problems) * math.sqrt(share * (1 - share) / problems + z2 / (4 * problems**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare on which problems. `multiples`: budgets in multiples of greedy's tokens; empty: the settings' budget."""

    suite: Path
    arms: tuple[str, ...] = ("ponder",)
    multiples: tuple[float, ...] = ()
    limit: int | None = None
    shuffle: int | None = None
    keep: Path | None = None
    parallel: int = 8


def run(settings: Settings, plan: Plan) -> dict[str, object]:
    """The report as the contract writes it, with `interrupted`. Raises `UsageError` for a plan that cannot be run."""
    arms = find_arms(plan.arms)
    suite = load_suite(plan.suite, limit=plan.limit, shuffle=plan.shuffle)
    seed, interrupt, usual = seed_of(settings), Interrupt(), budget_of(settings)
    runs = len(arms) * max(1, len(plan.multiples)) + bool(plan.multiples)
    with (
        open_batch_view(settings.view, runs * len(suite)) as view,
        opened(settings, view, interrupt, width=settings.width * plan.parallel) as machine,
        interrupt.heeded(),
    ):
        bench = Bench(machine.driver, seed, settings.width, plan.parallel, interrupt.flag)

        def scored(name: str, arm: Arm, budget: BudgetOf) -> Score:
            score, begun = Score(), time.monotonic()
            for one in bench.run(suite, arm, budget):
                score.scored.append(one)
                view.advance("right" if one.right else "wrong", {"arm": name, **result_record(one.result)})
                if plan.keep:
                    _keep(plan.keep, name, one)
            score.seconds = time.monotonic() - begun
            return score

        summaries = _compared(arms, plan.multiples, scored, usual)
    return {
        "suite": plan.suite.stem,
        "model": machine.engine.name,
        "commit": _commit(),
        "seed": seed,
        "interrupted": interrupt.flag.is_set(),
        "arms": summaries,
    }


def _compared(
    arms: dict[str, Arm], multiples: tuple[float, ...], scored: Callable[[str, Arm, BudgetOf], Score], usual: Budget
) -> dict[str, object]:
    """Each arm's summary with the usual budget, or one for each multiple of what greedy needed for the same problem."""
    if not multiples:
        return {name: scored(name, arm, _fixed(usual)).summary() for name, arm in arms.items()}
    greedy = {one.result.id: one.result.tokens.generated for one in scored("greedy", ARMS["greedy"], _fixed(usual)).scored}
    return {
        name: {
            f"{multiple:g}": scored(f"{name}-x{multiple:g}", arm, _multiplied(greedy, multiple)).summary()
            for multiple in multiples
        }
        for name, arm in arms.items()
    }


def _fixed(budget: Budget) -> BudgetOf:
    return lambda problem: replace(budget)


def _multiplied(greedy: dict[records.Id, int], multiple: float) -> BudgetOf:
    """The token budget alone counts: time and attempts do not end the search."""
    return lambda problem: Budget(NEVER, max(1, round(multiple * greedy[problem.id])), sys.maxsize)


def _commit() -> str:
    """The checkout's commit, or the version where there is no checkout."""
    asked = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return version()


def _keep(folder: Path, arm: str, scored: Scored) -> None:
    line = json.dumps({"arm": arm, "right": scored.right, **result_record(scored.result)}, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{arm}.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise MachineError(f"{folder}: {error.strerror}") from None


def load_suite(path: Path, *, limit: int | None, shuffle: int | None) -> list[Record]:
    """The suite's records, in a seeded order if wanted. Raises `UsageError` at its first bad line."""
    suite: list[Record] = []
    for line in records.read(path):
        if isinstance(line, BadLine):
            raise UsageError(f"{path}, {line.why}")
        if not line.hidden.keys() & {"tests", "answer", "grader"}:
            raise UsageError(f"{path}: {line.problem.id!r} has no hidden 'tests', 'answer' or 'grader'")
        suite.append(line)
    if not suite:
        raise UsageError(f"{path}: no problems in it")
    if shuffle is not None:
        random.Random(shuffle).shuffle(suite)
    return suite[:limit]


def find_arms(names: Sequence[str]) -> dict[str, Arm]:
    for name in names:
        if name not in ARMS:
            raise UsageError(f"no arm {name!r}; there are {', '.join(ARMS)}")
    return {name: ARMS[name] for name in names}


@dataclass(frozen=True, slots=True)
class Bench:
    """One arm over one suite with a budget per problem."""

    driver: Driver
    seed: int
    width: int
    side_by_side: int
    stop: Flag

    def run(self, suite: Sequence[Record], arm: Arm, budget: BudgetOf) -> Iterator[Scored]:
        """Yields each problem as it is scored. A problem that does not fit the model counts as failed."""
        if self.stop.is_set():
            return
        by_id = {record.problem.id: record for record in suite}
        unfit: list[Scored] = []

        def solvers() -> Iterator[Solver]:
            for record in suite:
                try:
                    yield self._solver(record.problem, arm, budget(record.problem))
                except UsageError as error:
                    unfit.append(Scored(Result(id=record.problem.id, status="failed", error=str(error)), False))

        for result in solve(solvers(), self.driver, side_by_side=self.side_by_side, stop=self.stop):
            if result.status != "interrupted":
                yield Scored(result, right(self.driver.sandbox, result, by_id[result.id]))
        yield from unfit

    def _solver(self, problem: Problem, arm: Arm, budget: Budget) -> Solver:
        if arm.attempts is not None:
            budget = replace(budget, attempts=arm.attempts)
        policy = arm.policy(Judge(problem))
        return Solver(problem, self.driver, budget=budget, seed=self.seed, width=self.width, policy=policy, blind=arm.blind)


def right(sandbox: Sandbox, result: Result, record: Record) -> bool:
    """Whether a result is right by the suite's hidden tests, answer or grader; all that is run, runs in the sandbox."""
    hidden = record.hidden
    if "answer" in hidden:
        return result.answer is not None and normalised(result.answer) == normalised(str(hidden["answer"]))
    if "tests" in hidden:
        if result.code is None:
            return False
        problem = record.problem
        run = harness.tests_run(result.code, str(hidden["tests"]), files=problem.files, entry_point=problem.entry_point)
        return harness.summary(sandbox.submit(run).result()).succeeded
    if result.answer is None:
        return False
    outcome = sandbox.submit(Run(f"{hidden['grader']}\nreport(bool(grade({result.answer!r})))\n", solution="")).result()
    return outcome.reports == (True,)
