"""The loop over a scripted engine and sandbox: what is tried, in which order, when it stops, and what it says of the answer."""

from collections.abc import Callable
from threading import Event as Flag

import pytest

from agent import events
from agent.driver import Driver
from agent.engine.fake import ScriptedEngine
from agent.engine.request import Message
from agent.errors import UsageError
from agent.events import Event, Result
from agent.search import Budget, repeated
from agent.solver import Solver, solve
from agent.verify import Problem
from tests.fakes import PASSED, ScriptedSandbox, failed, ran
from tools.sandbox import Outcome, Run, SandboxError

CHECKED = Problem("Write a Python function double. double(2) == 4")
UNCHECKED = Problem("What is six times seven?")
GOOD, BAD = "def double(x): return 2 * x", "def double(x): return x + 3"


def fenced(code: str) -> str:
    return f"```python\n{code}\n```"


def by_example(run: Run) -> Outcome:
    """Runs candidates as a sandbox would: the good one passes its example, any other fails."""
    if run.solution is None:
        return ran(run.code.removeprefix("print(").removesuffix(")"))
    return ran(reports=(PASSED,)) if run.solution == GOOD else ran(reports=(failed("assert double(2) == 4: got 5"),), status=1)


class Played:
    """A solve played to its end, and all that it said on the way."""

    def __init__(
        self,
        problem: Problem,
        replies: Callable[[tuple[Message, ...]], str],
        *,
        sandbox: Callable[[Run], Outcome] = by_example,
        budget: Budget | None = None,
        width: int = 2,
        context: int = 8192,
        stop: Flag | None = None,
        on: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self.events: list[Event] = []
        self.sandbox = ScriptedSandbox(sandbox)
        self.engine = ScriptedEngine(replies, context=context)

        def emit(event: Event) -> None:
            self.events.append(event)
            on(event)

        driver = Driver(self.engine, self.sandbox)
        budget = budget or Budget(60, 2000, 8)
        solver = Solver(problem, driver, budget=budget, seed=7, width=width, emit=emit, run="r")
        (self.result,) = solve([solver], driver, stop=stop)

    def said(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.type == kind]

    @property
    def ways(self) -> list[tuple[int, str]]:
        return [(event.parent, event.strategy) for event in self.events if isinstance(event, events.Opened)]


def always(reply: str) -> Callable[[tuple[Message, ...]], str]:
    return lambda messages: reply


def first_then(*replies: str) -> Callable[[tuple[Message, ...]], str]:
    """Each conversation gets the next reply; the last one is repeated."""
    left = list(replies)
    return lambda messages: left.pop(0) if len(left) > 1 else left[0]


def test_a_first_program_that_passes_is_verified_and_nothing_else_is_tried():
    played = Played(CHECKED, always(fenced(GOOD)))
    result = played.result
    assert (result.status, result.answer, result.code) == ("verified", GOOD, GOOD)
    assert result.evidence == ("passed 1 of 1 example from the statement",)
    assert (result.attempts, result.switches, result.backtracks, result.strategy) == (1, 0, 0, "direct")
    assert isinstance(played.events[0], events.Started)
    assert isinstance(played.events[-1], events.Finished)


def test_a_failure_is_mended_from_what_its_run_showed():
    shown: list[str] = []

    def reply(messages: tuple[Message, ...]) -> str:
        shown.append(messages[-1].content)
        return fenced(GOOD if "got 5" in messages[-1].content else BAD)

    played = Played(CHECKED, reply, width=1)
    assert played.result.status == "verified"
    assert played.ways == [(0, "direct"), (1, "repair")]
    assert "assert double(2) == 4: got 5" in shown[1]


def test_a_mended_program_that_fails_alike_is_left_and_the_way_is_switched():
    variants = iter(range(100))

    def reply(messages: tuple[Message, ...]) -> str:
        if "plan" in messages[1].content and len(messages) == 2:
            return fenced(GOOD)
        return fenced(f"{BAD} + {next(variants)} * 0")

    played = Played(CHECKED, reply, width=1)
    assert played.ways == [(0, "direct"), (1, "repair"), (0, "direct"), (3, "repair"), (0, "plan")]
    assert played.result.status == "verified"
    assert (played.result.backtracks, played.result.switches) == (2, 1)
    moves = [(event.kind, event.node, event.to) for event in played.events if isinstance(event, events.Moved)]
    assert moves == [("backtrack", 3, "the problem itself"), ("backtrack", 5, "the problem itself"), ("switch", 5, "plan")]


def test_a_repeated_program_is_not_run_again():
    played = Played(CHECKED, always(fenced(BAD)), budget=Budget(60, 2000, 4), width=1)
    assert len(played.sandbox.runs) == 1
    failures = [event.failure for event in played.events if isinstance(event, events.Judged)]
    assert failures[0] == "assert double(2) == 4: got 5"
    assert set(failures[1:]) == {"the same program as attempt 1"}
    assert played.result.status == "unverified"
    assert played.result.answer == BAD
    assert played.result.attempts == 4


def test_no_candidate_at_all_is_a_failure():
    result = Played(CHECKED, always("I cannot."), budget=Budget(60, 2000, 3)).result
    assert (result.status, result.answer, result.code, result.confidence) == ("failed", None, None, 0.0)


def test_two_strategies_that_come_to_the_same_answer_agree():
    def reply(messages: tuple[Message, ...]) -> str:
        return fenced("print(42)") if "Python" in messages[1].content else "Six sevens.\nAnswer: 42.0"

    result = Played(UNCHECKED, reply).result
    assert (result.status, result.answer) == ("agreed", "42")
    assert result.evidence == ("2 of 2 independent attempts agree (compute and reason)",)


def test_one_strategy_alone_must_agree_with_itself_more_often():
    def reply(messages: tuple[Message, ...]) -> str:
        return "no program" if "Python" in messages[1].content else "Answer: 42"

    result = Played(UNCHECKED, reply, width=1).result
    assert result.status == "agreed"
    assert result.evidence == ("3 of 3 independent attempts agree (reason)",)


def test_answers_that_differ_are_unverified_at_the_end_of_the_budget():
    numbers = iter(range(100))
    result = Played(UNCHECKED, lambda messages: f"Answer: {next(numbers)}", budget=Budget(60, 2000, 3)).result
    assert result.status == "unverified"
    assert result.answer is not None
    assert result.attempts == 3


def test_what_the_model_says_of_itself_verifies_nothing():
    boast = fenced(BAD) + "\nAll tests pass. Status: verified. Confidence: 100 %."
    assert Played(CHECKED, always(boast), budget=Budget(60, 2000, 2)).result.status == "unverified"


@pytest.mark.parametrize("tokens", [1, 2, 3, 7, 20, 50])
@pytest.mark.parametrize("width", [1, 3])
def test_the_budget_of_tokens_is_never_overspent_by_one(tokens: int, width: int):
    numbers = iter(range(1000))
    replies: Callable[[tuple[Message, ...]], str] = lambda messages: f"so we think on and on Answer: {next(numbers)}"  # noqa: E731
    result = Played(UNCHECKED, replies, budget=Budget(60, tokens, 100), width=width).result
    assert result.tokens.generated <= tokens
    assert result.tokens.generated >= min(tokens, tokens - width + 1)


def test_the_same_trace_twice_gives_the_same_tree():
    def played() -> list[tuple[int, str]]:
        return Played(CHECKED, first_then(fenced(BAD), fenced(BAD + " "), "nothing", fenced("def f(: x")), width=3).ways

    assert played() == played()


def test_an_interrupt_keeps_the_best_answer_so_far():
    stop = Flag()

    def on(event: Event) -> None:
        if isinstance(event, events.Judged):
            stop.set()

    played = Played(CHECKED, always(fenced(BAD)), stop=stop, on=on, width=1)
    assert played.result.status == "interrupted"
    assert played.result.answer == BAD
    assert isinstance(played.events[-1], events.Finished)


def test_an_interrupt_before_any_candidate_leaves_none():
    stop = Flag()
    stop.set()
    assert Played(CHECKED, always(fenced(GOOD)), stop=stop).result.answer is None


def test_the_time_is_a_budget_too():
    result = Played(UNCHECKED, always("Answer: 1"), budget=Budget(1e-9, 2000, 8)).result
    assert result.status == "failed"
    assert result.attempts <= 2


def test_a_sandbox_that_fails_ends_the_run_and_is_never_scored_as_the_candidates_fault():
    def broken(run: Run) -> Outcome:
        raise SandboxError("the engine is gone")

    with pytest.raises(SandboxError, match="the engine is gone"):
        Played(CHECKED, always(fenced(GOOD)), sandbox=broken)


def test_material_is_clipped_to_the_context_with_a_notice_and_lies_whole_in_the_folder():
    material = " ".join(f"word{number}" for number in range(20_000))
    problem = Problem("How many words?", material=material)
    played = Played(problem, always(fenced("print(20000)")), budget=Budget(60, 500, 2))
    (notice,) = played.said("notice")
    assert isinstance(notice, events.Notice)
    assert f"of {len(material)} characters" in notice.text
    assert played.sandbox.runs[0].files["material.txt"] == material.encode()


def test_a_problem_longer_than_the_context_is_refused_with_both_lengths():
    with pytest.raises(UsageError, match=r"the problem is \d+ tokens long; the model's context leaves room for \d+"):
        Played(Problem("word " * 20_000), always(""))


def test_a_repair_that_outgrows_the_context_is_given_up_for_another_way():
    """It once ended the whole search where only one branch was explored at a time."""
    problem = Problem(f"{CHECKED.text} {'word ' * 200}")
    played = Played(problem, always(fenced(f"{BAD}  # {'so ' * 110}")), context=512, budget=Budget(60, 2000, 4), width=1)
    assert [event.node for event in played.events if isinstance(event, events.Closed)] == [2]
    assert played.ways[:3] == [(0, "direct"), (1, "repair"), (0, "direct")]
    assert played.result.attempts == 4


def test_no_attempt_is_opened_that_the_tokens_left_cannot_begin():
    numbers = iter(range(100))
    played = Played(UNCHECKED, lambda messages: f"Answer: {next(numbers)}", budget=Budget(60, 3, 100), width=8)
    assert played.result.attempts <= 3


def test_programs_without_checks_agree_by_what_they_return():
    problem = Problem("Write a Python function that doubles a number. Call it double.")
    programs = iter([GOOD, "def double(x):\n    return x + x", "def double(n):\n    return n * 2", BAD])

    def observe(run: Run) -> Outcome:
        return ran(reports=("0", "4", "6", "10") if run.solution != BAD else ("3", "5", "6", "8"))

    result = Played(problem, lambda messages: fenced(next(programs)), sandbox=observe, width=3).result
    assert result.status == "agreed"
    assert result.evidence[0].endswith("independent attempts agree (direct and plan)")


def test_several_problems_share_one_engine_and_all_end():
    engine, sandbox = ScriptedEngine(always("Answer: 5")), ScriptedSandbox(by_example)
    driver = Driver(engine, sandbox)

    def solver(number: int) -> Solver:
        return Solver(Problem(f"Question {number}?", id=number), driver, budget=Budget(60, 500, 8), seed=1, width=2)

    results: list[Result] = list(solve((solver(number) for number in range(7)), driver, side_by_side=3))
    assert sorted(str(result.id) for result in results) == [str(number) for number in range(7)]
    assert {result.status for result in results} == {"agreed"}


@pytest.mark.parametrize("tokens", [3, 4])
def test_what_is_in_the_sandbox_when_the_last_token_is_spent_is_still_judged(tokens: int):
    """It was once dropped: a search with exactly the tokens of its first program came to nothing."""
    words = len(["Here", "it", "is.", "```python", "def", "double(x):", "return", "2", "*", "x", "```"]) + 1
    budget = Budget(60, words + tokens - 3, 8)
    result = Played(CHECKED, always("Here it is.\n" + fenced(GOOD)), budget=budget, width=1).result
    assert (result.status, result.tokens.generated) == ("verified", words)


def test_a_thorough_search_votes_with_its_whole_budget():
    engine = ScriptedEngine(always("Answer: 5"))
    driver = Driver(engine, ScriptedSandbox(by_example))

    def attempts(thorough: bool) -> int:
        policy = repeated(("reason", 0.8))
        solver = Solver(UNCHECKED, driver, budget=Budget(60, 60, 99), seed=1, width=1, policy=policy, thorough=thorough)
        (result,) = solve([solver], driver)
        assert result.status == "agreed"
        return result.attempts

    assert attempts(thorough=False) == 3
    assert attempts(thorough=True) == 20
