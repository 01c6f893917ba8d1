"""Users' tests against a candidate: what is counted, and what a failure says."""

import pytest

from tests.sandboxes import OutcomeOf, both, outcome_of, paired  # noqa: F401  (some are fixtures)
from tools import harness
from tools.harness import TestReport
from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run

# ruff: noqa: F811

SOLUTION = """
def double(n):
    if n == 7:
        return 1 / 0
    return n * 2
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)
"""


def run_of(tests: str, solution: str = SOLUTION, **options: object) -> Run:
    return harness.tests_run(solution, tests, limits=Limits(seconds=5), **options)  # type: ignore[arg-type]


def report_of(sandbox: Lanes, tests: str, solution: str = SOLUTION, **options: object) -> TestReport:
    return harness.summary(sandbox.submit(run_of(tests, solution, **options)).result())


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ("assert double(2) == 5", "assert double(2) == 5: got 4"),
        ("assert 5 == double(2)", "assert 5 == double(2): got 4"),
        ("x = 3\nassert double(x) == x + 2, 'hint'", "assert double(x) == x + 2: got 6, expected 5 (x = 3; hint)"),
        ("assert double(1) == 2 and double(2) == 2", "assert double(2) == 2: got 4"),
        ("assert not double(1)", "assert not double(1): got 2"),
        ("assert double(1) in [1, 3]", "assert double(1) in [1, 3]: got 2"),
        ("assert double('a  b') == ' '", "assert double('a  b') == ' ': got 'a  ba  b'"),
        (f"assert double('a{' ' * 700}b') == ' '", "assert double('a b') == ' ': got 'a"),
        ("assert isinstance(double(1), str)", "assert isinstance(double(1), str): got False"),
        (
            "assert double(7) == 1",
            "assert double(7) == 1: ZeroDivisionError: division by zero (solution.py, line 4, in double: return 1 / 0)",
        ),
        ("def check(c):\n    assert c(2) == 5, 'no'\ncheck(double)", "assert c(2) == 5: got 4 (no)"),
        ("for a in (1, 2):\n    assert double(a) == 2", "assert double(a) == 2: got 4 (a = 2)"),
        ("x = double(7)", "x = double(7): ZeroDivisionError: division by zero (solution.py, line 4, in double: return 1 / 0)"),
        ("def test_it():\n    assert double(2) == 5", "assert double(2) == 5: got 4"),
        ("import pytest\ndef test_it():\n    with pytest.raises(KeyError): double(1)", "did not raise KeyError"),
        ("assert double(", "the tests cannot be read: SyntaxError: '(' was never closed"),
        ("def test_it(nowhere): pass", "there is no fixture 'nowhere'"),
        ("assert undefined(1) == 2", "NameError: name 'undefined' is not defined"),
        ("import sys\nsys.exit(0)\nassert double(1) == 2", "sys.exit(0): SystemExit: 0"),
    ],
)
def test_a_failure_says_what_happened(tests: str, message: str, outcome_of: OutcomeOf) -> None:
    report = harness.summary(outcome_of(lambda tests, message: run_of(tests)))
    assert report.failed == 1
    assert message in report.failures[0]


def test_assertions_are_counted_one_by_one(paired: Lanes) -> None:
    assert report_of(paired, "assert double(1) == 2\nassert double(1) == 3\nx = 2\nassert double(x) == 4") == TestReport(
        2, 1, ("assert double(1) == 3: got 2",)
    )


def test_each_expression_is_evaluated_once(paired: Lanes) -> None:
    tests = "calls = []\ndef counted(x):\n    calls.append(x)\n    return x\nassert counted(1) == 2\nassert calls == [1]"
    report = report_of(paired, tests)
    assert (report.passed, report.failed) == (1, 1)


