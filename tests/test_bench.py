"""Scoring: what counts as right by a hidden answer, tests or a grader, and the report that is made of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Event as Flag

import pytest

from agent import arms, bench, scoring
from agent.driver import Driver
from agent.engine.fake import ScriptedEngine
from agent.errors import UsageError
from agent.events import Result, Status
from agent.records import Record
from agent.search import Budget
from agent.verify import Problem
from tests.fakes import ScriptedSandbox, ran
from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools.lanes import Lanes

# ruff: noqa: F811


def result(answer: str | None = None, code: str | None = None, status: Status = "verified", name: str = "a") -> Result:
    return Result(id=name, status=status, answer=answer, code=code)


@pytest.mark.parametrize(
    ("hidden", "given", "right"),
    [
        ({"answer": "18"}, result("18.0"), True),
        ({"answer": 18}, result("$18"), True),
        ({"answer": "1/2"}, result("0.5"), True),
        ({"answer": "Paris"}, result(" paris. "), True),
        ({"answer": "18"}, result("81"), False),
        ({"answer": "18"}, result(None), False),
        ({"tests": "assert f(2) == 4"}, result(code="def f(x): return 2 * x"), True),
        ({"tests": "assert f(2) == 4"}, result(code="def f(x): return x"), False),
        ({"tests": "def check(f): assert f(2) == 4"}, result(code="def f(x): return 2 * x"), False),
        ({"tests": "assert f() == 'a\\n'"}, result(code="def f(): return open('data.txt').read()"), True),
        ({"tests": "assert f(2) == 4"}, result("4", code=None), False),
        ({"grader": 'def grade(answer): return answer == "it\'s"'}, result("it's"), True),
        ({"grader": "def grade(answer): return answer == 'x'"}, result("y"), False),
        ({"grader": "def grade(answer): raise ValueError"}, result("y"), False),
        ({"grader": "def grade(answer): return True"}, result(None), False),
    ],
)
def test_what_is_right(hidden: dict[str, object], given: Result, right: bool, sandbox: Lanes):
    record = Record(Problem("…", files={"data.txt": b"a\n"}), hidden)
    assert scoring.ask(sandbox, given, record).result() is right


def test_a_score_counts_by_status_and_gives_its_interval():
    score = bench.Score()
    statuses: list[tuple[Status, bool]] = [*[("verified", True)] * 8, ("agreed", False), ("unverified", False)]
    score.scored += [bench.Scored(result(status=status), right) for status, right in statuses]
    summary = score.summary()
    assert (summary["problems"], summary["solved"], summary["accuracy"]) == (10, 8, 0.8)
    assert summary["by_status"] == {"verified": [8, 8], "agreed": [0, 1], "unverified": [0, 1]}
    assert summary["interval"] == pytest.approx([0.4902, 0.9433], abs=1e-3)


@pytest.mark.parametrize(("solved", "problems"), [(0, 0), (0, 5), (5, 5), (1, 1000)])
def test_an_interval_holds_the_share_and_stays_within_its_bounds(solved: int, problems: int):
    low, high = bench.wilson(solved, problems)
    assert 0 <= low <= (solved / problems if problems else 0.5) <= high <= 1


def suite_file(folder: Path, *records: Mapping[str, object]) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_seeded_order_is_repeatable_and_limited(tmp_path: Path):
    path = suite_file(tmp_path, *({"id": number, "problem": "?", "hidden": {"answer": "1"}} for number in range(20)))

    def names(shuffle: int | None) -> list[object]:
        return [record.problem.id for record in bench.load_suite(path, limit=5, shuffle=shuffle)]

    assert names(None) == [0, 1, 2, 3, 4]
    assert names(3) == names(3) != names(4)
    assert len(set(names(3))) == 5


def test_a_suite_without_hidden_answers_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="'a' has no hidden"):
        bench.load_suite(suite_file(tmp_path, {"id": "a", "problem": "?"}), limit=None, shuffle=None)


def play(*arms: str, stop: Flag | None = None) -> tuple[list[bench.Scored], list[str]]:
    """Two questions with a scripted model; what was scored, and all that the model was shown."""
    shown: list[str] = []

    def reply(messages: tuple[object, ...]) -> str:
        shown.append(repr(messages))
        return "Answer: 5"

    driver = Driver(ScriptedEngine(reply), ScriptedSandbox(lambda run: ran("5\n")))
    room = bench.Bench(driver, 1, 2, 2, stop or Flag())
    suite = [
        Record(Problem("What is two plus three?", id="known"), {"answer": "5"}),
        Record(Problem("What is the secret?", id="secret"), {"answer": "4711-hidden"}),
        Record(Problem("word " * 20_000, id="long"), {"answer": "5"}),
    ]
    scored = [one for arm in arms for one in room.run(suite, bench.ARMS[arm], lambda problem: Budget(60, 300, 4))]
    return scored, shown


def test_hidden_answers_never_reach_the_solver_and_what_does_not_fit_has_failed():
    scored, shown = play("greedy", "majority", "ponder")
    assert "4711" not in "".join(shown)
    assert {(one.result.id, one.right) for one in scored} == {("known", True), ("secret", False), ("long", False)}
    assert len(scored) == 9


def test_an_interrupted_bench_opens_no_further_arm():
    """The budgets of later arms come from the first one's results: one that was cut short once ended in a KeyError."""
    stop = Flag()
    stop.set()
    assert play("ponder", stop=stop) == ([], [])
