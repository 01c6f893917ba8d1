"""The sandbox's contract, one test body for every sandbox that can run here."""

import re
from pathlib import Path

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools.bubblewrap import NOT_COVERED
from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run, SandboxError, State
from tools.selftest import selftest

# ruff: noqa: F811

SHORT = Limits(seconds=1.0)


def run(sandbox: Lanes, code: str, **options: object) -> Outcome:
    return sandbox.submit(Run(code, **options)).result()  # type: ignore[arg-type]


def test_a_program_prints_and_ends(sandbox: Lanes) -> None:
    outcome = run(sandbox, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)")
    assert (outcome.ended, outcome.status, outcome.stdout, outcome.stderr) == ("exit", 3, "out\n", "err\n")
    assert not outcome.succeeded
    assert run(sandbox, "print(__name__)").stdout == "__main__\n"


@pytest.mark.parametrize("word", ["exit", "quit"])
def test_a_program_may_end_itself_as_at_a_prompt(sandbox: Lanes, word: str) -> None:
    outcome = run(sandbox, f"print('out')\n{word}(3)\nprint('never')")
    assert (outcome.ended, outcome.status, outcome.stdout, outcome.stderr) == ("exit", 3, "out\n", "")


def test_output_survives_when_a_program_puts_its_stream_aside(sandbox: Lanes) -> None:
    code = "import io, sys\nsys.stdout = io.StringIO()\nprint('hidden')\nsys.stdout = sys.__stdout__\nprint('shown')"
    assert run(sandbox, code).stdout == "shown\n"
    code = "import io, sys\nprint('before')\nsys.stdout = io.StringIO()\nprint('hidden')"
    assert run(sandbox, code).stdout == "before\n"


@pytest.mark.parametrize("state", [None, State()], ids=["a fresh program", "a cell"])
def test_standard_streams_can_be_opened_by_name(sandbox: Lanes, state: State | None) -> None:
    code = "for way, name in (('r', 'in'), ('w', 'out'), ('w', 'err')):\n    with open('/dev/std' + name, way) as stream: "
    code += "text = stream.read() if way == 'r' else stream.write(name + text) and text\n"
    outcome = run(sandbox, code, stdin="hello", state=state)
    assert (outcome.stdout, outcome.stderr) == ("outhello", "errhello"), outcome
    outcome = run(sandbox, "cat /dev/stdin; echo no >/dev/stderr", language="shell", stdin="hello", state=state)
    assert (outcome.stdout, outcome.stderr) == ("hello", "no\n"), outcome


def test_a_program_ends_as_an_interpreter_does(sandbox: Lanes) -> None:
    """What `atexit` was given never ran, and threads that were left were killed, or waited for though they never end."""
    code = "import atexit, sys\natexit.register(print, 'at last')\n@atexit.register\ndef bad(): 1 / 0\n"
    outcome = run(sandbox, code + "print('first')\nsys.exit()")
    assert (outcome.stdout, outcome.status) == ("first\nat last\n", 0)
    assert "Exception ignored in atexit callback" in outcome.stderr
    assert "ZeroDivisionError" in outcome.stderr
    code = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), print('later'))).start()\n"
    assert run(sandbox, code).stdout == "later\n"
    code = "from concurrent.futures import ThreadPoolExecutor\nthreads = ThreadPoolExecutor(2)\n"
    assert run(sandbox, code + "print(threads.submit(pow, 2, 3).result())", limits=SHORT).stdout == "8\n"


@pytest.mark.parametrize("end", ["sys.exit(3)", "1 / 0"])
def test_a_program_that_has_failed_is_over(sandbox: Lanes, end: str) -> None:
    code = "import atexit, os, sys, threading, time\natexit.register(lambda: (print('fine'), os._exit(0)))\n"
    code += "threading.Thread(target=lambda: (time.sleep(0.2), os._exit(0))).start()\n"
    outcome = run(sandbox, code + end)
    assert (outcome.stdout, outcome.status) == ("", 3 if "3" in end else 1)


def test_standard_input_and_files(sandbox: Lanes) -> None:
    files = {"data.csv": b"1,2\n", "helper.py": b"answer = 42\n"}
    code = "import helper\nprint(input(), open('data.csv').read().strip(), helper.answer)\nopen('data.csv', 'a')"
    outcome = run(sandbox, code, stdin="hello\n", files=files)
    assert outcome.stdout == "hello 1,2 42\n"
    if getattr(sandbox, "separate_users", True):
        assert "PermissionError" in outcome.stderr
    assert run(sandbox, "import os; print(os.listdir('.'))").stdout == "[]\n"


def test_a_file_name_with_a_folder_is_refused(sandbox: Lanes) -> None:
    with pytest.raises(SandboxError, match=r"\.\./x"):
        run(sandbox, "", files={"../x": b""})