@pytest.mark.parametrize(
    "tests",
    [
        "def check(candidate):\n    assert candidate(1) == 2\ncheck(double)",
        "if double(1) != 2:\n    raise SystemExit(1)",
        "async def test_it():\n    assert double(1) == 2",
    ],
)
def test_a_statement_that_can_fail_is_a_test(tests: str, paired: Lanes) -> None:
    assert report_of(paired, tests) == TestReport(1, 0, ())
    assert report_of(paired, tests.replace("double(1)", "double(2)").replace("(double)", "(lambda x: 3)")).failed == 1


@pytest.mark.parametrize(
    "tests",
    [
        "x = double(1)",
        "def check(candidate):\n    assert candidate(1) == 3",
        "class Helper:\n    pass",
        "def test_it():\n    yield 1\n    assert False",
        "import unittest\ndef check(): pass\nif __name__ == '__main__':\n    unittest.main()",
    ],
)
def test_what_can_find_no_fault_verifies_nothing(tests: str, outcome_of: OutcomeOf) -> None:
    """Definitions alone once passed every candidate as `ran to the end`."""
    assert not harness.summary(outcome_of(run_of)).succeeded


PYTEST = """
import pytest
from solution import Stack

@pytest.fixture
def stack():
    made = Stack()
    made.push(1)
    yield made
    assert len(made) < 3

def test_fixture(stack, tmp_path):
    stack.push(2)
    (tmp_path / "a").write_text("x")
    assert stack.pop() == 2

@pytest.mark.parametrize("n, expected", [(1, 2), pytest.param(2, 4), (3, 7)])
def test_double(n, expected):
    assert double(n) == expected

@pytest.mark.skip(reason="not now")
def test_skipped():
    assert False

class TestStack:
    def setup_method(self):
        self.stack = Stack()
    def test_empty(self):
        with pytest.raises(IndexError, match="empty") as info:
            self.stack.pop()
        assert "empty" in str(info.value)
    def test_near(self):
        assert double(0.15) == pytest.approx(0.3)
        assert [double(0.15)] == pytest.approx([0.3])
        assert {"a": double(0.1 + 0.2)} == pytest.approx({"a": 0.6})
        assert double(1) != pytest.approx(2.1)
"""


def test_pytest_style(paired: Lanes) -> None:
    assert report_of(paired, PYTEST) == TestReport(5, 1, ("assert double(n) == expected: got 6, expected 7 (n = 3)",))


def test_what_the_candidate_prints_can_be_captured(paired: Lanes) -> None:
    tests = """
import contextlib, io
def test_capsys(capsys):
    greet()
    assert capsys.readouterr().out == "hello\\n"
def test_redirect():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        greet()
    assert out.getvalue() == "hello\\n"
"""
    run = harness.tests_run("def greet(): print('hello')", tests)
    outcome = paired.submit(run).result()
    assert harness.summary(outcome) == TestReport(2, 0, ())
    assert outcome.stdout == ""
    assert outcome.candidate_output == "hello\nhello\n"


def test_unittest_style(paired: Lanes) -> None:
    tests = """
import unittest
from solution import double
class Cases(unittest.TestCase):
    def setUp(self): self.n = 2
    def test_right(self): self.assertEqual(double(self.n), 4)
    def test_raises(self):
        with self.assertRaises(ZeroDivisionError): double(7)
    def test_near(self): self.assertAlmostEqual(double(0.1), 0.2)
    def test_wrong(self): self.assertEqual(double(self.n), 5)
if __name__ == "__main__":
    unittest.main()
"""
    report = report_of(paired, tests)
    assert (report.passed, report.failed) == (3, 1)
    assert "4 != 5" in report.failures[0]


def test_a_candidate_that_does_not_load_says_why(paired: Lanes) -> None:
    report = report_of(paired, "assert f() == 1", "import nonesuch\ndef f(): return 1")
    reason = "the candidate cannot be loaded: ModuleNotFoundError: No module named 'nonesuch'"
    assert report == TestReport(0, 1, (f"{reason} (solution.py, line 1, in <module>: import nonesuch)",), whole=False)
    report = report_of(paired, "assert f() == 1", "def f(:\n    return 1")
    assert "SyntaxError" in report.failures[0]
    assert "line 1" in report.failures[0]


