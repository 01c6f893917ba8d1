"""Runs a user's tests against the candidate, in the judge's process. Runs inside the box.

Tests are module-level assertions, pytest-style functions and classes, and `unittest` cases, in one text. Each gives one report,
`{"test": name, "ok": bool, "message": line}`. A failed comparison's message shows the values, as `assert f(2) == 3: got 4`.
"""

import ast
import importlib
import linecache
import sys
import traceback
import types
import unittest
from collections.abc import Callable
from typing import Any

from tools import standin
from tools.assertions import Assertions, Failed
from tools.candidate import FILE as CANDIDATE_FILE
from tools.refusals import fault
from tools.statements import flat, is_test

FILE = "tests.py"
_LINE = 600
Report = Callable[[object], None]


def main(tests: str, report: Report, entry_point: "str | None" = None) -> None:
    """Ends with exit status 1 where a test failed. `entry_point` is a global of the tests even if a built-in bears its name."""
    run = _TestRun(tests, report)
    try:
        solution = importlib.import_module("solution")
    except ImportError as error:
        where = _candidate_line(str(error))
        run.failed("load", f"the candidate cannot be loaded: {one_line(_last_line(str(error)))}{where}")
        sys.exit(1)
    names = [*solution.__all__, *([entry_point] if entry_point and hasattr(solution, entry_point) else [])]
    run.names.update({name: getattr(solution, name) for name in names})
    sys.modules["pytest"] = standin.module()
    run.everything()
    sys.exit(1 if run.failures else 0)


def one_line(text: str) -> str:
    line = " ".join(part.strip() for part in text.splitlines() if part.strip())
    if len(line) > _LINE:
        line = " ".join(line.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 3]}..."


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else text


class _TestRun:
    def __init__(self, tests: str, report: Report) -> None:
        self.failures = 0
        self._tests, self._report = tests, report
        # As the parser counts lines.
        self._lines = tests.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._assertions = Assertions()
        module = types.ModuleType("tests")
        self.names = module.__dict__
        self.names.update(self._assertions.names, __file__=FILE)
        sys.modules["tests"] = module

    def passed(self, test: str) -> None:
        if not self.at_fault(test):
            self._report({"test": one_line(test), "ok": True, "message": ""})

    def failed(self, test: str, message: str) -> None:
        fault()
        self.failures += 1
        self._report({"test": one_line(test), "ok": False, "message": one_line(message)})

    def at_fault(self, test: str) -> bool:
        """Whether it has failed because it took a refusal, or the end of the candidate, for what that raised."""
        found = fault()
        if found is not None:
            self.failed(test, describe(found))
        return found is not None

    def everything(self) -> None:
        linecache.cache[FILE] = (len(self._tests), None, self._tests.splitlines(keepends=True), FILE)
        try:
            tree = ast.parse(self._tests, FILE)
        except (SyntaxError, ValueError) as error:
            self.failed("tests", f"the tests cannot be read: {describe(error)}")
            return
        if self._statements(list(flat(tree.body))):
            for name, test in standin.discover(self.names):
                self._one(name, test)
            self._cases()

    def _statements(self, body: list[ast.stmt]) -> bool:
        """Runs the module's statements in order; False where one that is no test fails, for the rest builds on it."""
        for statement in body:
            tests = is_test(statement)
            name = one_line(self._source(statement)) if tests else "tests"
            code = compile(self._assertions.rewritten(ast.Module([statement], [])), FILE, "exec", dont_inherit=True)
            if not self._one(name, lambda code=code: exec(code, self.names), silent=not tests) and not tests:
                return False
        return True

    def _source(self, statement: ast.stmt) -> str:
        line = self._lines[statement.lineno - 1]
        if statement.end_lineno == statement.lineno and line.isascii():
            return line[statement.col_offset : statement.end_col_offset]
        return ast.unparse(statement)

    def _one(self, name: str, test: Callable[[], object], silent: bool = False) -> bool:
        # BaseException: a test that calls sys.exit has failed, and the others still run.
        try:
            test()
        except standin.Skipped:
            silent = True
        except BaseException as error:
            self.failed(name, describe(error))
            return False
        if self.at_fault(name):
            return False
        if not silent:
            self.passed(name)
        return True

    def _cases(self) -> None:
        for case in [one for one in self.names.values() if isinstance(one, type) and issubclass(one, unittest.TestCase)]:
            if case.__module__ == "tests":
                standin.run_through_all(case)
                unittest.defaultTestLoader.loadTestsFromTestCase(case).run(_Result(self))


class _Result(unittest.TestResult):
    """Turns what unittest finds into reports."""

    def __init__(self, run: _TestRun) -> None:
        super().__init__()
        self._run = run

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self._run.passed(_case_name(test))

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self._run.failed(_case_name(test), describe(err[1]))

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self._run.failed(_case_name(test), describe(err[1]))

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._run.at_fault(_case_name(test))

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        if err is not None:
            self._run.failed(str(subtest), describe(err[1]))

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self._run.passed(_case_name(test))

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self._run.failed(_case_name(test), "passed, and was expected to fail")


def _case_name(test: unittest.TestCase) -> str:
    return ".".join(test.id().split(".")[-2:])


def describe(error: BaseException) -> str:
    """One line: the assertion that failed, or the tests' own line, what was raised there, and where in the candidate."""
    if isinstance(error, Failed):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = frames[-1].line if frames and frames[-1].line else ""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    inside = _candidate_line("\n".join(getattr(error, "__notes__", [])))
    return f"{where}: {text}{inside}" if where else f"{text}{inside}"


def _candidate_line(trace: str) -> str:
    """` (solution.py, line 4, in f: return 1/0)`, from the last of the candidate's own lines in its traceback."""
    lines = trace.splitlines()
    found = ""
    for number, line in enumerate(lines):
        place = line.strip()
        if place.startswith(f'File "{CANDIDATE_FILE}"'):
            code = lines[number + 1].strip() if number + 1 < len(lines) else ""
            found = f" ({place.removeprefix('File ').replace(chr(34), '')}: {code})"
    return found
