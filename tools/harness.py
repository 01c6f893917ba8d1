"""A user's tests, or a suite's grader, as a run, and what such a run found.

Runs on the host; `tools.testing` and `tools.grading` are its other halves, inside the box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from tools import statements
from tools.grading import EVALUATOR
from tools.sandbox import Limits, Outcome, Run

_GRADING = "from tools.grading import main as grade_with\ngrade_with({grader!r}, {answer!r}, report)\n"
_BEFORE_TESTS = ("load", "tests")
"""What is reported to have failed where the candidate could not be loaded, or what the tests build on."""
_PROGRAM = "from tools.testing import main as run_tests\nrun_tests({tests!r}, report, {entry_point!r})\n"


@dataclass(frozen=True, slots=True)
class TestReport:
    """What the tests found. `failures` has one line for each failed test."""

    __test__: ClassVar[bool] = False

    passed: int
    failed: int
    failures: tuple[str, ...]
    whole: bool = True
    """Whether all tests were tried."""

    @property
    def succeeded(self) -> bool:
        return self.passed > 0 and self.failed == 0


def tests_run(
    solution: str,
    tests: str,
    *,
    limits: Limits | None = None,  # noqa: PT028
    files: Mapping[str, bytes] | None = None,  # noqa: PT028
    entry_point: str | None = None,  # noqa: PT028
) -> Run:
    """A run of `tests` (assertions, pytest-style tests, unittest cases) against the candidate `solution`.

    The candidate's public names are globals of the tests, but for those of Python's built-ins; `entry_point` always is.
    """
    source = _PROGRAM.format(tests=statements.called(tests, entry_point), entry_point=entry_point)
    return Run(source, solution=solution, files=files or {}, limits=limits or Limits())


setattr(tests_run, "__test__", False)  # noqa: B010  pytest would take it for a test


def grading_run(grader: str, answer: str) -> Run:
    """A run of `grader` (Python that defines `grade(answer) -> bool`) on an answer, which is data to it."""
    return Run(_GRADING.format(grader=grader, answer=answer), solution=EVALUATOR)


def graded(outcome: Outcome) -> bool:
    """What a run made by `grading_run` said: right only if it said so once and came to its own end."""
    return outcome.succeeded and outcome.reports == (True,)


def summary(outcome: Outcome) -> TestReport:
    """Of a run made by `tests_run`. What ended before its tests did counts as one more failure."""
    passed, failures, whole = 0, cast(list[str], []), True
    for one in outcome.reports:
        if not isinstance(one, dict):
            continue
        record = cast(dict[str, object], one)
        if record.get("ok") is True:
            passed += 1
        else:
            failures.append(str(record.get("message") or record.get("test")))
            whole = whole and record.get("test") not in _BEFORE_TESTS
    cut_short = _cut_short(outcome, passed + len(failures))
    if cut_short is not None and (outcome.ended != "exit" or outcome.status != 1 or not failures):
        failures.append(cut_short)
        whole = False
    return TestReport(passed, len(failures), tuple(failures), whole)


def _cut_short(outcome: Outcome, told: int) -> str | None:
    after = f" after {told} tests" if told else ""
    if outcome.ended == "timeout":
        return f"timed out{after} ({outcome.seconds:.1f} s)"
    if outcome.ended == "memory":
        return f"ran out of memory{after}"
    if outcome.ended == "output":
        return f"wrote too much output{after}"
    if outcome.status == 0:
        return None if told else "no test ran"
    lines = [line for line in outcome.stderr.splitlines() if line.strip()]
    return f"the tests ended early{after} (status {outcome.status}){': ' + lines[-1][:300] if lines else ''}"
