"""Wrong candidates that try to pass, on every sandbox that can run here: none may."""

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools import harness
from tools.lanes import Lanes
from tools.sandbox import Limits, Run

# ruff: noqa: F811

TESTS = """
SECRET = 'expected-4711'
import pytest
def test_value():
    assert f(2) == 4
def test_near():
    assert abs(f(3) - 6) < 1e-6
def test_approx():
    assert f(4) == pytest.approx(8)
def test_all():
    assert all(f(x) == 2 * x for x in range(5))
def test_one_of():
    assert f(1) in (2, 3)
def test_text():
    assert g() == SECRET
"""
ALWAYS = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __gt__(self, other): return True
    def __ge__(self, other): return True
    def __hash__(self): return hash(4)
    def __bool__(self): return True
    def __abs__(self): return self
    def __sub__(self, other): return self
    def __rsub__(self, other): return self
    def __contains__(self, other): return True
    def __instancecheck__(self, other): return True
"""
FORGERIES = {
    "os._exit in a call": "import os\ndef f(x): os._exit(0)",
    "os._exit at load": "import os\nos._exit(0)",
    "sys.exit in a call": "import sys\ndef f(x): sys.exit(0)",
    "sys.exit at load": "import sys\nsys.exit(0)",
    "KeyboardInterrupt": "def f(x): raise KeyboardInterrupt",
    "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(x): return 0",
    "a signal to itself": "import os\ndef f(x): os.kill(os.getpid(), 9)",
    "always equal": ALWAYS + "def f(x): return Yes()\ndef g(): return Yes()",
    "always equal, in a list": ALWAYS + "def f(x): return [Yes()]",
    "an int that always agrees": """
class I(int):
    def __eq__(s, o): return True
    def __hash__(s): return 4
def f(x): return I(0)
""",
    "a str that always agrees": "class S(str):\n    def __eq__(s, o): return True\ndef f(x): return 0\ndef g(): return S('')",
    "patched builtins": """
import builtins
for n in ('abs', 'all', 'len', 'sorted'): setattr(builtins, n, lambda *a: 0)
def f(x): return 0
""",
    "public names of builtins": "def abs(x): return 0\ndef all(x): return True\ndef f(x): return 0",
    "the rewritten assertions' names": """
def __ponder_compare__(*a): pass
__all__ = ['f', '__ponder_compare__']
def f(x): return 0
""",
    "its own tests": "def f(x): return 0\ndef test_value(): pass\ndef test_near(): pass",
    "another test module": """
import sys, types
sys.modules['tests'] = sys.modules['__main__'] = types.ModuleType('x')
def f(x): return 0
""",
    "StopIteration": "def f(x): raise StopIteration",
    "SkipTest": "import unittest\ndef f(x): raise unittest.SkipTest",
    "a kind of SkipTest": "import unittest\nclass Mine(unittest.SkipTest): pass\ndef f(x): raise Mine",
    "GeneratorExit": "def f(x): raise GeneratorExit",
    "printing success": "import sys\ndef f(x):\n    print('6 passed'); sys.stderr.write('OK')\n    return 0",
    "reports on every descriptor": """
import os, struct, json
def say(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    for fd in range(256):
        try: os.write(fd, struct.pack('>I', len(data)) + data)
        except OSError: pass
for value in ({'test': 'x', 'ok': True, 'message': ''}, b'finished', ['answer', None, []], ['answer', 4, []]): say(value)
def f(x): return 0
""",
    "descriptors of other processes": """
import os, struct
data = b'{"test": "x", "ok": true, "message": ""}'
for pid in range(1, 60):
    for fd in range(12):
        try: h = os.open(f'/proc/{pid}/fd/{fd}', os.O_WRONLY | os.O_NONBLOCK)
        except OSError: continue
        if pid != os.getpid(): os.write(h, struct.pack('>I', len(data)) + data + struct.pack('>I', 8) + b'finished')
def f(x): return 0
""",
    "the tests on disk or in /proc": """
import os, re
def g():
    for root in ('/work', '/tmp', '/proc'):
        for folder, _, names in os.walk(root):
            for name in names if folder.count('/') < 4 else ():
                try: text = os.read(os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NONBLOCK), 1 << 20)
                except OSError: continue
                if found := re.search(rb'expected-4[7]1[1]', text): return found[0].decode()
def f(x): return 2 * x
""",
    "the tests in its own memory": """
import ctypes, re
def g():
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    for line in open('/proc/self/maps'):
        span, rights = line.split()[:2]
        if 'rw' in rights and '[v' not in line:
            start, end = (int(part, 16) for part in span.split('-'))
            if found := re.search(rb'expected-4[7]1[1]', ctypes.string_at(start, end - start)): return found[0].decode()
