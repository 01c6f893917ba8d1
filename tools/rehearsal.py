"""What every job does first, done once in the process that forks them, before the first of them. Runs inside the box.

An interpreter makes much on first use (caches, patterns, specialised byte code), and a forked process that is the first to need
it pays for it each time: a check of 50 tests took three times as long as it does now.
"""

import contextlib
import io
import linecache
import os
import sys
from collections.abc import Callable, Generator

from tools import judge, processes
from tools.candidate import Candidate

_ROUNDS = 4
_PROGRAM = "import sys\nprint(1)\n"
_FAILING = "def f():\n    return 1 / 0\nf()\n"
_SOLUTION = "def double(n):\n    return n * 2\ndef broken(n):\n    raise ValueError(n)\n"
_TESTS = (
    "n = 3\n"
    + "assert double(1) == 2\nassert double([1, 'a', {2: 3.0}]) != (), 'no'\n" * 6
    + "assert double(n) == 7, 'no'\nassert broken(n)\ndef test_it():\n    assert double(2) == 4\n"
)
_JUDGED = f"from tools.testing import main as run_tests\nrun_tests({_TESTS!r}, report, 'double')\n"
_Side = Callable[[int, int], object]


def rehearse() -> None:
    """Leaves the interpreter's state as it was, but for what is kept inside of modules."""
    for _ in range(_ROUNDS):
        for program in (_PROGRAM, _FAILING):
            with _as_before():
                processes.python(program)
        _pair(_judge, _candidate)
        _pair(_candidate, _judge)


def _judge(read_end: int, write_end: int) -> None:
    processes.python(_JUDGED, {**judge.prepare(_SOLUTION, {}, read_end, write_end), "report": _ignored}, path=())


def _ignored(_report: object) -> None:
    return


def _candidate(read_end: int, write_end: int) -> None:
    Candidate(read_end, write_end).run()


def _pair(here: _Side, there: _Side) -> None:
    """One side in this process, the other in a fork."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ours_in)
            os.close(ours_out)
            with _as_before():
                there(theirs_in, theirs_out)
        finally:
            os._exit(0)
    os.close(theirs_in)
    os.close(theirs_out)
    with _as_before():
        here(ours_in, ours_out)
    os.close(ours_in)
    os.close(ours_out)
    os.waitpid(child, 0)


@contextlib.contextmanager
def _as_before() -> Generator[None]:
    streams = sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__
    modules, finders, path, arguments = dict(sys.modules), list(sys.meta_path), list(sys.path), list(sys.argv)
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams
        sys.modules.update({name: module for name, module in modules.items() if sys.modules.get(name) is not module})
        for name in ("solution", "tests", "pytest"):
            sys.modules.pop(name, None)
        sys.meta_path[:], sys.path[:], sys.argv[:] = finders, path, arguments
        linecache.clearcache()
