"""The figures of whole solves, programs in the sandbox included: what was evaluated twice, and when the model stood idle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent import records
from agent.driver import Driver
from agent.records import BadLine
from agent.search import Budget
from agent.solver import Solver, solve
from agent.verify.verify import Problem
from tests.benchmarks import ours
from tests.benchmarks.figures import Plan, Taken
from tests.benchmarks.measure import Asked, distinct_tokens, idle_fraction, prefill_overhead, summary
from tests.benchmarks.traced import TracedEngine, decodes
from tools.choose import open_sandbox

PROBLEMS, SIDE_BY_SIDE, WIDTH = 6, 2, 4
"""Problems of one run, how many of them at a time, and branches of each."""
CHOICE = 7
"""The seed by which they are chosen from a suite."""
SECONDS, TOKENS, ATTEMPTS = 120.0, 3000, 6
"""Each problem's budget."""
BUILT_IN = (
    "Write a Python function `spiral(n)` that returns an n by n list of lists filled with 1 to n*n in a clockwise spiral "
    "from the top left. spiral(1) == [[1]], spiral(2) == [[1, 2], [4, 3]], spiral(3) == [[1, 2, 3], [8, 9, 4], [7, 6, 5]]",
    "Write a Python function `roman(n)` that writes a whole number from 1 to 3999 in Roman numerals. roman(4) == 'IV', "
    "roman(1994) == 'MCMXCIV', roman(3888) == 'MMMDCCCLXXXVIII'",
    "Write a Python function `balance(text)` that returns the fewest brackets to delete from text, which holds ( ) [ ] and "
    "letters, so that the brackets match. balance('a(b]c') == 2, balance('([)]') == 2, balance('(([])') == 1",
    "Write a Python function `next_bigger(n)` that returns the next larger number with the same digits, or -1 if there is "
    "none. next_bigger(12) == 21, next_bigger(513) == 531, next_bigger(531) == -1, next_bigger(2017) == 2071",
    "Write a Python function `words(n)` that spells a number from 0 to 999 in English. words(7) == 'seven', "
    "words(42) == 'forty-two', words(300) == 'three hundred', words(615) == 'six hundred and fifteen'",
    "Write a Python function `longest_run(items)` that returns the longest strictly increasing subsequence of a list, the one "
    "that ends earliest if there are several. longest_run([3, 1, 2]) == [1, 2], longest_run([]) == []",
)
"""For where no suite is at hand. A small model fails at some, so that programs are mended and ways changed."""


@dataclass(frozen=True, slots=True)
class Solved:
    """One run over the problems. `idle` counts what no decode filled, `between` only what no step of the engine filled."""

    overhead: float
    idle: float
    between: float
    evaluated: int
    distinct: int
    attempts: int
    sandbox_seconds: float
    verified: int


def solves(plan: Plan) -> Taken:
    """Both figures of every run, each with another seed and an empty cache.

    `prefill_overhead`: prompt tokens evaluated by all requests of all solves, over those that had been evaluated by none
    before (`measure.prefill_overhead`). Each request evaluates its last token anew, for its logits, so it is not quite one.
    Beside it stands the same over all nodes of the prompts' trie, which is lower: a repair's prompt repeats what the model
    said, and that is in the cache already.

    `idle_fraction`: of the time in which branches were queued or live, the share in which no decode ran. Sampling, the
    search, the events and all else that the interpreter does count as idle; waiting for programs while no branch is live
    does not: there is no thinking left to do then.
    """
    problems = _problems(plan.suite)
    solved = [_solved(plan, problems, seed) for seed in range(plan.runs)]
    return {
        "problems": [problem.id or problem.text.split("`")[1] for problem in problems],
        "prefill_overhead": summary([one.overhead for one in solved]),
        "idle_fraction": summary([one.idle for one in solved]),
        "idle between steps": summary([one.between for one in solved]),
        "over all nodes": summary([one.evaluated / one.distinct for one in solved]),
        "tokens evaluated": [one.evaluated for one in solved],
        "attempts": [one.attempts for one in solved],
        "seconds of programs": [round(one.sandbox_seconds, 2) for one in solved],
        "verified": [one.verified for one in solved],
    }


def _problems(suite: Path | None) -> list[Problem]:
    """Some of the suite, always the same, or those built in; raises `UsageError` for a suite that cannot be read."""
    if suite is None:
        return [Problem(text) for text in BUILT_IN]
    read = [line.problem for line in records.read(suite) if not isinstance(line, BadLine)]
    return random.Random(CHOICE).sample(read, min(PROBLEMS, len(read)))


def _solved(plan: Plan, problems: Sequence[Problem], seed: int) -> Solved:
    width = WIDTH * SIDE_BY_SIDE
    with ours.opened(plan.terms, width=width, speculate=True) as engine, open_sandbox() as sandbox, decodes() as decoding:
        traced = TracedEngine(engine)
        driver, budget = Driver(traced, sandbox), partial(Budget, SECONDS, TOKENS, ATTEMPTS)
        solvers = (Solver(problem, driver, budget=budget(), seed=seed, width=WIDTH) for problem in problems)
        results = list(solve(solvers, driver, side_by_side=SIDE_BY_SIDE))
        read = [branch for branch in traced.branches if branch.generated]
        evaluated = sum(branch.evaluated for branch in traced.branches)
        distinct = distinct_tokens(branch.request.tokens for branch in traced.branches)
        solved = Solved(
            overhead=prefill_overhead(
                [Asked(branch.request.tokens, tuple(branch.sampled), branch.evaluated) for branch in read]
            ),
            idle=idle_fraction(traced.thinking, decoding),
            between=idle_fraction(traced.thinking, traced.steps),
            evaluated=evaluated,
            distinct=distinct,
            attempts=sum(result.attempts for result in results),
            sandbox_seconds=sum(result.seconds.sandbox for result in results),
            verified=sum(result.status == "verified" for result in results),
        )
    plan.tell(f"  run {seed + 1}: overhead {solved.overhead:.4f}, idle {solved.idle:.4f}, {solved.attempts} attempts")
    return solved