def f(x): return 2 * x
""",
    "the frames below it": """
import re, sys
def g():
    frame, seen = sys._getframe(), ''
    while frame:
        seen += repr(frame.f_locals) + repr(list(frame.f_globals.values()))
        frame = frame.f_back
    if found := re.search('expected-4[7]1[1]', seen): return found[0]
def f(x): return 2 * x
""",
    "killing everything": "import os\ndef f(x):\n    try: os.kill(-1, 9)\n    except OSError: pass\n    return 0",
    "killing its neighbours": """
import os
def f(x):
    for pid in range(1, 99):
        if pid != os.getpid():
            try: os.kill(pid, 9)
            except OSError: pass
    return 0
""",
    "garbled answers": "import os\ndef f(x):\n    os.write(4, b'\\0\\0\\0\\4nope')\n    return 0",
    "a frame too large": "import os\ndef f(x):\n    os.write(4, b'\\xff\\xff\\xff\\xff')\n    return 0",
    "unasked answers": """
import os, struct
def f(x):
    d = b'["answer", true, []]'
    os.write(4, struct.pack('>I', len(d)) + d)
    return 0
""",
    "an answer nested too deep to read": """
import os, struct
def f(x):
    d = b'["answer",' + b'[' * 200000 + b']' * 200000 + b',[]]'
    os.write(4, struct.pack('>I', len(d)) + d)
    return 0
""",
    "an answer that is nested by hand": """
def f(x):
    deep = 4
    for _ in range(100000): deep = [deep]
    return deep
""",
    "an answer without end": """
import os, struct
def f(x):
    os.write(4, struct.pack('>I', 200 << 20))
    while True: os.write(4, b'"' * 65536)
""",
    "an answer that fills the judge's memory": "def f(x): return 'x' * (120 << 20)",
    "handles that it was never given": """
import json, os, struct
def f(x):
    for n in (-1, 0, 1, 99, 1 << 70, 1.5, True, None, '0'):
        d = json.dumps(['answer', ['remote', n, 0, ['Yes', ['__eq__', '__class__', '__bool__']]], []]).encode()
        os.write(4, struct.pack('>I', len(d)) + d)
""",
    "the judge's own functions by number": """
import json, os, struct
def f(x):
    d = json.dumps(['answer', ['yours', 0], []]).encode()
    os.write(4, struct.pack('>I', len(d)) + d)
""",
    "a second candidate, forked, that answers too": """
import json, os, struct, threading
if os.fork() == 0:
    while True:
        for n in range(12):
            d = json.dumps(['answer', n, []]).encode()
            os.write(4, struct.pack('>I', len(d)) + d)
def f(x): return 0
""",
    "questions instead of answers": """
import json, os, struct
def f(x):
    while True:
        d = json.dumps(['ask', 'callback', [0, [[4], []], []]]).encode()
        os.write(4, struct.pack('>I', len(d)) + d)
""",
    "reduced to something else": """
class R:
    def __reduce__(s): return (int, ('4',))
    def __reduce_ex__(s, p): return (int, ('4',))
    def __index__(s): return 4
    def __int__(s): return 4
    def __float__(s): return 4.0
def f(x): return R()
""",
    "a lie about its class": """
class L:
    __class__ = property(lambda s: int)
    def __eq__(s, o): return True
    def __abs__(s): return 0
    def __sub__(s, o): return 0
def f(x): return L()
""",
    "a string in place of a number": "def f(x): return str(2 * x)",
    "numbers that are no number": "def f(x): return float('nan')",
    "a value that leaves the comparison to the other side": "def f(x): return NotImplemented",
    "an exception that is the assertion's own": "def f(x): raise AssertionError",
    "a process that waits for the judge's end": """