def test_a_program_that_uses_a_candidate_which_does_not_load_ends_with_its_traceback(paired: Lanes) -> None:
    """Where nothing checks a program, this is its failure: a user and a model were shown the lines of ours that import it."""
    outcome = paired.submit(Run("import solution", solution="import nonesuch\ndef f(): return 1")).result()
    trace = outcome.stderr.rpartition("In the candidate:\n")[2]
    assert trace.startswith('Traceback (most recent call last):\n  File "solution.py", line 1, in <module>\n')
    assert trace.endswith("ModuleNotFoundError: No module named 'nonesuch'\n")


def test_an_entry_point_may_bear_a_builtins_name(paired: Lanes) -> None:
    solution = "def sum(xs): return 42"
    assert report_of(paired, "assert sum([1]) == 1", solution).succeeded
    assert report_of(paired, "assert sum([1]) == 42", solution, entry_point="sum").succeeded
    assert report_of(paired, "from solution import sum\nassert sum([1]) == 42", solution).succeeded


def test_modules_that_the_candidate_imports_are_the_tests_own(paired: Lanes) -> None:
    assert report_of(paired, "assert math.isclose(double(0.1), 0.2)", f"import math\nmath.isclose = None\n{SOLUTION}").succeeded


def test_time_up_and_skipped_are_no_success(paired: Lanes) -> None:
    run = harness.tests_run("def f():\n    while True: pass", "assert 1 == 1\nassert f() == 1", limits=Limits(seconds=1))
    report = harness.summary(paired.submit(run).result())
    assert report.passed == 1
    assert report.failures[0].startswith("timed out after 1 tests")
    assert not report_of(paired, "import pytest\n@pytest.mark.skip\ndef test_it(): pass").succeeded


@pytest.mark.parametrize("tests", ['["assert double(1) == 2"]', '{"inputs": [1], "outputs": [2]}', "double"])
def test_what_calls_nothing_is_no_test_that_passed(tests: str, outcome_of: OutcomeOf) -> None:
    assert not harness.summary(outcome_of(run_of)).succeeded


def test_what_a_summary_makes_of_a_run_without_reports() -> None:
    def failures(ended: str, status: int | None, stderr: str = "") -> tuple[str, ...]:
        return harness.summary(Outcome(ended, status, "", stderr, 1.0)).failures  # type: ignore[arg-type]

    assert failures("memory", None) == ("ran out of memory",)
    assert failures("output", None) == ("wrote too much output",)
    assert failures("exit", -9) == ("the tests ended early (status -9)",)
    assert failures("exit", 1, "Traceback\n  x\nBoom: y\n") == ("the tests ended early (status 1): Boom: y",)
    assert failures("exit", 0) == ("no test ran",)


HANDS_ON = """
class Node:
    def __init__(self, value): self.value = value
def add(nodes, value): nodes.append(Node(value))
def apply(named, value): return named["by"](value)
"""


@pytest.mark.parametrize(
    "tests",
    [
        "assert apply({'by': abs}, -3) == 3",
        "nodes = []\nadd(nodes, 5)\nadd(nodes, 6)\nassert [node.value for node in nodes] == [5, 6]",
        "nodes = [7]\nadd(nodes, 5)\nassert nodes[0] == 7 and nodes[1].value == 5",
    ],
)
def test_a_container_may_hold_what_is_no_plain_data(tests: str, outcome_of: OutcomeOf) -> None:
    """Looking for changes once used up the description of a class before the judge had it: a right candidate failed."""
    assert harness.summary(outcome_of(lambda tests: run_of(tests, HANDS_ON))).succeeded


