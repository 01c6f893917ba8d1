"""Distinguishing inputs: programs that agree by chance are told apart, rivals where they differ, and nothing is run twice."""

import ast
from collections.abc import Callable, Generator
from typing import Any

import pytest

from agent.agreement import agreement
from agent.distinguish import MOST_ROUNDS, Distinguisher
from agent.driver import Driver
from agent.search import Action, Budget, Node, Tree, Verdict
from agent.solver import Solver, solve
from agent.verify.verify import Candidate, Judge, Problem
from tests.fakes import PASSED, ScriptedSandbox, ran
from tests.scripted import ScriptedEngine
from tools.sandbox import Outcome, Run

SQUARES = Problem("Write a Python function that squares a number, a negative one too. Call it f.")
SQUARE, POWER = "def f(n: int): return n * n", "def f(n: int): return n ** 2"
LUCKY = "def f(n: int): return n * n if n < 18 else 0"
SIGNED = "def f(n: int): return n * abs(n)"
MEANT: dict[str, Callable[[int], int]] = {
    SQUARE: lambda n: n * n,
    POWER: lambda n: n**2,
    LUCKY: lambda n: n * n if n < 18 else 0,
    SIGNED: lambda n: n * abs(n),
}


def run_on_inputs(run: Run) -> Outcome:
    """What a sandbox would say of these programs; they pass every example."""
    if "INPUTS" not in run.code:
        return ran(reports=(PASSED,))
    listed = ast.literal_eval(run.code.splitlines()[0].removeprefix("INPUTS = "))
    return ran(reports=tuple(str(MEANT[run.solution or ""](*arguments)) for arguments in listed))


class Search:
    """Programs told one after another, and what was run for each."""

    def __init__(self, problem: Problem = SQUARES) -> None:
        self.judge, self.tree = Judge(problem), Tree()
        self.distinguisher = Distinguisher(self.judge)
        self.runs: list[Run] = []

    def begun(self, strategy: str, source: str) -> tuple[Node, Generator[Run, Outcome, Verdict]]:
        node = self.tree.open(Action(self.tree.root, strategy, 0.0, ""))

        def life() -> Generator[Run, Outcome, Verdict]:
            verdict = yield from self.judge.examine(Candidate((), code=source))
            return (yield from self.distinguisher.settle(node, source, verdict))

        return node, life()

    def advance(self, node: Node, life: Generator[Run, Outcome, Verdict], run: Run | None) -> Run | None:
        """One run further; None when the attempt is told."""
        try:
            return next(life) if run is None else life.send(self.ran(run))
        except StopIteration as ended:
            self.tree.tell(node, ended.value)
            return None

    def ran(self, run: Run) -> Outcome:
        self.runs.append(run)
        return run_on_inputs(run)

    def told(self, strategy: str, source: str) -> Node:
        node, life = self.begun(strategy, source)
        run = self.advance(node, life, None)
        while run is not None:
            run = self.advance(node, life, run)
        return node

    @property
    def lengths(self) -> set[int]:
        return {len(node.verdict.behaviour or ()) for node in self.tree.judged if node.verdict}


def test_programs_that_agree_by_chance_are_told_apart_before_they_are_believed():
    search = Search()
    lucky, square = search.told("direct", LUCKY), search.told("plan", SQUARE)
    first = agreement(search.tree.judged)
    assert first is not None
    assert (first.votes, first.of) == (1, 2)
    search.told("analogy", POWER)
    found = agreement(search.tree.judged)
    assert found is not None
    assert (found.leader, found.votes, found.reached) == (square, 2, True)
    assert search.lengths == {len(search.judge.inputs)}
    assert lucky.verdict is not None


def test_rivals_are_held_against_each_other_near_the_inputs_on_which_they_differ():
    search = Search()
    first = search.told("direct", SQUARE), search.told("direct", POWER)
    known = search.judge.inputs
    search.told("plan", SIGNED)
    added = [ast.literal_eval(arguments)[0] for arguments in search.judge.inputs[len(known) :]]
    assert {text for text in known if int(ast.literal_eval(text)[0]) < 0} == {"(-1,)", "(-7,)"}
    assert added
    assert set(added) <= set(range(-28, 32)), "changes of -1 and -7"
    assert first[0].verdict is not None
    assert first[1].verdict is not None
    assert first[0].verdict.behaviour == first[1].verdict.behaviour
    assert search.lengths == {len(search.judge.inputs)}


def test_what_has_held_is_not_tried_again_and_who_comes_later_is_seen_on_everything():
    search = Search()
    search.told("direct", SQUARE)
    search.told("plan", POWER)
    tried, inputs = len(search.runs), search.judge.inputs
    late = search.told("analogy", SQUARE)
    assert len(search.runs) == tried + 1
    assert search.judge.inputs == inputs
    assert late.verdict is not None
    assert len(late.verdict.behaviour or ()) == len(inputs)


def test_the_rounds_of_one_search_are_bounded():
    search = Search()
    search.told("direct", SQUARE)
    base = len(search.judge.inputs)
    for number in range(40):
        source = f"def f(n: int): return n * n if n != {number} + 18 else {number}"
        MEANT[source] = lambda n, number=number: n * n if n != number + 18 else number
        search.told(f"way {number}", source)
    assert base < len(search.judge.inputs) <= base + 16 * MOST_ROUNDS
    assert search.lengths == {len(search.judge.inputs)}


def test_two_rounds_at_once_end_with_everybody_seen_on_the_same_inputs():
    search = Search()
    search.told("direct", SQUARE)
    begun = search.begun("plan", POWER), search.begun("analogy", LUCKY)
    lives: list[list[Any]] = [[*one, None] for one in begun]
    while lives:
        for one in list(lives):
            one[2] = search.advance(one[0], one[1], one[2])
            if one[2] is None:
                lives.remove(one)
    assert search.lengths == {len(search.judge.inputs)}
    found = agreement(search.tree.judged)
    assert found is not None
    assert (found.votes, found.of, found.reached) == (2, 3, True)


def test_answers_and_what_showed_nothing_are_let_through_at_once():
    search = Search()
    node = search.tree.open(Action(search.tree.root, "direct", 0.0, ""))
    for code, verdict in (
        (None, Verdict("unchecked", behaviour=("4",))),
        (SQUARE, Verdict("unchecked")),
        (SQUARE, Verdict("unchecked", behaviour=("prints 4",))),
    ):
        with pytest.raises(StopIteration) as ended:
            next(search.distinguisher.settle(node, code, verdict))
        assert ended.value.value == verdict


def test_a_search_does_not_end_with_two_programs_that_agree_by_chance():
    replies = iter([LUCKY, SQUARE, POWER])
    driver = Driver(ScriptedEngine(lambda messages: f"```python\n{next(replies)}\n```"), ScriptedSandbox(run_on_inputs))
    (result,) = solve([Solver(SQUARES, driver, budget=Budget(60, 2000, 3), seed=7, width=1)], driver)
    assert (result.status, result.code, result.attempts) == ("agreed", SQUARE, 3)
    assert result.evidence[0] == "2 of 3 independent attempts agree (brute-force and plan)"