import ctypes, os, signal, time
def f(x):
    ctypes.CDLL(None).prctl(1, signal.SIGUSR1, 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        for fd in range(5, 256):
            try: os.write(fd, b'finished')
            except OSError: pass
        time.sleep(60)
    return 0
""",
    "closed descriptors": "import os\ndef f(x):\n    os.closerange(0, 256)\n    return 0",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_wrong_candidate_does_not_pass(forgery: str, sandbox: Lanes) -> None:
    source = FORGERIES[forgery]
    if "def g(" not in source:
        source += "\ndef g(): return 'no'\n"
    outcome = sandbox.submit(harness.tests_run(source, TESTS, limits=Limits(seconds=2.0))).result()
    report = harness.summary(outcome)
    assert not report.succeeded, outcome
    assert not outcome.succeeded, outcome
    assert report.failures, outcome


def test_the_right_candidate_passes_the_same_tests(sandbox: Lanes) -> None:
    right = "def f(x): return 2 * x\ndef g(): return 'expected-' + str(4711)\n"
    outcome = sandbox.submit(harness.tests_run(right, TESTS)).result()
    assert harness.summary(outcome) == harness.TestReport(6, 0, ())
    assert outcome.succeeded


@pytest.mark.parametrize(
    "code", ["import os; os._exit(0)", "f()\nimport os; os.kill(os.getpid(), 9)", "raise Exception", "f()"]
)
def test_a_judge_succeeds_only_at_its_end(code: str, sandbox: Lanes) -> None:
    outcome = sandbox.submit(Run(code, solution="import os\ndef f(): os._exit(0)")).result()
    assert not outcome.succeeded, outcome


def test_a_judge_that_exits_by_itself_counts(sandbox: Lanes) -> None:
    assert sandbox.submit(Run("import sys; sys.exit(0)", solution="")).result().succeeded
    assert sandbox.submit(Run("import sys; sys.exit(3)", solution="")).result().status == 3


def test_a_failing_test_with_unittest_cannot_be_skipped_by_the_candidate(sandbox: Lanes) -> None:
    tests = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(f(2), 4)\n"
    source = "import unittest\nclass Mine(unittest.SkipTest): pass\ndef f(x): raise Mine"
    report = harness.summary(sandbox.submit(harness.tests_run(source, tests)).result())
    assert (report.passed, report.failed) == (0, 1)


@pytest.mark.parametrize(
    "test",
    [
        "abs(f(2) - 4) < 1e-6",
        "abs(4 - f(2)) < 1e-6",
        "abs(f(2) / 4 - 1) < 1e-6",
        "(f(2) - 4) ** 2 < 1e-6",
        "round(f(2) - 4, 6) == 0",
        "not (f(2) - 4)",
        "f(2) % 4 == 0",
        "{4} ^ f(2) == set()",
        "len({4} - f(2)) == 0",
        "collections.Counter('aab') - f(2) == {}",
        "not collections.Counter('aab') - f(2)",
        "{'a': 4} | f(2) == {'a': 4}",
        "f(2) - [4] == 0",
        "not {'a': 4}.items() ^ f(2)",
    ],
)
@pytest.mark.parametrize("difference", ["0", "self", "set()", "others and others[0]"])
def test_an_object_cannot_answer_for_its_difference_to_what_is_expected(test: str, difference: str, sandbox: Lanes) -> None:
    operators = dict.fromkeys(("sub", "rsub", "truediv", "mod", "rxor", "ror"), difference)
    answers = {**operators, **dict.fromkeys(("pow", "abs", "round", "len"), "0"), "bool": "False"}
    methods = "".join(f"    def __{name}__(self, *others): return {answer}\n" for name, answer in answers.items())
    source = f"class Near:\n{methods}def f(x): return Near()\n"
    report = harness.summary(sandbox.submit(harness.tests_run(source, f"import collections\nassert {test}")).result())
    assert (report.passed, report.failed) == (0, 1), report


def test_a_class_may_have_arithmetic(sandbox: Lanes) -> None:
    source = """
class Vector:
    def __init__(self, *parts): self.parts = list(parts)
    def __eq__(self, other): return self.parts == other.parts
    def __sub__(self, other): return Vector(*(a - getattr(other, 'parts', [other] * 9)[i] for i, a in enumerate(self.parts)))
    def __mul__(self, by): return Vector(*(a * by for a in self.parts))
    def __add__(self, more): return Vector(*self.parts, *more)
    def __truediv__(self, name): return f"{self.parts}/{name}"
    def __abs__(self): return sum(a * a for a in self.parts) ** 0.5
    def __len__(self): return len(self.parts)
"""
    tests = """
assert Vector(3, 4) - 1 == Vector(2, 3)
assert (Vector(3, 4) - 1).parts == [2, 3]
assert abs(Vector(3, 4) - Vector(0, 0)) == 5
assert abs(Vector(3, 4) * 2) == 10
assert len(Vector(3) + [4]) == 2
assert Vector(3) / "a" == "[3]/a"
"""
    report = harness.summary(sandbox.submit(harness.tests_run(source, tests)).result())
    assert report == harness.TestReport(6, 0, ())


EXPECTED_TO_RAISE = [
    ("with pytest.raises(TypeError): add(object(), 1)", "def add(a, b): return a + b", "def add(a, b): return None"),
    ("with pytest.raises(TypeError): f(Mine())", None, "def f(x): raise TypeError"),
    ("with pytest.raises(Exception): f(-1)", "def f(x): raise ValueError(x)", "import sys\ndef f(x): sys.exit(1)"),
    (
        "with pytest.raises(Exception): f(-1)",
        "class E(Exception): pass\ndef f(x): raise E",
        "class E(BaseException): pass\ndef f(x): raise E",
    ),
    (
        "try: f(1)\n    except: return\n    assert False",
        "def f(x): raise ValueError",
        "import os\ndef f(x): os._exit(1)",
    ),
    (
        "with pytest.raises(TypeError): V() < 5",
        "class V:\n    def __lt__(self, other): return NotImplemented",
        "class V:\n    def __lt__(self, other): return True",
    ),
    ("with pytest.raises(TypeError): V() < 5", "class V: pass", "class V:\n    __lt__ = print"),
    (
        "with pytest.raises(TypeError): V() + 5",
        "class V:\n    def __add__(self, other): return NotImplemented",
        "class V:\n    def __add__(self, other): return 4",
    ),
    (
        "deep = []\n    for _ in range(3000): deep = [deep]\n    with pytest.raises(RecursionError): f(deep)",
        None,
        "def f(x): return 1",
    ),
]


@pytest.mark.parametrize(("test", "right", "wrong"), EXPECTED_TO_RAISE)
def test_a_test_that_expects_an_exception_gets_the_candidates(test: str, right: str | None, wrong: str, sandbox: Lanes) -> None:
    """A refusal of the judge, or the end of the candidate, once was what the test expected."""
    tests = f"import pytest\nclass Mine:\n    def use(self): pass\ndef test_it():\n    {test}\n"
    if right is not None:
        assert harness.summary(sandbox.submit(harness.tests_run(right, tests)).result()) == harness.TestReport(1, 0, ())
    report = harness.summary(sandbox.submit(harness.tests_run(wrong, tests)).result())
    assert (report.passed, report.failed) == (0, 1), report


@pytest.mark.parametrize(
    "body",
    [
        "with self.assertRaises(BaseException): f(1)",
        "with self.subTest():\n            with self.assertRaises(BaseException): f(1)",
        "try: f(1)\n        except: self.skipTest('no')",
    ],
)
@pytest.mark.parametrize("mark", ["", "@unittest.expectedFailure"])
def test_unittest_gets_the_candidates_exceptions_too(body: str, mark: str, sandbox: Lanes) -> None:
    tests = f"import unittest\nclass T(unittest.TestCase):\n    {mark}\n    def test_it(self):\n        {body}\n"
    report = harness.summary(sandbox.submit(harness.tests_run("import os\ndef f(x): os._exit(1)", tests)).result())
    assert not report.passed, report
    assert report.failed, report


LRU = """
from collections import OrderedDict
class LRUCache(OrderedDict):
    def __init__(self, capacity):
        super().__init__()
        self.capacity = capacity
    def get(self, key):
        if key not in self:
            return -1
        self.move_to_end(key)
        return self[key]
    def put(self, key, value):
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.capacity:
            self.popitem(last=False)
class Stack(list):
    def push(self, item): self.append(item)
def squares(n): return Stack(i * i for i in range(n))
"""
USED = """
def test_cache():
    cache = LRUCache(2)
    cache.put(1, 1); cache.put(2, 2)
    assert cache.get(1) == 1
    cache.put(3, 3)
    assert cache.get(2) == -1 and len(cache) == 2 and list(cache) == [1, 3]
def test_stack():
    stack = Stack()
    stack.push(4)
    assert stack.pop() == 4 and not stack
def test_result():
    assert squares(4) == [0, 1, 4, 9]
"""


def test_what_a_class_adds_to_a_container_can_be_used_and_what_a_function_gives_is_plain(sandbox: Lanes) -> None:
    """The first is how a cache is written in textbooks; every such program had failed."""
    assert harness.summary(sandbox.submit(harness.tests_run(LRU, USED)).result()).passed == 3
    cheat = LRU.replace("def push", "def __eq__(self, other): return True\n    def push")
    for test in ("assert squares(3) == [0, 1, 2]", "assert Stack() == [7]"):
        assert not harness.summary(sandbox.submit(harness.tests_run(cheat, test)).result()).succeeded


def test_numpy_finds_no_address_in_a_candidates_object(sandbox: Lanes) -> None:
    interface = "{'shape': (1,), 'typestr': '<f8', 'data': (1, True), 'version': 3}"
    hostile = f"class A:\n    __array_interface__ = {interface}\ndef f(): return A()"
    tests = "assert not hasattr(f(), '__array_interface__')"
    assert harness.summary(sandbox.submit(harness.tests_run(hostile, tests)).result()).succeeded


def test_the_first_class_of_a_candidate_may_be_an_exception(sandbox: Lanes) -> None:
    """No class behind it could be told of: such a program did not even load."""
    source = "class Empty(Exception): pass\nclass Box:\n    def take(self): raise Empty('nothing')"
    tests = "import pytest\nwith pytest.raises(Empty, match='nothing'):\n    Box().take()\n"
    assert harness.summary(sandbox.submit(harness.tests_run(source, tests)).result()).succeeded