THREADED = """
import threading
from concurrent.futures import ThreadPoolExecutor
def double(n): return n * 2
def mapped(function, values):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(function, values))
def begun(function):
    threading.Thread(target=function, args=(1,), daemon=True).start()
    return 5
"""
POOLED = """
from concurrent.futures import ThreadPoolExecutor
def pooled(function, values):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(function, values))
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert mapped(lambda n: n + 1, [1, 2, 3, 4]) == [2, 3, 4, 5]",
        "assert pooled(double, range(200)) == [2 * n for n in range(200)]",
        "assert mapped(lambda n: pooled(double, range(n)), [1, 2, 3]) == [[0], [0, 2], [0, 2, 4]]",
        "assert mapped(lambda n: mapped(lambda m: double(m), [n, n]), [1, 2]) == [[2, 2], [4, 4]]",
        "assert [begun(lambda m: double(m)) + double(n) for n in range(40)] == [5 + 2 * n for n in range(40)]",
    ],
)
def test_threads_of_either_side_may_ask_the_other(test: str, outcome_of: OutcomeOf) -> None:
    """One took the other's answer: a right program was wrong, or waited until its time was up."""
    assert harness.summary(outcome_of(lambda test: run_of(POOLED + test, THREADED))).succeeded


IMPATIENT = """
import contextlib, pytest, signal
class Slow(Exception): pass
@contextlib.contextmanager
def time_limit(seconds, kind):
    def ring(*_): raise kind("slow")
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try: yield
    finally: signal.setitimer(signal.ITIMER_REAL, 0)
"""


@pytest.mark.parametrize("kind", ["Slow", "TimeoutError", "ValueError"])
def test_a_test_that_gives_a_question_up_leaves_no_answer_for_the_next(kind: str, outcome_of: OutcomeOf) -> None:
    """The next got it: a wrong program passed. An `OSError` that an alarm raised was taken for the candidate's end."""

    def run(kind: str) -> Run:
        impatient = f"def test_slow():\n    with pytest.raises({kind}), time_limit(0.5, {kind}): slow(1)\n"
        solution = "import time\ndef slow(n):\n    if n == 1: time.sleep(1.0)\n    return n * 10"
        return run_of(f"{IMPATIENT}{impatient}def test_next():\n    assert slow(2) == 10\n", solution)

    report = harness.summary(outcome_of(run))
    assert (report.passed, report.failed) == (1, 1), report
    assert "no answer from the candidate: a question to it was given up" in report.failures[0]


TIMED = """
import signal
class Slow(KIND): pass
def ring(*_): raise Slow("slow")
def within(function, seconds):
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try: return function()
    except Slow: return "slow"
    finally: signal.setitimer(signal.ITIMER_REAL, 0)
"""


@pytest.mark.parametrize("kind", ["Exception", "TimeoutError"])
def test_a_candidate_may_give_up_what_it_was_given_to_call(kind: str, outcome_of: OutcomeOf) -> None:
    """Its answer comes all the same, and must not be taken for another's."""
    tests = (
        "import time\n"
        "assert within(lambda: 5, 1) == 5\n"
        "assert within(lambda: time.sleep(0.6), 0.2) == 'slow'\n"
        "assert within(lambda: 7, 1) == 7\n"
    )
    assert harness.summary(outcome_of(lambda kind: run_of(tests, TIMED.replace("KIND", kind)))).succeeded


@pytest.mark.parametrize("kind", ["Slow", "TimeoutError"])
def test_a_test_that_is_interrupted_while_its_threads_ask_comes_to_an_end(kind: str, outcome_of: OutcomeOf) -> None:
    """The turn was lost, and the run waited until its time was up."""

    def run(kind: str) -> Run:
        asking = "def start():\n    threading.Thread(target=slow, args=(1,)).start()\n    time.sleep(0.1)\n    return 3\n"
        tests = f"import threading, time\n{asking}def test_start():\n    with time_limit(0.5, {kind}): call(start)\n"
        solution = "import time\ndef slow(n): time.sleep(n)\ndef call(function): return function()"
        return run_of(f"{IMPATIENT}{tests}def test_next():\n    assert True\n", solution)

    report = harness.summary(outcome_of(run))
    assert report.passed, report