def test_shell(sandbox: Lanes) -> None:
    outcome = run(sandbox, "read line; echo $line | tr a-z A-Z; ls; false", language="shell", stdin="abc\n", files={"one": b""})
    assert (outcome.stdout, outcome.status) == ("ABC\none\n", 1)
    assert run(sandbox, "printf '1 2\\n' | awk '{print $2}' | sed s/2/two/", language="shell").stdout == "two\n"


def test_a_traceback_shows_the_programs_own_lines_alone(sandbox: Lanes) -> None:
    error = run(sandbox, "def f():\n    return 1 / 0\nf()\n").stderr
    assert error.startswith('Traceback (most recent call last):\n  File "main.py", line 3')
    assert "return 1 / 0" in error
    assert "tools/" not in error
    assert "SyntaxError" in run(sandbox, "def f(:").stderr


def test_limits_end_a_run(sandbox: Lanes) -> None:
    slow = run(sandbox, "print('begun', flush=True)\nwhile True: pass", limits=SHORT)
    assert (slow.ended, slow.status, slow.stdout) == ("timeout", None, "begun\n")
    assert run(sandbox, "while True: print('x' * 999)", limits=SHORT).ended == "output"
    assert run(sandbox, "x = []\nwhile True: x.append(bytearray(8 << 20))").ended == "memory"


def test_long_output_keeps_head_and_tail(sandbox: Lanes) -> None:
    outcome = run(sandbox, "print('first')\nprint('é' * 5000)\nprint('last')", limits=Limits(output_bytes=1000))
    assert outcome.stdout.startswith("first\néé")
    assert outcome.stdout.endswith("éé\nlast\n")
    assert "bytes left out" in outcome.stdout
    assert len(outcome.stdout.encode()) <= 1000
    assert "\ufffd" not in outcome.stdout


def test_bytes_that_are_no_text_are_decoded_leniently(sandbox: Lanes) -> None:
    assert run(sandbox, "import os; os.write(1, b'a\\xff\\n')").stdout == "a\ufffd\n"


def test_runs_do_not_see_each_other(sandbox: Lanes) -> None:
    run(sandbox, "import builtins, math; builtins.len = None; math.pi = 3; open('left', 'w').close()")
    assert run(sandbox, "import math, os; print(len('ab'), math.pi > 3, os.listdir('.'))").stdout == "2 True []\n"


def test_a_judge_calls_the_candidate(sandbox: Lanes) -> None:
    solution = "greeting = 'hi'\ndef double(x):\n    print('noise')\n    return x * 2\n"
    code = "import solution\nreport({'result': double(21)})\nprint(solution.greeting, greeting)"
    outcome = run(sandbox, code, solution=solution)
    assert outcome.succeeded, outcome
    assert outcome.reports == ({"result": 42},)
    assert outcome.stdout == "hi hi\n"
    assert outcome.candidate_output == "noise\n"


def test_a_candidate_that_does_not_load_is_an_import_error(sandbox: Lanes) -> None:
    outcome = run(
        sandbox, "try:\n    import solution\nexcept ImportError as error:\n    report(str(error))", solution="x = 1 / 0\n"
    )
    assert "ZeroDivisionError" in str(outcome.reports[0])
    assert "x = 1 / 0" in str(outcome.reports[0])


def test_a_candidate_imports_the_given_files(sandbox: Lanes) -> None:
    """Every candidate that did was dead, though the same code ran as a program."""
    files = {"helper.py": b"def twice(x): return 2 * x\n", "csv.py": b"raise ValueError('the given file')\n", "a.txt": b"1"}
    solution = "import csv, helper\ndef f(x): return [helper.twice(x), open('a.txt').read(), csv.reader is not None]\n"
    outcome = run(sandbox, "report(f(2))", solution=solution, files=files)
    assert outcome.reports == ([4, "1", True],), outcome


def test_reports_before_the_time_is_up_are_kept(sandbox: Lanes) -> None:
    outcome = run(sandbox, "report(1)\nreport(f())", solution="def f():\n    while True: pass", limits=SHORT)
    assert (outcome.ended, outcome.reports) == ("timeout", (1,))


SHAPES = """
import collections, datetime, decimal, fractions, enum
class Money(int): pass
class Colour(enum.Enum):
    red = 1
class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
    def __add__(self, other): return Point(self.x + other.x)
    def __len__(self): return self.x
    def __iter__(self): return iter(range(self.x))
    def __str__(self): return f"P{self.x}"
    def __lt__(self, other): return self.x < other.x
class Broke(ValueError): pass
class Quit(BaseException): pass
Named = collections.namedtuple("Named", "a b")
def echo(x): return x
def money(): return Money(5)
def named(): return Named(1, [2])
def sort(xs): xs.sort(); return xs
def fill(grid): grid[0][0] = 9; grid.append([7])
def up_to(n):
    for i in range(n): yield i
def adder(n): return lambda x: x + n
def apply(f, xs): return [f(x) for x in xs]
def total(xs): return sum(xs)
def broke(): raise Broke("no money")
def key(): return {}["k"]
def quit(): raise Quit("now")
"""


def judged(sandbox: Lanes, code: str) -> None:
    outcome = run(sandbox, code, solution=SHAPES)
    assert outcome.succeeded, outcome.stderr


@pytest.mark.parametrize(
    "value",
    [
        "[1, 2.5, 'a', b'b', None, True, 2**9999, -0.0, 1j]",
        "{'a': [1], (1, 2): {3}, frozenset({4}): (5,)}",
        "(float('inf'), '\\ud800', '', range(1, 9, 2), slice(1, None))",
        "__import__('fractions').Fraction(1, 3)",
        "__import__('decimal').Decimal('1.10')",
        "__import__('datetime').datetime(2020, 1, 2, 3)",
        "__import__('collections').Counter('aab')",
        "__import__('collections').OrderedDict(a=1)",
        "__import__('collections').deque([1], 3)",
        "bytearray(b'x')",
        "[int, str, ...]",
    ],
)
def test_plain_values_come_back_as_they_went(sandbox: Lanes, value: str) -> None:
    code = f"value = {value}\nback = echo(value)\nassert back == value and type(back) is type(value)\n"
    judged(sandbox, f"{code}assert repr(back) == repr(value)")


def test_a_subclass_comes_back_as_its_plain_base(sandbox: Lanes) -> None:
    judged(sandbox, "assert type(money()) is int and money() == 5\nassert named().b == [2] and named() == (1, [2])")


def test_changes_to_arguments_come_back(sandbox: Lanes) -> None:
    judged(sandbox, "xs = [3, 1, 2]\nassert sort(xs) is xs\nassert xs == [1, 2, 3]")
    judged(sandbox, "row = [0]\ngrid = [row, row]\nfill(grid)\nassert grid == [[9], [9], [7]] and grid[1] is row")


def test_objects_stay_with_the_candidate_and_can_be_used(sandbox: Lanes) -> None:
    judged(sandbox, "p = Point(2)\nassert p.x == 2 and len(p) == 2 and list(p) == [0, 1] and str(p + p) == 'P4'")
    judged(
        sandbox, "p = Point(2)\np.x = 3\nassert p == Point(3) and p != Point(4) and p < Point(9)\nassert isinstance(p, Point)"
    )
    judged(sandbox, "assert list(up_to(3)) == [0, 1, 2] and adder(2)(3) == 5\nassert echo(Colour.red) == Colour.red")
    judged(sandbox, "assert next(up_to(1)) == 0\nassert sorted([Point(2), Point(1)])[0].x == 1")


def test_the_judges_functions_can_be_called(sandbox: Lanes) -> None:
    judged(
        sandbox, "assert apply(lambda x: x + 1, [1, 2]) == [2, 3] and apply(str, [1]) == ['1']\nassert total(iter([1, 2])) == 3"
    )
    judged(sandbox, "def inner(x): return echo(x) * 2\nassert apply(inner, [1, 2]) == [2, 4]")


def test_an_object_without_anything_of_its_own_can_be_handed_over(sandbox: Lanes) -> None:
    judged(sandbox, "missing = object()\nassert echo(missing) is missing and echo([missing]) == [missing] != [object()]")


def test_failures_come_back_as_what_they_are(sandbox: Lanes) -> None:
    judged(
        sandbox,
        "import solution\ntry: broke()\nexcept solution.Broke as error: assert str(error) == 'no money'\nelse: assert False",
    )
    judged(sandbox, "try: broke()\nexcept ValueError as error: assert 'solution.py' in error.__notes__[0]\nelse: assert False")
    judged(sandbox, "try: key()\nexcept KeyError as error: assert error.args == ('k',)\nelse: assert False")
    judged(
        sandbox,
        "class Mine:\n    def use(self): pass\n"
        "try: echo(Mine())\nexcept Exception as error: assert 'process of its own' in str(error)\nelse: assert False",
    )


def test_the_selftest_holds(sandbox: Lanes) -> None:
    found = list(selftest(sandbox))
    assert len(found) >= 12
    assert [name for name, held, _ in found if not held] == []


def test_the_documentation_names_what_is_not_covered() -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "SANDBOX.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", text.partition("## What bubblewrap does not cover")[2], re.MULTILINE)
    assert tuple(rows[1:]) == NOT_COVERED
